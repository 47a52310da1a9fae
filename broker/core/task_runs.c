//  SPDX-License-Identifier: MPL-2.0
//  The runs of tasks: begun when their time has come and is on disk, called like
//  anything else, and noted when they have ended.

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "parts.h"

//  A tick does so many at most, so that those who call by themselves get their turn.
enum { BEGUN_A_TICK = 64, ENDED_A_TICK = 128 };

//  --- the beginning ------------------------------------------------------------------

void daffi_tasks_give (daffi_core_t *core, daffi_run_t *run)
{
    const daffi_duty_t *duty = run->duty;
    daffi_header_t header = {.type = DAFFI_RECORD_CALL,
                             .id = run->id,
                             .name = daffi_text_of (duty->function),
                             .peer = daffi_text_of (duty->process),
                             .present = duty->all ? DAFFI_OPT_ALL : 0,
                             .ttl_ms = (uint32_t)duty->plan.timeout_ms};
    daffi_body_t body = daffi_body_of (duty->args);
    daffi_arrival_t arrival = {core->tasks.caller, &header, &body,
                               core->now_ms + duty->plan.timeout_ms, NULL};
    run->began_ms = daffi_tasks_now (&core->tasks, core->now_ms).wall_ms;
    core->stats.calls++;
    daffi_calls_place (core, &arrival);
}

void daffi_tasks_begin (daffi_core_t *core, daffi_duty_t *duty, int64_t due_ms,
                        uint64_t ticket)
{
    daffi_core_tasks_t *self = &core->tasks;
    daffi_run_t *run = daffi_new (sizeof *run);
    run->id = ++self->last_run;
    run->duty = duty;
    run->due_ms = due_ms;
    run->began_ms = daffi_tasks_now (self, core->now_ms).wall_ms;
    daffi_table_put (&self->runs, 0, run->id, run);
    if (self->broken) {
        daffi_tasks_fail_run (core, run, self->broken, self->broken_text);
    } else if (!ticket) {
        daffi_tasks_give (core, run);
    } else {
        daffi_unwritten_t *waiting = daffi_new (sizeof *waiting);
        waiting->ticket = ticket;
        waiting->run = run->id;
        daffi_list_append (&self->unwritten, &waiting->link);
    }
}

daffi_text_t daffi_tasks_owner (const daffi_core_t *core, uint64_t id)
{
    const daffi_run_t *run = daffi_table_get (&core->tasks.runs, 0, id);
    return run ? daffi_text_of (run->duty->owner) : daffi_text ("", 0);
}

//  --- the end ------------------------------------------------------------------------

static void end_run (daffi_core_t *core, daffi_run_t *run)
{
    if (!daffi_link_linked (&run->link))
        daffi_list_append (&core->tasks.ended, &run->link);
}

void daffi_tasks_fail_run (daffi_core_t *core, daffi_run_t *run, daffi_status_t status,
                           const char *text)
{
    run->status = status;
    run->executed = DAFFI_EXECUTED_NO;
    size_t size = strlen (text);
    size = size < sizeof run->text ? size : sizeof run->text - 1;
    memcpy (run->text, text, size);
    run->text[size] = 0;
    end_run (core, run);
}

//  Only the first failure is kept, and how many there were.
static void note_error (const daffi_core_t *core, daffi_run_t *run,
                        const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_value_t value;
    if (run->failures++)
        return;
    run->status = DAFFI_FAILED;
    run->executed = DAFFI_EXECUTED_MAYBE;
    if (header->present & DAFFI_OPT_STATUS)
        run->status = daffi_status_from_wire (header->status);
    if (header->present & DAFFI_OPT_EXECUTED && header->executed <= DAFFI_EXECUTED_YES)
        run->executed = (daffi_executed_t)header->executed;
    //  where the controller found nobody to run it, nobody did
    if (run->executed != DAFFI_EXECUTED_NO ||
        !daffi_text_equal (header->peer, daffi_text_of (core->name)))
        daffi_name_copy (run->process, header->peer);
    if (daffi_value_unpack (body->data, body->size, &value) ||
        value.kind != DAFFI_KIND_STRING || value.size == 0)
        return;
    size_t size = value.size < sizeof run->text ? value.size : sizeof run->text - 1;
    memcpy (run->text, value.as.string, size);
    run->text[size] = 0;
}

void daffi_tasks_receive (daffi_core_t *core, const daffi_header_t *header,
                          const daffi_body_t *body)
{
    daffi_run_t *run = daffi_table_get (&core->tasks.runs, 0, header->id);
    if (!run)
        return;
    bool part = header->present & DAFFI_OPT_PART;
    if (header->type == DAFFI_RECORD_ERROR)
        note_error (core, run, header, body);
    else if (header->type == DAFFI_RECORD_RESULT && !part)
        daffi_name_copy (run->process, header->peer);
    if (!part)
        end_run (core, run);
}

static void finish_run (daffi_core_t *core, daffi_run_t *run)
{
    daffi_duty_t *duty = run->duty;
    daffi_now_t now = daffi_tasks_now (&core->tasks, core->now_ms);
    daffi_run_end_t end = {.number = run->id,
                           .due_ms = run->due_ms,
                           .began_ms = run->began_ms,
                           .ended_ms = now.wall_ms,
                           .status = run->status,
                           .executed = run->status ? run->executed : DAFFI_EXECUTED_YES,
                           .process = run->process,
                           .text = run->text};
    int64_t moment_ms;
    end.replaces = daffi_duty_end_run (duty, &end);
    bool another = !core->draining && daffi_duty_wait_over (duty, now, &moment_ms);
    if (end.status) {
        core->stats.failed_runs++;
        daffi_tasks_tell_failed (core, duty, &end);
    }
    uint64_t ticket = daffi_tasks_changed (core, duty, &end);
    daffi_link_remove (&run->link);
    daffi_table_remove (&core->tasks.runs, 0, run->id);
    free (run);
    if (another)
        daffi_tasks_begin (core, duty, moment_ms, ticket);
}

//  --- time ---------------------------------------------------------------------------

static void begin_due (daffi_core_t *core)
{
    daffi_now_t now = daffi_tasks_now (&core->tasks, core->now_ms);
    for (int i = 0; i < BEGUN_A_TICK && !daffi_tasks_held (core); i++) {
        int64_t moment_ms;
        daffi_duty_t *duty = daffi_agenda_due (&core->tasks.agenda, now);
        if (!duty)
            return;
        bool begins = daffi_duty_come (duty, now, &moment_ms);
        core->stats.task_runs += begins;
        uint64_t ticket = daffi_tasks_changed (core, duty, NULL);
        if (begins)
            daffi_tasks_begin (core, duty, moment_ms, ticket);
    }
}

void daffi_tasks_tick (daffi_core_t *core)
{
    daffi_tasks_settle (core);
    for (int i = 0; i < ENDED_A_TICK; i++) {
        daffi_link_t *first = daffi_list_first (&core->tasks.ended);
        if (!first)
            break;
        finish_run (core, daffi_container (first, daffi_run_t, link));
    }
    if (!core->draining)
        begin_due (core);
}

int64_t daffi_tasks_next (const daffi_core_t *core)
{
    if (!daffi_list_empty (&core->tasks.ended) || daffi_tasks_decided (core))
        return core->now_ms;
    //  what holds them back is told of by daffi_core_written ()
    return core->draining || daffi_tasks_held (core)
               ? DAFFI_NEVER
               : daffi_agenda_next (&core->tasks.agenda, core->now_ms);
}
