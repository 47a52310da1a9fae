//  SPDX-License-Identifier: MPL-2.0
//  One ZeroMQ message in the making.

#include "parcel.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum { FRAMES_A_PARCEL = 64 };

static void parcel_clear (daffi_parcel_t *self)
{
    for (uint32_t i = 0; i < self->frame_count; i++) {
        daffi_account_end (self->whole, self->frames[i]);
        daffi_blob_unref (self->frames[i]);
    }
    self->frame_count = self->ttl_count = 0;
    self->frame_bytes = 0;
    self->records = 0;
    daffi_buffer_clear (&self->packet);
}

static void parcel_destroy (daffi_parcel_t *self)
{
    daffi_buffer_done (&self->packet);
    free (self->frames);
    free (self->ttls);
    free (self);
}

daffi_parcel_t *daffi_parcel_take (daffi_parcels_t *self)
{
    daffi_parcel_t *parcel = self->count ? self->spare[--self->count] : NULL;
    if (!parcel) {
        parcel = daffi_new (sizeof *parcel);
        parcel->whole = self->whole;
    }
    if (!parcel->packet.data && self->shelf)
        daffi_shelf_take (self->shelf, &parcel->packet);
    return parcel;
}

//  One that waited long may have become as large as its peer's bound.
static bool worth_keeping (const daffi_parcel_t *self)
{
    const size_t most = 2 * DAFFI_PACKET_BYTES;
    return self->packet.capacity <= most &&
           self->ttl_room * sizeof (daffi_parcel_ttl_t) <= most;
}

void daffi_parcel_return (daffi_parcels_t *self, daffi_parcel_t *parcel)
{
    if (!parcel)
        return;
    self->packets -= parcel->packet.size;
    parcel_clear (parcel);
    if (self->count < DAFFI_PARCELS_SPARE_MAX && worth_keeping (parcel))
        self->spare[self->count++] = parcel;
    else
        parcel_destroy (parcel);
}

void daffi_parcels_done (daffi_parcels_t *self)
{
    while (self->count)
        parcel_destroy (self->spare[--self->count]);
    daffi_shelf_unref (self->shelf);
    self->shelf = NULL;
    daffi_account_unref (self->whole);
    self->whole = NULL;
}

void daffi_parcels_count (daffi_parcels_t *self)
{
    self->whole = daffi_account_new ();
}

size_t daffi_parcels_waiting (const daffi_parcels_t *self)
{
    return self->packets + (self->whole ? atomic_load_explicit (&self->whole->bytes,
                                                                memory_order_relaxed)
                                        : 0);
}

size_t daffi_parcel_bytes (const daffi_parcel_t *self)
{
    return self->packet.size + self->frame_bytes;
}

bool daffi_parcel_full (const daffi_parcel_t *self)
{
    return self->packet.size >= DAFFI_PACKET_BYTES ||
           self->records >= DAFFI_PACKET_RECORDS ||
           (self->frame_count && daffi_parcel_bytes (self) >= DAFFI_PACKET_LARGE) ||
           self->frame_count >= FRAMES_A_PARCEL;
}

static void add_frame (daffi_parcel_t *self, daffi_blob_t *blob)
{
    if (self->frame_count == self->frame_room) {
        self->frame_room = self->frame_room ? self->frame_room * 2 : 4;
        self->frames =
            daffi_renew (self->frames, self->frame_room * sizeof *self->frames);
    }
    self->frames[self->frame_count++] = blob;
    daffi_account_begin (self->whole, blob);
    self->frame_bytes += blob->size;
}

static void add_ttl (daffi_parcel_t *self, size_t offset, bool sent,
                     int64_t deadline_ms)
{
    if (self->ttl_count == self->ttl_room) {
        self->ttl_room = self->ttl_room ? self->ttl_room * 2 : 16;
        self->ttls = daffi_renew (self->ttls, self->ttl_room * sizeof *self->ttls);
    }
    self->ttls[self->ttl_count++] =
        (daffi_parcel_ttl_t){(uint32_t)offset, sent, deadline_ms};
}

//  What was spent waiting comes off, once: it is not spent since sent_ms, too. What has
//  run out says so with a 0.
void daffi_parcel_refresh (daffi_parcel_t *self, int64_t now_ms)
{
    if (now_ms == self->begun_ms)
        return;
    for (uint32_t i = 0; i < self->ttl_count; i++) {
        int64_t left = self->ttls[i].deadline_ms - now_ms;
        uint8_t *ttl = self->packet.data + self->ttls[i].offset;
        uint32_t spent_ms = daffi_header_patch_ttl (ttl, left > 0 ? (uint32_t)left : 0);
        if (self->ttls[i].sent)
            daffi_header_move_sent (ttl, spent_ms);
    }
}

//  Without the memory: a record that is not there harms nothing.
static bool give_up (daffi_parcel_t *self)
{
    self->packet.failed = false;
    return false;
}

bool daffi_parcel_append (daffi_parcel_t *self, const daffi_header_t *header,
                          const daffi_body_t *body, int64_t deadline_ms)
{
    daffi_header_fit_t fit = {.present = header->present & ~(uint32_t)DAFFI_OPT_TAIL,
                              .size = (uint32_t)body->size};
    daffi_blob_t *blob = NULL;
    if (body->tail)
        fit.present |= DAFFI_OPT_TAIL;
    if (body->size >= DAFFI_DETACH_MIN) {
        fit.detached = true;
        fit.size = 0;
        if (!(blob = daffi_body_keep (body)))
            return give_up (self);
    }
    uint8_t *room = daffi_buffer_reserve (&self->packet, DAFFI_HEADER_ROOM + fit.size);
    if (!room) {
        daffi_blob_unref (blob);
        return give_up (self);
    }
    const uint32_t stamps = DAFFI_OPT_SENT | DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED;
    size_t ttl_offset;
    size_t size = daffi_header_write_as (header, &fit, room, &ttl_offset);
    if (fit.size)
        memcpy (room + size, body->data, fit.size);
    if (header->ttl_ms != DAFFI_TTL_NONE)
        add_ttl (self, self->packet.size + ttl_offset,
                 (header->present & stamps) == DAFFI_OPT_SENT, deadline_ms);
    daffi_buffer_commit (&self->packet, size + fit.size);
    self->records++;
    if (blob)
        add_frame (self, blob);
    if (body->tail)
        add_frame (self, daffi_blob_ref (body->tail));
    return true;
}
