//  SPDX-License-Identifier: MPL-2.0
//  The session with the controller: HELLO, heartbeats, loss, and HELLO again.
//
//  libzmq connects and reconnects; this file says who we are when it has done so,
//  notices when the other side is gone although the connection stands, and keeps an
//  estimate of the controller's clock (the sample with the shortest round trip, as in
//  NTP, RFC 5905 section 10), so that deadlines hold across stalls on the way.

#include <stdio.h>

#include "failure.h"
#include "inside.h"

enum {
    HELLO_RETRY_MS = 1000,
    REFUSED_RETRY_MIN_MS = 100,
    REFUSED_RETRY_MAX_MS = 600,
    SAMPLE_AGE_MAX_MS = 30000,  //  then a sample with a longer round trip counts again
    MARGIN_MAX_MS = 5           //  that a deadline is brought forward for doubts about
                                //  the clock; more would fail calls over slow links
};

//  --- HELLO --------------------------------------------------------------------------

static void write_offer (void *context, const daffi_offer_body_t *offer)
{
    daffi_write_offer_body (context, offer);
}

static void write_hello (daffi_node_t *self, daffi_buffer_t *out)
{
    daffi_hello_t hello = {.min = DAFFI_PROTOCOL_VERSION,
                           .max = DAFFI_PROTOCOL_VERSION,
                           .heartbeat_ms = (uint64_t)self->options.heartbeat_ms,
                           .timeout_ms = (uint64_t)self->options.heartbeat_timeout_ms,
                           .capacity = self->options.capacity,
                           //  once: whoever took it over from us has it by right
                           .takeover = self->options.takeover && !self->link.claimed,
                           .language = daffi_text_of ("C"),
                           .version = daffi_text_of (DAFFI_VERSION)};
    memcpy (hello.incarnation, self->incarnation, sizeof hello.incarnation);
    daffi_write_hello (out, &hello);
    daffi_buffer_t offers;
    daffi_buffer_init (&offers);
    uint32_t count = daffi_functions_each (&self->functions, write_offer, &offers);
    daffi_write_array (out, count);
    daffi_buffer_append (out, offers.data, offers.size);
    out->failed = out->failed || offers.failed;
    daffi_buffer_done (&offers);
}

static void say_hello (daffi_node_t *self)
{
    daffi_buffer_t out;
    if (!self->link.wired || self->phase != DAFFI_NODE_RUNNING)
        return;
    daffi_outbox_clear (&self->outbox);
    daffi_buffer_init (&out);
    daffi_offers_forget (self);
    write_hello (self, &out);
    self->link.hello_id = daffi_entropy_next (&self->entropy) | 1;
    self->link.hello_ms = self->now_ms;
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = self->link.hello_id,
                             .peer = daffi_text_of (self->name),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_body_borrowed (out.data, out.size);
    if (!out.failed)
        daffi_node_send (self, &header, &body, DAFFI_NEVER, false);
    daffi_buffer_done (&out);
    daffi_alarm_set (self, &self->link.hello, self->now_ms + HELLO_RETRY_MS);
}

//  There is a connection, and nobody at its other end.
static void start_over (daffi_node_t *self)
{
    self->link.wired = false;
    self->link.hello_id = 0;
    daffi_outbox_clear (&self->outbox);
    daffi_node_reconnect (self);
}

static void hello_due (daffi_node_t *self, daffi_alarm_t *alarm)
{
    daffi_link_state_t *link = &self->link;
    (void)alarm;
    if (link->welcomed)
        return;
    if (link->wired &&
        self->now_ms - link->heard_ms >= self->options.heartbeat_timeout_ms)
        start_over (self);
    else
        say_hello (self);
}

void daffi_link_wired (daffi_node_t *self)
{
    if (self->link.welcomed)
        daffi_link_lost (self, "the connection was made anew");
    self->link.wired = true;
    self->link.heard_ms = self->now_ms;
    say_hello (self);
}

//  --- the controller's clock ---------------------------------------------------------

static void sample_clock (daffi_node_t *self, int64_t sent_ms, uint64_t clock_ms)
{
    daffi_link_state_t *link = &self->link;
    int64_t rtt_ms = self->now_ms - sent_ms;
    if (rtt_ms > link->rtt_ms && self->now_ms - link->sampled_ms < SAMPLE_AGE_MAX_MS)
        return;
    link->rtt_ms = rtt_ms;
    link->sampled_ms = self->now_ms;
    link->offset_ms = (int64_t)clock_ms - (sent_ms + rtt_ms / 2);
}

//  The estimate is wrong by half a round trip at most, and by much less where both ways
//  take as long, as those of a PING do; HELLO may have waited long for its WELCOME, or
//  WELCOME for us.
static int64_t doubt (const daffi_link_state_t *link)
{
    int64_t error_ms = link->rtt_ms / 2 + 1;
    return error_ms > MARGIN_MAX_MS && link->answered ? MARGIN_MAX_MS : error_ms;
}

static uint32_t clock_now (const daffi_node_t *self)
{
    return (uint32_t)(self->now_ms + self->link.offset_ms);
}

uint32_t daffi_link_clock (const daffi_node_t *self)
{
    //  nobody shall believe that he has more time than there is
    int64_t doubt_ms = self->link.answered ? 0 : doubt (&self->link);
    return clock_now (self) - (uint32_t)doubt_ms;
}

int64_t daffi_link_clock_lag (const daffi_node_t *self)
{
    return doubt (&self->link) * (self->link.answered ? 1 : 2);
}

uint32_t daffi_link_spent (const daffi_node_t *self, const daffi_header_t *header)
{
    if (!(header->present & DAFFI_OPT_SENT))
        return 0;
    uint32_t spent = clock_now (self) - header->sent_ms;
    //  on the safe side: what a caller was told has failed must not run
    return spent > UINT32_MAX / 2 ? 0 : spent + (uint32_t)doubt (&self->link);
}

//  --- until when its calls count -----------------------------------------------------

//  Until when requests that wait may still begin: whoever made them has not given up
//  yet. What was read just now may have been sent long ago, and what we sent may not
//  have arrived, so that only what the controller says of its time counts here.
static void freshen (daffi_node_t *self)
{
    const daffi_link_state_t *link = &self->link;
    //  when it gives us up; a millisecond each for the rounding of the clocks
    int64_t ours_ms = link->known_ms + link->timeout_ms - 2;
    //  when the first of our callers may give it up: that one may have heard of it a
    //  heartbeat before it ran last
    int64_t margin_ms = link->heartbeat_ms < link->timeout_ms / 4
                            ? link->heartbeat_ms
                            : link->timeout_ms / 4;
    int64_t theirs_ms = link->ran_ms + link->timeout_ms - margin_ms - 2;
    atomic_store (&self->fresh_ms, ours_ms < theirs_ms ? ours_ms : theirs_ms);
}

void daffi_link_ran (daffi_node_t *self, const daffi_header_t *header,
                     uint32_t spent_ms)
{
    enum { STEP_MS = 20 };  //  for each of thousands it would cost too much
    daffi_link_state_t *link = &self->link;
    int64_t ran_ms = self->now_ms - spent_ms;
    if (!(header->present & DAFFI_OPT_SENT) || ran_ms < link->ran_ms + STEP_MS ||
        link->rtt_ms > link->timeout_ms / 8)  //  too little is known of its clock
        return;
    link->ran_ms = ran_ms;
    freshen (self);
}

//  It had read, by `read_ms`, a PING that was sent at `sent_ms`.
static void note_pong (daffi_node_t *self, int64_t sent_ms, int64_t read_ms)
{
    daffi_link_state_t *link = &self->link;
    if (read_ms > self->now_ms)
        read_ms = self->now_ms;
    if (read_ms < sent_ms)
        read_ms = sent_ms;
    if (read_ms > link->known_ms)
        link->known_ms = read_ms;
    if (read_ms > link->ran_ms)
        link->ran_ms = read_ms;
    freshen (self);
}

//  --- WELCOME and after --------------------------------------------------------------

//  A PING also asks for the controller's clock and for a sign of its life.
static void send_ping (daffi_node_t *self)
{
    daffi_link_state_t *link = &self->link;
    link->ping_id++;
    link->pinged_ms[link->ping_id % DAFFI_PINGS_KEPT] = self->now_ms;
    daffi_node_send_plain (self, DAFFI_RECORD_PING, link->ping_id, true);
    daffi_alarm_set (self, &link->heartbeat, self->now_ms + link->heartbeat_ms);
}

static void heartbeat_due (daffi_node_t *self, daffi_alarm_t *alarm)
{
    daffi_link_state_t *link = &self->link;
    (void)alarm;
    if (!link->welcomed)
        return;
    if (self->now_ms - link->heard_ms >= link->timeout_ms) {
        daffi_link_left (self, "the controller is silent");
        return;
    }
    daffi_events_catch_up (self);
    daffi_task_events_catch_up (self);
    send_ping (self);
}

static void adopt (daffi_node_t *self, const daffi_welcome_t *welcome)
{
    daffi_link_state_t *link = &self->link;
    int64_t heartbeat_ms = (int64_t)welcome->heartbeat_ms;
    int64_t timeout_ms = (int64_t)welcome->timeout_ms;
    link->timeout_ms =
        timeout_ms >= 10 ? timeout_ms : self->options.heartbeat_timeout_ms;
    link->heartbeat_ms = heartbeat_ms >= 5 ? heartbeat_ms : self->options.heartbeat_ms;
    link->heard_ms = self->now_ms;
    link->spoke_ms = self->now_ms;
    //  WELCOME may have been on its way for long, and its calls right behind it
    link->known_ms = link->ran_ms = link->hello_ms;
    link->rtt_ms = INT64_MAX;
    link->drained = link->draining = link->finished = link->answered = false;
    link->parted = false;
    link->number++;
    sample_clock (self, link->hello_ms, welcome->clock_ms);
    freshen (self);
}

void daffi_link_welcome (daffi_node_t *self, const daffi_header_t *header,
                         const daffi_body_t *body)
{
    daffi_welcome_t welcome;
    if (self->link.welcomed || header->id != self->link.hello_id ||
        self->phase == DAFFI_NODE_CLOSED)
        return;
    if (daffi_read_welcome (body->data, body->size, &welcome)) {
        daffi_log (&self->log, DAFFI_LOG_ERROR, "node.welcome_malformed", "endpoint=%s",
                   self->endpoint.text);
        return;
    }
    adopt (self, &welcome);
    self->link.welcomed = self->link.claimed = true;
    daffi_wheel_disarm (&self->wheel, &self->link.hello.timer);
    send_ping (self);
    daffi_log (&self->log, DAFFI_LOG_INFO, "node.connected",
               "process=%s endpoint=%s controller=%.*s", self->name,
               self->endpoint.text, (int)header->peer.size, header->peer.data);
    if (self->phase == DAFFI_NODE_RUNNING)
        daffi_node_set_state (self, DAFFI_STATE_CONNECTED, NULL);
    else  //  HELLO was on its way when the node began to stop
        daffi_node_send_plain (self, DAFFI_RECORD_DRAIN, 1, false);
    daffi_offers_welcomed (self);
    daffi_events_lifecycle (self, DAFFI_LIFECYCLE_CONNECT);
    daffi_events_connected (self);
    daffi_task_events_connected (self);
    daffi_outgoing_connected (self);
}

//  --- loss ---------------------------------------------------------------------------

void daffi_link_lost (daffi_node_t *self, const char *reason)
{
    daffi_error_t why;
    if (!self->link.welcomed)
        return;
    self->link.welcomed = false;
    self->link.number++;
    daffi_outbox_clear (&self->outbox);
    daffi_log (&self->log, DAFFI_LOG_WARNING, "node.disconnected",
               "process=%s endpoint=%s reason=%s", self->name, self->endpoint.text,
               reason);
    daffi_fail (&why, DAFFI_CONTROLLER_LOST, "%s: %s", self->endpoint.text, reason);
    if (self->phase == DAFFI_NODE_RUNNING)
        daffi_node_set_state (self, DAFFI_STATE_CONNECTING, &why);
    //  first: what callbacks had called is lost, too, and no provider has said that it
    //  was cancelled
    daffi_outgoing_lost (self, reason);
    daffi_incoming_lost (self);
    //  only now: until it was cancelled, a worker must not begin what is not fresh
    atomic_store (&self->fresh_ms, DAFFI_NEVER);
    daffi_events_lifecycle (self, DAFFI_LIFECYCLE_DISCONNECT);
    daffi_alarm_set (self, &self->link.hello, self->now_ms + HELLO_RETRY_MS);
}

void daffi_link_unwired (daffi_node_t *self)
{
    self->link.wired = false;
    self->link.parted = true;
    self->link.hello_id = 0;
    daffi_link_lost (self, "the connection broke");
    daffi_outbox_clear (&self->outbox);
}

//  A controller that says GOODBYE waits for us to hang up: see PROTOCOL.md, "GOODBYE".
void daffi_link_left (daffi_node_t *self, const char *reason)
{
    self->link.choked = false;
    daffi_link_lost (self, reason);
    start_over (self);
}

void daffi_link_renew (daffi_node_t *self, const char *reason)
{
    daffi_link_lost (self, reason);
    say_hello (self);
}

void daffi_link_who (daffi_node_t *self)
{
    //  our HELLO is on its way already; another one would end the session that it makes
    if (!self->link.welcomed && self->link.hello_id)
        return;
    daffi_link_renew (self, "the controller does not know this process any more");
}

static void tell_refusal (daffi_node_t *self, const daffi_error_t *why)
{
    daffi_log (&self->log, DAFFI_LOG_WARNING, "node.refused",
               "process=%s endpoint=%s status=%s text=%s", self->name,
               self->endpoint.text, daffi_status_name (why->status), why->text);
    if (self->phase == DAFFI_NODE_RUNNING)
        daffi_node_set_state (self, DAFFI_STATE_REFUSED, why);
    uint64_t spread = daffi_entropy_next (&self->entropy) %
                      (REFUSED_RETRY_MAX_MS - REFUSED_RETRY_MIN_MS);
    daffi_alarm_set (self, &self->link.hello,
                     self->now_ms + REFUSED_RETRY_MIN_MS + (int64_t)spread);
}

void daffi_link_refused (daffi_node_t *self, const daffi_header_t *header,
                         const daffi_body_t *body)
{
    daffi_error_t why;
    daffi_value_t text;
    daffi_status_t status = header->present & DAFFI_OPT_STATUS
                                ? daffi_status_from_wire (header->status)
                                : DAFFI_FAILED;
    if (daffi_value_unpack (body->data, body->size, &text) ||
        text.kind != DAFFI_KIND_STRING)
        text = daffi_value_text ("", 0);
    daffi_fail (&why, status, "%.*s", (int)text.size, text.as.string);
    daffi_name_copy (why.process, header->peer);
    if (header->id == self->link.hello_id) {
        if (self->link.welcomed)
            daffi_link_lost (self, "the controller refused this process");
        tell_refusal (self, &why);
    } else if (status == DAFFI_NAME_TAKEN) {
        daffi_link_lost (self, "another process took over the name");
        tell_refusal (self, &why);
    } else {
        daffi_log (&self->log, DAFFI_LOG_WARNING, "node.complaint", "status=%s text=%s",
                   daffi_status_name (status), why.text);
    }
}

void daffi_link_pong (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body)
{
    uint64_t clock_ms;
    const daffi_link_state_t *link = &self->link;
    if (!header->id || header->id > link->ping_id ||
        link->ping_id - header->id >= DAFFI_PINGS_KEPT)
        return;
    int64_t sent_ms = link->pinged_ms[header->id % DAFFI_PINGS_KEPT];
    int64_t read_ms = sent_ms;
    if (!daffi_read_clock (body->data, body->size, &clock_ms)) {
        self->link.answered = true;
        sample_clock (self, sent_ms, clock_ms);
        read_ms = (int64_t)clock_ms - link->offset_ms - doubt (link);
    }
    note_pong (self, sent_ms, read_ms);
}

void daffi_link_start (daffi_node_t *self)
{
    atomic_store (&self->fresh_ms, DAFFI_NEVER);
    self->link.hello.ring = hello_due;
    self->link.heartbeat.ring = heartbeat_due;
}
