//  SPDX-License-Identifier: MPL-2.0
//  Calls to this process: found, run, answered.
//
//  Every CALL gets exactly one answer, also one that was cancelled meanwhile: until it
//  comes, the controller counts the call against our capacity.

#include <assert.h>
#include <stdlib.h>

#include "alloc.h"
#include "inside.h"

enum { REQUESTS_MAX = 20000 };  //  casts have no other bound

//  --- answering ----------------------------------------------------------------------

static void send_error (daffi_node_t *self, uint64_t token, daffi_text_t name,
                        daffi_status_t status, daffi_executed_t executed,
                        const char *text)
{
    daffi_buffer_t out;
    daffi_header_t header = {.type = DAFFI_RECORD_ERROR,
                             .status = (uint8_t)status,
                             .executed = (uint8_t)executed,
                             .present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED,
                             .id = token,
                             .name = name,
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_buffer_init (&out);
    daffi_write_string (&out, text);
    daffi_body_t body = daffi_body_borrowed (out.data, out.size);
    if (!out.failed)
        daffi_node_send (self, &header, &body, DAFFI_NEVER, false);
    daffi_buffer_done (&out);
}

static void send_answer (daffi_node_t *self, daffi_request_t *request)
{
    if (request->status) {
        send_error (
            self, request->token, daffi_text_of (request->function), request->status,
            request->ran ? DAFFI_EXECUTED_YES : DAFFI_EXECUTED_NO, request->text);
        return;
    }
    daffi_header_t header = {
        .type = DAFFI_RECORD_RESULT, .id = request->token, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_packed_body (&request->result);
    daffi_node_send (self, &header, &body, DAFFI_NEVER, false);
}

//  A call within this process: its future gets the answer without a detour.
static void answer_local (daffi_node_t *self, daffi_request_t *request)
{
    daffi_future_t *future = request->local;
    daffi_error_t error;
    daffi_result_t *result = NULL;
    daffi_body_t body = daffi_packed_body (&request->result);
    future->running = NULL;
    daffi_status_t status = request->status;
    if (!status)
        status =
            daffi_result_new_in (future, &body, daffi_text_of (self->name), &result);
    daffi_fail (&error, status, "%s",
                request->status ? request->text : daffi_status_text (status));
    error.executed = request->ran ? DAFFI_EXECUTED_YES : DAFFI_EXECUTED_NO;
    daffi_name_copy (error.process, daffi_text_of (self->name));
    daffi_name_copy (error.function, daffi_text_of (request->function));
    daffi_outgoing_end (self, future, result, result ? NULL : &error);
}

static void unlist (daffi_node_t *self, daffi_request_t *request)
{
    if (request->listed)
        daffi_table_remove (&self->tokens, 0, request->token);
    request->listed = false;
}

static void forget (daffi_node_t *self, daffi_request_t *request)
{
    DAFFI_LIST_EACH (&request->children, link, follower)
        daffi_link_remove (link);
    daffi_link_remove (&request->link);
    unlist (self, request);
    self->running_count--;
    daffi_request_destroy (request);
}

void daffi_incoming_answered (daffi_node_t *self, daffi_request_t *request)
{
    if (request->orphaned) {
        //  given up when the node stopped
        daffi_request_destroy (request);
        return;
    }
    bool same_session = request->session == self->link.number && self->link.welcomed;
    if (request->local)
        answer_local (self, request);
    else if (request->token && same_session)
        send_answer (self, request);
    forget (self, request);
}

//  In the worker. A closed mailbox: the actor has given up all requests.
static void post_answer (daffi_request_t *request)
{
    if (!daffi_mailbox_post (request->mailbox, &request->mail.link))
        daffi_request_destroy (request);
}

//  --- running ------------------------------------------------------------------------

//  After a SIGSTOP a worker may go on before the actor has noticed the gap, while the
//  controller is silent each process gives it up at a moment of its own, and a link may
//  bring late what was sent long ago. What may have been given up by those who sent it
//  must not begin to run, in whichever thread.
static void run_fresh (daffi_node_t *self, daffi_request_t *request, int64_t now_ms)
{
    if (request->served->local || now_ms < atomic_load (&self->fresh_ms)) {
        daffi_request_run (request, now_ms);
        return;
    }
    (void)daffi_request_fail_with (request, DAFFI_CONTROLLER_LOST,
                                   "the controller was silent before it ran");
    request->on_answered (request);
}

static void run_job (daffi_job_t *job)
{
    daffi_request_t *request = daffi_container (job, daffi_request_t, job);
    daffi_node_t *self = daffi_container (request->mailbox, daffi_node_t, mailbox);
    run_fresh (self, request, daffi_clock_ms ());
}

static void finish_inline (daffi_request_t *request)
{
    (void)request;
}

static bool runs_here (const daffi_node_t *self, const daffi_served_t *served)
{
    return served->run_inline && self->options.workers;
}

//  Reading the clock for each of hundreds in a packet costs a twentieth of them. Inline
//  callbacks are short; one that is not may be followed by few that are late, and by
//  none whose deadline is near.
static int64_t now_for (daffi_node_t *self, int64_t deadline_ms)
{
    enum { RUNS_A_LOOK = 8, NEAR_MS = 1000 };
    if (self->looked_turn_ms == self->now_ms && self->runs_left > 0 &&
        deadline_ms - NEAR_MS > self->looked_ms) {
        self->runs_left--;
        return self->looked_ms;
    }
    self->looked_turn_ms = self->now_ms;
    self->looked_ms = daffi_clock_ms ();
    self->runs_left = RUNS_A_LOOK;
    return self->looked_ms;
}

static void run (daffi_node_t *self, daffi_request_t *request)
{
    daffi_served_t *served = request->served;
    request->on_answered = post_answer;
    if (runs_here (self, served)) {
        request->on_answered = finish_inline;
        run_fresh (self, request, now_for (self, request->deadline_ms));
        daffi_incoming_answered (self, request);
        return;
    }
    request->job.run = run_job;
    daffi_ranked_set (&request->job.place, request->priority, self->now_ms, 0);
    if (served->lane.limit) {
        request->job.lane = &served->lane;
        daffi_served_ref (served);
    }
    daffi_executor_push (self->executor, &request->job);
}

//  NULL: no memory, and the reference of `served` is given back.
static daffi_request_t *admit (daffi_node_t *self, daffi_served_t *served,
                               const daffi_body_t *body, daffi_text_t function,
                               daffi_text_t caller, int64_t deadline_ms)
{
    daffi_request_t *request = daffi_request_new (served, body, function, caller);
    if (!request) {
        daffi_served_unref (served);
        return NULL;
    }
    request->global = self->options.global;
    request->mailbox = &self->mailbox;
    request->session = self->link.number;
    request->deadline_ms = deadline_ms;
    daffi_list_append (&self->running, &request->link);
    self->running_count++;
    return request;
}

static void refuse (daffi_node_t *self, const daffi_header_t *header,
                    daffi_status_t status, const char *text)
{
    if (header->type == DAFFI_RECORD_CALL)
        send_error (self, header->id, header->name, status, DAFFI_EXECUTED_NO, text);
}

static bool expired (daffi_node_t *self, const daffi_header_t *header,
                     int64_t *deadline_ms)
{
    *deadline_ms = DAFFI_NEVER;
    if (header->ttl_ms == DAFFI_TTL_NONE)
        return false;
    uint32_t spent = daffi_link_spent (self, header);
    daffi_link_ran (self, header, spent);
    *deadline_ms = self->now_ms + header->ttl_ms - spent;
    return spent >= header->ttl_ms;
}

void daffi_incoming_call (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body)
{
    int64_t deadline_ms;
    bool is_call = header->type == DAFFI_RECORD_CALL;
    if (expired (self, header, &deadline_ms)) {
        refuse (self, header, DAFFI_TIMEOUT, "the deadline passed on the way");
        return;
    }
    daffi_served_t *served = daffi_functions_get (&self->functions, header->name);
    if (!served || served->local) {
        daffi_served_unref (served);
        refuse (self, header, DAFFI_NO_FUNCTION, "the process does not offer it");
        return;
    }
    //  an inline one, $node.stats among them, never waits
    if (self->running_count >= REQUESTS_MAX && !runs_here (self, served)) {
        daffi_served_unref (served);
        self->dropped += !is_call;
        refuse (self, header, DAFFI_BUSY, "too many requests wait in this process");
        return;
    }
    daffi_request_t *request =
        admit (self, served, body, header->name, header->peer, deadline_ms);
    if (!request) {
        refuse (self, header, DAFFI_NO_MEMORY, "no memory for the arguments");
        return;
    }
    request->priority = header->priority;
    if (is_call) {
        if (header->present & DAFFI_OPT_STREAM) {
            request->channel = daffi_channel_new ();
            daffi_channel_grant (request->channel, header);
        }
        request->token = request->called_as = header->id;
    }
    //  an inline one is answered before any other record is read: nobody looks for it
    if (is_call && !runs_here (self, served)) {
        daffi_table_put (&self->tokens, 0, header->id, request);
        request->listed = true;
    }
    run (self, request);
}

bool daffi_incoming_local (daffi_node_t *self, daffi_future_t *future)
{
    if (!daffi_functions_any_local (&self->functions))
        return false;
    daffi_text_t name = daffi_text_of (future->function);
    if (future->process[0] && strcmp (future->process, self->name) != 0)
        return false;
    daffi_served_t *served = daffi_functions_get (&self->functions, name);
    if (!served || !served->local || daffi_name_reserved (name)) {
        daffi_served_unref (served);
        return false;
    }
    if (future->due_ms > self->now_ms) {
        daffi_served_unref (served);
        daffi_outgoing_rest (self, future, future->due_ms);
        return true;
    }
    daffi_body_t body = daffi_packed_body (&future->body);
    daffi_request_t *request = admit (self, served, &body, name,
                                      daffi_text_of (self->name), future->deadline_ms);
    if (!request)
        return false;
    request->local = request->asker = future;
    request->priority = future->priority;
    atomic_fetch_add_explicit (&future->refs, 1, memory_order_acq_rel);
    future->running = request;
    daffi_future_sent (future);
    daffi_outgoing_watch (self, future);
    run (self, request);
    return true;
}

//  --- cancelling ---------------------------------------------------------------------

bool daffi_incoming_cancel_run (daffi_node_t *self, daffi_request_t *request)
{
    bool begun = daffi_request_cancel (request);
    DAFFI_LIST_EACH (&request->children, link, follower)
        daffi_outgoing_cancel (self, daffi_container (link, daffi_future_t, sibling),
                               DAFFI_CANCELLED,
                               "the request that it was made in was cancelled");
    return begun;
}

//  Whoever cancelled waits to be told whether it had begun.
void daffi_incoming_cancel (daffi_node_t *self, uint64_t token)
{
    daffi_request_t *request = daffi_table_get (&self->tokens, 0, token);
    if (!request)
        return;
    if (daffi_incoming_cancel_run (self, request)) {
        daffi_header_t begun = {.type = DAFFI_RECORD_CANCEL,
                                .id = token,
                                .present = DAFFI_OPT_EXECUTED,
                                .executed = DAFFI_EXECUTED_YES,
                                .ttl_ms = DAFFI_TTL_NONE};
        daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
        daffi_node_send (self, &begun, &nothing, DAFFI_NEVER, false);
        return;
    }
    send_error (self, token, daffi_text_of (request->function), DAFFI_CANCELLED,
                DAFFI_EXECUTED_NO, "cancelled before it ran");
    unlist (self, request);
    request->token = 0;
}

void daffi_incoming_lost (daffi_node_t *self)
{
    DAFFI_LIST_EACH (&self->running, link, follower) {
        daffi_request_t *request = daffi_container (link, daffi_request_t, link);
        if (request->local || !request->token)
            continue;
        unlist (self, request);
        request->token = 0;
        (void)daffi_incoming_cancel_run (self, request);
    }
}

//  The requests are their workers' from here on: the mailbox is closed, and an answer
//  that comes after it was opened again finds the request orphaned.
void daffi_incoming_stop (daffi_node_t *self)
{
    DAFFI_LIST_EACH (&self->running, link, follower) {
        daffi_request_t *request = daffi_container (link, daffi_request_t, link);
        daffi_link_remove (link);
        unlist (self, request);
        if (request->token && self->link.welcomed)
            send_error (self, request->token, daffi_text_of (request->function),
                        DAFFI_STOPPED, DAFFI_EXECUTED_MAYBE,
                        "the process stopped before the function had ended");
        if (request->local)
            daffi_outgoing_cancel (self, request->local, DAFFI_STOPPED,
                                   "the node was stopped");
        (void)daffi_incoming_cancel_run (self, request);
        DAFFI_LIST_EACH (&request->children, child, next)
            daffi_link_remove (child);
        request->token = 0;
        request->orphaned = true;
        self->running_count--;
    }
}
