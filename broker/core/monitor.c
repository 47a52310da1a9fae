//  SPDX-License-Identifier: MPL-2.0
//  $sys.monitor: a stream that tells of every call as it is given and as it ends.
//
//  Whoever reads too slowly misses some and is told how many: calls never wait for
//  those who look on. Without anybody who does, it costs one look at an empty list.

#include "parts.h"

enum { ITEM_ROOM = 3 * DAFFI_NAME_MAX + 256 };

//  Each costs every call something.
static bool has_place (const daffi_core_t *self, const daffi_session_t *session)
{
    unsigned all = 0, own = 0;
    DAFFI_LIST_EACH (&self->taps, link, follower) {
        const daffi_entry_t *tap = daffi_container (link, daffi_entry_t, of_place);
        all++;
        own += tap->owner == session;
    }
    return all < DAFFI_MONITORS_MAX && own < DAFFI_MONITORS_NODE_MAX;
}

void daffi_monitor_begin (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    if (!(arrival->header->present & DAFFI_OPT_STREAM)) {
        daffi_calls_refuse (self, arrival, DAFFI_INVALID,
                            "it yields items: call it as a stream");
        return;
    }
    if (!has_place (self, arrival->caller)) {
        daffi_calls_refuse (self, arrival, DAFFI_BUSY,
                            "too many monitors are open, here 8 of a process and 64 "
                            "of all");
        return;
    }
    daffi_entry_t *tap = daffi_calls_accept (self, arrival);
    if (!tap)
        return;
    tap->state = DAFFI_ENTRY_TAP;
    tap->missed = 0;
    daffi_list_append (&self->taps, &tap->of_place.link);
}

void daffi_monitor_end (daffi_core_t *self, daffi_entry_t *tap, daffi_status_t status,
                        const char *text)
{
    daffi_core_send_error (self, tap->owner, tap->id, status, DAFFI_EXECUTED_MAYBE,
                           daffi_text_of (self->name), "%s", text);
    daffi_entry_free (self, tap);
}

static daffi_text_t name_of (const daffi_session_t *session)
{
    return session ? daffi_session_name (session) : daffi_text ("", 0);
}

static void write_item (daffi_core_t *self, const daffi_entry_t *entry, bool ended,
                        daffi_status_t status, uint64_t missed)
{
    daffi_buffer_t *out = &self->scratch;
    bool given = entry->provider != NULL;
    daffi_buffer_clear (out);
    daffi_write_map (out, 8);
    daffi_write_key_text (out, "event", daffi_text_of (ended ? "ended" : "given"));
    daffi_write_key_text (out, "caller", daffi_calls_caller (self, entry));
    daffi_write_key_uint (out, "id", entry->id);
    daffi_write_key_text (out, "function", daffi_text_of (entry->called));
    daffi_write_key_text (out, "process", name_of (entry->provider));
    daffi_write_key_uint (out, "status", (uint64_t)status);
    daffi_write_key_uint (
        out, "time_ms",
        (uint64_t)(self->now_ms - (ended && given ? entry->given_ms : entry->came_ms)));
    daffi_write_key_uint (out, "missed", missed);
}

static void tell_one (daffi_core_t *self, daffi_entry_t *tap,
                      const daffi_entry_t *entry, bool ended, daffi_status_t status)
{
    if (!tap->items || !tap->bytes ||
        !self->output.fits (self->output.context, tap->owner->peer, ITEM_ROOM)) {
        tap->missed++;
        return;
    }
    write_item (self, entry, ended, status, tap->missed);
    daffi_body_t body = daffi_body_borrowed (self->scratch.data, self->scratch.size);
    daffi_header_t header = {
        .type = DAFFI_RECORD_CHUNK, .id = tap->id, .ttl_ms = DAFFI_TTL_NONE};
    tap->missed = 0;
    tap->items--;
    tap->bytes -= body.size < tap->bytes ? (uint32_t)body.size : tap->bytes;
    daffi_core_send (self, tap->owner, &header, &body, DAFFI_NEVER);
}

static void tell (daffi_core_t *self, const daffi_entry_t *entry, bool ended,
                  daffi_status_t status)
{
    DAFFI_LIST_EACH (&self->taps, link, follower)
        tell_one (self, daffi_container (link, daffi_entry_t, of_place), entry, ended,
                  status);
}

void daffi_monitor_given (daffi_core_t *self, const daffi_entry_t *entry)
{
    if (!daffi_list_empty (&self->taps))
        tell (self, entry, false, DAFFI_OK);
}

void daffi_monitor_ended (daffi_core_t *self, const daffi_entry_t *entry,
                          daffi_status_t status)
{
    if (!daffi_list_empty (&self->taps))
        tell (self, entry, true, status);
}
