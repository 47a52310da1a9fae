//  SPDX-License-Identifier: MPL-2.0
//  The controller's actor: one turn takes what the socket, the monitor, the mailbox and
//  the clock have, gives it to the core, and sends every peer its packet.
//
//  A session is tied to its connection's descriptor, so that the monitor tells of a
//  killed process within a millisecond. The ties are kept right in peers.c.

#include "controller.h"

#include <czmq.h>
#include <poll.h>
#include <pthread.h>

#include "alloc.h"
#include "bounds.h"
#include "clock.h"
#include "context.h"
#include "core.h"
#include "entropy.h"
#include "failure.h"
#include "keeper.h"
#include "mailbox.h"
#include "message.h"
#include "monitor.h"
#include "peers.h"
#include "sockfile.h"
#include "writer.h"

enum {
    KEEPALIVE_S = 15,
    MESSAGES_A_TURN = 256,  //  then the peers get what has come together
    //  for one peer; half as much again as what may wait for it
    WAITING_MAX = DAFFI_QUEUE_MAX / 2 * 3,
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

typedef enum { RUNNING, DRAINING, LEAVING, CLOSED } phase_t;

struct daffi_controller {
    zactor_t *actor;
    void *context;
    void *router;
    daffi_monitor_t monitor;
    daffi_mailbox_t mailbox;
    daffi_endpoint_t endpoint;
    daffi_sockfile_t sockfile;
    daffi_log_t log;
    daffi_controller_options_t options;
    daffi_core_t *core;
    daffi_keeper_t keeper;
    daffi_peers_t peers;
    daffi_message_t message;
    daffi_entropy_t entropy;
    int64_t now_ms;
    phase_t phase;
    int64_t phase_end_ms;  //  DRAINING and LEAVING: the latest end
    pthread_mutex_t lock;  //  answers to other threads
    pthread_cond_t answered;
};

//  --- what the core wants ------------------------------------------------------------

static void give_up (daffi_controller_t *self, daffi_peer_t *peer, const char *reason)
{
    if (peer->condemned || peer->dropped)
        return;
    peer->condemned = true;
    daffi_log (&self->log, DAFFI_LOG_WARNING, "peer.given_up", "bytes=%zu reason=%s",
               daffi_outbox_waiting (&peer->outbox), reason);
    daffi_peers_condemn (&self->peers, peer);
}

static void out_send (void *context, void *to, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    daffi_controller_t *self = context;
    daffi_peer_t *peer = to;
    if (peer->condemned)
        return;
    bool sent = daffi_outbox_append (&peer->outbox, header, body, deadline_ms,
                                     self->now_ms, control);
    daffi_peers_touch (&self->peers, peer);
    //  Calls and answers respect out_fits (). What grows beyond is small change for one
    //  that asks and asks, and reads nothing. No record may be lost in silence: the
    //  session ends, and with it what it was given is told as lost.
    if (!sent || daffi_outbox_waiting (&peer->outbox) > WAITING_MAX)
        give_up (self, peer, sent ? "it sends, and does not read" : "no memory");
}

static bool out_fits (void *context, void *to, size_t size)
{
    daffi_controller_t *self = context;
    return daffi_peers_fits (&self->peers, to, size);
}

static void out_drop (void *context, void *to)
{
    daffi_controller_t *self = context;
    daffi_peer_t *peer = to;
    if (self->phase == LEAVING)
        peer->session = NULL;  //  it is to hang up
    else
        daffi_peers_drop (&self->peers, peer);
}

static uint64_t out_random (void *context)
{
    daffi_controller_t *self = context;
    return daffi_entropy_next (&self->entropy);
}

static void out_store (void *context, uint64_t ticket, daffi_row_change_t change,
                       const daffi_row_t *row)
{
    daffi_controller_t *self = context;
    daffi_keeper_put (&self->keeper, ticket, change, row);
}

//  --- connections --------------------------------------------------------------------

static void lose (daffi_controller_t *self, daffi_peer_t *peer)
{
    if (peer->session)
        daffi_core_disconnect (self->core, peer->session, self->now_ms);
    peer->session = NULL;
    daffi_peers_drop (&self->peers, peer);
}

//  What a broken connection had sent before is still to be read: a RESULT and a GOODBYE
//  come before the loss. So it is noted here and dealt with when the socket is empty.
static void watch_connections (daffi_controller_t *self)
{
    int event, fd;
    while (daffi_monitor_next (&self->monitor, &event, &fd))
        daffi_peers_cut (&self->peers, fd);
}

static void lose_cut (daffi_controller_t *self)
{
    daffi_peer_t *peer;
    while ((peer = daffi_peers_take_cut (&self->peers)))
        lose (self, peer);
}

//  In every turn: while the socket is never empty, theirs would be the messages in it.
static void lose_condemned (daffi_controller_t *self)
{
    daffi_peer_t *peer;
    while ((peer = daffi_peers_take_condemned (&self->peers)))
        lose (self, peer);
}

//  A peer that is not known yet. The monitor is read first: by then all that happened
//  to earlier connections with this descriptor is behind us.
static daffi_peer_t *meet (daffi_controller_t *self)
{
    const daffi_message_t *message = &self->message;
    watch_connections (self);
    daffi_peers_cut (&self->peers, message->fd);
    daffi_peer_t *peer =
        daffi_peers_add (&self->peers, self->router, message->routing_id, message->fd);
    if (peer)
        peer->session = daffi_core_connect (self->core, peer, self->now_ms);
    return peer;
}

//  Answers somebody who is no session: one packet with one ERROR.
static void turn_away (daffi_controller_t *self, daffi_status_t status,
                       const char *text)
{
    uint8_t packet[DAFFI_HEADER_ROOM + DAFFI_TEXT_MAX + 8];
    daffi_buffer_t body;
    daffi_buffer_init (&body);
    daffi_write_string (&body, text);
    daffi_header_t header = {.type = DAFFI_RECORD_ERROR,
                             .status = (uint8_t)status,
                             .present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED,
                             .ttl_ms = DAFFI_TTL_NONE,
                             .size = (uint32_t)body.size};
    size_t size = daffi_header_write (&header, packet);
    memcpy (packet + size, body.data, body.size);
    if (zmq_send (self->router, self->message.routing_id, self->message.routing_id_size,
                  ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send (self->router, packet, size + body.size, ZMQ_DONTWAIT);
    daffi_buffer_done (&body);
    daffi_log (&self->log, DAFFI_LOG_WARNING, "peer.refused", "status=%s reason=%s",
               daffi_status_name (status), text);
}

//  --- records ------------------------------------------------------------------------

static void read_records (daffi_controller_t *self, daffi_peer_t *peer)
{
    daffi_header_t header;
    daffi_body_t body;
    daffi_status_t status;
    while (!(status = daffi_message_next (&self->message, &header, &body))) {
        if (peer->dropped || peer->condemned)
            return;
        if (!peer->session)
            peer->session = daffi_core_connect (self->core, peer, self->now_ms);
        daffi_core_receive (self->core, peer->session, &header, &body, self->now_ms);
    }
    if (status == DAFFI_PROTOCOL && peer->session)
        daffi_core_malformed (self->core, peer->session, self->now_ms);
}

static void handle_message (daffi_controller_t *self, daffi_status_t status)
{
    daffi_message_t *message = &self->message;
    if (!daffi_message_routing_id_automatic (message)) {
        turn_away (self, DAFFI_REFUSED,
                   "a routing id of your own: leave ZMQ_ROUTING_ID unset");
        return;
    }
    daffi_peer_t *peer = daffi_peers_find (&self->peers, message->routing_id);
    if (!peer)
        peer = meet (self);
    if (!peer)
        turn_away (self, DAFFI_BUSY,
                   "this controller has no room for more processes: raise its limit of "
                   "open files");
    else if (status == DAFFI_PROTOCOL && peer->session)
        daffi_core_malformed (self->core, peer->session, self->now_ms);
    else
        read_records (self, peer);
}

//  True: there may be more.
static bool receive (daffi_controller_t *self)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        daffi_status_t status =
            daffi_message_receive (&self->message, self->router, true);
        if (status == DAFFI_PENDING)
            return false;
        if (self->phase != LEAVING)
            handle_message (self, status);
    }
    return true;
}

//  --- the end ------------------------------------------------------------------------

static void begin_drain (daffi_controller_t *self, int64_t timeout_ms)
{
    int64_t end_ms = daffi_deadline (self->now_ms, timeout_ms);
    if (self->phase == RUNNING) {
        self->phase = DRAINING;
        self->phase_end_ms = end_ms;
        daffi_log (&self->log, DAFFI_LOG_INFO, "controller.draining", "endpoint=%s",
                   self->endpoint.text);
        daffi_core_drain (self->core);
    } else if (self->phase == DRAINING && end_ms < self->phase_end_ms) {
        self->phase_end_ms = end_ms;
    }
}

//  The peers hang up first: a DEALER with ZMQ_IMMEDIATE throws away what it has not
//  read when its connection breaks, and that would be the last answers and the GOODBYE.
static void say_goodbye (daffi_controller_t *self)
{
    self->phase = LEAVING;
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
    self->phase = CLOSED;
    daffi_log (&self->log, DAFFI_LOG_INFO, "controller.stopped", "endpoint=%s",
               self->endpoint.text);
    if (self->options.on_stopped)
        self->options.on_stopped (self->options.on_stopped_arg);
}

static void end_phase (daffi_controller_t *self)
{
    bool late = self->now_ms >= self->phase_end_ms;
    bool idle = daffi_core_idle (self->core) && !daffi_peers_waiting (&self->peers);
    if (self->phase == DRAINING && (idle || late))
        say_goodbye (self);
    if (self->phase == LEAVING &&
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

static void read_mails (daffi_controller_t *self)
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

static int time_left (const daffi_controller_t *self)
{
    int64_t next_ms = daffi_core_next (self->core);
    if (self->phase != RUNNING && self->phase_end_ms < next_ms)
        next_ms = self->phase_end_ms;
    bool retry =
        daffi_peers_waiting (&self->peers) || daffi_peers_behind (&self->peers);
    if (retry && self->now_ms + STALL_RETRY_MS < next_ms)
        next_ms = self->now_ms + STALL_RETRY_MS;
    if (next_ms == DAFFI_NEVER)
        return -1;
    int64_t left = next_ms - daffi_clock_ms ();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static void feed_writable (daffi_controller_t *self)
{
    daffi_peer_t *peer;
    while ((peer = daffi_peers_take_writable (&self->peers, self->now_ms)))
        if (peer->session)
            daffi_core_writable (self->core, peer->session, self->now_ms);
}

static void turn (daffi_controller_t *self, bool *more)
{
    self->now_ms = daffi_clock_ms ();
    *more = receive (self);
    if (!*more)
        lose_cut (self);
    lose_condemned (self);
    read_mails (self);
    daffi_keeper_turn (&self->keeper, self->core, self->now_ms);
    daffi_core_tick (self->core, self->now_ms);
    feed_writable (self);
    daffi_peers_flush (&self->peers, self->now_ms);
    end_phase (self);
}

//  Sleeps until something may be there. False: the actor shall end.
static bool rest (daffi_controller_t *self, zsock_t *pipe, bool more)
{
    bool closed = self->phase == CLOSED;
    struct pollfd fds[] = {
        {.fd = self->mailbox.fd, .events = POLLIN},
        {.fd = zsock_fd (pipe), .events = POLLIN},
        {.fd = closed ? -1 : self->monitor.fd, .events = POLLIN},
        {.fd = closed ? -1 : daffi_socket_get (self->router, ZMQ_FD), .events = POLLIN},
        {.fd = closed ? -1 : daffi_keeper_fd (&self->keeper), .events = POLLIN}};
    //  sending may have eaten the edge that told of a message (zmq_getsockopt(3),
    //  ZMQ_FD)
    more = more ||
           (!closed && (daffi_socket_get (self->router, ZMQ_EVENTS) & ZMQ_POLLIN) != 0);
    bool sleep = daffi_mailbox_may_sleep (&self->mailbox) && !more;
    poll (fds, sizeof fds / sizeof fds[0], !sleep ? 0 : closed ? -1 : time_left (self));
    daffi_mailbox_awake (&self->mailbox, fds[0].revents != 0);
    if (fds[1].revents && (zsock_events (pipe) & ZMQ_POLLIN))
        return false;
    self->now_ms = daffi_clock_ms ();
    self->keeper.news = fds[4].revents;
    if (fds[2].revents)
        watch_connections (self);
    return true;
}

//  Called at the actor's end and after zactor_destroy (): the handshake within czmq is
//  one that ThreadSanitizer cannot see, a lock that both have held is.
static void shake_hands (daffi_controller_t *self)
{
    pthread_mutex_lock (&self->lock);
    pthread_mutex_unlock (&self->lock);
}

static void controller_actor (zsock_t *pipe, void *args)
{
    daffi_controller_t *self = args;
    bool more = true;
    zsock_signal (pipe, 0);
    //  ZMQ_FD tells of changes only: both must have been found empty once
    watch_connections (self);
    bool ended = zsock_events (pipe) & ZMQ_POLLIN;
    while (!ended && rest (self, pipe, more)) {
        if (self->phase == CLOSED) {
            read_mails (self);
            more = false;
        } else {
            turn (self, &more);
        }
    }
    char *term = zstr_recv (pipe);
    zstr_free (&term);
    shake_hands (self);
}

static daffi_status_t start_core (daffi_controller_t *self, daffi_error_t *error)
{
    const daffi_controller_options_t *options = &self->options;
    daffi_core_options_t core = {
        .output = {self, out_send, out_fits, out_drop, out_random},
        .tasks = {options->store ? out_store : NULL, daffi_keeper_zone},
        .log = self->options.log,
        .name = self->options.name,
        .settle_ms = self->options.settle_ms,
        .heartbeat_ms = self->options.heartbeat_ms,
        .heartbeat_timeout_ms = self->options.heartbeat_timeout_ms};
    self->core = daffi_core_new (&core, daffi_clock_ms ());
    return daffi_keeper_open (&self->keeper, self->core, &self->log, options->store,
                              options->store_lazy, error);
}

static daffi_status_t open_router (daffi_controller_t *self, daffi_error_t *error)
{
    self->router = daffi_socket_new (self->context, ZMQ_ROUTER, error);
    if (!self->router)
        return DAFFI_SYSTEM;
    daffi_socket_set (self->router, ZMQ_ROUTER_MANDATORY, 1);
    daffi_socket_set (self->router, ZMQ_BACKLOG, 1024);
    //  a peer behind a cut cable must not hold its descriptor for ever
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE, 1);
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_S);
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_S);
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE_CNT, 3);
    daffi_status_t status = daffi_monitor_open (
        &self->monitor, self->context, self->router, ZMQ_EVENT_DISCONNECTED, error);
    if (!status && self->endpoint.is_ipc) {
        uid_t uid = geteuid ();
        zmq_setsockopt (self->router, ZMQ_IPC_FILTER_UID, &uid, sizeof uid);
        status = daffi_sockfile_claim (&self->sockfile, &self->endpoint, error);
    }
    return status ? status : daffi_endpoint_bind (&self->endpoint, self->router, error);
}

daffi_controller_t *daffi_controller_new (const daffi_controller_options_t *options,
                                          daffi_error_t *error)
{
    daffi_controller_t *self = daffi_new (sizeof *self);
    self->options = *options;
    self->log = options->log;
    self->endpoint = options->endpoint;
    self->sockfile.lock = -1;
    self->mailbox.fd = -1;
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->answered, NULL);
    daffi_message_init (&self->message);
    daffi_peers_init (&self->peers);
    if (daffi_mailbox_init (&self->mailbox))
        daffi_fail (error, DAFFI_SYSTEM, "no descriptor is left; raise ulimit -n");
    else if (!daffi_context_acquire (&self->context, error) &&
             !open_router (self, error) && !start_core (self, error)) {
        daffi_context_spare_signals ();
        self->actor = zactor_new (controller_actor, self);
    }
    if (!self->actor)
        daffi_controller_destroy (&self);
    else
        daffi_log (&self->log, DAFFI_LOG_INFO, "controller.ready", "endpoint=%s",
                   self->endpoint.text);
    return self;
}

void daffi_controller_destroy (daffi_controller_t **self_p)
{
    daffi_controller_t *self = *self_p;
    if (!self)
        return;
    if (self->mailbox.fd >= 0)
        daffi_mailbox_close (&self->mailbox);
    zactor_destroy (&self->actor);
    shake_hands (self);
    if (self->mailbox.fd >= 0) {
        read_mails (self);
        daffi_mailbox_done (&self->mailbox);
    }
    daffi_core_destroy (&self->core);
    daffi_keeper_close (&self->keeper);
    daffi_peers_done (&self->peers);
    daffi_message_done (&self->message);
    daffi_monitor_close (&self->monitor);
    daffi_socket_close (&self->router);
    daffi_sockfile_release (&self->sockfile);
    if (self->context)
        daffi_context_release ();
    pthread_cond_destroy (&self->answered);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

const char *daffi_controller_endpoint (const daffi_controller_t *self)
{
    return self->endpoint.text;
}
