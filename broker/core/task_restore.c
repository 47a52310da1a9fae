//  SPDX-License-Identifier: MPL-2.0
//  Tasks after a start of the controller: read from the store, and going on from there.

#include "parts.h"

static daffi_duty_t *read_row (daffi_core_t *core, const daffi_row_t *row,
                               daffi_now_t now)
{
    daffi_value_t map, args = daffi_value_nil ();
    daffi_plan_t plan;
    daffi_error_t error;
    if (!daffi_tasks_uuid_valid (daffi_text_of (row->uuid)) ||
        daffi_agenda_find (&core->tasks.agenda, daffi_text_of (row->uuid)) ||
        daffi_value_unpack (row->plan, row->plan_size, &map) ||
        map.kind != DAFFI_KIND_MAP ||
        daffi_plan_read (&plan, &map, &core->tasks.agenda.zones, now, true, &error))
        return NULL;
    if (daffi_value_find (&map, "args", &args))
        args = daffi_value_nil ();
    daffi_duty_t *duty = daffi_duty_new (
        row->uuid, daffi_text_of (row->function), daffi_text_of (row->owner),
        daffi_text_of (row->process), row->all, &args, &plan, now);
    if (duty && daffi_duty_read (duty, row->state, row->state_size, now))
        daffi_duty_destroy (&duty);
    return duty;
}

static uint64_t larger (uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

daffi_status_t daffi_core_restore (daffi_core_t *self, const daffi_row_t *row)
{
    daffi_core_tasks_t *tasks = &self->tasks;
    //  also that of one that is left out: its rows stay, and nobody else may be given
    //  it
    tasks->last_task = larger (tasks->last_task, row->number);
    daffi_duty_t *duty = read_row (self, row, daffi_tasks_now (tasks, self->now_ms));
    if (!duty)
        return DAFFI_PROTOCOL;
    duty->number = row->number;
    daffi_agenda_add (&tasks->agenda, duty);
    return DAFFI_OK;
}

daffi_status_t daffi_core_restore_run (daffi_core_t *self, const char *uuid,
                                       const daffi_row_run_t *run)
{
    daffi_core_tasks_t *tasks = &self->tasks;
    tasks->last_run = larger (tasks->last_run, run->number);
    daffi_duty_t *duty = daffi_agenda_find (&tasks->agenda, daffi_text_of (uuid));
    if (!duty)
        return DAFFI_PROTOCOL;
    return daffi_duty_read_run (duty, run->number, run->end, run->end_size);
}

//  Each run that was on its way has its end, and the one that waited for it begins.
static void go_on (daffi_core_t *core, daffi_duty_t *duty)
{
    daffi_core_tasks_t *self = &core->tasks;
    daffi_now_t now = daffi_tasks_now (self, core->now_ms);
    int64_t moment_ms;
    for (; duty->lost > 0; duty->lost--) {
        daffi_run_end_t end = daffi_duty_lost_run (duty, now);
        end.number = ++self->last_run;
        end.replaces = daffi_duty_note (duty, &end);
        daffi_tasks_changed (core, duty, &end);
    }
    if (daffi_duty_wait_over (duty, now, &moment_ms))
        daffi_tasks_begin (core, duty, moment_ms,
                           daffi_tasks_changed (core, duty, NULL));
}

void daffi_core_restored (daffi_core_t *self)
{
    const daffi_agenda_t *agenda = &self->tasks.agenda;
    daffi_duty_t *duty;
    for (uint32_t slot = 0; (duty = daffi_agenda_from (agenda, &slot)); slot++)
        if (duty->lost || duty->waiting)
            go_on (self, duty);
}

void daffi_core_set_wall (daffi_core_t *self, int64_t now_ms, int64_t wall_ms)
{
    self->tasks.wall_offset_ms = wall_ms - now_ms;
    daffi_agenda_look (&self->tasks.agenda, daffi_tasks_now (&self->tasks, now_ms));
}
