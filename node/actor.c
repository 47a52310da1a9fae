//  SPDX-License-Identifier: MPL-2.0
//  The node's actor: one turn takes what the mailbox, the socket, the monitor and the
//  clock have, and sends the controller one packet.
//
//  It never runs user code, except for functions that are marked as inline: so
//  heartbeats go out however long a callback takes. A thread that waits may run a turn
//  in its place: lead.c.

#include <stdlib.h>

#include "alloc.h"
#include "context.h"
#include "inside.h"
#include "rest.h"

enum { STALL_RETRY_MS = 5 };

//  --- mails --------------------------------------------------------------------------

typedef struct {
    daffi_mail_t mail;
    int64_t drain_timeout_ms;
} stop_t;

static void close_down (daffi_node_t *self);

static void drain_ended (daffi_node_t *self, daffi_alarm_t *alarm)
{
    (void)alarm;
    close_down (self);
}

static void begin_drain (daffi_node_t *self, int64_t timeout_ms)
{
    if (self->phase == DAFFI_NODE_CLOSED)
        return;
    int64_t end_ms = daffi_deadline (self->now_ms, timeout_ms);
    if (self->phase == DAFFI_NODE_RUNNING) {
        self->phase = DAFFI_NODE_DRAINING;
        daffi_node_set_state (self, DAFFI_STATE_STOPPING, NULL);
        if (self->link.welcomed)
            daffi_node_send_plain (self, DAFFI_RECORD_DRAIN, 1, false);
    }
    self->drain_end.ring = drain_ended;
    daffi_alarm_set (self, &self->drain_end, end_ms);
}

static void read_mail (daffi_node_t *self, daffi_mail_t *mail)
{
    switch (mail->kind) {
    case DAFFI_MAIL_CALL:
        daffi_outgoing_start (self, daffi_container (mail, daffi_future_t, start));
        break;
    case DAFFI_MAIL_CANCEL: {
        daffi_future_t *future = daffi_container (mail, daffi_future_t, cancel);
        daffi_outgoing_cancel (self, future, DAFFI_CANCELLED,
                               "cancelled by the caller");
        daffi_future_unref (future);
        break;
    }
    case DAFFI_MAIL_CAST:
        daffi_outgoing_cast (self, mail);
        break;
    case DAFFI_MAIL_ANSWER:
        daffi_incoming_answered (self, daffi_container (mail, daffi_request_t, mail));
        break;
    case DAFFI_MAIL_STREAM:
        daffi_streaming_send (self, daffi_container (mail, daffi_stream_mail_t, mail));
        break;
    case DAFFI_MAIL_PROGRESS:
        daffi_progress_send (self, mail);
        break;
    case DAFFI_MAIL_ADD:
    case DAFFI_MAIL_REMOVE:
        daffi_offers_update (self, mail);
        break;
    case DAFFI_MAIL_SUBSCRIBE:
        daffi_events_subscribe (self, mail);
        break;
    case DAFFI_MAIL_SUBSCRIBE_TASKS:
        daffi_task_events_subscribe (self, mail);
        break;
    case DAFFI_MAIL_STOP: {
        stop_t *stop = daffi_container (mail, stop_t, mail);
        begin_drain (self, stop->drain_timeout_ms);
        free (stop);
        break;
    }
    }
}

static void read_mails (daffi_node_t *self)
{
    daffi_list_t mails;
    daffi_list_init (&mails);
    daffi_mailbox_take (&self->mailbox, &mails);
    DAFFI_LIST_EACH (&mails, link, follower) {
        daffi_link_remove (link);
        read_mail (self, daffi_container (link, daffi_mail_t, link));
    }
}

//  --- the end ------------------------------------------------------------------------

//  All that is open ends here, whether the drain was in time or not.
static void close_down (daffi_node_t *self)
{
    if (self->phase == DAFFI_NODE_CLOSED)
        return;
    read_mails (self);
    daffi_incoming_stop (self);
    self->phase = DAFFI_NODE_CLOSED;
    daffi_outgoing_stop (self);
    //  only now: a worker that finds it closed frees its request, so nobody else may
    //  know of it any more
    daffi_mailbox_close (&self->mailbox);
    read_mails (self);
    daffi_outgoing_tell (self);
    bool told = self->link.welcomed;
    if (told)
        daffi_node_send_plain (self, DAFFI_RECORD_GOODBYE, 0, false);
    (void)daffi_outbox_flush (&self->outbox, self->now_ms);
    self->link.welcomed = false;
    daffi_wheel_disarm (&self->wheel, &self->drain_end.timer);
    daffi_wheel_disarm (&self->wheel, &self->link.hello.timer);
    daffi_wheel_disarm (&self->wheel, &self->link.heartbeat.timer);
    daffi_monitor_close (&self->monitor);
    daffi_outbox_done (&self->outbox);
    daffi_parcels_done (&self->parcels);
    daffi_lead_close (&self->lead);
    daffi_socket_close (&self->dealer);
    if (told)
        daffi_events_lifecycle (self, DAFFI_LIFECYCLE_DISCONNECT);
    daffi_log (&self->log, DAFFI_LOG_INFO, "node.stopped", "process=%s", self->name);
    daffi_node_set_state (self, DAFFI_STATE_STOPPED, NULL);
    if (self->options.on_stopped)
        self->options.on_stopped (self->options.on_stopped_arg);
}

//  Nothing runs, nothing waits to be sent, and no CALL can be on its way.
static void end_drain (daffi_node_t *self)
{
    if (self->phase != DAFFI_NODE_DRAINING)
        return;
    bool no_more_calls = self->link.drained || !self->link.welcomed;
    if (no_more_calls && self->running_count == 0 && daffi_outbox_empty (&self->outbox))
        close_down (self);
}

//  --- the actor ----------------------------------------------------------------------

static void lose_cut (daffi_node_t *self)
{
    if (self->link.cut)
        daffi_link_unwired (self);
    self->link.cut = false;
}

//  What the controller sent before the connection broke is still to be read: answers
//  and its goodbye come before the loss. So that is noted here, and dealt with when the
//  socket is empty.
static void watch_connection (daffi_node_t *self)
{
    int event, value;
    while (daffi_monitor_next (&self->monitor, &event, &value)) {
        if (event == ZMQ_EVENT_DISCONNECTED) {
            self->link.cut = true;
        } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            lose_cut (self);
            daffi_link_wired (self);
        }
    }
}

static void ring_alarms (daffi_node_t *self)
{
    daffi_timer_t *timer;
    daffi_wheel_advance (&self->wheel, self->now_ms);
    while ((timer = daffi_wheel_take (&self->wheel))) {
        daffi_alarm_t *alarm = daffi_container (timer, daffi_alarm_t, timer);
        alarm->ring (self, alarm);
    }
}

//  The process was stopped (SIGSTOP, a debugger, suspend), and the controller has had
//  no sign of its life for longer than it waits for one. What came meanwhile was given
//  up by those who sent it.
static void notice_gap (daffi_node_t *self)
{
    if (self->link.welcomed &&
        self->now_ms - self->link.spoke_ms >= self->link.timeout_ms)
        daffi_link_renew (self, "this process was stopped for longer than the timeout");
}

void daffi_node_awake (daffi_node_t *self)
{
    self->now_ms = daffi_clock_ms ();
    if (self->phase != DAFFI_NODE_CLOSED)
        notice_gap (self);
}

void daffi_node_turn (daffi_node_t *self, bool *more)
{
    *more = *more && daffi_records_receive (self);
    if (!*more)
        lose_cut (self);
    read_mails (self);
    ring_alarms (self);
    if (self->link.choked)
        daffi_link_left (self, "no memory for what is to be sent");
    daffi_outgoing_tell (self);
    if (self->phase != DAFFI_NODE_CLOSED)
        (void)daffi_outbox_flush (&self->outbox, self->now_ms);
    //  last: nothing else wakes us once the last answer is out
    end_drain (self);
}

int64_t daffi_node_next (const daffi_node_t *self)
{
    int64_t next_ms = daffi_wheel_next (&self->wheel);
    if (!daffi_outbox_empty (&self->outbox) && self->now_ms + STALL_RETRY_MS < next_ms)
        next_ms = self->now_ms + STALL_RETRY_MS;
    return next_ms;
}

//  Sleeps until something may be there. False: the actor shall end.
static bool rest (daffi_node_t *self, daffi_rest_t *on, bool *more)
{
    bool closed = self->phase == DAFFI_NODE_CLOSED;
    int64_t next_ms = closed ? DAFFI_NEVER : daffi_node_next (self);
    on->socket = self->dealer;
    on->socket_fd = daffi_lead_gate (&self->lead);
    on->monitor = closed ? -1 : self->monitor.fd;
    daffi_lead_relieve (self, *more ? self->now_ms : next_ms);
    if (!daffi_rest (on, *more, next_ms))
        return false;
    daffi_node_awake (self);
    *more = daffi_lead_look (&self->lead) || on->socket_woke;
    if (on->monitor_woke && self->phase != DAFFI_NODE_CLOSED)
        watch_connection (self);
    return true;
}

void daffi_node_shake_hands (daffi_node_t *self)
{
    pthread_mutex_lock (&self->lock);
    pthread_mutex_unlock (&self->lock);
}

void daffi_node_actor (zsock_t *pipe, void *args)
{
    daffi_node_t *self = args;
    bool more = true;
    daffi_rest_t on;
    daffi_future_forbid_waiting (true);
    zsock_signal (pipe, 0);
    daffi_lead_take (&self->lead);
    daffi_rest_init (&on, &self->mailbox, pipe, self->dealer);
    on.lead = &self->lead.lock;
    daffi_link_start (self);
    //  ZMQ_FD tells of changes only: both must have been found empty once
    watch_connection (self);
    bool ended = daffi_rest_ended (pipe);
    while (!ended && rest (self, &on, &more)) {
        if (self->phase == DAFFI_NODE_CLOSED) {
            read_mails (self);
            daffi_outgoing_tell (self);
            more = false;
        } else {
            daffi_node_turn (self, &more);
        }
    }
    daffi_rest_end (pipe);
    self->now_ms = daffi_clock_ms ();
    close_down (self);
    daffi_lead_relieve (self, DAFFI_NEVER);
    daffi_lead_give (&self->lead);
    //  answers that came after the mailbox was closed are let go of by their workers
    daffi_node_shake_hands (self);
}

void daffi_node_stop (daffi_node_t *self, int64_t drain_timeout_ms)
{
    stop_t *stop = daffi_new (sizeof *stop);
    stop->mail.kind = DAFFI_MAIL_STOP;
    stop->drain_timeout_ms = drain_timeout_ms;
    if (!daffi_mailbox_post (&self->mailbox, &stop->mail.link))
        free (stop);
}
