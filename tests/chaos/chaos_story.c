//  SPDX-License-Identifier: MPL-2.0
//  Makes calls and notes what the library says of each.
//
//  The stamp of an outcome is taken where a program would get it: in on_done, or when
//  daffi_call () returns.
#include "chaos_story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

//  --- plans --------------------------------------------------------------------------

static chaos_kind_t choose_kind (uint64_t *random)
{
    //  of 1,000 calls
    static const uint16_t share[CHAOS_KINDS] = {
        [CHAOS_QUICK] = 430, [CHAOS_POOLED] = 350,    [CHAOS_SLEEP] = 40,
        [CHAOS_WATCH] = 20,  [CHAOS_FAIL] = 20,       [CHAOS_BIG] = 20,
        [CHAOS_RELAY] = 20,  [CHAOS_NOBODY] = 15,     [CHAOS_CAST] = 60,
        [CHAOS_WAIT] = 20,   [CHAOS_WAIT_NOBODY] = 5,
    };
    uint32_t roll = chaos_between (random, 0, 1000), kind = 0;
    while (kind + 1 < CHAOS_KINDS && roll >= share[kind])
        roll -= share[kind++];
    return (chaos_kind_t)kind;
}

static int64_t choose_timeout (uint64_t *random)
{
    uint32_t roll = chaos_between (random, 0, 10);
    return roll == 0  ? chaos_between (random, 10, 100)
           : roll < 7 ? chaos_between (random, 200, 1500)
                      : chaos_between (random, 1500, 4000);
}

static void choose_cancel (chaos_story_t *self, uint64_t *random, int64_t now)
{
    uint32_t chance = self->call->kind == CHAOS_WATCH ? 60 : 3;
    if (chaos_between (random, 0, 100) < chance)
        self->cancel_due_ns = now + chaos_between (random, 0, 200) * CHAOS_MS;
}

bool chaos_story_plan (chaos_story_t *self, const chaos_self_t *caller,
                       uint64_t *random, bool foreground)
{
    memset (self, 0, sizeof *self);
    chaos_call_t *call = chaos_board_new_call (caller->board, &self->number);
    if (!call)
        return false;
    self->call = call;
    self->life = caller->life;
    call->kind = (uint8_t)choose_kind (random);
    call->caller = (uint16_t)caller->number;
    call->parameter = (uint32_t)chaos_random (random);
    if (call->kind == CHAOS_BIG)  //  every order of magnitude is as likely
        call->parameter = call->parameter % CHAOS_BODY_MAX >> call->parameter / 64 % 20;
    if (foreground)
        call->flags |= CHAOS_FOREGROUND;
    if (chaos_between (random, 0, 5) == 0)
        call->flags |= CHAOS_IDEMPOTENT;
    if (chaos_between (random, 0, 10) == 0) {
        call->flags |= CHAOS_TO_ONE;
        chaos_role_name_of (self->process, CHAOS_WORKER,
                            chaos_between (random, 0, caller->board->workers));
    }
    self->timeout_ms = choose_timeout (random);
    int64_t now = chaos_now ();
    if (!foreground)
        choose_cancel (self, random, now);
    call->deadline_ns = now + self->timeout_ms * CHAOS_MS;
    atomic_store (&call->made_ns, now);
    return true;
}

//  --- outcomes -----------------------------------------------------------------------

static void tell (chaos_story_t *self, daffi_status_t status, daffi_executed_t executed)
{
    chaos_call_t *call = self->call;
    int64_t now = chaos_now ();
    call->status = (uint8_t)status;
    call->executed = (uint8_t)(status ? executed : DAFFI_EXECUTED_YES);
    atomic_fetch_add (&call->outcomes, 1);
    atomic_store (&call->told_ns, now);
    if (!status && call->kind < CHAOS_NOBODY)
        atomic_store (&self->life->last_ok_ns, now);
}

static void on_done (daffi_future_t *future, void *arg)
{
    chaos_story_t *self = arg;
    daffi_error_t error = {0};
    daffi_status_t status = daffi_future_wait (future, 0, &error);
    tell (self, status, error.executed);
    atomic_store (&self->done, true);
}

static void check_error (const chaos_story_t *self, const daffi_error_t *error)
{
    char text[64];
    chaos_work_failure (self->number, text);
    if (error->status == DAFFI_FAILED &&
        (self->call->kind != CHAOS_FAIL || strcmp (error->text, text) != 0 ||
         error->executed != DAFFI_EXECUTED_YES))
        chaos_work_wrong (self->call, CHAOS_WRONG_REPLY);
}

static void check_value (const chaos_story_t *self, const daffi_value_t *value)
{
    chaos_call_t *call = self->call;
    const void *name;
    size_t size;
    bool right = false;
    if (call->kind == CHAOS_WAIT)
        right = value && !daffi_value_get_bytes (value, &name, &size) && size > 7 &&
                memcmp (name, "worker-", 7) == 0;
    else if (call->kind < CHAOS_NOBODY && call->kind != CHAOS_FAIL)
        right = chaos_work_result_right (self->number, call, value);
    if (!right)
        chaos_work_wrong (call, CHAOS_WRONG_REPLY);
}

//  --- beginnings ---------------------------------------------------------------------

typedef struct {
    uint8_t *bytes;
    size_t size;
    uint64_t digest;
    daffi_call_options_t options;
    const char *function;
} plan_t;

static void free_bytes (void *data, void *hint)
{
    (void)hint;
    free (data);
}

static void write_plan (const chaos_story_t *self, plan_t *plan)
{
    const chaos_call_t *call = self->call;
    plan->size = chaos_work_sent_size (call);
    plan->bytes = malloc (plan->size + 1);
    if (!plan->bytes)
        abort ();
    chaos_work_fill (plan->bytes, plan->size, self->number);
    plan->digest = chaos_work_digest (self->number, call);
    plan->options =
        (daffi_call_options_t){.process = self->process[0] ? self->process : NULL,
                               .timeout_ms = self->timeout_ms,
                               .idempotent = (call->flags & CHAOS_IDEMPOTENT) != 0};
    plan->function = call->kind == CHAOS_QUICK    ? CHAOS_INLINE_NAME
                     : call->kind == CHAOS_NOBODY ? CHAOS_NOBODY_NAME
                                                  : CHAOS_POOLED_NAME;
}

//  The timeout counts from the call on, not from when it was planned: a large body was
//  written meanwhile.
static void set_deadline (const chaos_story_t *self)
{
    self->call->deadline_ns = chaos_now () + self->timeout_ms * CHAOS_MS;
}

static const char *awaited (const chaos_call_t *call)
{
    return call->kind == CHAOS_WAIT ? CHAOS_POOLED_NAME : CHAOS_NOBODY_NAME;
}

static bool is_wait (const chaos_call_t *call)
{
    return call->kind == CHAOS_WAIT || call->kind == CHAOS_WAIT_NOBODY;
}

static void cast (chaos_story_t *self, daffi_global_t *global)
{
    plan_t plan;
    daffi_error_t error;
    write_plan (self, &plan);
    set_deadline (self);
    daffi_status_t status =
        daffi_cast (global, plan.function,
                    DAFFI_ARGS (self->number, plan.digest,
                                daffi_value_binary (plan.bytes, plan.size)),
                    &plan.options, &error);
    free (plan.bytes);
    if (status)
        tell (self, status, error.executed);
    atomic_store (&self->done, true);
}

static daffi_future_t *start (chaos_story_t *self, daffi_global_t *global,
                              daffi_error_t *error)
{
    plan_t plan;
    if (is_wait (self->call))
        return daffi_global_wait_function_start (global, awaited (self->call),
                                                 self->timeout_ms, error);
    write_plan (self, &plan);
    set_deadline (self);
    if (self->call->kind == CHAOS_BIG && self->number % 2)
        return daffi_call_start_take (
            global, plan.function, DAFFI_ARGS (self->number, plan.digest), plan.bytes,
            plan.size, free_bytes, NULL, &plan.options, error);
    daffi_future_t *future =
        daffi_call_start (global, plan.function,
                          DAFFI_ARGS (self->number, plan.digest,
                                      daffi_value_binary (plan.bytes, plan.size)),
                          &plan.options, error);
    free (plan.bytes);
    return future;
}

void chaos_story_begin (chaos_story_t *self, daffi_global_t *global)
{
    daffi_error_t error = {0};
    if (self->call->kind == CHAOS_CAST) {
        cast (self, global);
        return;
    }
    self->future = start (self, global, &error);
    if (self->future && daffi_future_on_done (self->future, on_done, self) == DAFFI_OK)
        return;
    tell (self, error.status, error.executed);
    atomic_store (&self->done, true);
}

//  --- ends ---------------------------------------------------------------------------

static void end (chaos_story_t *self)
{
    daffi_error_t error = {0};
    if (self->future) {
        daffi_status_t status = daffi_future_wait (self->future, 0, &error);
        self->call->attempts = (uint8_t)daffi_future_attempts (self->future);
        if (status != self->call->status)
            chaos_work_wrong (self->call, CHAOS_TOLD_DIFFERENTLY);
        if (status)
            check_error (self, &error);
        else
            check_value (self, daffi_future_value (self->future));
        daffi_future_destroy (&self->future);
    }
    self->call = NULL;
}

bool chaos_story_step (chaos_story_t *self, int64_t now)
{
    if (self->cancel_due_ns && now >= self->cancel_due_ns && self->future) {
        self->cancel_due_ns = 0;
        if (!atomic_load (&self->done))
            atomic_store (&self->call->cancel_ns, now);
        daffi_future_cancel (self->future);
    }
    if (!atomic_load (&self->done))
        return false;
    end (self);
    return true;
}

static void block_on_wait (chaos_story_t *self, daffi_global_t *global)
{
    daffi_error_t error = {0};
    daffi_status_t status = daffi_global_wait_function (global, awaited (self->call),
                                                        self->timeout_ms, &error);
    tell (self, status, error.executed);
}

void chaos_story_block (chaos_story_t *self, daffi_global_t *global)
{
    plan_t plan;
    daffi_error_t error = {0};
    daffi_result_t *result = NULL;
    if (self->call->kind == CHAOS_CAST) {
        cast (self, global);
        return;
    }
    if (is_wait (self->call)) {
        block_on_wait (self, global);
        return;
    }
    write_plan (self, &plan);
    set_deadline (self);
    daffi_status_t status =
        daffi_call (global, plan.function,
                    DAFFI_ARGS (self->number, plan.digest,
                                daffi_value_binary (plan.bytes, plan.size)),
                    &plan.options, &result, &error);
    tell (self, status, error.executed);
    if (status)
        check_error (self, &error);
    else
        check_value (self, daffi_result_value (result));
    daffi_result_destroy (&result);
    free (plan.bytes);
}
