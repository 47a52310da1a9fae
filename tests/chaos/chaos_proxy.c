//  SPDX-License-Identifier: MPL-2.0
//  The fault proxy: stands between each node and the broker, and does to their
//  connections what the board says.
//
//  Each node has a listener of its own, by turns TCP and UNIX, so that faults can be
//  done to one alone. All is non-blocking, in one thread with epoll.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chaos_pipe.h"
#include "chaos_role.h"
#include "chaos_socket.h"

enum { PAIRS_MAX = 256, TURN_MS = 2, EVENTS = 64 };

//  What epoll hands back: a listener's slot, or PAIR + the pair's index.
enum { PAIR = CHAOS_SLOTS };

typedef struct {
    chaos_self_t *self;
    int epoll;
    int listeners[CHAOS_SLOTS];
    uint32_t modes[CHAOS_SLOTS];  //  as of the last turn
    uint32_t cuts[CHAOS_SLOTS];
    chaos_pair_t pairs[PAIRS_MAX];
} proxy_t;

static void watch (const proxy_t *proxy, int fd, uint32_t events, uint32_t what)
{
    struct epoll_event event = {.events = events, .data.u32 = what};
    epoll_ctl (proxy->epoll, EPOLL_CTL_ADD, fd, &event);
}

static bool open_listeners (proxy_t *proxy)
{
    chaos_board_t *board = proxy->self->board;
    for (uint32_t i = 0; i < board->workers + board->callers; i++) {
        chaos_address_t *address = &board->address[i];
        if (!address->port)
            mkdir (address->folder, 0700);
        proxy->listeners[i] = chaos_socket_listen (address);
        if (proxy->listeners[i] < 0) {
            fprintf (stderr, "daffi-chaos: the proxy cannot listen: %s\n",
                     strerror (errno));
            return false;
        }
        watch (proxy, proxy->listeners[i], EPOLLIN, i);
    }
    return true;
}

static chaos_pair_t *free_pair (proxy_t *proxy)
{
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (!proxy->pairs[i].open)
            return &proxy->pairs[i];
    return NULL;
}

static void meet (proxy_t *proxy, uint32_t slot)
{
    int fds[2];
    while ((fds[0] = chaos_socket_accept (proxy->listeners[slot])) >= 0) {
        chaos_pair_t *pair = free_pair (proxy);
        fds[1] = chaos_socket_connect (&proxy->self->board->broker);
        if (!pair || fds[1] < 0) {
            close (fds[0]);
            if (fds[1] >= 0)
                close (fds[1]);
            continue;
        }
        chaos_pair_init (pair, slot, fds);
        uint32_t what = PAIR + (uint32_t)(pair - proxy->pairs);
        watch (proxy, fds[0], EPOLLIN | EPOLLOUT | EPOLLET, what);
        watch (proxy, fds[1], EPOLLIN | EPOLLOUT | EPOLLET, what);
    }
}

//  A connection from which something was swallowed can never go on.
static void apply_faults (proxy_t *proxy)
{
    for (uint32_t i = 0; i < CHAOS_SLOTS; i++) {
        chaos_link_t *link = &proxy->self->board->links[i];
        uint32_t mode = atomic_load (&link->mode), cuts = atomic_load (&link->cuts);
        bool cut = cuts != proxy->cuts[i];
        bool healed = proxy->modes[i] == CHAOS_HALF_OPEN && mode != CHAOS_HALF_OPEN;
        proxy->modes[i] = mode;
        proxy->cuts[i] = cuts;
        for (size_t j = 0; (cut || healed) && j < PAIRS_MAX; j++)
            if (proxy->pairs[j].open && proxy->pairs[j].slot == i)
                chaos_pair_close (&proxy->pairs[j], cuts % 2);
    }
}

//  True: it is to be looked at again without an event.
static bool move (proxy_t *proxy, chaos_pair_t *pair)
{
    const chaos_link_t *link = &proxy->self->board->links[pair->slot];
    return chaos_pair_move (pair, proxy->modes[pair->slot], atomic_load (&link->amount),
                            chaos_now ());
}

static void serve (proxy_t *proxy)
{
    struct epoll_event events[EVENTS];
    bool again = false;
    while (!chaos_role_asked_to_leave ()) {
        int count = epoll_wait (proxy->epoll, events, EVENTS, again ? TURN_MS : 10);
        apply_faults (proxy);
        for (int i = 0; i < count; i++)
            if (events[i].data.u32 < PAIR)
                meet (proxy, events[i].data.u32);
        again = false;
        for (size_t i = 0; i < PAIRS_MAX; i++)
            if (proxy->pairs[i].open)
                again |= move (proxy, &proxy->pairs[i]);
    }
}

int chaos_proxy (chaos_self_t *self)
{
    static proxy_t proxy;
    proxy.self = self;
    proxy.epoll = epoll_create1 (EPOLL_CLOEXEC);
    if (proxy.epoll < 0 || !open_listeners (&proxy))
        return 1;
    atomic_store (&self->board->proxy_ready, true);
    serve (&proxy);
    return 0;
}
