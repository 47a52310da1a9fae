//  SPDX-License-Identifier: MPL-2.0
//  Calls whose time has not come: those that their callers delayed, and broadcasts in
//  the settling time, whose targets are about to return.
//
//  Each is kept as it came and routed when its time has come, as if it came then: who
//  offers the function at that moment gets it.

#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

static daffi_text_t place (char **cursor, daffi_text_t text)
{
    if (text.size)
        memcpy (*cursor, text.data, text.size);
    text.data = *cursor;
    *cursor += text.size;
    return text;
}

static daffi_call_later_t *copy (const daffi_header_t *header, int64_t due_ms)
{
    daffi_call_later_t *later = daffi_new (sizeof *later + header->name.size +
                                           header->peer.size + header->key.size);
    char *cursor = later->texts;
    later->header = *header;
    later->header.name = place (&cursor, header->name);
    later->header.peer = place (&cursor, header->peer);
    later->header.key = place (&cursor, header->key);
    later->header.delay_ms = 0;
    later->due_ms = due_ms;
    return later;
}

void daffi_later_keep (daffi_core_t *self, const daffi_arrival_t *arrival,
                       int64_t due_ms)
{
    size_t size = daffi_body_size (arrival->body);
    bool fits = size <= self->queue_max - arrival->caller->queued_bytes &&
                size <= self->total_queue_max - self->stats.queued_bytes;
    daffi_blob_t *body = fits ? daffi_body_keep (arrival->body) : NULL;
    if (!body) {
        daffi_calls_refuse (self, arrival, DAFFI_BUSY,
                            "too many bytes of calls are waiting");
        return;
    }
    daffi_entry_t *entry = daffi_calls_accept (self, arrival);
    if (!entry) {
        daffi_blob_unref (body);
        return;
    }
    entry->state = DAFFI_ENTRY_LATER;
    entry->later = copy (arrival->header, due_ms);
    entry->body = body;
    entry->tail = daffi_blob_ref (arrival->body->tail);
    entry->size = size;
    entry->owner->queued_bytes += size;
    self->stats.queued_bytes += size;
    self->stats.later++;
    daffi_list_append (&self->later, &entry->of_place.link);
    if (due_ms)
        daffi_wheel_arm (&self->wheel, &entry->timer.timer, due_ms);
}

void daffi_later_drop (daffi_core_t *self, daffi_entry_t *entry)
{
    entry->owner->queued_bytes -= entry->size;
    self->stats.queued_bytes -= entry->size;
    self->stats.later--;
    free (entry->later);
    entry->later = NULL;
    daffi_entry_free (self, entry);
}

//  The entry goes, so that its id is free, and the call arrives.
static void release (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_call_later_t *later = entry->later;
    daffi_blob_t *blob = daffi_blob_ref (entry->body);
    daffi_blob_t *tail = daffi_blob_ref (entry->tail);
    daffi_body_t body = daffi_body_with_tail (blob, tail);
    daffi_arrival_t arrival = {entry->owner, &later->header, &body, entry->deadline_ms,
                               NULL};
    entry->later = NULL;
    daffi_later_drop (self, entry);
    daffi_calls_route (self, &arrival);
    daffi_blob_unref (blob);
    daffi_blob_unref (tail);
    free (later);
}

static void fail (daffi_core_t *self, daffi_entry_t *entry, daffi_status_t status,
                  const char *text)
{
    daffi_core_fail (self, entry, status, DAFFI_EXECUTED_NO, daffi_text_of (self->name),
                     text);
    daffi_later_drop (self, entry);
}

//  Its time has come, or its deadline: after a sleep of ours (SIGSTOP) both are behind
//  us.
void daffi_later_expire (daffi_core_t *self, daffi_entry_t *entry)
{
    if (entry->deadline_ms > self->now_ms) {
        release (self, entry);
        return;
    }
    self->stats.expired++;
    fail (self, entry, DAFFI_TIMEOUT, "its deadline passed before its time came");
}

void daffi_later_settled (daffi_core_t *self)
{
    DAFFI_LIST_EACH (&self->later, link, follower) {
        daffi_entry_t *entry = daffi_container (link, daffi_entry_t, of_place);
        if (!entry->later->due_ms)
            daffi_later_expire (self, entry);
    }
}

void daffi_later_drain (daffi_core_t *self)
{
    DAFFI_LIST_EACH (&self->later, link, follower) {
        self->stats.refused++;
        fail (self, daffi_container (link, daffi_entry_t, of_place), DAFFI_DRAINING,
              "the controller is stopping");
    }
}
