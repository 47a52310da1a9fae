//  SPDX-License-Identifier: MPL-2.0
//  Streams: items that go with a call, either way.
//
//  The controller passes CHUNK, CREDIT and END on and keeps no account: credit is
//  between the two ends. It only refuses to queue what does not fit, since a peer that
//  sends without credit must not cost memory here.

#include "parts.h"

static const uint32_t passed_on = DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;

//  The call cannot go on: one side was sent more than it may be behind.
static void break_off (daffi_core_t *self, daffi_entry_t *entry, daffi_status_t status)
{
    daffi_core_fail (self, entry, status, DAFFI_EXECUTED_MAYBE,
                     daffi_session_name (entry->provider),
                     status == DAFFI_TOO_BIG ? "an item is larger than 64 MiB"
                                             : "more items were sent than fit");
    daffi_calls_abandon (self, entry);
}

static uint32_t sum (uint32_t a, uint32_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

//  What a caller may say before its call was given to anybody: it is told with the
//  call.
static void keep (daffi_entry_t *entry, const daffi_header_t *header)
{
    entry->ended |= header->type == DAFFI_RECORD_END;
    entry->items = sum (entry->items, header->items);
    entry->bytes = sum (entry->bytes, header->bytes);
}

//  Nobody may send items before the function reads.
static bool expected (const daffi_entry_t *entry, const daffi_header_t *header)
{
    if (!entry || !entry->stream || entry->cancelled)
        return false;
    return entry->state == DAFFI_ENTRY_RUNNING ||
           (entry->state == DAFFI_ENTRY_WAITING && header->type != DAFFI_RECORD_CHUNK);
}

void daffi_stream_given (daffi_core_t *self, const daffi_entry_t *entry)
{
    daffi_header_t end = {
        .type = DAFFI_RECORD_END, .id = entry->token, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    if (entry->ended)
        daffi_core_send (self, entry->provider, &end, &nothing, DAFFI_NEVER);
}

void daffi_stream_pass (daffi_core_t *self, daffi_session_t *session,
                        const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_entry_t *entry = daffi_entry_by_token (self, session, header->id);
    bool down = entry != NULL;
    if (!down)
        entry = daffi_entry_of (session, header->id);
    if (entry && entry->state == DAFFI_ENTRY_TAP) {
        keep (entry, header);
        return;
    }
    if (!expected (entry, header)) {
        self->stats.late++;
        return;
    }
    if (entry->state == DAFFI_ENTRY_WAITING) {
        keep (entry, header);
        return;
    }
    daffi_session_t *to = down ? entry->owner : entry->provider;
    size_t size = daffi_body_size (body);
    if (size > DAFFI_BODY_MAX) {
        break_off (self, entry, DAFFI_TOO_BIG);
        return;
    }
    if (!self->output.fits (self->output.context, to->peer, size)) {
        break_off (self, entry, DAFFI_BUSY);
        return;
    }
    daffi_header_t out = {.type = header->type,
                          .present = header->present & passed_on,
                          .id = down ? entry->id : entry->token,
                          .items = header->items,
                          .bytes = header->bytes,
                          .ttl_ms = DAFFI_TTL_NONE};
    daffi_core_send (self, to, &out, body, DAFFI_NEVER);
}
