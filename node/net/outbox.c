//  SPDX-License-Identifier: MPL-2.0
//  What goes to one peer.

#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "alloc.h"
#include "clock.h"

//  Where a ttl stands in a parcel's packet, to be brought up to date if it waited.
typedef struct {
    uint32_t offset;
    bool sent;  //  sent_ms stands behind it
    int64_t deadline_ms;
} ttl_t;

//  One ZeroMQ message in the making.
struct daffi_parcel {
    daffi_link_t link;
    daffi_buffer_t packet;
    daffi_blob_t **frames;
    uint32_t frame_count;
    uint32_t frame_room;
    ttl_t *ttls;
    uint32_t ttl_count;
    uint32_t ttl_room;
    size_t frame_bytes;
    uint32_t records;
    int64_t begun_ms;
    daffi_account_t *whole;  //  of the parcels, or NULL
};

typedef struct {
    atomic_bool lent;  //  release and acquire: ThreadSanitizer does not see the
                       //  hand-over within libzmq
    daffi_blob_t *blob;
    daffi_account_t *account;
    daffi_account_t *whole;
} loan_t;

enum { FRAMES_A_PARCEL = 64 };

//  --- parcels ------------------------------------------------------------------------

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

static daffi_parcel_t *take_parcel (daffi_parcels_t *self)
{
    if (self->count)
        return self->spare[--self->count];
    daffi_parcel_t *parcel = daffi_new (sizeof *parcel);
    parcel->whole = self->whole;
    return parcel;
}

//  One that waited long may have become as large as its peer's bound.
static bool worth_keeping (const daffi_parcel_t *self)
{
    const size_t most = 2 * DAFFI_PACKET_BYTES;
    return self->packet.capacity <= most && self->ttl_room * sizeof (ttl_t) <= most;
}

static void return_parcel (daffi_parcels_t *self, daffi_parcel_t *parcel)
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

static size_t parcel_bytes (const daffi_parcel_t *self)
{
    return self->packet.size + self->frame_bytes;
}

static bool parcel_full (const daffi_parcel_t *self)
{
    return self->packet.size >= DAFFI_PACKET_BYTES ||
           self->records >= DAFFI_PACKET_RECORDS ||
           (self->frame_count && parcel_bytes (self) >= DAFFI_PACKET_LARGE) ||
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
    self->ttls[self->ttl_count++] = (ttl_t){(uint32_t)offset, sent, deadline_ms};
}

//  What was spent waiting comes off, once: it is not spent since sent_ms, too. What has
//  run out says so with a 0.
static void refresh_ttls (daffi_parcel_t *self, int64_t now_ms)
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

static bool parcel_append (daffi_parcel_t *self, const daffi_header_t *header,
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

//  --- sending ------------------------------------------------------------------------

//  libzmq has sent it (or dropped it), in its own thread.
static void loan_returned (void *data, void *hint)
{
    (void)data;
    loan_t *self = hint;
    (void)atomic_load_explicit (&self->lent, memory_order_acquire);
    atomic_fetch_sub_explicit (&self->account->bytes, self->blob->size,
                               memory_order_acq_rel);
    daffi_account_end (self->whole, self->blob);
    daffi_account_unref (self->account);
    daffi_account_unref (self->whole);
    daffi_blob_unref (self->blob);
    free (self);
}

static void lend (daffi_outbox_t *self, zmq_msg_t *frame, daffi_blob_t *blob)
{
    loan_t *loan = daffi_new (sizeof *loan);
    loan->blob = daffi_blob_ref (blob);
    loan->account = daffi_account_ref (self->account);
    loan->whole = daffi_account_ref (self->parcels->whole);
    daffi_account_begin (loan->whole, blob);
    atomic_fetch_add_explicit (&self->account->bytes, blob->size, memory_order_acq_rel);
    atomic_store_explicit (&loan->lent, true, memory_order_release);
    zmq_msg_init_data (frame, blob->data, blob->size, loan_returned, loan);
}

//  A signal that comes meanwhile must not part a message.
static int send_bytes (void *socket, const void *data, size_t size, int flags)
{
    int sent;
    while ((sent = zmq_send (socket, data, size, flags | ZMQ_DONTWAIT)) < 0 &&
           zmq_errno () == EINTR)
        continue;
    return sent;
}

static int send_frame (void *socket, zmq_msg_t *frame, int flags)
{
    int sent;
    while ((sent = zmq_msg_send (frame, socket, flags | ZMQ_DONTWAIT)) < 0 &&
           zmq_errno () == EINTR)
        continue;
    return sent;
}

//  0, or the errno of the first frame, which decides over all of them.
static int send_parcel (daffi_outbox_t *self, daffi_parcel_t *parcel, int64_t now_ms)
{
    int more = parcel->frame_count ? ZMQ_SNDMORE : 0;
    if (self->to_router_peer && send_bytes (self->socket, self->routing_id,
                                            sizeof self->routing_id, ZMQ_SNDMORE) < 0)
        return zmq_errno ();
    refresh_ttls (parcel, now_ms);
    if (send_bytes (self->socket, parcel->packet.data, parcel->packet.size, more) < 0)
        return zmq_errno ();
    for (uint32_t i = 0; i < parcel->frame_count; i++) {
        zmq_msg_t frame;
        lend (self, &frame, parcel->frames[i]);
        more = i + 1 < parcel->frame_count ? ZMQ_SNDMORE : 0;
        if (send_frame (self->socket, &frame, more) < 0)
            zmq_msg_close (&frame);
    }
    return 0;
}

//  False: libzmq does not take it.
static bool send_whole (daffi_outbox_t *self, daffi_parcel_t *parcel, int64_t now_ms)
{
    size_t bytes = parcel_bytes (parcel);
    int failed = bytes ? send_parcel (self, parcel, now_ms) : 0;
    if (failed) {
        self->stalled = failed != EHOSTUNREACH;
        return false;
    }
    self->bytes -= bytes;
    return true;
}

//  One that is being filled.
static bool send_open (daffi_outbox_t *self, daffi_parcel_t **parcel_p, int64_t now_ms)
{
    if (*parcel_p && !send_whole (self, *parcel_p, now_ms))
        return false;
    return_parcel (self->parcels, *parcel_p);
    *parcel_p = NULL;
    return true;
}

static bool send_sealed (daffi_outbox_t *self, int64_t now_ms)
{
    DAFFI_LIST_EACH (&self->sealed, link, follower) {
        daffi_parcel_t *parcel = daffi_container (link, daffi_parcel_t, link);
        if (!send_whole (self, parcel, now_ms))
            return false;
        daffi_link_remove (link);
        return_parcel (self->parcels, parcel);
    }
    return true;
}

daffi_status_t daffi_outbox_flush (daffi_outbox_t *self, int64_t now_ms)
{
    self->stalled = false;
    if (send_open (self, &self->control, now_ms) && send_sealed (self, now_ms) &&
        send_open (self, &self->data, now_ms))
        return DAFFI_OK;
    if (self->stalled)
        return DAFFI_PENDING;
    daffi_outbox_clear (self);
    return DAFFI_NOT_FOUND;
}

//  --- the outbox ---------------------------------------------------------------------

void daffi_outbox_init (daffi_outbox_t *self, void *socket, const uint8_t *routing_id,
                        daffi_parcels_t *parcels)
{
    memset (self, 0, sizeof *self);
    self->socket = socket;
    self->parcels = parcels;
    self->to_router_peer = routing_id != NULL;
    if (routing_id)
        memcpy (self->routing_id, routing_id, sizeof self->routing_id);
    daffi_list_init (&self->sealed);
    self->account = daffi_account_new ();
}

void daffi_outbox_clear (daffi_outbox_t *self)
{
    daffi_link_t *link;
    while ((link = daffi_list_first (&self->sealed))) {
        daffi_link_remove (link);
        return_parcel (self->parcels, daffi_container (link, daffi_parcel_t, link));
    }
    return_parcel (self->parcels, self->data);
    return_parcel (self->parcels, self->control);
    self->data = self->control = NULL;
    self->bytes = 0;
    self->stalled = false;
}

void daffi_outbox_done (daffi_outbox_t *self)
{
    daffi_outbox_clear (self);
    daffi_account_unref (self->account);
    memset (self, 0, sizeof *self);
}

static void seal (daffi_outbox_t *self, int64_t now_ms)
{
    daffi_list_append (&self->sealed, &self->data->link);
    self->data = NULL;
    if (!self->stalled)
        (void)daffi_outbox_flush (self, now_ms);
}

bool daffi_outbox_append (daffi_outbox_t *self, const daffi_header_t *header,
                          const daffi_body_t *body, int64_t deadline_ms, int64_t now_ms,
                          bool control)
{
    daffi_parcel_t **parcel = control ? &self->control : &self->data;
    if (!*parcel)
        *parcel = take_parcel (self->parcels);
    size_t before = parcel_bytes (*parcel), packet = (*parcel)->packet.size;
    if (!before)
        (*parcel)->begun_ms = now_ms;
    bool done = parcel_append (*parcel, header, body, deadline_ms);
    self->bytes += parcel_bytes (*parcel) - before;
    self->parcels->packets += (*parcel)->packet.size - packet;
    if (parcel_full (*parcel)) {
        if (!control)
            seal (self, now_ms);
        else if (!self->stalled)
            (void)daffi_outbox_flush (self, now_ms);
    }
    return done;
}

size_t daffi_outbox_waiting (const daffi_outbox_t *self)
{
    return self->bytes +
           atomic_load_explicit (&self->account->bytes, memory_order_relaxed);
}
