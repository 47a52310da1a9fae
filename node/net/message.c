//  SPDX-License-Identifier: MPL-2.0
//  A received ZeroMQ message.

#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"
#include "list.h"

//  A received frame, kept where it was received.
typedef struct {
    daffi_blob_t blob;
    zmq_msg_t frame;
} framed_t;

static void release_frame (daffi_blob_t *blob)
{
    framed_t *self = daffi_container (blob, framed_t, blob);
    zmq_msg_close (&self->frame);
    free (self);
}

static daffi_blob_t *wrap (zmq_msg_t *frame)
{
    framed_t *self = daffi_new (sizeof *self);
    zmq_msg_init (&self->frame);
    zmq_msg_move (&self->frame, frame);
    atomic_init (&self->blob.refs, 1);
    atomic_init (&self->blob.waits, 0);
    self->blob.data = zmq_msg_data (&self->frame);
    self->blob.size = zmq_msg_size (&self->frame);
    self->blob.release = release_frame;
    return &self->blob;
}

void daffi_message_init (daffi_message_t *self)
{
    memset (self, 0, sizeof *self);
    zmq_msg_init (&self->packet);
}

static void clear (daffi_message_t *self)
{
    for (uint32_t i = 0; i < self->count; i++)
        daffi_blob_unref (self->frames[i]);
    self->count = self->taken = 0;
    self->reader = daffi_packet_reader (NULL, 0);
}

void daffi_message_done (daffi_message_t *self)
{
    clear (self);
    free (self->frames);
    self->frames = NULL;
    zmq_msg_close (&self->packet);
}

static void keep (daffi_message_t *self, zmq_msg_t *frame)
{
    if (self->count == self->room) {
        self->room = self->room ? self->room * 2 : 4;
        self->frames = daffi_renew (self->frames, self->room * sizeof *self->frames);
    }
    self->frames[self->count++] = wrap (frame);
}

//  A signal that comes meanwhile must not part a message.
static bool receive (zmq_msg_t *frame, void *socket)
{
    int size;
    while ((size = zmq_msg_recv (frame, socket, ZMQ_DONTWAIT)) < 0 &&
           zmq_errno () == EINTR)
        continue;
    return size >= 0;
}

//  The frames behind the packet. All are received in any case; false: there are too
//  many.
static bool receive_frames (daffi_message_t *self, void *socket)
{
    bool fine = true;
    bool more = zmq_msg_more (&self->packet);
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init (&frame);
        if (!receive (&frame, socket))
            return false;
        more = zmq_msg_more (&frame);
        fine = fine && self->count < DAFFI_FRAMES_MAX;
        if (fine)
            keep (self, &frame);
        zmq_msg_close (&frame);
    }
    return fine;
}

bool daffi_message_routing_id_automatic (const daffi_message_t *self)
{
    return self->routing_id_size == DAFFI_ROUTING_ID_SIZE && self->routing_id[0] == 0;
}

//  libzmq makes a text of the number and reads it again, so only where it is wanted.
//  The property is missing on the routing id's frame.
int daffi_message_fd (const daffi_message_t *self)
{
    return zmq_msg_get (&self->packet, ZMQ_SRCFD);
}

static bool receive_routing_id (daffi_message_t *self, void *socket)
{
    self->routing_id_size = (uint32_t)zmq_msg_size (&self->packet);
    if (self->routing_id_size > DAFFI_ROUTING_ID_MAX)
        self->routing_id_size = DAFFI_ROUTING_ID_MAX;
    memcpy (self->routing_id, zmq_msg_data (&self->packet), self->routing_id_size);
    return zmq_msg_more (&self->packet) && receive (&self->packet, socket) &&
           daffi_message_routing_id_automatic (self);
}

daffi_status_t daffi_message_receive (daffi_message_t *self, void *socket,
                                      bool from_router)
{
    clear (self);
    if (!receive (&self->packet, socket))
        return DAFFI_PENDING;
    bool fine = !from_router || receive_routing_id (self, socket);
    fine = receive_frames (self, socket) && fine;
    if (!fine)
        return DAFFI_PROTOCOL;
    self->reader = daffi_packet_reader (zmq_msg_data (&self->packet),
                                        zmq_msg_size (&self->packet));
    return DAFFI_OK;
}

//  False: a frame is missing.
static bool take_frames (daffi_message_t *self, const daffi_header_t *header,
                         daffi_body_t *body)
{
    if (header->detached) {
        if (self->taken == self->count)
            return false;
        *body = daffi_body_of (self->frames[self->taken++]);
    }
    if (header->present & DAFFI_OPT_TAIL) {
        if (self->taken == self->count)
            return false;
        body->tail = self->frames[self->taken++];
    }
    return true;
}

daffi_status_t daffi_message_next (daffi_message_t *self, daffi_header_t *header,
                                   daffi_body_t *body)
{
    const uint8_t *data;
    daffi_status_t status = daffi_packet_read (&self->reader, header, &data);
    if (status)
        return status;
    *body = daffi_body_borrowed (data, header->size);
    if (!header->detached && !(header->present & DAFFI_OPT_TAIL))
        return DAFFI_OK;
    return take_frames (self, header, body) ? DAFFI_OK : DAFFI_PROTOCOL;
}
