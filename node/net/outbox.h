//  SPDX-License-Identifier: MPL-2.0
//  What goes to one peer: records packed into packets, large bodies behind them.
//
//  Records collect in the present packet and go out at the end of the actor's turn, or
//  when it is full (DAFFI_PACKET_BYTES and its like); nothing waits for more to come.
//  Where libzmq takes no more, packets queue here, and records that may overtake (PONG,
//  EVENT …) go first.

#ifndef DAFFI_OUTBOX_H
#define DAFFI_OUTBOX_H

#include "list.h"
#include "message.h"
#include "parcel.h"

typedef struct {
    void *socket;
    daffi_parcels_t *parcels;
    bool to_router_peer;
    uint8_t routing_id[DAFFI_ROUTING_ID_SIZE];
    daffi_parcel_t *data;      //  being filled
    daffi_parcel_t *control;   //  being filled; goes before what waits
    daffi_list_t sealed;       //  full, in order, waiting for libzmq
    size_t bytes;              //  of all three
    daffi_account_t *account;  //  bytes that libzmq holds by reference
    bool stalled;              //  libzmq took no more
} daffi_outbox_t;

//  `routing_id` NULL: a DEALER's outbox.
void daffi_outbox_init (daffi_outbox_t *self, void *socket, const uint8_t *routing_id,
                        daffi_parcels_t *parcels);
void daffi_outbox_done (daffi_outbox_t *self);
//  Throws away what waits.
void daffi_outbox_clear (daffi_outbox_t *self);

//  Appends one record; header->size and ->detached are filled in here. A large body
//  without blob is copied into one. `deadline_ms` is what the header's ttl, if it has
//  one, counts towards. False: no memory, the record is dropped.
bool daffi_outbox_append (daffi_outbox_t *self, const daffi_header_t *header,
                          const daffi_body_t *body, int64_t deadline_ms, int64_t now_ms,
                          bool control);

//  Bytes that wait here, or in libzmq by reference.
size_t daffi_outbox_waiting (const daffi_outbox_t *self);
static inline bool daffi_outbox_empty (const daffi_outbox_t *self)
{
    return self->bytes == 0;
}

//  Sends what libzmq takes without waiting. DAFFI_OK: all of it; DAFFI_PENDING: the
//  rest waits; DAFFI_NOT_FOUND: that peer is gone, all is thrown away.
daffi_status_t daffi_outbox_flush (daffi_outbox_t *self, int64_t now_ms);

#endif
