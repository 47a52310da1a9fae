//  SPDX-License-Identifier: MPL-2.0
//  A worker: runs calls and notes each start on the board, before anything else.
#include <poll.h>
#include <stdlib.h>

#include "chaos_role.h"
#include "chaos_work.h"

static chaos_self_t *self;

static void note_start (chaos_call_t *call, int64_t now)
{
    uint32_t index = atomic_fetch_add (&call->runs, 1);
    if (index < CHAOS_RUNS_KEPT) {
        call->runner[index] = (uint16_t)self->number;
        atomic_store (&call->started_ns[index], now);
    }
}

//  The record that the arguments name; NULL: they are not what any caller sent.
static chaos_call_t *read_arguments (daffi_request_t *request, uint64_t *number)
{
    uint64_t digest;
    const void *bytes;
    size_t size;
    if (daffi_request_count (request) != 3 || daffi_request_uint (request, 0, number) ||
        daffi_request_uint (request, 1, &digest) ||
        daffi_request_bytes (request, 2, &bytes, &size))
        return NULL;
    chaos_call_t *call = chaos_board_call (self->board, *number);
    if (call && (digest != chaos_work_digest (*number, call) ||
                 size != chaos_work_sent_size (call) ||
                 !chaos_work_matches (bytes, size, *number)))
        chaos_work_wrong (call, CHAOS_WRONG_ARGUMENTS);
    return call;
}

static void watch_cancel (daffi_request_t *request, uint32_t ms)
{
    struct pollfd item = {.fd = daffi_request_cancel_fd (request), .events = POLLIN};
    poll (&item, 1, (int)ms);
}

//  Another call, with what is left of this one's time. Its own outcome is judged too.
static void relay (daffi_request_t *request)
{
    uint64_t number;
    chaos_call_t *call = chaos_board_new_call (self->board, &number);
    if (!call)
        return;
    uint8_t bytes[64];
    daffi_error_t error = {0};
    int64_t left_ms = daffi_request_time_left (request);
    call->kind = CHAOS_POOLED;
    call->caller = (uint16_t)self->number;
    call->parameter = (uint32_t)chaos_mix (number);
    call->flags = CHAOS_FOREGROUND;
    size_t size = chaos_work_sent_size (call);
    chaos_work_fill (bytes, size, number);
    int64_t now = chaos_now ();
    call->deadline_ns = now + left_ms * CHAOS_MS;
    atomic_store (&call->made_ns, now);
    daffi_result_t *result = NULL;
    daffi_status_t status =
        daffi_call (daffi_request_global (request), CHAOS_POOLED_NAME,
                    DAFFI_ARGS (number, chaos_work_digest (number, call),
                                daffi_value_binary (bytes, size)),
                    NULL, &result, &error);
    call->status = (uint8_t)status;
    call->executed = (uint8_t)(status ? error.executed : DAFFI_EXECUTED_YES);
    if (!status && !chaos_work_result_right (number, call, daffi_result_value (result)))
        chaos_work_wrong (call, CHAOS_WRONG_REPLY);
    atomic_fetch_add (&call->outcomes, 1);
    atomic_store (&call->told_ns, chaos_now ());
    daffi_result_destroy (&result);
}

static daffi_status_t reply (daffi_request_t *request, uint64_t number,
                             const chaos_call_t *call)
{
    size_t size = chaos_work_back_size (call);
    uint8_t small[64], *bytes = size > sizeof small ? malloc (size) : small;
    if (!bytes)
        return DAFFI_NO_MEMORY;
    chaos_work_fill (bytes, size, ~number);
    daffi_status_t status = daffi_request_reply (
        request, DAFFI_ARRAY (number, chaos_work_digest (number, call),
                              daffi_value_binary (bytes, size)));
    if (bytes != small)
        free (bytes);
    return status;
}

static daffi_status_t work (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t now = chaos_now ();
    uint64_t number;
    chaos_call_t *call = read_arguments (request, &number);
    if (!call)
        return daffi_request_fail (request, "these are no arguments of ours");
    note_start (call, now);
    char text[64];
    switch ((chaos_kind_t)call->kind) {
    case CHAOS_SLEEP:
        chaos_sleep (call->parameter % 100 * CHAOS_MS);
        break;
    case CHAOS_WATCH:
        watch_cancel (request, call->parameter % 2000);
        break;
    case CHAOS_RELAY:
        relay (request);
        break;
    case CHAOS_FAIL:
        chaos_work_failure (number, text);
        return daffi_request_fail (request, "%s", text);
    case CHAOS_QUICK:
    case CHAOS_POOLED:
    case CHAOS_BIG:
    case CHAOS_NOBODY:
    case CHAOS_CAST:
    case CHAOS_WAIT:
    case CHAOS_WAIT_NOBODY:
    case CHAOS_KINDS:
        break;
    }
    return reply (request, number, call);
}

int chaos_worker (chaos_self_t *me)
{
    self = me;
    chaos_role_watch_stalls (me);
    const daffi_function_t functions[] = {
        {.name = CHAOS_POOLED_NAME, .callback = work},
        {.name = CHAOS_INLINE_NAME, .callback = work, .run_inline = true},
        {0}};
    DAFFI_AUTO (daffi_global) *global = chaos_role_global (me, functions);
    if (!global)
        return 1;
    while (!chaos_role_asked_to_leave ())
        chaos_sleep (10 * CHAOS_MS);
    daffi_global_stop (global);
    return 0;
}
