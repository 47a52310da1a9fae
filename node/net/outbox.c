//  SPDX-License-Identifier: MPL-2.0
//  What goes to one peer.

#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "alloc.h"
#include "clock.h"

typedef struct {
    atomic_bool lent;  //  release and acquire: ThreadSanitizer does not see the
                       //  hand-over within libzmq
    daffi_blob_t *blob;
    daffi_account_t *account;
    daffi_account_t *whole;
} loan_t;

//  A large packet, lent to libzmq with its memory.
typedef struct {
    atomic_bool lent;  //  as in loan_t
    daffi_buffer_t memory;
    daffi_shelf_t *shelf;
} packet_loan_t;

enum { LEND_MIN = 16384 };  //  bytes of a packet from which it is dearer to copy it

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

//  libzmq has sent it (or dropped it), in its own thread.
static void packet_returned (void *data, void *hint)
{
    (void)data;
    packet_loan_t *self = hint;
    (void)atomic_load_explicit (&self->lent, memory_order_acquire);
    daffi_shelf_put (self->shelf, &self->memory);
    daffi_shelf_unref (self->shelf);
    free (self);
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

//  With its memory; where libzmq does not take it, the parcel keeps that.
static int lend_packet (daffi_outbox_t *self, daffi_parcel_t *parcel, int flags)
{
    daffi_buffer_t *packet = &parcel->packet;
    zmq_msg_t frame;
    if (!self->parcels->shelf)
        self->parcels->shelf = daffi_shelf_new ();
    packet_loan_t *loan = daffi_new (sizeof *loan);
    loan->memory = *packet;
    loan->shelf = daffi_shelf_ref (self->parcels->shelf);
    atomic_store_explicit (&loan->lent, true, memory_order_release);
    zmq_msg_init_data (&frame, packet->data, packet->size, packet_returned, loan);
    if (send_frame (self->socket, &frame, flags) < 0) {
        int failed = zmq_errno ();
        daffi_buffer_init (&loan->memory);
        zmq_msg_close (&frame);
        errno = failed;
        return -1;
    }
    packet->data = NULL;
    packet->capacity = 0;
    return 0;
}

static int send_packet (daffi_outbox_t *self, daffi_parcel_t *parcel, int flags)
{
    return parcel->packet.size >= LEND_MIN
               ? lend_packet (self, parcel, flags)
               : send_bytes (self->socket, parcel->packet.data, parcel->packet.size,
                             flags);
}

//  0, or the errno of the first frame, which decides over all of them.
static int send_parcel (daffi_outbox_t *self, daffi_parcel_t *parcel, int64_t now_ms)
{
    int more = parcel->frame_count ? ZMQ_SNDMORE : 0;
    if (self->to_router_peer && send_bytes (self->socket, self->routing_id,
                                            sizeof self->routing_id, ZMQ_SNDMORE) < 0)
        return zmq_errno ();
    daffi_parcel_refresh (parcel, now_ms);
    if (send_packet (self, parcel, more) < 0)
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
    size_t bytes = daffi_parcel_bytes (parcel);
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
    daffi_parcel_return (self->parcels, *parcel_p);
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
        daffi_parcel_return (self->parcels, parcel);
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
        daffi_parcel_return (self->parcels,
                             daffi_container (link, daffi_parcel_t, link));
    }
    daffi_parcel_return (self->parcels, self->data);
    daffi_parcel_return (self->parcels, self->control);
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
        *parcel = daffi_parcel_take (self->parcels);
    size_t before = daffi_parcel_bytes (*parcel), packet = (*parcel)->packet.size;
    if (!before)
        (*parcel)->begun_ms = now_ms;
    bool done = daffi_parcel_append (*parcel, header, body, deadline_ms);
    self->bytes += daffi_parcel_bytes (*parcel) - before;
    self->parcels->packets += (*parcel)->packet.size - packet;
    if (daffi_parcel_full (*parcel)) {
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
