//  SPDX-License-Identifier: MPL-2.0
//  What goes to one peer: records packed into packets, large bodies behind them.
//
//  Records collect in the present packet and go out at the end of the actor's turn, or
//  when it is full (DAFFI_PACKET_BYTES and its like); nothing waits for more to come.
//  Where libzmq takes no more, packets queue here, and records that may overtake (PONG,
//  EVENT …) go first.

#ifndef DAFFI_OUTBOX_H
#define DAFFI_OUTBOX_H

#include "account.h"
#include "blob.h"
#include "buffer.h"
#include "list.h"
#include "message.h"
#include "record.h"

typedef struct daffi_parcel daffi_parcel_t;

//  Packets' memory that is not in use, for all outboxes of one actor: a peer that
//  nothing is said to costs none, and the next packet takes what was used last.
enum { DAFFI_PARCELS_SPARE_MAX = 256 };  //  as many peers as one turn hears of
typedef struct {
    daffi_parcel_t *spare[DAFFI_PARCELS_SPARE_MAX];
    uint32_t count;
    size_t packets;  //  bytes in packets that wait
    daffi_account_t
        *whole;  //  bodies behind them, and those that libzmq holds; or NULL
} daffi_parcels_t;

//  Begins zeroed; outlives the outboxes.
void daffi_parcels_done (daffi_parcels_t *self);
//  From here on, and before anything is sent: what waits in all outboxes is counted. A
//  body that waits for several of them is counted once, as it is there once.
void daffi_parcels_count (daffi_parcels_t *self);
size_t daffi_parcels_waiting (const daffi_parcels_t *self);

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
