//  SPDX-License-Identifier: MPL-2.0
//  The ROUTER's peers.
//
//  A descriptor belongs to one living connection, so the newcomer that has it proves
//  the old one dead. A dropped peer leaves the tables at once and memory at the end of
//  the turn, when what waits for it was offered to libzmq.

#include "peers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "alloc.h"
#include "bounds.h"
#include "entropy.h"

void daffi_peers_init (daffi_peers_t *self)
{
    uint64_t seed;
    struct rlimit files = {.rlim_cur = 1024};
    memset (self, 0, sizeof *self);
    daffi_parcels_count (&self->parcels);
    self->waiting_max = DAFFI_TOTAL_QUEUE_MAX;
    daffi_entropy_fill (&seed, sizeof seed);
    daffi_table_init (&self->by_number, seed);
    daffi_list_init (&self->all);
    daffi_list_init (&self->cut);
    daffi_list_init (&self->condemned);
    daffi_list_init (&self->touched);
    daffi_list_init (&self->stalled);
    daffi_list_init (&self->full);
    daffi_list_init (&self->looking);
    getrlimit (RLIMIT_NOFILE, &files);
    self->count_max = (size_t)files.rlim_cur / 10 * 8;
}

static void forget (daffi_peers_t *self, daffi_peer_t *peer)
{
    daffi_link_remove (&peer->link);
    daffi_link_remove (&peer->touched);
    daffi_link_remove (&peer->full);
    daffi_outbox_done (&peer->outbox);
    free (peer);
    self->count--;
}

void daffi_peers_done (daffi_peers_t *self)
{
    daffi_list_join (&self->all, &self->cut);
    daffi_list_join (&self->all, &self->condemned);
    DAFFI_LIST_EACH (&self->all, link, follower)
        forget (self, daffi_container (link, daffi_peer_t, link));
    daffi_parcels_done (&self->parcels);
    daffi_table_done (&self->by_number);
    free (self->by_fd);
    self->by_fd = NULL;
    self->fd_room = 0;
}

static uint32_t number_of (const uint8_t *routing_id)
{
    uint32_t number;
    memcpy (&number, routing_id + 1, sizeof number);
    return number;
}

daffi_peer_t *daffi_peers_find (const daffi_peers_t *self, const uint8_t *routing_id)
{
    return daffi_table_get (&self->by_number, 0, number_of (routing_id));
}

void daffi_peers_cut (daffi_peers_t *self, int fd)
{
    daffi_peer_t *peer = fd >= 0 && (size_t)fd < self->fd_room ? self->by_fd[fd] : NULL;
    if (!peer)
        return;
    self->by_fd[fd] = NULL;
    peer->fd = -1;
    daffi_link_remove (&peer->link);
    daffi_list_append (&self->cut, &peer->link);
}

static daffi_peer_t *take_from (daffi_peers_t *self, daffi_list_t *list)
{
    daffi_link_t *link = daffi_list_first (list);
    if (!link)
        return NULL;
    daffi_link_remove (link);
    daffi_list_append (&self->all, link);
    return daffi_container (link, daffi_peer_t, link);
}

daffi_peer_t *daffi_peers_take_cut (daffi_peers_t *self)
{
    return take_from (self, &self->cut);
}

static void tie (daffi_peers_t *self, daffi_peer_t *peer, int fd)
{
    if (fd < 0)
        return;
    if ((size_t)fd >= self->fd_room) {
        size_t room = ((size_t)fd + 1) * 2;
        self->by_fd = daffi_renew (self->by_fd, room * sizeof *self->by_fd);
        memset (self->by_fd + self->fd_room, 0,
                (room - self->fd_room) * sizeof *self->by_fd);
        self->fd_room = room;
    }
    self->by_fd[fd] = peer;
    peer->fd = fd;
}

daffi_peer_t *daffi_peers_add (daffi_peers_t *self, void *router,
                               const uint8_t *routing_id, int fd)
{
    if (self->count >= self->count_max)
        return NULL;
    daffi_peer_t *peer = daffi_new (sizeof *peer);
    peer->number = number_of (routing_id);
    peer->fd = -1;
    daffi_outbox_init (&peer->outbox, router, routing_id, &self->parcels);
    daffi_list_append (&self->all, &peer->link);
    daffi_table_put (&self->by_number, 0, peer->number, peer);
    tie (self, peer, fd);
    self->count++;
    return peer;
}

void daffi_peers_touch (daffi_peers_t *self, daffi_peer_t *peer)
{
    if (!daffi_link_linked (&peer->touched))
        daffi_list_append (&self->touched, &peer->touched);
}

void daffi_peers_drop (daffi_peers_t *self, daffi_peer_t *peer)
{
    if (peer->dropped)
        return;
    peer->dropped = true;
    peer->session = NULL;
    daffi_table_remove (&self->by_number, 0, peer->number);
    if (peer->fd >= 0)
        self->by_fd[peer->fd] = NULL;
    daffi_link_remove (&peer->full);
    daffi_link_remove (&peer->touched);
    daffi_list_append (&self->touched, &peer->touched);
}

static void flush_peer (daffi_peers_t *self, daffi_peer_t *peer, int64_t now_ms)
{
    daffi_status_t status = daffi_outbox_flush (&peer->outbox, now_ms);
    daffi_link_remove (&peer->touched);
    if (peer->dropped)
        forget (self, peer);
    else if (status == DAFFI_PENDING)
        daffi_list_append (&self->stalled, &peer->touched);
}

void daffi_peers_flush (daffi_peers_t *self, int64_t now_ms)
{
    //  the stalled ones once a millisecond at most: they must not cost the others a
    //  turn
    if (now_ms != self->retried_ms) {
        self->retried_ms = now_ms;
        daffi_list_join (&self->touched, &self->stalled);
    }
    DAFFI_LIST_EACH (&self->touched, link, follower)
        flush_peer (self, daffi_container (link, daffi_peer_t, touched), now_ms);
}

bool daffi_peers_waiting (const daffi_peers_t *self)
{
    return !daffi_list_empty (&self->stalled);
}

bool daffi_peers_behind (const daffi_peers_t *self)
{
    return !daffi_list_empty (&self->full);
}

//  --- those that read too slowly -----------------------------------------------------

void daffi_peers_condemn (daffi_peers_t *self, daffi_peer_t *peer)
{
    daffi_link_remove (&peer->link);
    daffi_list_append (&self->condemned, &peer->link);
}

daffi_peer_t *daffi_peers_take_condemned (daffi_peers_t *self)
{
    return take_from (self, &self->condemned);
}

//  Those that read are not to suffer where many do not: each has its share.
static bool bearable (const daffi_peers_t *self, size_t own, size_t size)
{
    return own + size <= DAFFI_QUEUE_SHARE ||
           (own + size <= DAFFI_QUEUE_MAX &&
            daffi_parcels_waiting (&self->parcels) + size <= self->waiting_max);
}

//  Half as much again, for what nobody asks a place for: errors, events.
bool daffi_peers_unbearable (const daffi_peers_t *self, const daffi_peer_t *peer)
{
    size_t own = daffi_outbox_waiting (&peer->outbox);
    return own > DAFFI_QUEUE_MAX / 2 * 3 ||
           (own > DAFFI_QUEUE_SHARE / 2 * 3 &&
            daffi_parcels_waiting (&self->parcels) > self->waiting_max / 2 * 3);
}

bool daffi_peers_fits (daffi_peers_t *self, daffi_peer_t *peer, size_t size)
{
    if (bearable (self, daffi_outbox_waiting (&peer->outbox), size))
        return true;
    if (!daffi_link_linked (&peer->full) && !peer->dropped)
        daffi_list_append (&self->full, &peer->full);
    return false;
}

daffi_peer_t *daffi_peers_take_writable (daffi_peers_t *self, int64_t now_ms)
{
    if (now_ms != self->looked_ms)
        daffi_list_join (&self->looking, &self->full);
    self->looked_ms = now_ms;
    daffi_link_t *link;
    while ((link = daffi_list_first (&self->looking))) {
        daffi_peer_t *peer = daffi_container (link, daffi_peer_t, full);
        daffi_link_remove (link);
        size_t waiting = daffi_outbox_waiting (&peer->outbox);
        if (waiting <= DAFFI_QUEUE_MAX / 2 && bearable (self, waiting, 0))
            return peer;
        daffi_list_append (&self->full, link);
    }
    return NULL;
}
