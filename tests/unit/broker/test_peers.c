//  SPDX-License-Identifier: MPL-2.0
//  The ROUTER's peers: what waits for all of them together has a bound, too.

#include "peers.h"

#include "bounds.h"
#include "clock.h"
#include "context.h"
#include "test.h"

enum { MIB = 1 << 20, COUNT = 5 };

typedef struct {
    void *context;
    void *router;
    daffi_peers_t peers;
    daffi_peer_t *all[COUNT];
} crowd_t;

//  None of them reads.
static void open_crowd (crowd_t *self)
{
    daffi_error_t error;
    CHECK_OK (daffi_context_acquire (&self->context, &error));
    self->router = daffi_socket_new (self->context, ZMQ_ROUTER, &error);
    CHECK (self->router);
    daffi_peers_init (&self->peers);
    self->peers.waiting_max = 10 * MIB;
    for (uint8_t i = 0; i < COUNT; i++) {
        const uint8_t routing_id[DAFFI_ROUTING_ID_SIZE] = {0, 1, 2, 3, i};
        self->all[i] = daffi_peers_add (&self->peers, self->router, routing_id, -1);
        CHECK (self->all[i]);
        self->all[i]->outbox.stalled = true;
    }
}

static void close_crowd (crowd_t *self)
{
    CHECK (daffi_parcels_waiting (&self->peers.parcels) > 0);
    for (int i = 0; i < COUNT; i++)
        daffi_outbox_clear (&self->all[i]->outbox);
    CHECK_EQ_UINT (daffi_parcels_waiting (&self->peers.parcels), 0);
    daffi_peers_done (&self->peers);
    daffi_socket_close (&self->router);
    daffi_context_release ();
}

static void give (const crowd_t *self, int to, daffi_blob_t *blob)
{
    const daffi_header_t header = {
        .type = DAFFI_RECORD_RESULT, .id = 1, .ttl_ms = DAFFI_TTL_NONE};
    const daffi_body_t body = daffi_body_of (blob);
    CHECK (daffi_outbox_append (&self->all[to]->outbox, &header, &body, DAFFI_NEVER,
                                1000, false));
}

static void give_new (const crowd_t *self, int to, size_t size)
{
    daffi_blob_t *blob = daffi_blob_new (size);
    CHECK (blob);
    give (self, to, blob);
    daffi_blob_unref (blob);
}

TEST ("where much waits for others, a peer has its share and no more")
{
    crowd_t crowd;
    open_crowd (&crowd);
    for (int i = 0; i < 3; i++)
        give_new (&crowd, i, 3 * MIB);
    CHECK (daffi_peers_fits (&crowd.peers, crowd.all[3], MIB / 2));
    CHECK (daffi_peers_fits (&crowd.peers, crowd.all[3], MIB));
    CHECK (!daffi_peers_fits (&crowd.peers, crowd.all[3], MIB + 1));
    CHECK (daffi_peers_behind (&crowd.peers));
    give_new (&crowd, 4, 2 * MIB);
    //  what others let go of is room for it
    CHECK (!daffi_peers_fits (&crowd.peers, crowd.all[4], 1));
    daffi_outbox_clear (&crowd.all[0]->outbox);
    CHECK (daffi_peers_fits (&crowd.peers, crowd.all[3], MIB + 1));
    CHECK (daffi_peers_take_writable (&crowd.peers, 1001) == crowd.all[3]);
    CHECK (daffi_peers_take_writable (&crowd.peers, 1001) == crowd.all[4]);
    close_crowd (&crowd);
}

TEST ("a body that waits for many is there once")
{
    crowd_t crowd;
    open_crowd (&crowd);
    daffi_blob_t *blob = daffi_blob_new (8 * MIB);
    CHECK (blob);
    for (int i = 0; i < COUNT; i++)
        give (&crowd, i, blob);
    daffi_blob_unref (blob);
    CHECK (daffi_parcels_waiting (&crowd.peers.parcels) < 9 * MIB);
    for (int i = 0; i + 1 < COUNT; i++)
        daffi_outbox_clear (&crowd.all[i]->outbox);
    CHECK (daffi_parcels_waiting (&crowd.peers.parcels) >= 8 * MIB);
    close_crowd (&crowd);
}

TEST ("who does not read is given up sooner where too much waits for all")
{
    crowd_t crowd;
    open_crowd (&crowd);
    give_new (&crowd, 0, 14 * MIB);
    CHECK (!daffi_peers_unbearable (&crowd.peers, crowd.all[0]));
    give_new (&crowd, 1, MIB + 1);
    CHECK (daffi_peers_unbearable (&crowd.peers, crowd.all[0]));
    CHECK (!daffi_peers_unbearable (&crowd.peers, crowd.all[1]));
    close_crowd (&crowd);
}
