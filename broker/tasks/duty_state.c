//  SPDX-License-Identifier: MPL-2.0
//  Where a duty stands, as it is written to disk: a map, so that later versions can add
//  to it.
//
//  Times are written as moments, since no other clock outlives the process.

#include <stdlib.h>

#include "alloc.h"
#include "duty.h"
#include "writer.h"

void daffi_run_end_write (const daffi_run_end_t *end, daffi_buffer_t *out)
{
    daffi_write_map (out, 7);
    daffi_write_key_int (out, "due_ms", end->due_ms);
    daffi_write_key_int (out, "began_ms", end->began_ms);
    daffi_write_key_int (out, "ended_ms", end->ended_ms);
    daffi_write_key_int (out, "status", end->status);
    daffi_write_key_int (out, "executed", end->executed);
    daffi_write_key_string (out, "process", end->process);
    daffi_write_key_string (out, "text", end->text);
}

void daffi_duty_write (const daffi_duty_t *self, daffi_now_t now, daffi_buffer_t *out)
{
    daffi_write_map (out, 11);
    daffi_write_key_int (out, "state", self->state);
    daffi_write_key_int (out, "created_ms", self->created_ms);
    daffi_write_key_int (out, "next_ms", daffi_duty_moment (self, self->next_ms, now));
    daffi_write_key_int (out, "last_ms", self->last_ms);
    daffi_write_key_int (out, "planned", (int64_t)self->planned);
    daffi_write_key_int (out, "runs", (int64_t)self->runs);
    daffi_write_key_int (out, "failed", (int64_t)self->failed);
    daffi_write_key_int (out, "skipped", (int64_t)self->skipped);
    daffi_write_key_int (out, "running", self->running);
    daffi_write_key_int (out, "catching", self->catching);
    daffi_write_string (out, "waiting");
    daffi_write_array (out, self->waiting);
    for (uint32_t i = 0; i < self->waiting; i++)
        daffi_write_int (out, self->waiting_ms[i]);
}

//  --- reading ------------------------------------------------------------------------

static int64_t number_of (const daffi_value_t *map, const char *key, int64_t fallback)
{
    daffi_value_t value;
    int64_t number = fallback;
    if (daffi_value_find (map, key, &value) || daffi_value_get_int (&value, &number))
        return fallback;
    return number;
}

static char *string_of (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    size_t size = 0;
    if (!daffi_value_find (map, key, &value) && value.kind == DAFFI_KIND_STRING)
        size = value.size;
    char *string = daffi_new (size + 1);
    if (size)
        memcpy (string, value.as.string, size);
    return string;
}

daffi_status_t daffi_duty_read_run (daffi_duty_t *self, uint64_t number,
                                    const void *data, size_t size)
{
    daffi_value_t map;
    if (daffi_value_unpack (data, size, &map) || map.kind != DAFFI_KIND_MAP)
        return DAFFI_PROTOCOL;
    char *process = string_of (&map, "process"), *text = string_of (&map, "text");
    const daffi_run_end_t end = {
        .number = number,
        .due_ms = number_of (&map, "due_ms", 0),
        .began_ms = number_of (&map, "began_ms", 0),
        .ended_ms = number_of (&map, "ended_ms", 0),
        .status = (daffi_status_t)number_of (&map, "status", DAFFI_FAILED),
        .executed = (daffi_executed_t)number_of (&map, "executed", 1),
        .process = process,
        .text = text};
    daffi_duty_note (self, &end);
    free (process);
    free (text);
    return DAFFI_OK;
}

static void read_waiting (daffi_duty_t *self, const daffi_value_t *map)
{
    daffi_value_t waiting, item;
    int64_t moment_ms;
    if (daffi_value_find (map, "waiting", &waiting) || waiting.count == 0)
        return;
    self->waiting_ms = daffi_new (DAFFI_DUTY_WAITING_MAX * sizeof *self->waiting_ms);
    daffi_iterator_t iterator = daffi_value_iterate (&waiting);
    while (self->waiting < DAFFI_DUTY_WAITING_MAX &&
           daffi_iterator_next (&iterator, NULL, &item))
        if (!daffi_value_get_int (&item, &moment_ms))
            self->waiting_ms[self->waiting++] = moment_ms;
}

daffi_run_end_t daffi_duty_lost_run (const daffi_duty_t *self, daffi_now_t now)
{
    return (daffi_run_end_t){
        .due_ms = self->last_ms,
        .began_ms = self->last_ms,
        .ended_ms = now.wall_ms,
        .status = DAFFI_CONTROLLER_LOST,
        .executed = DAFFI_EXECUTED_MAYBE,
        .process = "",
        .text = "the controller ended before the run did; it is not begun again"};
}

//  A clock that was set back meanwhile must not put an interval off for longer than
//  itself.
static int64_t own_next (const daffi_duty_t *self, int64_t moment_ms, daffi_now_t now)
{
    if (moment_ms == DAFFI_NEVER || daffi_plan_on_wall (&self->plan))
        return moment_ms;
    int64_t wait_ms = moment_ms - now.wall_ms;
    int64_t longest_ms = self->plan.delay_ms > self->plan.interval_ms
                             ? self->plan.delay_ms
                             : self->plan.interval_ms;
    return now.mono_ms + (wait_ms > longest_ms ? longest_ms : wait_ms);
}

daffi_status_t daffi_duty_read (daffi_duty_t *self, const void *data, size_t size,
                                daffi_now_t now)
{
    daffi_value_t map;
    if (daffi_value_unpack (data, size, &map) || map.kind != DAFFI_KIND_MAP)
        return DAFFI_PROTOCOL;
    int64_t state = number_of (&map, "state", -1);
    int64_t running = number_of (&map, "running", 0);
    if (state < DAFFI_TASK_SCHEDULED || state > DAFFI_TASK_CANCELLED || running < 0 ||
        running > DAFFI_DUTY_PARALLEL_MAX)
        return DAFFI_PROTOCOL;
    self->state = (daffi_task_state_t)state;
    self->created_ms = number_of (&map, "created_ms", 0);
    self->next_ms = own_next (self, number_of (&map, "next_ms", DAFFI_NEVER), now);
    self->last_ms = number_of (&map, "last_ms", 0);
    self->planned = (uint64_t)number_of (&map, "planned", 0);
    self->runs = (uint64_t)number_of (&map, "runs", 0);
    self->failed = (uint64_t)number_of (&map, "failed", 0);
    self->skipped = (uint64_t)number_of (&map, "skipped", 0);
    self->catching = (uint32_t)number_of (&map, "catching", 0);
    self->lost = (uint32_t)running;
    self->failed += self->lost;
    read_waiting (self, &map);
    return DAFFI_OK;
}
