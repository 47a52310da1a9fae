//  SPDX-License-Identifier: MPL-2.0
//  A duty: what happens when its time comes.

#include "duty.h"

#include <stdlib.h>

#include "alloc.h"
#include "writer.h"

static char *copy_name (char **cursor, daffi_text_t name)
{
    char *start = *cursor;
    if (name.size)
        memcpy (start, name.data, name.size);
    start[name.size] = 0;
    *cursor += name.size + 1;
    return start;
}

//  As the body of a CALL. NULL: no memory.
static daffi_blob_t *pack_args (const daffi_value_t *args)
{
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    if (args->kind == DAFFI_KIND_NIL)
        daffi_write_array (&out, 0);
    else if (daffi_write_value (&out, args))
        out.failed = true;
    daffi_blob_t *blob = out.failed ? NULL : daffi_blob_copy (out.data, out.size);
    daffi_buffer_done (&out);
    return blob;
}

daffi_duty_t *daffi_duty_new (const char *uuid, daffi_text_t function,
                              daffi_text_t owner, daffi_text_t process, bool all,
                              const daffi_value_t *args, daffi_plan_t *plan,
                              daffi_now_t now)
{
    daffi_blob_t *blob = pack_args (args);
    if (!blob) {
        daffi_plan_done (plan);
        return NULL;
    }
    daffi_duty_t *self = daffi_new (sizeof *self);
    memcpy (self->uuid, uuid, sizeof self->uuid);
    char *cursor = daffi_new ((size_t)function.size + owner.size + process.size + 3);
    self->function = copy_name (&cursor, function);
    self->owner = copy_name (&cursor, owner);
    self->process = copy_name (&cursor, process);
    self->all = all;
    self->args = blob;
    self->plan = *plan;
    self->created_ms = now.wall_ms;
    self->next_ms = daffi_plan_first (plan, now);
    return self;
}

static void end_done (daffi_run_end_t *self)
{
    free ((char *)self->process);
    free ((char *)self->text);
}

void daffi_duty_destroy (daffi_duty_t **self_p)
{
    daffi_duty_t *self = *self_p;
    if (!self)
        return;
    for (uint32_t i = 0; i < self->history_count; i++)
        end_done (&self->history[i]);
    daffi_plan_done (&self->plan);
    daffi_blob_unref (self->args);
    free (self->history);
    free (self->waiting_ms);
    free (self->function);
    free (self);
    *self_p = NULL;
}

uint64_t daffi_duty_note (daffi_duty_t *self, const daffi_run_end_t *end)
{
    uint64_t leaves = 0;
    if (self->history_count == DAFFI_DUTY_HISTORY) {
        leaves = self->history[0].number;
        end_done (&self->history[0]);
        memmove (&self->history[0], &self->history[1],
                 (DAFFI_DUTY_HISTORY - 1) * sizeof *self->history);
        self->history_count--;
    } else {
        self->history = daffi_renew (self->history,
                                     (self->history_count + 1) * sizeof *self->history);
    }
    daffi_run_end_t *kept = &self->history[self->history_count++];
    *kept = *end;
    kept->process = daffi_strdup (end->process);
    kept->text = daffi_strdup (end->text);
    return leaves;
}

int64_t daffi_duty_moment (const daffi_duty_t *self, int64_t own_ms, daffi_now_t now)
{
    if (own_ms == DAFFI_NEVER || daffi_plan_on_wall (&self->plan))
        return own_ms;
    return own_ms + (now.wall_ms - now.mono_ms);
}

int64_t daffi_duty_remaining (const daffi_duty_t *self)
{
    if (daffi_duty_over (self))
        return 0;
    int64_t left = -1;
    if (self->plan.kind == DAFFI_PLAN_DELAY)
        left = self->next_ms != DAFFI_NEVER;
    if (self->plan.kind == DAFFI_PLAN_TIMES)
        left = daffi_plan_times_from (&self->plan, self->next_ms);
    if (self->plan.max_runs) {
        int64_t allowed = self->planned < self->plan.max_runs
                              ? (int64_t)(self->plan.max_runs - self->planned)
                              : 0;
        left = left < 0 || allowed < left ? allowed : left;
    }
    return left;
}

//  --- time ---------------------------------------------------------------------------

//  No run beyond the limits that the plan has.
static void hold_to_limits (daffi_duty_t *self, daffi_now_t now)
{
    if (self->next_ms == DAFFI_NEVER)
        return;
    bool enough = self->plan.max_runs && self->planned >= self->plan.max_runs;
    bool late = daffi_duty_moment (self, self->next_ms, now) > self->plan.until_ms;
    if (enough || late)
        self->next_ms = DAFFI_NEVER;
}

static void begin_run (daffi_duty_t *self, daffi_now_t now)
{
    self->running++;
    self->runs++;
    self->last_ms = now.wall_ms;
}

static bool enqueue (daffi_duty_t *self, int64_t moment_ms)
{
    if (self->waiting == DAFFI_DUTY_WAITING_MAX)
        return false;
    if (!self->waiting_ms)
        self->waiting_ms =
            daffi_new (DAFFI_DUTY_WAITING_MAX * sizeof *self->waiting_ms);
    self->waiting_ms[self->waiting++] = moment_ms;
    return true;
}

//  One run at its time. True: it begins.
static bool try_run (daffi_duty_t *self, daffi_now_t now, int64_t moment_ms)
{
    bool begins = self->running == 0, waits = false;
    if (!begins && self->plan.overlap == DAFFI_OVERLAP_PARALLEL)
        begins = self->running < DAFFI_DUTY_PARALLEL_MAX;
    if (!begins && self->plan.overlap == DAFFI_OVERLAP_QUEUE)
        waits = enqueue (self, moment_ms);
    if (begins)
        begin_run (self, now);
    if (begins || waits)
        self->planned++;
    else
        self->skipped++;
    return begins;
}

//  It is late by more than the grace. True: one run is due all the same.
static bool catch_up (daffi_duty_t *self, int64_t own_now_ms)
{
    uint64_t passed = 0;
    int64_t run_ms = self->next_ms;
    if (self->plan.missed == DAFFI_MISSED_ALL &&
        self->catching < self->plan.missed_max) {
        self->catching++;
        self->next_ms = daffi_plan_after (&self->plan, run_ms);
        return true;
    }
    bool once = self->plan.missed == DAFFI_MISSED_ONCE;
    self->next_ms = daffi_plan_beyond (&self->plan, run_ms, own_now_ms, &passed);
    self->skipped += passed - (once && passed ? 1 : 0);
    self->catching = 0;
    return once;
}

bool daffi_duty_come (daffi_duty_t *self, daffi_now_t now, int64_t *moment_ms)
{
    int64_t own_now_ms = daffi_plan_clock (&self->plan, now);
    bool run = true;
    *moment_ms = daffi_duty_moment (self, self->next_ms, now);
    if (own_now_ms - self->due.due_ms > DAFFI_DUTY_GRACE_MS) {
        run = catch_up (self, own_now_ms);
    } else {
        self->catching = 0;
        self->next_ms = daffi_plan_after (&self->plan, self->next_ms);
    }
    run = run && try_run (self, now, *moment_ms);
    hold_to_limits (self, now);
    return run;
}

bool daffi_duty_wait_over (daffi_duty_t *self, daffi_now_t now, int64_t *moment_ms)
{
    if (self->waiting == 0 || self->running > 0)
        return false;
    *moment_ms = self->waiting_ms[0];
    self->waiting--;
    memmove (self->waiting_ms, self->waiting_ms + 1,
             self->waiting * sizeof *self->waiting_ms);
    begin_run (self, now);
    return true;
}

uint64_t daffi_duty_end_run (daffi_duty_t *self, const daffi_run_end_t *end)
{
    self->failed += end->status != DAFFI_OK;
    self->running--;
    return daffi_duty_note (self, end);
}

//  --- steering -----------------------------------------------------------------------

daffi_status_t daffi_duty_run_now (daffi_duty_t *self, daffi_now_t now)
{
    switch (self->plan.overlap) {
    case DAFFI_OVERLAP_SKIP:
        if (self->running)
            return DAFFI_BUSY;
        break;
    case DAFFI_OVERLAP_QUEUE:
        if (self->running)
            return enqueue (self, now.wall_ms) ? DAFFI_PENDING : DAFFI_BUSY;
        break;
    case DAFFI_OVERLAP_PARALLEL:
        if (self->running >= DAFFI_DUTY_PARALLEL_MAX)
            return DAFFI_BUSY;
        break;
    }
    begin_run (self, now);
    return DAFFI_OK;
}

void daffi_duty_pause (daffi_duty_t *self)
{
    if (self->state == DAFFI_TASK_SCHEDULED)
        self->state = DAFFI_TASK_PAUSED;
}

void daffi_duty_resume (daffi_duty_t *self, daffi_now_t now)
{
    if (self->state != DAFFI_TASK_PAUSED)
        return;
    self->state = DAFFI_TASK_SCHEDULED;
    //  a delay's one run was only put off
    int64_t own_now_ms = daffi_plan_clock (&self->plan, now);
    if (self->plan.kind == DAFFI_PLAN_DELAY && self->next_ms < own_now_ms)
        self->next_ms = own_now_ms;
    else if (self->next_ms < own_now_ms)
        self->next_ms =
            daffi_plan_beyond (&self->plan, self->next_ms, own_now_ms, &self->skipped);
    hold_to_limits (self, now);
}

void daffi_duty_cancel (daffi_duty_t *self)
{
    self->state = DAFFI_TASK_CANCELLED;
    self->next_ms = DAFFI_NEVER;
    self->waiting = 0;
}

void daffi_duty_set_back (daffi_duty_t *self, daffi_now_t now, int64_t back_ms)
{
    enum { CORRECTION_MS = 3 * 3600 * 1000 };
    if (self->plan.kind != DAFFI_PLAN_CRON || self->next_ms == DAFFI_NEVER ||
        (!self->plan.cron.rhythm && back_ms < CORRECTION_MS))
        return;
    self->next_ms = daffi_plan_first (&self->plan, now);
    hold_to_limits (self, now);
}

bool daffi_duty_finish (daffi_duty_t *self)
{
    if (daffi_duty_over (self) || self->next_ms != DAFFI_NEVER || self->running ||
        self->waiting)
        return false;
    self->state = DAFFI_TASK_FINISHED;
    return true;
}
