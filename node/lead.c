//  SPDX-License-Identifier: MPL-2.0
//  A thread that waits for its own call does the actor's work.
//
//  One foreground call after the other, and nothing else in flight, is what most
//  programs do. By the mailbox, each wakes the actor, sleeps, and is woken by the
//  actor: two wake-ups more than bare libzmq's twelve. So a node is run by whoever has
//  the lead, a lock, and the actor gives that up while it sleeps. Where it is free,
//  such a thread takes it, sends its call, gives it up, and sleeps on the socket in the
//  actor's place (it "watches"); the actor goes on to sleep on mails, the monitor and
//  the clock, and on a gate that is shut meanwhile. Either takes the lead when
//  something wakes it and runs one turn, the same whoever runs it, so the rest of the
//  node need not know. At most one thread watches, and it leaves with the outcome of
//  its call: what remains is the actor's.
//
//  Only where nothing else is in flight, and until something is: calls of many threads,
//  or of one that keeps many in flight, share packets if the actor gathers them, and
//  others shall not wait for a thread that may be slow to get a processor (nice,
//  SCHED_IDLE, a debugger). So the actor takes the watch back without asking; what
//  comes out of the blue, as a request does, waits for its next heartbeat at worst. And
//  not in a callback, nor in a node that has inline ones: the actor is their thread.

#include "lead.h"

#include <poll.h>
#include <sys/epoll.h>

#include "context.h"
#include "inside.h"
#include "rest.h"
#include "wake.h"

void daffi_lead_init (daffi_lead_t *self)
{
    *self = (daffi_lead_t){.socket_fd = -1, .gate = -1, .fd = -1};
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->left, NULL);
}

void daffi_lead_done (daffi_lead_t *self)
{
    daffi_wake_close (&self->gate);
    daffi_wake_close (&self->fd);
    pthread_cond_destroy (&self->left);
    pthread_mutex_destroy (&self->lock);
}

//  --- the actor ----------------------------------------------------------------------

void daffi_lead_take (daffi_lead_t *self)
{
    pthread_mutex_lock (&self->lock);
}

void daffi_lead_give (daffi_lead_t *self)
{
    pthread_mutex_unlock (&self->lock);
}

void daffi_lead_take_alone (daffi_lead_t *self)
{
    pthread_mutex_lock (&self->lock);
    while (self->watched)
        pthread_cond_wait (&self->left, &self->lock);
}

int daffi_lead_gate (const daffi_lead_t *self)
{
    return self->gate >= 0 ? self->gate : self->socket_fd;
}

bool daffi_lead_look (daffi_lead_t *self)
{
    bool look = self->look;
    self->look = false;
    return look;
}

void daffi_lead_open (daffi_lead_t *self, void *socket)
{
    self->socket_fd = daffi_socket_get (socket, ZMQ_FD);
}

void daffi_lead_close (daffi_lead_t *self)
{
    daffi_wake_close (&self->gate);
    self->socket_fd = -1;
}

//  --- the gate -----------------------------------------------------------------------

static void set_gate (daffi_lead_t *self, bool open)
{
    struct epoll_event event = {.events = open ? EPOLLIN : 0};
    epoll_ctl (self->gate, EPOLL_CTL_MOD, self->socket_fd, &event);
}

//  The first call of a node makes it: who only serves has none. False: no descriptor is
//  left for it.
static bool have_gate (daffi_lead_t *self)
{
    struct epoll_event event = {.events = EPOLLIN};
    if (self->fd < 0)
        self->fd = daffi_wake_open ();
    if (self->gate >= 0 || self->fd < 0)
        return self->fd >= 0;
    self->gate = epoll_create1 (EPOLL_CLOEXEC);
    if (self->gate >= 0 &&
        epoll_ctl (self->gate, EPOLL_CTL_ADD, self->socket_fd, &event))
        daffi_wake_close (&self->gate);
    return self->gate >= 0;
}

//  The node works for others as well.
static bool busy (const daffi_node_t *node)
{
    return atomic_load_explicit (&node->in_flight, memory_order_relaxed) > 1 ||
           atomic_load_explicit (&node->running_count, memory_order_relaxed) > 0;
}

void daffi_lead_relieve (daffi_node_t *node, int64_t until_ms)
{
    daffi_lead_t *self = &node->lead;
    self->until_ms = until_ms;
    if (!self->watched || self->relieved ||
        !(daffi_future_done (self->watched) || busy (node)))
        return;
    self->relieved = true;
    if (self->gate >= 0)
        set_gate (self, true);
    daffi_wake_signal (self->fd);
}

//  --- watching -----------------------------------------------------------------------

//  Spins before it sleeps, where it was asked for.
static void await (struct pollfd *fds, nfds_t count, int32_t spin_us, int timeout_ms)
{
    int64_t end_us = spin_us && timeout_ms ? daffi_clock_us () + spin_us : 0;
    int ready = 0;
    while (end_us && !ready) {
        ready = poll (fds, count, 0);
        if (daffi_clock_us () >= end_us)
            end_us = 0;
    }
    if (!ready)
        poll (fds, count, timeout_ms);
}

//  Gives up the lead to sleep. True: the socket may have something.
static bool rest (daffi_node_t *node, bool more, int32_t spin_us)
{
    daffi_lead_t *self = &node->lead;
    struct pollfd fds[] = {{.fd = self->socket_fd, .events = POLLIN},
                           {.fd = self->fd, .events = POLLIN}};
    //  as in daffi_rest ()
    more = more || (daffi_socket_get (node->dealer, ZMQ_EVENTS) & ZMQ_POLLIN) != 0;
    int timeout_ms = more ? 0 : daffi_rest_time (daffi_node_next (node));
    daffi_lead_give (self);
    await (fds, sizeof fds / sizeof fds[0], spin_us, timeout_ms);
    daffi_lead_take (self);
    if (fds[1].revents)
        daffi_wake_clear (self->fd);
    return more || fds[0].revents;
}

static void hand_back (daffi_node_t *node, bool more)
{
    daffi_lead_t *self = &node->lead;
    set_gate (self, true);
    self->look = more || (daffi_socket_get (node->dealer, ZMQ_EVENTS) & ZMQ_POLLIN);
    if (self->look || daffi_node_next (node) < self->until_ms)
        daffi_wake_signal (node->mailbox.fd);
}

static void watch (daffi_node_t *node, daffi_future_t *future)
{
    daffi_lead_t *self = &node->lead;
    bool more = daffi_lead_look (self);
    self->watched = future;
    self->relieved = false;
    set_gate (self, false);
    for (;;) {
        daffi_future_forbid_waiting (true);
        daffi_node_awake (node);
        daffi_node_turn (node, &more);
        daffi_future_forbid_waiting (false);
        if (daffi_future_done (future) || busy (node) ||
            node->phase == DAFFI_NODE_CLOSED)
            break;
        more = rest (node, more, future->spin_us);
        //  whoever registers an inline function meanwhile wants it run in the actor
        if (self->relieved || daffi_functions_any_inline (&node->functions))
            break;
    }
    self->watched = NULL;
    if (node->phase != DAFFI_NODE_CLOSED)
        hand_back (node, more);
    pthread_cond_signal (&self->left);
}

//  Without the lead.
static bool may_lead (const daffi_future_t *future)
{
    return future->alone && future->spin_us != DAFFI_SPIN_AUTO &&
           !daffi_future_waiting_forbidden () && !daffi_request_current ();
}

bool daffi_lead_call (daffi_node_t *node, daffi_future_t *future)
{
    daffi_lead_t *self = &node->lead;
    int cancelled;
    if (!may_lead (future) || pthread_mutex_trylock (&self->lock))
        return false;
    //  poll () would end a thread that is cancelled, and nobody would watch any more
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &cancelled);
    bool leads = !self->watched && node->phase == DAFFI_NODE_RUNNING &&
                 node->link.welcomed &&
                 !daffi_functions_any_inline (&node->functions) && have_gate (self) &&
                 daffi_mailbox_leave (&node->mailbox, &future->start.link);
    if (leads) {
        //  a worker (on_node_connect) waits, too: another one may take its place
        daffi_executor_block ();
        watch (node, future);
        daffi_executor_unblock ();
    }
    daffi_lead_give (self);
    pthread_setcancelstate (cancelled, &cancelled);
    return leads;
}
