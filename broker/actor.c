//  SPDX-License-Identifier: MPL-2.0
//  The controller's actor: one turn takes what the socket, the monitor, the mailbox and
//  the clock have, gives it to the core, and sends every peer its packet.

#include <stdlib.h>

#include "alloc.h"
#include "clock.h"
#include "context.h"
#include "inside.h"
#include "rest.h"

enum {
    STALL_RETRY_MS = 5,  //  libzmq wakes us when a stalled peer reads; this is the net
    HANG_UP_MS = 250     //  that peers have to read GOODBYE and to close
};

typedef enum { MAIL_STOP, MAIL_FUNCTIONS } mail_kind_t;

typedef struct {
    daffi_link_t link;
    mail_kind_t kind;
    int64_t drain_timeout_ms;  //  STOP
    daffi_buffer_t *out;       //  FUNCTIONS: the sender waits for `done`
    bool done;
} mail_t;

//  --- the end ------------------------------------------------------------------------

static void begin_drain (daffi_controller_t *self, int64_t timeout_ms)
{
    int64_t end_ms = daffi_deadline (self->now_ms, timeout_ms);
    if (self->phase == DAFFI_CONTROLLER_RUNNING) {
        self->phase = DAFFI_CONTROLLER_DRAINING;
        self->phase_end_ms = end_ms;
        daffi_log (&self->log, DAFFI_LOG_INFO, "controller.draining", "endpoint=%s",
                   self->endpoint.text);
        daffi_core_drain (self->core);
    } else if (self->phase == DAFFI_CONTROLLER_DRAINING &&
               end_ms < self->phase_end_ms) {
        self->phase_end_ms = end_ms;
    }
}

//  The peers hang up first: a DEALER with ZMQ_IMMEDIATE throws away what it has not
//  read when its connection breaks, and that would be the last answers and the GOODBYE.
static void say_goodbye (daffi_controller_t *self)
{
    self->phase = DAFFI_CONTROLLER_LEAVING;
    self->phase_end_ms = self->now_ms + HANG_UP_MS;
    daffi_mailbox_close (&self->mailbox);
    daffi_core_close (self->core, self->now_ms);
    daffi_peers_flush (&self->peers, self->now_ms);
}

//  Lets go of the endpoint; the actor lives on until it is destroyed.
static void close_down (daffi_controller_t *self)
{
    daffi_keeper_close (&self->keeper);
    daffi_monitor_close (&self->monitor);
    daffi_peers_done (&self->peers);
    daffi_socket_close (&self->router);
    daffi_sockfile_release (&self->sockfile);
    self->phase = DAFFI_CONTROLLER_CLOSED;
    daffi_log (&self->log, DAFFI_LOG_INFO, "controller.stopped", "endpoint=%s",
               self->endpoint.text);
    if (self->options.on_stopped)
        self->options.on_stopped (self->options.on_stopped_arg);
}

static void end_phase (daffi_controller_t *self)
{
    bool late = self->now_ms >= self->phase_end_ms;
    bool idle = daffi_core_idle (self->core) && !daffi_peers_waiting (&self->peers);
    if (self->phase == DAFFI_CONTROLLER_DRAINING && (idle || late))
        say_goodbye (self);
    if (self->phase == DAFFI_CONTROLLER_LEAVING &&
        (self->peers.count == 0 || self->now_ms >= self->phase_end_ms))
        close_down (self);
}

//  --- mails --------------------------------------------------------------------------

static void answer (daffi_controller_t *self, mail_t *mail)
{
    pthread_mutex_lock (&self->lock);
    mail->done = true;
    pthread_cond_broadcast (&self->answered);
    pthread_mutex_unlock (&self->lock);
}

void daffi_controller_read_mails (daffi_controller_t *self)
{
    daffi_list_t mails;
    daffi_list_init (&mails);
    daffi_mailbox_take (&self->mailbox, &mails);
    DAFFI_LIST_EACH (&mails, link, follower) {
        mail_t *mail = daffi_container (link, mail_t, link);
        switch (mail->kind) {
        case MAIL_STOP:
            begin_drain (self, mail->drain_timeout_ms);
            free (mail);
            break;
        case MAIL_FUNCTIONS:
            daffi_core_write_functions (self->core, mail->out);
            answer (self, mail);
            break;
        }
    }
}

void daffi_controller_stop (daffi_controller_t *self, int64_t drain_timeout_ms)
{
    mail_t *mail = daffi_new (sizeof *mail);
    mail->kind = MAIL_STOP;
    mail->drain_timeout_ms = drain_timeout_ms;
    if (!daffi_mailbox_post (&self->mailbox, &mail->link))
        free (mail);
}

bool daffi_controller_functions (daffi_controller_t *self, daffi_buffer_t *out)
{
    mail_t mail = {.kind = MAIL_FUNCTIONS, .out = out};
    if (!daffi_mailbox_post (&self->mailbox, &mail.link))
        return false;
    pthread_mutex_lock (&self->lock);
    while (!mail.done)
        pthread_cond_wait (&self->answered, &self->lock);
    pthread_mutex_unlock (&self->lock);
    return true;
}

//  --- the actor ----------------------------------------------------------------------

//  When there is something to do, if nothing comes before.
static int64_t next_time (const daffi_controller_t *self)
{
    int64_t next_ms = daffi_core_next (self->core);
    if (self->phase != DAFFI_CONTROLLER_RUNNING && self->phase_end_ms < next_ms)
        next_ms = self->phase_end_ms;
    bool retry =
        daffi_peers_waiting (&self->peers) || daffi_peers_behind (&self->peers);
    if (retry && self->now_ms + STALL_RETRY_MS < next_ms)
        next_ms = self->now_ms + STALL_RETRY_MS;
    return next_ms;
}

//  `more`: the socket may have a message; and still has, at the end.
static void turn (daffi_controller_t *self, bool *more)
{
    self->now_ms = daffi_clock_ms ();
    *more = *more && daffi_traffic_receive (self);
    if (!*more)
        daffi_traffic_lose_cut (self);
    daffi_traffic_lose_condemned (self);
    daffi_controller_read_mails (self);
    daffi_keeper_turn (&self->keeper, self->core, self->now_ms);
    daffi_core_tick (self->core, self->now_ms);
    daffi_traffic_feed_writable (self);
    daffi_peers_flush (&self->peers, self->now_ms);
    end_phase (self);
}

//  Sleeps until something may be there. False: the actor shall end.
static bool rest (daffi_controller_t *self, daffi_rest_t *on, bool *more)
{
    bool closed = self->phase == DAFFI_CONTROLLER_CLOSED;
    on->socket = self->router;
    if (closed)
        on->socket_fd = -1;
    on->monitor = closed ? -1 : self->monitor.fd;
    on->other = closed ? -1 : daffi_keeper_fd (&self->keeper);
    if (!daffi_rest (on, *more, closed ? DAFFI_NEVER : next_time (self)))
        return false;
    *more = on->socket_woke;
    self->now_ms = daffi_clock_ms ();
    self->keeper.news = on->other_woke;
    if (on->monitor_woke)
        daffi_traffic_watch (self);
    return true;
}

void daffi_controller_shake_hands (daffi_controller_t *self)
{
    pthread_mutex_lock (&self->lock);
    pthread_mutex_unlock (&self->lock);
}

void daffi_controller_actor (zsock_t *pipe, void *args)
{
    daffi_controller_t *self = args;
    bool more = true;
    daffi_rest_t on;
    zsock_signal (pipe, 0);
    daffi_rest_init (&on, &self->mailbox, pipe, self->router);
    //  ZMQ_FD tells of changes only: both must have been found empty once
    daffi_traffic_watch (self);
    bool ended = daffi_rest_ended (pipe);
    while (!ended && rest (self, &on, &more)) {
        if (self->phase == DAFFI_CONTROLLER_CLOSED) {
            daffi_controller_read_mails (self);
            more = false;
        } else {
            turn (self, &more);
        }
    }
    daffi_rest_end (pipe);
    daffi_controller_shake_hands (self);
}
