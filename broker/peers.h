//  SPDX-License-Identifier: MPL-2.0
//  The ROUTER's peers: by routing id, by descriptor, and which of them have mail.

#ifndef DAFFI_PEERS_H
#define DAFFI_PEERS_H

#include "core.h"
#include "outbox.h"
#include "table.h"

typedef struct {
    daffi_link_t link;         //  peers.all, peers.cut or peers.condemned
    daffi_link_t touched;      //  peers.touched or peers.stalled
    daffi_link_t full;         //  peers.full or peers.looking
    daffi_session_t *session;  //  NULL: over, or none yet
    uint32_t number;           //  of the routing id
    int fd;                    //  its connection's, -1: not known
    bool condemned;            //  to be lost at the end of the turn
    bool dropped;              //  to be forgotten at the end of the turn
    daffi_outbox_t outbox;
} daffi_peer_t;

typedef struct {
    daffi_table_t by_number;
    daffi_parcels_t parcels;  //  of all outboxes
    daffi_peer_t **by_fd;
    size_t fd_room;
    daffi_list_t all;
    daffi_list_t cut;  //  their connections are no more
    daffi_list_t condemned;
    daffi_list_t touched;  //  something to send, or dropped
    daffi_list_t stalled;  //  libzmq took no more
    daffi_list_t full;     //  something was held back since too much waits for them
    daffi_list_t looking;  //  those of them that are still to be looked at
    size_t count;
    size_t waiting_max;  //  bytes for all of them
    size_t count_max;    //  80 % of the descriptors: libzmq ends the process at 100 %
    int64_t retried_ms;
    int64_t looked_ms;
} daffi_peers_t;

void daffi_peers_init (daffi_peers_t *self);
void daffi_peers_done (daffi_peers_t *self);

daffi_peer_t *daffi_peers_find (const daffi_peers_t *self, const uint8_t *routing_id);
//  NULL: there are as many as the limit of open files allows.
daffi_peer_t *daffi_peers_add (daffi_peers_t *self, void *router,
                               const uint8_t *routing_id, int fd);

//  The connection of that descriptor is no more, if there was one.
void daffi_peers_cut (daffi_peers_t *self, int fd);
//  One whose connection is no more, and has not been dropped yet; NULL at the end.
daffi_peer_t *daffi_peers_take_cut (daffi_peers_t *self);

//  More waits for it than anybody may make us keep.
bool daffi_peers_unbearable (const daffi_peers_t *self, const daffi_peer_t *peer);
//  It is to be lost at the end of the turn, whatever it still has to say.
void daffi_peers_condemn (daffi_peers_t *self, daffi_peer_t *peer);
//  One of those that has not been dropped yet; NULL at the end.
daffi_peer_t *daffi_peers_take_condemned (daffi_peers_t *self);

//  Would `size` more bytes stay within what may wait for it, and for all? If not, it
//  will come out of daffi_peers_take_writable () when half of that is gone.
bool daffi_peers_fits (daffi_peers_t *self, daffi_peer_t *peer, size_t size);
//  Looks once a millisecond; NULL: none (any more).
daffi_peer_t *daffi_peers_take_writable (daffi_peers_t *self, int64_t now_ms);

//  It has something to send.
void daffi_peers_touch (daffi_peers_t *self, daffi_peer_t *peer);
//  It gets what waits for it, if libzmq takes it, and is forgotten.
void daffi_peers_drop (daffi_peers_t *self, daffi_peer_t *peer);
//  The end of a turn: one packet, or several full ones, for every touched peer.
void daffi_peers_flush (daffi_peers_t *self, int64_t now_ms);
//  Something waits for a stalled peer.
bool daffi_peers_waiting (const daffi_peers_t *self);
//  Something is held back for one that reads too slowly.
bool daffi_peers_behind (const daffi_peers_t *self);

#endif
