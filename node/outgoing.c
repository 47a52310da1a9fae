//  SPDX-License-Identifier: MPL-2.0
//  Calls and waits of this process: sent when there is a connection, until their
//  deadline or a cancel. What the answers make of them stands in answers.c.
//
//  A future is in one of three places: unsent (no connection), sent (in the table,
//  under the id of its present attempt), or resting before its next attempt. Every path
//  out of here goes through daffi_outgoing_end (), once.

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "inside.h"
#include "outgoing.h"
#include "shipment.h"

enum {
    //  the controller knows better why a call was not answered in time: it gets this
    //  much longer to say so
    DEADLINE_GRACE_MS = 10,
    //  it alone knows which processes a broadcast has not heard of
    BROADCAST_GRACE_MS = 500
};

bool daffi_outgoing_is_call (const daffi_future_t *future)
{
    return future->kind == DAFFI_FUTURE_CALL ||
           future->kind == DAFFI_FUTURE_BROADCAST ||
           future->kind == DAFFI_FUTURE_STREAM || future->kind == DAFFI_FUTURE_SCHEDULE;
}

static bool has_one_provider (const daffi_future_t *future)
{
    return future->kind == DAFFI_FUTURE_CALL || future->kind == DAFFI_FUTURE_STREAM;
}

//  The controller does not give it to anybody yet, and will know in time that it must
//  not: where both ends see that they are parted, at once; what we send may reach it
//  too late, or never, and it holds to us for as long as its timeout.
static bool held_back (const daffi_node_t *self, const daffi_future_t *future)
{
    enum { MARGIN_MS = 10 };
    int64_t knows_ms = self->link.parted ? 0 : self->link.timeout_ms;
    return future->due_ms > self->now_ms + knows_ms + MARGIN_MS;
}

daffi_executed_t daffi_outgoing_executed (const daffi_node_t *self,
                                          const daffi_future_t *future)
{
    bool begun = future->running || (future->id && !held_back (self, future));
    return begun ? DAFFI_EXECUTED_MAYBE : DAFFI_EXECUTED_NO;
}

void daffi_outgoing_unlink (daffi_node_t *self, daffi_future_t *future)
{
    if (future->id)
        daffi_table_remove (&self->futures, 0, future->id);
    future->id = 0;
    daffi_link_remove (&future->link);
}

void daffi_outgoing_end (daffi_node_t *self, daffi_future_t *future,
                         daffi_result_t *result, const daffi_error_t *error)
{
    daffi_error_t told;
    daffi_outgoing_unlink (self, future);
    daffi_link_remove (&future->sibling);
    if (future->running)
        future->running->local = NULL;
    future->running = NULL;
    daffi_wheel_disarm (&self->wheel, &future->alarm.timer);
    //  the last attempt was not executed, but an earlier one may have been
    if (error && error->executed == DAFFI_EXECUTED_NO && future->maybe_ran) {
        told = *error;
        told.executed = DAFFI_EXECUTED_MAYBE;
        error = &told;
    }
    //  the result may live for long, what was sent for it need not
    daffi_packed_done (&future->body);
    daffi_cargo_destroy (future->cargo);
    future->cargo = NULL;
    daffi_future_finish (future, result, error);
    //  told later: that may run what lets go of others, in whose list somebody above
    //  stands at the moment
    daffi_list_append (&self->finished, &future->link);
    self->finished_count++;
}

void daffi_outgoing_tell (daffi_node_t *self)
{
    self->finished_count = 0;
    for (daffi_link_t *link; (link = daffi_list_first (&self->finished));) {
        daffi_link_remove (link);
        daffi_future_tell (daffi_container (link, daffi_future_t, link));
    }
}

void daffi_outgoing_name_error (const daffi_future_t *future, daffi_error_t *error)
{
    const char *function = future->cargo ? future->cargo->function : future->function;
    daffi_name_copy (error->function, daffi_text_of (function));
}

void daffi_outgoing_fail (daffi_node_t *self, daffi_future_t *future,
                          daffi_status_t status, daffi_executed_t executed,
                          const char *text)
{
    daffi_error_t error;
    daffi_fail (&error, status, "%s", text);
    error.executed = executed;
    daffi_outgoing_name_error (future, &error);
    daffi_outgoing_end (self, future, NULL, &error);
}

//  --- sending ------------------------------------------------------------------------

void daffi_node_set_ttl (const daffi_node_t *self, daffi_header_t *header,
                         int64_t deadline_ms)
{
    header->ttl_ms = DAFFI_TTL_NONE;
    if (deadline_ms == DAFFI_NEVER)
        return;
    int64_t left = deadline_ms - self->now_ms;
    header->ttl_ms = left > 0 ? (uint32_t)left : 0;
    header->present |= DAFFI_OPT_SENT;
    header->sent_ms = daffi_link_clock (self);
}

//  It counts from sent_ms, which may be earlier than now: no call runs early. But it
//  has to come before the deadline.
static uint32_t delay_of (const daffi_node_t *self, const daffi_future_t *future)
{
    int64_t due_ms = future->due_ms + daffi_link_clock_lag (self);
    if (due_ms >= future->deadline_ms)
        due_ms = future->deadline_ms - 1;
    return (uint32_t)(due_ms - self->now_ms);
}

//  Who shall run it and when, where the caller has a wish.
static void set_choice (const daffi_node_t *self, daffi_header_t *header,
                        const daffi_future_t *future)
{
    if (future->kind == DAFFI_FUTURE_BROADCAST) {
        header->present |= DAFFI_OPT_ALL | (future->all_named ? DAFFI_OPT_PART : 0);
        header->all = future->stop_after;
    }
    if (future->kind == DAFFI_FUTURE_WAIT_GROUP ||
        (future->kind == DAFFI_FUTURE_SCHEDULE && future->stop_after))
        header->present |= DAFFI_OPT_ALL;
    if (future->kind == DAFFI_FUTURE_STREAM) {
        header->present |= DAFFI_OPT_STREAM | DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
        header->items = DAFFI_WINDOW_ITEMS;
        header->bytes = DAFFI_WINDOW_BYTES;
    }
    if (future->policy) {
        header->present |= DAFFI_OPT_POLICY;
        header->policy = future->policy;
    }
    if (future->key[0]) {
        header->present |= DAFFI_OPT_KEY;
        header->key = daffi_text_of (future->key);
    }
    if (future->priority) {
        header->present |= DAFFI_OPT_PRIORITY;
        header->priority = future->priority;
    }
    if (future->due_ms > self->now_ms) {
        header->present |= DAFFI_OPT_DELAY;
        header->delay_ms = delay_of (self, future);
    }
}

static void send_call (daffi_node_t *self, daffi_future_t *future)
{
    static const uint8_t types[] = {
        [DAFFI_FUTURE_CALL] = DAFFI_RECORD_CALL,
        [DAFFI_FUTURE_BROADCAST] = DAFFI_RECORD_CALL,
        [DAFFI_FUTURE_STREAM] = DAFFI_RECORD_CALL,
        [DAFFI_FUTURE_SCHEDULE] = DAFFI_RECORD_SCHEDULE,
        [DAFFI_FUTURE_WAIT_PROCESS] = DAFFI_RECORD_WAIT,
        [DAFFI_FUTURE_WAIT_FUNCTION] = DAFFI_RECORD_WAIT,
        [DAFFI_FUTURE_WAIT_GROUP] = DAFFI_RECORD_WAIT,
    };
    daffi_link_remove (&future->link);
    daffi_list_append (&self->sent, &future->link);
    future->id = ++self->last_id;
    daffi_table_put (&self->futures, 0, future->id, future);
    daffi_header_t header = {.type = types[future->kind],
                             .id = future->id,
                             .name = daffi_text_of (future->function),
                             .peer = daffi_text_of (future->process)};
    daffi_node_set_ttl (self, &header, future->deadline_ms);
    set_choice (self, &header, future);
    daffi_body_t body = daffi_packed_body (&future->body);
    daffi_node_send (self, &header, &body, future->deadline_ms, false);
    if (future->ended)
        daffi_node_send_plain (self, DAFFI_RECORD_END, future->id, false);
    daffi_future_sent (future);
}

//  A controller that stops refuses calls: they are kept for the next one. Whoever wants
//  no second attempt wants to be told.
static bool to_be_kept (const daffi_node_t *self, const daffi_future_t *future)
{
    return !self->link.welcomed ||
           (self->link.draining && daffi_outgoing_is_call (future) &&
            !future->no_retry);
}

static void send_or_keep (daffi_node_t *self, daffi_future_t *future)
{
    if (!to_be_kept (self, future))
        send_call (self, future);
    else
        daffi_list_append (&self->unsent, &future->link);
}

static void send_cancel (daffi_node_t *self, const daffi_future_t *future)
{
    if (self->link.welcomed && future->id && !future->cancel_sent)
        daffi_node_send_plain (self, DAFFI_RECORD_CANCEL, future->id, false);
}

//  --- deadlines ----------------------------------------------------------------------

static void expire (daffi_node_t *self, daffi_future_t *future)
{
    char text[DAFFI_TEXT_MAX + 1];
    daffi_executed_t executed = DAFFI_EXECUTED_NO;
    bool begun = !future->running || daffi_incoming_cancel_run (self, future->running);
    if (to_be_kept (self, future) && !future->id && !future->running) {
        snprintf (text, sizeof text, "not connected to a controller at %.150s in time",
                  self->endpoint.text);
    } else if (daffi_outgoing_is_call (future)) {
        snprintf (text, sizeof text, "no answer before the deadline");
        executed = begun ? daffi_outgoing_executed (self, future) : DAFFI_EXECUTED_NO;
    } else {
        snprintf (text, sizeof text, "'%.130s' was not there before the deadline",
                  future->function[0] ? future->function : future->process);
    }
    send_cancel (self, future);
    daffi_outgoing_fail (self, future, DAFFI_TIMEOUT, executed, text);
}

void daffi_outgoing_watch (daffi_node_t *self, daffi_future_t *future)
{
    int64_t due_ms = future->deadline_ms;
    if (due_ms != DAFFI_NEVER && future->id)
        due_ms += future->kind == DAFFI_FUTURE_BROADCAST ? BROADCAST_GRACE_MS
                                                         : DEADLINE_GRACE_MS;
    daffi_alarm_set (self, &future->alarm, due_ms);
}

static void begin (daffi_node_t *self, daffi_future_t *future)
{
    if (future->kind == DAFFI_FUTURE_CALL && daffi_incoming_local (self, future))
        return;
    send_or_keep (self, future);
    daffi_outgoing_watch (self, future);
}

void daffi_outgoing_rest (daffi_node_t *self, daffi_future_t *future, int64_t until_ms)
{
    future->resting = true;
    daffi_list_append (&self->resting, &future->link);
    daffi_alarm_set (self, &future->alarm, until_ms);
}

static void ring (daffi_node_t *self, daffi_alarm_t *alarm)
{
    daffi_future_t *future = daffi_container (alarm, daffi_future_t, alarm);
    if (!future->resting) {
        expire (self, future);
        return;
    }
    future->resting = false;
    daffi_link_remove (&future->link);
    begin (self, future);
}

//  --- the beginning ------------------------------------------------------------------

//  A call that was made inside a callback is cancelled with it. The request is alive:
//  its answer is mailed by the same thread, after this. False: it has been cancelled.
static bool adopt_by_parent (daffi_future_t *future)
{
    daffi_request_t *parent = future->parent;
    if (!parent)
        return true;
    if (daffi_request_cancelled (parent))
        return false;
    if (!parent->orphaned)
        daffi_list_append (&parent->children, &future->sibling);
    return true;
}

void daffi_outgoing_start (daffi_node_t *self, daffi_future_t *future)
{
    future->alarm.ring = ring;
    if (self->phase == DAFFI_NODE_CLOSED)
        daffi_outgoing_fail (self, future, DAFFI_STOPPED, DAFFI_EXECUTED_NO,
                             "the node has stopped");
    else if (!adopt_by_parent (future))
        daffi_outgoing_fail (self, future, DAFFI_CANCELLED, DAFFI_EXECUTED_NO,
                             "the request that it was made in was cancelled");
    else if (future->deadline_ms <= self->now_ms)
        expire (self, future);
    else if (future->due_ms >= future->deadline_ms)
        //  that of the request that it was made in
        daffi_outgoing_fail (self, future, DAFFI_INVALID, DAFFI_EXECUTED_NO,
                             "its deadline comes before its time");
    else
        begin (self, future);
}

void daffi_outgoing_cancel (daffi_node_t *self, daffi_future_t *future,
                            daffi_status_t status, const char *text)
{
    if (daffi_future_done (future))
        return;
    daffi_executed_t executed = future->id && !held_back (self, future)
                                    ? DAFFI_EXECUTED_MAYBE
                                    : DAFFI_EXECUTED_NO;
    if (future->running && daffi_incoming_cancel_run (self, future->running))
        executed = DAFFI_EXECUTED_MAYBE;
    send_cancel (self, future);
    if (status == DAFFI_CANCELLED && future->id && self->link.welcomed &&
        has_one_provider (future))
        future->cancel_sent = true;  //  whether it has begun is about to be told
    else
        daffi_outgoing_fail (self, future, status, executed, text);
}

void daffi_outgoing_connected (daffi_node_t *self)
{
    DAFFI_LIST_EACH (&self->unsent, link, follower) {
        daffi_future_t *future = daffi_container (link, daffi_future_t, link);
        send_call (self, future);
        daffi_outgoing_watch (self, future);
    }
}

void daffi_outgoing_park (daffi_node_t *self, daffi_future_t *future,
                          daffi_list_t *list)
{
    daffi_outgoing_unlink (self, future);
    daffi_list_append (list, &future->link);
    daffi_outgoing_watch (self, future);
}

void daffi_outgoing_again (daffi_node_t *self, daffi_future_t *future)
{
    daffi_link_remove (&future->link);
    send_or_keep (self, future);
    daffi_outgoing_watch (self, future);
}

void daffi_outgoing_stop (daffi_node_t *self)
{
    daffi_shipment_stop (self);
    DAFFI_LIST_EACH (&self->unsent, link, follower)
        daffi_outgoing_fail (self, daffi_container (link, daffi_future_t, link),
                             DAFFI_STOPPED, DAFFI_EXECUTED_NO,
                             "the node was stopped before it could be sent");
    DAFFI_LIST_EACH (&self->sent, sent, next) {
        daffi_future_t *future = daffi_container (sent, daffi_future_t, link);
        send_cancel (self, future);
        daffi_outgoing_fail (self, future, DAFFI_STOPPED,
                             daffi_outgoing_executed (self, future),
                             "the node was stopped before the answer came");
    }
    DAFFI_LIST_EACH (&self->resting, rest, after)
        daffi_outgoing_fail (self, daffi_container (rest, daffi_future_t, link),
                             DAFFI_STOPPED, DAFFI_EXECUTED_NO,
                             "the node was stopped before the next attempt");
}
