//  SPDX-License-Identifier: MPL-2.0
//  A parcel: one ZeroMQ message in the making, and the stock that parcels come from.
//  For outbox.c alone, but for daffi_parcels_t.

#ifndef DAFFI_PARCEL_H
#define DAFFI_PARCEL_H

#include "account.h"
#include "blob.h"
#include "buffer.h"
#include "list.h"
#include "record.h"
#include "shelf.h"

//  Where a ttl stands in a parcel's packet, to be brought up to date if it waited.
typedef struct {
    uint32_t offset;
    bool sent;  //  sent_ms stands behind it
    int64_t deadline_ms;
} daffi_parcel_ttl_t;

typedef struct daffi_parcel {
    daffi_link_t link;
    daffi_buffer_t packet;
    daffi_blob_t **frames;
    uint32_t frame_count;
    uint32_t frame_room;
    daffi_parcel_ttl_t *ttls;
    uint32_t ttl_count;
    uint32_t ttl_room;
    size_t frame_bytes;
    uint32_t records;
    int64_t begun_ms;
    daffi_account_t *whole;  //  of the parcels, or NULL
} daffi_parcel_t;

//  Packets' memory that is not in use, for all outboxes of one actor: a peer that
//  nothing is said to costs none, and the next packet takes what was used last.
enum { DAFFI_PARCELS_SPARE_MAX = 256 };  //  as many peers as one turn hears of
typedef struct {
    daffi_parcel_t *spare[DAFFI_PARCELS_SPARE_MAX];
    uint32_t count;
    size_t packets;        //  bytes in packets that wait
    daffi_shelf_t *shelf;  //  where the memory of large ones comes back to; or NULL
    daffi_account_t
        *whole;  //  bodies behind them, and those that libzmq holds; or NULL
} daffi_parcels_t;

//  Begins zeroed; outlives the outboxes.
void daffi_parcels_done (daffi_parcels_t *self);
//  From here on, and before anything is sent: what waits in all outboxes is counted. A
//  body that waits for several of them is counted once, as it is there once.
void daffi_parcels_count (daffi_parcels_t *self);
size_t daffi_parcels_waiting (const daffi_parcels_t *self);

//  An empty one, from the stock.
daffi_parcel_t *daffi_parcel_take (daffi_parcels_t *self);
//  And back; what it holds is let go of. NULL is none.
void daffi_parcel_return (daffi_parcels_t *self, daffi_parcel_t *parcel);

//  Appends one record, as daffi_outbox_append () does. False: no memory.
bool daffi_parcel_append (daffi_parcel_t *self, const daffi_header_t *header,
                          const daffi_body_t *body, int64_t deadline_ms);
size_t daffi_parcel_bytes (const daffi_parcel_t *self);
//  It is to go out.
bool daffi_parcel_full (const daffi_parcel_t *self);
//  What was spent waiting comes off the ttls.
void daffi_parcel_refresh (daffi_parcel_t *self, int64_t now_ms);

#endif
