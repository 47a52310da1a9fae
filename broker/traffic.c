//  SPDX-License-Identifier: MPL-2.0
//  What goes in and out of the controller's ROUTER: whose it is, and whose no more.
//
//  A session is tied to its connection's descriptor, so that the monitor tells of a
//  killed process within a millisecond. The ties are kept right in peers.c.

#include "bounds.h"
#include "clock.h"
#include "context.h"
#include "failure.h"
#include "inside.h"
#include "writer.h"

enum { MESSAGES_A_TURN = 256 };  //  then the peers get what has come together

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
    if (!sent || daffi_peers_unbearable (&self->peers, peer))
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
    if (self->phase == DAFFI_CONTROLLER_LEAVING)
        peer->session = NULL;  //  it is to hang up
    else
        daffi_peers_drop (&self->peers, peer);
}

static void out_forget (void *context, void *to)
{
    daffi_peer_t *peer = to;
    (void)context;
    daffi_outbox_clear (&peer->outbox);
}

static uint64_t out_random (void *context)
{
    daffi_controller_t *self = context;
    return daffi_entropy_next (&self->entropy);
}

daffi_core_output_t daffi_traffic_output (daffi_controller_t *self)
{
    return (daffi_core_output_t){self,     out_send,   out_fits,
                                 out_drop, out_random, out_forget};
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
void daffi_traffic_watch (daffi_controller_t *self)
{
    int event, fd;
    while (daffi_monitor_next (&self->monitor, &event, &fd))
        daffi_peers_cut (&self->peers, fd);
}

void daffi_traffic_lose_cut (daffi_controller_t *self)
{
    daffi_peer_t *peer;
    while ((peer = daffi_peers_take_cut (&self->peers)))
        lose (self, peer);
}

void daffi_traffic_lose_condemned (daffi_controller_t *self)
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
    daffi_traffic_watch (self);
    int fd = daffi_message_fd (message);
    daffi_peers_cut (&self->peers, fd);
    daffi_peer_t *peer =
        daffi_peers_add (&self->peers, self->router, message->routing_id, fd);
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

void daffi_traffic_feed_writable (daffi_controller_t *self)
{
    daffi_peer_t *peer;
    while ((peer = daffi_peers_take_writable (&self->peers, self->now_ms)))
        if (peer->session)
            daffi_core_writable (self->core, peer->session, self->now_ms);
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

bool daffi_traffic_receive (daffi_controller_t *self)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        daffi_status_t status =
            daffi_message_receive (&self->message, self->router, true);
        if (status == DAFFI_PENDING)
            return false;
        //  after the message: the process may have stood still (SIGSTOP) since the last
        //  one, and who hears our clock takes it to be later than what he had sent
        self->now_ms = daffi_clock_ms ();
        if (self->phase != DAFFI_CONTROLLER_LEAVING)
            handle_message (self, status);
    }
    return true;
}
