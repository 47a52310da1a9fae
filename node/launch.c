//  SPDX-License-Identifier: MPL-2.0
//  Calls on their way to the actor: options checked and a future made, in the thread of
//  whoever calls.

#include "alloc.h"
#include "failure.h"
#include "inside.h"
#include "shipment.h"

static daffi_status_t check_policy (const daffi_call_options_t *options,
                                    daffi_error_t *error)
{
    size_t size = options->key ? strlen (options->key) : 0;
    if ((unsigned)options->policy > DAFFI_POLICY_LOCAL_FIRST)
        return daffi_fail (error, DAFFI_INVALID, "%d is no policy", options->policy);
    if ((options->policy == DAFFI_POLICY_KEY) != (size > 0) || size > DAFFI_NAME_MAX)
        return daffi_fail (
            error, DAFFI_INVALID,
            "DAFFI_POLICY_KEY wants a key of 1 to 128 bytes, and no other "
            "policy has one");
    return DAFFI_OK;
}

static daffi_status_t check_names (const char *function, const char *process,
                                   daffi_error_t *error)
{
    if (!daffi_name_valid (daffi_text_of (function ? function : "")))
        return daffi_fail (error, DAFFI_INVALID,
                           "'%.150s' is no function name: 1 to 128 of [A-Za-z0-9._-]",
                           function ? function : "");
    if (process && (!daffi_name_valid (daffi_text_of (process)) ||
                    daffi_name_reserved (daffi_text_of (process))))
        return daffi_fail (error, DAFFI_INVALID,
                           "'%.150s' is no process name: 1 to 128 of [A-Za-z0-9._-]",
                           process);
    return DAFFI_OK;
}

static daffi_status_t check_time (const daffi_call_options_t *options,
                                  daffi_error_t *error)
{
    if (options->priority > DAFFI_PRIORITY_MAX)
        return daffi_fail (error, DAFFI_INVALID, "a priority is 0 to %d, not %u",
                           DAFFI_PRIORITY_MAX, options->priority);
    if (options->eta_ms < 0 || options->eta_ms >= DAFFI_DEADLINE_MAX_MS)
        return daffi_fail (
            error, DAFFI_INVALID,
            "an eta is 0 to 48 hours from now; what shall run later is a "
            "task");
    return DAFFI_OK;
}

daffi_status_t daffi_launch_check (const char *function,
                                   const daffi_call_options_t *options,
                                   daffi_error_t *error)
{
    daffi_status_t status = check_names (function, options->process, error);
    if (!status)
        status = check_policy (options, error);
    return status ? status : check_time (options, error);
}

//  Names that only this process knows are found by plain calls alone.
daffi_status_t daffi_launch_check_offered (daffi_node_t *self, const char *function,
                                           daffi_error_t *error)
{
    daffi_served_t *served =
        daffi_functions_get (&self->functions, daffi_text_of (function));
    bool local = served && served->local;
    daffi_served_unref (served);
    return local
               ? daffi_fail (error, DAFFI_INVALID,
                             "'%s' is local to this process: only plain calls reach it",
                             function)
               : DAFFI_OK;
}

//  The timeout asked for, from the eta on, within what the request that we are in has
//  left.
int64_t daffi_launch_deadline (const daffi_call_options_t *options)
{
    daffi_request_t *inside = daffi_request_current ();
    int64_t now_ms = daffi_clock_ms ();
    int64_t timeout_ms =
        options->timeout_ms ? options->timeout_ms : DAFFI_CALL_TIMEOUT_MS;
    if (timeout_ms > DAFFI_DEADLINE_MAX_MS - options->eta_ms)
        timeout_ms = DAFFI_DEADLINE_MAX_MS - options->eta_ms;
    int64_t deadline_ms = daffi_deadline (now_ms + options->eta_ms, timeout_ms);
    if (inside && !options->detached && inside->deadline_ms != DAFFI_NEVER &&
        (!options->timeout_ms || inside->deadline_ms < deadline_ms))
        deadline_ms = inside->deadline_ms;
    return deadline_ms;
}

//  Hands the future to the actor; where this thread waits for it, does the actor's work
//  where it can. On failure it is gone, and nobody has seen it.
static daffi_future_t *launch (daffi_node_t *self, daffi_future_t *future, bool waits,
                               daffi_error_t *error)
{
    future->mailbox = &self->mailbox;
    future->in_flight = &self->in_flight;
    future->dispatch = self->options.workers ? NULL : self->executor;
    uint32_t before =
        atomic_fetch_add_explicit (&self->in_flight, 1, memory_order_relaxed);
    daffi_status_t status = DAFFI_OK;
    future->spin_us = self->options.spin_us;
    future->alone = before == 0;
    if (before >= DAFFI_CALLS_MAX)
        status = daffi_fail (error, DAFFI_BUSY,
                             "%d calls of this process are in flight", DAFFI_CALLS_MAX);
    else if (!(waits && daffi_lead_call (self, future)) &&
             !daffi_mailbox_post (&self->mailbox, &future->start.link))
        status = daffi_fail (error, DAFFI_STOPPED, "the node has stopped");
    if (!status)
        return future;
    atomic_fetch_sub_explicit (&self->in_flight, 1, memory_order_relaxed);
    daffi_future_unref (future);
    daffi_future_unref (future);
    return NULL;
}

//  The request that a call is made in and ends with. An inline one is over before the
//  actor could see the call.
static daffi_request_t *parent_of (const daffi_node_t *self,
                                   const daffi_call_options_t *options)
{
    daffi_request_t *inside = daffi_request_current ();
    //  another node's request is another actor's
    bool follows = inside && inside->mailbox == &self->mailbox && !options->detached &&
                   !daffi_future_waiting_forbidden ();
    return follows ? inside : NULL;
}

static void set_time (daffi_future_t *future, const daffi_call_options_t *options)
{
    future->priority = options->priority;
    future->deadline_ms = daffi_launch_deadline (options);
    future->due_ms = options->eta_ms ? daffi_clock_ms () + options->eta_ms : 0;
}

static daffi_status_t check_stream (daffi_node_t *self, const char *function,
                                    const daffi_call_options_t *options,
                                    daffi_error_t *error)
{
    if (options->eta_ms)
        return daffi_fail (error, DAFFI_INVALID,
                           "a stream begins at once: it has no eta");
    return daffi_launch_check_offered (self, function, error);
}

//  Takes the cargo, which may be NULL, as well as the body.
static daffi_future_t *call (daffi_node_t *self, daffi_future_kind_t kind, bool waits,
                             const char *function, daffi_cargo_t *cargo,
                             daffi_packed_t *body, const daffi_call_options_t *options,
                             daffi_error_t *error)
{
    static const daffi_call_options_t defaults;
    options = options ? options : &defaults;
    bool stream = kind == DAFFI_FUTURE_STREAM;
    daffi_status_t status = daffi_launch_check (function, options, error);
    if (!status && stream)
        status = check_stream (self, function, options, error);
    if (status) {
        daffi_packed_done (body);
        daffi_cargo_destroy (cargo);
        return NULL;
    }
    daffi_future_t *future = daffi_future_new (self->future_pool, kind, function,
                                               options->process ? options->process : "",
                                               options->key ? options->key : "");
    future->body = *body;
    future->cargo = cargo;
    future->policy = (uint8_t)options->policy;
    set_time (future, options);
    future->idempotent = options->idempotent;
    future->no_retry = options->no_retry;
    future->parent = parent_of (self, options);
    if (stream) {
        //  items that were sent cannot be sent again
        future->no_retry = true;
        future->channel = daffi_channel_new ();
    }
    return launch (self, future, waits, error);
}

daffi_future_t *daffi_node_call (daffi_node_t *self, const char *function,
                                 daffi_packed_t *body,
                                 const daffi_call_options_t *options,
                                 daffi_error_t *error)
{
    return call (self, DAFFI_FUTURE_CALL, false, function, NULL, body, options, error);
}

daffi_future_t *daffi_node_call_waiting (daffi_node_t *self, const char *function,
                                         daffi_packed_t *body,
                                         const daffi_call_options_t *options,
                                         daffi_error_t *error)
{
    return call (self, DAFFI_FUTURE_CALL, true, function, NULL, body, options, error);
}

daffi_future_t *daffi_node_stream (daffi_node_t *self, const char *function,
                                   daffi_packed_t *body,
                                   const daffi_call_options_t *options,
                                   daffi_error_t *error)
{
    return call (self, DAFFI_FUTURE_STREAM, false, function, NULL, body, options,
                 error);
}

daffi_future_t *daffi_node_transfer (daffi_node_t *self, bool stream,
                                     const char *function, daffi_cargo_t *cargo,
                                     daffi_packed_t *body,
                                     const daffi_call_options_t *options,
                                     daffi_error_t *error)
{
    return call (self, stream ? DAFFI_FUTURE_STREAM : DAFFI_FUTURE_CALL, false,
                 function, cargo, body, options, error);
}

//  In the actor, which is told of the outcome there: no thread waits for it.
void daffi_node_launch_own (daffi_node_t *self, daffi_future_t *future,
                            const daffi_packed_t *body, int64_t timeout_ms,
                            daffi_future_fn *on_done, void *arg)
{
    future->body = *body;
    future->mailbox = &self->mailbox;
    future->in_flight = &self->in_flight;
    future->deadline_ms = self->now_ms + timeout_ms;
    future->on_done = on_done;
    future->on_done_arg = arg;
    atomic_init (&future->stage, DAFFI_STAGE_ASKED);
    atomic_fetch_add_explicit (&self->in_flight, 1, memory_order_relaxed);
    daffi_outgoing_start (self, future);
}

daffi_future_t *daffi_node_broadcast (daffi_node_t *self, const char *function,
                                      daffi_packed_t *body,
                                      const daffi_broadcast_options_t *options,
                                      daffi_error_t *error)
{
    const daffi_call_options_t call = {.process = options->group,
                                       .timeout_ms = options->timeout_ms,
                                       .detached = options->detached,
                                       .priority = options->priority,
                                       .eta_ms = options->eta_ms};
    daffi_status_t status = daffi_launch_check (function, &call, error);
    if (!status && !options->processes)
        status = daffi_launch_check_offered (self, function, error);
    if (!status && options->processes && options->group)
        status = daffi_fail (error, DAFFI_INVALID,
                             "a broadcast asks a group or named processes, not both");
    if (status) {
        daffi_packed_done (body);
        return NULL;
    }
    daffi_future_t *future =
        daffi_future_new (self->future_pool, DAFFI_FUTURE_BROADCAST, function,
                          options->group ? options->group : "", "");
    future->body = *body;
    future->all_named = options->processes != NULL;
    future->stop_after = options->stop_after;
    set_time (future, &call);
    future->parent = parent_of (self, &call);
    return launch (self, future, false, error);
}

//  Its uuid makes it harmless to send it twice.
daffi_future_t *daffi_node_schedule (daffi_node_t *self, const char *function,
                                     const char *process, bool all,
                                     daffi_packed_t *body, daffi_error_t *error)
{
    static const daffi_call_options_t defaults;
    if (check_names (function, process, error)) {
        daffi_packed_done (body);
        return NULL;
    }
    daffi_future_t *future = daffi_future_new (self->future_pool, DAFFI_FUTURE_SCHEDULE,
                                               function, process ? process : "", "");
    future->body = *body;
    future->stop_after = all;
    future->deadline_ms = daffi_launch_deadline (&defaults);
    future->idempotent = true;
    future->parent = parent_of (self, &defaults);
    return launch (self, future, false, error);
}

daffi_future_t *daffi_node_wait (daffi_node_t *self, daffi_future_kind_t kind,
                                 const char *name, int64_t timeout_ms,
                                 daffi_error_t *error)
{
    bool for_process = kind == DAFFI_FUTURE_WAIT_PROCESS;
    if (!name) {
        daffi_fail (error, DAFFI_INVALID, "no name to wait for is given");
        return NULL;
    }
    if (check_names (for_process ? "-" : name, for_process ? name : NULL, error))
        return NULL;
    daffi_future_t *future = daffi_future_new (
        self->future_pool, kind, for_process ? "" : name, for_process ? name : "", "");
    if (timeout_ms > DAFFI_DEADLINE_MAX_MS)
        timeout_ms = DAFFI_DEADLINE_MAX_MS;
    future->deadline_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    return launch (self, future, false, error);
}
