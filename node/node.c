//  SPDX-License-Identifier: MPL-2.0
//  The node's actor: one turn takes what the mailbox, the socket, the monitor and the
//  clock have, and sends the controller one packet.
//
//  It never runs user code, except for functions that are marked as inline: so
//  heartbeats go out however long a callback takes.

#include "node.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "context.h"
#include "failure.h"
#include "inside.h"

enum {
    MESSAGES_A_TURN = 256,
    STALL_RETRY_MS = 5,
    RECONNECT_MIN_MS = 25,  //  the first attempt comes at random between these two, so
    RECONNECT_MAX_MS = 75,  //  that many nodes do not come back at the same time
    RECONNECT_LIMIT_MS = 500
};

//  --- sending and time ---------------------------------------------------------------

void daffi_node_send (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    self->link.spoke_ms = self->now_ms;
    if (!daffi_outbox_append (&self->outbox, header, body, deadline_ms, self->now_ms,
                              control))
        self->link.choked = true;
}

void daffi_node_send_plain (daffi_node_t *self, daffi_record_type_t type, uint64_t id,
                            bool control)
{
    daffi_header_t header = {.type = (uint8_t)type, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    daffi_node_send (self, &header, &nothing, DAFFI_NEVER, control);
}

void daffi_alarm_set (daffi_node_t *self, daffi_alarm_t *alarm, int64_t due_ms)
{
    daffi_wheel_arm (&self->wheel, &alarm->timer, due_ms);
}

//  --- state, as other threads see it -------------------------------------------------

void daffi_node_set_state (daffi_node_t *self, daffi_state_t state,
                           const daffi_error_t *why)
{
    pthread_mutex_lock (&self->lock);
    self->state = state;
    if (why)
        self->why = *why;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->lock);
}

daffi_state_t daffi_node_state (daffi_node_t *self, daffi_error_t *why)
{
    pthread_mutex_lock (&self->lock);
    daffi_state_t state = self->state;
    if (why && (state == DAFFI_STATE_CONNECTING || state == DAFFI_STATE_REFUSED))
        *why = self->why;
    pthread_mutex_unlock (&self->lock);
    return state;
}

daffi_status_t daffi_node_wait_connected (daffi_node_t *self, int64_t timeout_ms,
                                          daffi_error_t *error)
{
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};
    daffi_status_t status = DAFFI_OK;
    pthread_mutex_lock (&self->lock);
    while (self->state == DAFFI_STATE_CONNECTING ||
           self->state == DAFFI_STATE_REFUSED) {
        if (end_ms == DAFFI_NEVER)
            pthread_cond_wait (&self->changed, &self->lock);
        else if (pthread_cond_timedwait (&self->changed, &self->lock, &end))
            break;
    }
    if (self->state == DAFFI_STATE_REFUSED)
        status = daffi_fail (error, self->why.status, "%s", self->why.text);
    else if (self->state == DAFFI_STATE_CONNECTING)
        status =
            daffi_fail (error, DAFFI_TIMEOUT,
                        "no controller answered at %s within %lld ms; is it running?",
                        self->endpoint.text, (long long)timeout_ms);
    else if (self->state != DAFFI_STATE_CONNECTED)
        status = daffi_fail (error, DAFFI_STOPPED, "the node was stopped");
    pthread_mutex_unlock (&self->lock);
    return status;
}

//  --- records, in the order of PROTOCOL.md -------------------------------------------

typedef void (handler_t) (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body);

static void on_unexpected (daffi_node_t *self, const daffi_header_t *header,
                           const daffi_body_t *body)
{
    (void)body;
    daffi_log (&self->log, DAFFI_LOG_WARNING, "node.unexpected", "record=%s type=%u",
               daffi_record_name (header->type), header->type);
}

static void on_answer (daffi_node_t *self, const daffi_header_t *header,
                       const daffi_body_t *body)
{
    if (header->id == 0)
        daffi_link_refused (self, header, body);
    else
        daffi_outgoing_answer (self, header, body);
}

static void on_cancel (daffi_node_t *self, const daffi_header_t *header,
                       const daffi_body_t *body)
{
    (void)body;
    daffi_incoming_cancel (self, header->id);
}

static void on_ping (daffi_node_t *self, const daffi_header_t *header,
                     const daffi_body_t *body)
{
    (void)body;
    daffi_node_send_plain (self, DAFFI_RECORD_PONG, header->id, true);
}

static void on_drain (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body)
{
    (void)body;
    if (header->id) {
        self->link.drained = true;
        return;
    }
    self->link.draining = true;
    daffi_log (&self->log, DAFFI_LOG_INFO, "node.controller_draining", "endpoint=%s",
               self->endpoint.text);
}

static void on_goodbye (daffi_node_t *self, const daffi_header_t *header,
                        const daffi_body_t *body)
{
    (void)body;
    self->link.finished =
        (header->present & DAFFI_OPT_EXECUTED) && header->executed == DAFFI_EXECUTED_NO;
    daffi_link_left (self, "the controller said goodbye");
}

static void on_who (daffi_node_t *self, const daffi_header_t *header,
                    const daffi_body_t *body)
{
    (void)header;
    (void)body;
    daffi_link_who (self);
}

static handler_t *const handlers[] = {
    [DAFFI_RECORD_HELLO] = on_unexpected,
    [DAFFI_RECORD_WELCOME] = daffi_link_welcome,
    [DAFFI_RECORD_UPDATE] = on_unexpected,
    [DAFFI_RECORD_CALL] = daffi_incoming_call,
    [DAFFI_RECORD_RESULT] = on_answer,
    [DAFFI_RECORD_ERROR] = on_answer,
    [DAFFI_RECORD_CAST] = daffi_incoming_call,
    [DAFFI_RECORD_CHUNK] = daffi_streaming_chunk,
    [DAFFI_RECORD_CREDIT] = daffi_streaming_credit,
    [DAFFI_RECORD_END] = daffi_streaming_end,
    [DAFFI_RECORD_CANCEL] = on_cancel,
    [DAFFI_RECORD_WAIT] = on_unexpected,
    [DAFFI_RECORD_SUBSCRIBE] = on_unexpected,
    [DAFFI_RECORD_EVENT] = daffi_events_event,
    [DAFFI_RECORD_SCHEDULE] = on_unexpected,
    [DAFFI_RECORD_PING] = on_ping,
    [DAFFI_RECORD_PONG] = daffi_link_pong,
    [DAFFI_RECORD_DRAIN] = on_drain,
    [DAFFI_RECORD_GOODBYE] = on_goodbye,
    [DAFFI_RECORD_WHO] = on_who,
    [DAFFI_RECORD_PROGRESS] = daffi_progress_came,
};
_Static_assert(sizeof handlers / sizeof handlers[0] == DAFFI_RECORD_LIMIT,
               "every record type has its handler");

//  Until WELCOME all but the answer to HELLO belongs to a session that is over.
static void handle (daffi_node_t *self, const daffi_header_t *header,
                    const daffi_body_t *body)
{
    bool answers_hello =
        header->id == self->link.hello_id &&
        (header->type == DAFFI_RECORD_WELCOME || header->type == DAFFI_RECORD_ERROR);
    //  where the connection is no more, whoever made a call is told that it is lost
    bool too_late = self->link.cut && (header->type == DAFFI_RECORD_CALL ||
                                       header->type == DAFFI_RECORD_CAST);
    bool too_early =
        !self->link.welcomed && !answers_hello && header->type != DAFFI_RECORD_WHO;
    if (answers_hello && header->type == DAFFI_RECORD_ERROR)
        daffi_link_refused (self, header, body);
    else if (too_late || too_early)
        return;
    else if (header->type == 0 || header->type >= DAFFI_RECORD_LIMIT)
        on_unexpected (self, header, body);
    else
        handlers[header->type](self, header, body);
}

//  True: there may be more.
static bool receive (daffi_node_t *self)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        daffi_header_t header;
        daffi_body_t body;
        daffi_status_t status =
            daffi_message_receive (&self->message, self->dealer, false);
        if (status == DAFFI_PENDING)
            return false;
        self->link.heard_ms = self->now_ms;
        while (!status &&
               !(status = daffi_message_next (&self->message, &header, &body)))
            handle (self, &header, &body);
        if (status == DAFFI_PROTOCOL)
            daffi_log (&self->log, DAFFI_LOG_WARNING, "node.malformed",
                       "a packet of the controller cannot be read");
    }
    return true;
}

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

//  Until when requests that wait may still begin: whoever made them has not given up
//  yet.
static int64_t fresh_until (const daffi_node_t *self)
{
    const daffi_link_state_t *link = &self->link;
    //  when the controller gives us up; a millisecond each for the rounding of the
    //  clocks
    int64_t ours_ms = link->spoke_ms + link->timeout_ms - 2;
    //  when the first of our callers may give up the controller: it may have heard of
    //  it a heartbeat before we did
    int64_t margin_ms = link->heartbeat_ms < link->timeout_ms / 4
                            ? link->heartbeat_ms
                            : link->timeout_ms / 4;
    int64_t theirs_ms = link->heard_ms + link->timeout_ms - margin_ms - 2;
    return ours_ms < theirs_ms ? ours_ms : theirs_ms;
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

static void turn (daffi_node_t *self, bool *more)
{
    *more = receive (self);
    if (!*more)
        lose_cut (self);
    read_mails (self);
    ring_alarms (self);
    if (self->link.choked)
        daffi_link_left (self, "no memory for what is to be sent");
    if (self->phase != DAFFI_NODE_CLOSED)
        (void)daffi_outbox_flush (&self->outbox, self->now_ms);
    //  last: nothing else wakes us once the last answer is out
    end_drain (self);
}

static int time_left (const daffi_node_t *self)
{
    int64_t next_ms = daffi_wheel_next (&self->wheel);
    if (!daffi_outbox_empty (&self->outbox) && self->now_ms + STALL_RETRY_MS < next_ms)
        next_ms = self->now_ms + STALL_RETRY_MS;
    if (next_ms == DAFFI_NEVER)
        return -1;
    int64_t left = next_ms - daffi_clock_ms ();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

//  Sleeps until something may be there. False: the actor shall end.
static bool rest (daffi_node_t *self, zsock_t *pipe, bool more)
{
    bool closed = self->phase == DAFFI_NODE_CLOSED;
    struct pollfd fds[] = {{.fd = self->mailbox.fd, .events = POLLIN},
                           {.fd = zsock_fd (pipe), .events = POLLIN},
                           {.fd = closed ? -1 : self->monitor.fd, .events = POLLIN},
                           {.fd = closed ? -1 : daffi_socket_get (self->dealer, ZMQ_FD),
                            .events = POLLIN}};
    //  sending may have eaten the edge that told of a message (zmq_getsockopt(3),
    //  ZMQ_FD)
    more = more ||
           (!closed && (daffi_socket_get (self->dealer, ZMQ_EVENTS) & ZMQ_POLLIN) != 0);
    bool sleep = daffi_mailbox_may_sleep (&self->mailbox) && !more;
    poll (fds, sizeof fds / sizeof fds[0], !sleep ? 0 : closed ? -1 : time_left (self));
    daffi_mailbox_awake (&self->mailbox, fds[0].revents != 0);
    if (fds[1].revents && (zsock_events (pipe) & ZMQ_POLLIN))
        return false;
    self->now_ms = daffi_clock_ms ();
    if (!closed)
        notice_gap (self);
    atomic_store (&self->fresh_ms,
                  self->link.welcomed ? fresh_until (self) : DAFFI_NEVER);
    if (fds[2].revents)
        watch_connection (self);
    return true;
}

//  Called at the actor's end and after zactor_destroy (): the handshake within czmq is
//  one that ThreadSanitizer cannot see, a lock that both have held is.
static void shake_hands (daffi_node_t *self)
{
    pthread_mutex_lock (&self->lock);
    pthread_mutex_unlock (&self->lock);
}

static void node_actor (zsock_t *pipe, void *args)
{
    daffi_node_t *self = args;
    bool more = true;
    daffi_future_forbid_waiting (true);
    zsock_signal (pipe, 0);
    daffi_link_start (self);
    //  ZMQ_FD tells of changes only: both must have been found empty once
    watch_connection (self);
    bool ended = zsock_events (pipe) & ZMQ_POLLIN;
    while (!ended && rest (self, pipe, more)) {
        if (self->phase == DAFFI_NODE_CLOSED) {
            read_mails (self);
            more = false;
        } else {
            turn (self, &more);
        }
    }
    char *term = zstr_recv (pipe);
    zstr_free (&term);
    self->now_ms = daffi_clock_ms ();
    close_down (self);
    //  answers that came after the mailbox was closed are let go of by their workers
    shake_hands (self);
}

//  TCP would keep a connection that leads nowhere (a cable that was cut) for minutes.
void daffi_node_reconnect (daffi_node_t *self)
{
    daffi_error_t error;
    zmq_disconnect (self->dealer, self->endpoint.text);
    if (daffi_endpoint_connect (&self->endpoint, self->dealer, &error))
        daffi_log (&self->log, DAFFI_LOG_ERROR, "node.not_reconnecting", "text=%s",
                   error.text);
}

static daffi_status_t open_dealer (daffi_node_t *self, daffi_error_t *error)
{
    uint16_t jitter;
    daffi_entropy_fill (&jitter, sizeof jitter);
    self->dealer = daffi_socket_new (self->context, ZMQ_DEALER, error);
    if (!self->dealer)
        return DAFFI_SYSTEM;
    //  what was meant for a controller that is gone must not reach the next one
    daffi_socket_set (self->dealer, ZMQ_IMMEDIATE, 1);
    daffi_socket_set (self->dealer, ZMQ_RECONNECT_IVL,
                      RECONNECT_MIN_MS +
                          jitter % (RECONNECT_MAX_MS - RECONNECT_MIN_MS));
    daffi_socket_set (self->dealer, ZMQ_RECONNECT_IVL_MAX, RECONNECT_LIMIT_MS);
    //  No ZMQ_HEARTBEAT_IVL: libzmq 4.3 aborts the controller where a PING of ours
    //  waits behind its high-water mark when we die, and aborts us where the controller
    //  dies while we are behind ("Assertion failed: !_io_error"). Our own PINGs do the
    //  work.
    daffi_status_t status = daffi_monitor_open (
        &self->monitor, self->context, self->dealer,
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED, error);
    if (!status)
        status = daffi_endpoint_connect (&self->endpoint, self->dealer, error);
    if (status) {
        daffi_monitor_close (&self->monitor);
        daffi_socket_close (&self->dealer);
    }
    return status;
}

//  --- life ---------------------------------------------------------------------------

daffi_node_t *daffi_node_new (const daffi_node_options_t *options, daffi_error_t *error)
{
    pthread_condattr_t monotonic;
    uint64_t seeds[2];
    daffi_node_t *self = daffi_new (sizeof *self);
    self->options = *options;
    self->log = options->log;
    self->born_ms = daffi_clock_ms ();
    daffi_name_copy (self->name, daffi_text_of (options->name));
    daffi_entropy_fill (seeds, sizeof seeds);
    pthread_mutex_init (&self->lock, NULL);
    pthread_condattr_init (&monotonic);
    pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init (&self->changed, &monotonic);
    pthread_condattr_destroy (&monotonic);
    daffi_functions_init (&self->functions);
    daffi_lane_init (&self->lifecycle, 1, NULL);
    daffi_message_init (&self->message);
    daffi_list_init (&self->unsent);
    daffi_list_init (&self->sent);
    daffi_list_init (&self->resting);
    daffi_list_init (&self->shipments);
    daffi_list_init (&self->running);
    daffi_list_init (&self->late_offers);
    daffi_table_init (&self->futures, seeds[0]);
    daffi_table_init (&self->tokens, seeds[1]);
    self->phase = DAFFI_NODE_CLOSED;
    self->state = DAFFI_STATE_STOPPED;
    self->mailbox.fd = -1;
    self->executor = daffi_executor_new (options->workers, error);
    if (!self->executor || daffi_mailbox_init (&self->mailbox) ||
        daffi_context_acquire (&self->context, error)) {
        daffi_node_destroy (&self);
        return NULL;
    }
    daffi_mailbox_close (&self->mailbox);
    daffi_own_register (self);
    self->payloads =
        daffi_payloads_new (self, options->transfer, self->name, &self->log, error);
    if (!self->payloads) {
        daffi_node_destroy (&self);
        return NULL;
    }
    daffi_events_lifecycle (self, DAFFI_LIFECYCLE_INIT);
    return self;
}

void daffi_node_destroy (daffi_node_t **self_p)
{
    daffi_node_t *self = *self_p;
    if (!self)
        return;
    zactor_destroy (&self->actor);
    shake_hands (self);
    daffi_executor_destroy (&self->executor);
    if (self->mailbox.fd >= 0)
        daffi_mailbox_done (&self->mailbox);
    daffi_functions_done (&self->functions);
    daffi_payloads_destroy (&self->payloads);
    daffi_message_done (&self->message);
    daffi_table_done (&self->futures);
    daffi_table_done (&self->tokens);
    if (self->context)
        daffi_context_release ();
    pthread_cond_destroy (&self->changed);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

daffi_status_t daffi_node_start (daffi_node_t *self, const daffi_endpoint_t *endpoint,
                                 daffi_error_t *error)
{
    zactor_destroy (&self->actor);
    shake_hands (self);
    self->endpoint = *endpoint;
    daffi_payloads_connects (self->payloads, endpoint->is_ipc);
    daffi_status_t status = open_dealer (self, error);
    if (status)
        return status;
    //  a new life: whoever knew the old one must not take it for this one
    daffi_entropy_fill (self->incarnation, sizeof self->incarnation);
    uint32_t number = self->link.number;
    memset (&self->link, 0, sizeof self->link);
    self->link.number = number;
    daffi_outbox_init (&self->outbox, self->dealer, NULL);
    self->now_ms = daffi_clock_ms ();
    daffi_wheel_init (&self->wheel, self->now_ms);
    self->phase = DAFFI_NODE_RUNNING;
    daffi_error_t why;
    daffi_fail (&why, DAFFI_NOT_CONNECTED, "no controller answers at %s yet",
                endpoint->text);
    daffi_node_set_state (self, DAFFI_STATE_CONNECTING, &why);
    daffi_mailbox_open (&self->mailbox);
    daffi_context_spare_signals ();
    self->actor = zactor_new (node_actor, self);
    return DAFFI_OK;
}

void daffi_node_stop (daffi_node_t *self, int64_t drain_timeout_ms)
{
    stop_t *stop = daffi_new (sizeof *stop);
    stop->mail.kind = DAFFI_MAIL_STOP;
    stop->drain_timeout_ms = drain_timeout_ms;
    if (!daffi_mailbox_post (&self->mailbox, &stop->mail.link))
        free (stop);
}

daffi_status_t daffi_node_register (daffi_node_t *self,
                                    const daffi_function_t *function,
                                    daffi_error_t *error)
{
    daffi_status_t status =
        daffi_functions_add (&self->functions, function, false, error);
    if (status || function->local)
        return status;
    daffi_offer_body_t offer = daffi_functions_offer (function, function->name);
    daffi_offers_post (self, DAFFI_MAIL_ADD, &offer);
    for (const char *const *alias = function->aliases; alias && *alias; alias++) {
        offer.name = daffi_text_of (*alias);
        daffi_offers_post (self, DAFFI_MAIL_ADD, &offer);
    }
    return DAFFI_OK;
}

daffi_status_t daffi_node_unregister (daffi_node_t *self, const char *name,
                                      daffi_error_t *error)
{
    bool local = false;
    daffi_status_t status =
        daffi_functions_remove (&self->functions, name, &local, error);
    daffi_offer_body_t offer = {.name = daffi_text_of (name ? name : "")};
    if (!status && !local)
        daffi_offers_post (self, DAFFI_MAIL_REMOVE, &offer);
    return status;
}

daffi_executor_t *daffi_node_executor (daffi_node_t *self)
{
    return self->executor;
}

bool daffi_node_inside (const daffi_node_t *self)
{
    return daffi_executor_inside (self->executor);
}
