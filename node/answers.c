//  SPDX-License-Identifier: MPL-2.0
//  What becomes of calls that were sent: answered, in parts, lost, or tried again where
//  that is safe.

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "inside.h"
#include "outgoing.h"
#include "shipment.h"

enum {
    ATTEMPTS_MAX = 3,
    BACKOFF_MS = 10  //  doubled each time, and up to as much again at random
};

//  Errors that may be another one a moment later, for a call that was not executed.
static bool passing (daffi_status_t status)
{
    return status == DAFFI_BUSY || status == DAFFI_DRAINING ||
           status == DAFFI_PROCESS_LOST || status == DAFFI_CONTROLLER_LOST;
}

static bool try_again (daffi_node_t *self, daffi_future_t *future,
                       const daffi_error_t *error)
{
    bool safe = error->executed == DAFFI_EXECUTED_NO ||
                (error->executed == DAFFI_EXECUTED_MAYBE && future->idempotent);
    uint32_t attempts = daffi_future_attempts (future);
    if (!safe || !passing (error->status) || future->no_retry || future->cancel_sent ||
        !daffi_outgoing_is_call (future) || attempts >= ATTEMPTS_MAX ||
        future->part_count || self->phase != DAFFI_NODE_RUNNING)
        return false;
    bool maybe_ran = error->executed == DAFFI_EXECUTED_MAYBE;
    if (error->status == DAFFI_DRAINING && self->link.draining) {
        future->maybe_ran |= maybe_ran;
        daffi_outgoing_unlink (self, future);
        daffi_future_unsent (future);
        daffi_list_append (&self->unsent, &future->link);
        daffi_outgoing_watch (self, future);
        return true;
    }
    int64_t pause_ms = (int64_t)BACKOFF_MS << attempts;
    pause_ms += (int64_t)(daffi_entropy_next (&self->entropy) % (uint64_t)pause_ms);
    if (self->now_ms + pause_ms >= future->deadline_ms)
        return false;
    daffi_outgoing_unlink (self, future);
    future->maybe_ran |= maybe_ran;
    daffi_future_unsent (future);
    daffi_outgoing_rest (self, future, self->now_ms + pause_ms);
    return true;
}

static void read_error (const daffi_header_t *header, const daffi_body_t *body,
                        daffi_error_t *error)
{
    daffi_value_t text;
    daffi_status_t status = DAFFI_FAILED;
    if (header->present & DAFFI_OPT_STATUS)
        status = daffi_status_from_wire (header->status);
    if (daffi_value_unpack (body->data, body->size, &text) ||
        text.kind != DAFFI_KIND_STRING)
        text = daffi_value_string (daffi_status_text (status));
    daffi_fail (error, status, "%.*s", (int)(text.size > 4096 ? 4096 : text.size),
                text.as.string);
    error->executed = DAFFI_EXECUTED_MAYBE;
    if (header->present & DAFFI_OPT_EXECUTED && header->executed <= DAFFI_EXECUTED_YES)
        error->executed = (daffi_executed_t)header->executed;
    daffi_name_copy (error->process, header->peer);
}

//  One process's share of a broadcast.
static void add_part (daffi_future_t *future, const daffi_header_t *header,
                      const daffi_body_t *body)
{
    daffi_part_t *part = daffi_new (sizeof *part);
    daffi_error_t *error = daffi_new (sizeof *error);
    daffi_status_t status = DAFFI_OK;
    if (header->type == DAFFI_RECORD_ERROR)
        read_error (header, body, error);
    else
        status = daffi_result_new (body, header->peer, &part->result);
    if (status) {
        daffi_fail (error, status, "the result cannot be read");
        error->executed = DAFFI_EXECUTED_YES;
    }
    daffi_name_copy (error->process, header->peer);
    part->error = error;
    part->reply.process = error->process;
    part->reply.text = error->text;
    part->reply.status = part->result ? DAFFI_OK : error->status;
    part->reply.executed = part->result ? DAFFI_EXECUTED_YES : error->executed;
    part->reply.value = part->result ? daffi_result_value (part->result) : NULL;
    daffi_future_part (future, part);
}

static void take_result (daffi_node_t *self, daffi_future_t *future,
                         const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_result_t *result = NULL;
    daffi_status_t status = daffi_result_new_in (future, body, header->peer, &result);
    if (status)
        daffi_outgoing_fail (self, future, status, DAFFI_EXECUTED_YES,
                             status == DAFFI_NO_MEMORY
                                 ? "no memory for the result"
                                 : "the result is not one msgpack value");
    else
        daffi_outgoing_end (self, future, result, NULL);
}

void daffi_outgoing_answer (daffi_node_t *self, const daffi_header_t *header,
                            const daffi_body_t *body)
{
    daffi_future_t *future = daffi_table_get (&self->futures, 0, header->id);
    daffi_error_t error;
    if (!future)
        return;
    if (header->present & DAFFI_OPT_PART) {
        if (future->kind == DAFFI_FUTURE_BROADCAST)
            add_part (future, header, body);
    } else if (header->type == DAFFI_RECORD_ERROR) {
        read_error (header, body, &error);
        daffi_outgoing_name_error (future, &error);
        if (!try_again (self, future, &error) &&
            !daffi_shipment_wanted (self, future, &error))
            daffi_outgoing_end (self, future, NULL, &error);
    } else {
        take_result (self, future, header, body);
    }
}

//  A broadcast: every process has answered, or will not.
void daffi_outgoing_complete (daffi_node_t *self, const daffi_header_t *header)
{
    daffi_future_t *future = daffi_table_get (&self->futures, 0, header->id);
    if (future && future->kind == DAFFI_FUTURE_BROADCAST)
        daffi_outgoing_end (self, future, NULL, NULL);
}

//  What was sent may have run; waits simply go on at the next connection.
void daffi_outgoing_lost (daffi_node_t *self, const char *reason)
{
    daffi_error_t error;
    daffi_fail (&error, DAFFI_CONTROLLER_LOST, "%.150s: %s", self->endpoint.text,
                reason);
    DAFFI_LIST_EACH (&self->sent, link, follower) {
        daffi_future_t *future = daffi_container (link, daffi_future_t, link);
        if (!daffi_outgoing_is_call (future)) {
            daffi_outgoing_unlink (self, future);
            daffi_future_unsent (future);
            daffi_list_append (&self->unsent, &future->link);
            daffi_outgoing_watch (self, future);
            continue;
        }
        error.executed = self->link.finished ? DAFFI_EXECUTED_NO
                                             : daffi_outgoing_executed (self, future);
        daffi_outgoing_name_error (future, &error);
        if (!try_again (self, future, &error))
            daffi_outgoing_end (self, future, NULL, &error);
    }
}
