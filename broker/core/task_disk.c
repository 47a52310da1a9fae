//  SPDX-License-Identifier: MPL-2.0
//  Tasks and the disk: what is written, what waits for it, and what happens where it is
//  slow or refuses.
//
//  A disk that is slow holds runs back, it does not pile them up: a run whose beginning
//  cannot be written soon stays in the agenda, and where that makes it late it counts
//  as missed like any other that is late. So nothing is begun that is not recorded,
//  nothing is lost unseen, and what is on its way is bounded.

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

enum {
    //  some tenths of a second of a busy disk: a SCHEDULE waits so long at most
    BACKLOG_MAX = 8192,       //  changes on their way: further requests are BUSY
    BACKLOG_HOLD = 4096,      //  further runs are held back; requests come first
    BACKLOG_BYTES = 64 << 20  //  of the tasks on their way
};

static uint64_t backlog (const daffi_core_tasks_t *self)
{
    return self->broken ? 0 : self->last_ticket - self->written;
}

bool daffi_tasks_held (const daffi_core_t *core)
{
    return backlog (&core->tasks) >= BACKLOG_HOLD;
}

//  Told once a minute at most: a disk that is a little too slow is behind again and
//  again.
static void note_backlog (daffi_core_t *core)
{
    enum { TOLD_EVERY_MS = 60000 };
    daffi_core_tasks_t *self = &core->tasks;
    bool told = self->behind_ms && core->now_ms - self->behind_ms < TOLD_EVERY_MS;
    if (told || backlog (self) < BACKLOG_HOLD)
        return;
    self->behind_ms = core->now_ms;
    daffi_log (&core->log, DAFFI_LOG_WARNING, "tasks.behind",
               "unwritten=%llu meaning=\"the disk is slower than the runs come, which "
               "are held back\"",
               (unsigned long long)backlog (self));
}

//  --- changes ------------------------------------------------------------------------

static void hand_over (daffi_core_t *core, uint64_t ticket, daffi_row_change_t change,
                       const daffi_duty_t *duty, daffi_row_t *row,
                       const daffi_run_end_t *end)
{
    daffi_core_tasks_t *self = &core->tasks;
    daffi_buffer_t state, ended;
    daffi_buffer_init (&state);
    daffi_buffer_init (&ended);
    if (change != DAFFI_ROW_REMOVE)
        daffi_duty_write (duty, daffi_tasks_now (self, core->now_ms), &state);
    if (end) {
        daffi_run_end_write (end, &ended);
        row->run = (daffi_row_run_t){end->number, ended.data, ended.size};
    }
    row->state = state.data;
    row->state_size = state.size;
    self->output.store (core->output.context, ticket, change, row);
    daffi_buffer_done (&state);
    daffi_buffer_done (&ended);
}

uint64_t daffi_tasks_write (daffi_core_t *core, daffi_row_change_t change,
                            const daffi_duty_t *duty, const daffi_body_t *plan,
                            const daffi_run_end_t *end)
{
    daffi_core_tasks_t *self = &core->tasks;
    uint64_t forget[DAFFI_DUTY_HISTORY];
    if (!self->output.store || self->broken)
        return 0;
    daffi_row_t row = {.number = duty->number,
                       .uuid = duty->uuid,
                       .function = duty->function,
                       .owner = duty->owner,
                       .process = duty->process,
                       .all = duty->all,
                       .plan = plan ? plan->data : NULL,
                       .plan_size = plan ? plan->size : 0,
                       .forget = forget};
    if (end && end->replaces)
        forget[row.forget_count++] = end->replaces;
    if (change == DAFFI_ROW_REMOVE)
        for (uint32_t i = 0; i < duty->history_count; i++)
            forget[row.forget_count++] = duty->history[i].number;
    hand_over (core, ++self->last_ticket, change, duty, &row, end);
    note_backlog (core);
    return self->last_ticket;
}

void daffi_tasks_trim (daffi_core_t *core)
{
    daffi_duty_t *duty;
    while ((duty = daffi_agenda_surplus (&core->tasks.agenda))) {
        daffi_tasks_write (core, DAFFI_ROW_REMOVE, duty, NULL, NULL);
        daffi_agenda_remove (&core->tasks.agenda, duty);
    }
}

uint64_t daffi_tasks_changed (daffi_core_t *core, daffi_duty_t *duty,
                              const daffi_run_end_t *end)
{
    if (daffi_duty_finish (duty))
        daffi_tasks_tell_ended (core, duty);
    daffi_agenda_arm (&core->tasks.agenda, duty);
    return daffi_tasks_write (core, DAFFI_ROW_STATE, duty, NULL, end);
}

bool daffi_tasks_writable (daffi_core_t *core, daffi_session_t *session,
                           const daffi_header_t *header)
{
    const daffi_core_tasks_t *self = &core->tasks;
    if (self->broken)
        daffi_core_send_error (
            core, session, header->id, self->broken, DAFFI_EXECUTED_NO,
            daffi_text_of (core->name),
            "the store of tasks takes no changes until the controller is "
            "started again: %s",
            self->broken_text);
    else if (backlog (self) >= BACKLOG_MAX || self->unwritten_bytes >= BACKLOG_BYTES)
        daffi_core_send_error (
            core, session, header->id, DAFFI_BUSY, DAFFI_EXECUTED_NO,
            daffi_text_of (core->name),
            "the store of tasks is behind: %llu changes are on their way to the disk",
            (unsigned long long)backlog (self));
    else
        return true;
    core->stats.refused++;
    return false;
}

//  --- what waits for them ------------------------------------------------------------

static void send_answer (daffi_core_t *core, daffi_session_t *session, uint64_t id,
                         const char *answer)
{
    daffi_buffer_clear (&core->scratch);
    if (answer[0])
        daffi_write_string (&core->scratch, answer);
    else
        daffi_write_nil (&core->scratch);
    daffi_core_send_scratch (core, session, id);
}

void daffi_tasks_answer (daffi_core_t *core, daffi_session_t *session,
                         const daffi_header_t *header, uint64_t ticket,
                         const char *answer, daffi_duty_t *fresh)
{
    if (!ticket) {
        send_answer (core, session, header->id, answer);
        return;
    }
    daffi_unwritten_t *waiting = daffi_new (sizeof *waiting);
    daffi_entry_t *entry = daffi_entry_new (core, session, header->id,
                                            daffi_calls_deadline (core, header));
    waiting->ticket = ticket;
    waiting->fresh = fresh;
    core->tasks.unwritten_bytes += fresh ? fresh->body_size : 0;
    snprintf (waiting->answer, sizeof waiting->answer, "%s", answer);
    daffi_list_append (&core->tasks.unwritten, &waiting->link);
    if (!entry)
        return;  //  no room to wait: the deadline answers
    entry->state = DAFFI_ENTRY_WRITING;
    daffi_list_append (&core->tasks.asking, &entry->of_place.link);
    daffi_entry_give_token (core, entry);
    waiting->token = entry->token;
}

//  The write failed, and what of it has reached the disk nobody knows: so MAYBE. A run
//  has not begun in any case.
static void unwritten_failed (daffi_core_t *core, const daffi_unwritten_t *waiting,
                              daffi_entry_t *entry)
{
    const daffi_core_tasks_t *self = &core->tasks;
    daffi_run_t *run = daffi_table_get (&self->runs, 0, waiting->run);
    if (run)
        daffi_tasks_fail_run (core, run, self->broken, self->broken_text);
    if (entry)
        daffi_core_send_error (core, entry->owner, entry->id, self->broken,
                               DAFFI_EXECUTED_MAYBE, daffi_text_of (core->name),
                               waiting->fresh
                                   ? "not written to the store: %s"
                                   : "done, but not written to the store: %s",
                               self->broken_text);
    if (waiting->fresh)
        daffi_agenda_remove (&core->tasks.agenda, waiting->fresh);
}

static void written (daffi_core_t *core, const daffi_unwritten_t *waiting,
                     daffi_entry_t *entry)
{
    daffi_run_t *run = daffi_table_get (&core->tasks.runs, 0, waiting->run);
    if (waiting->fresh) {
        waiting->fresh->fresh = false;
        daffi_agenda_arm (&core->tasks.agenda, waiting->fresh);
    }
    if (run)
        daffi_tasks_give (core, run);
    if (entry)
        send_answer (core, entry->owner, entry->id, waiting->answer);
}

//  The disk has decided on the first that waits: it, or NULL.
static daffi_unwritten_t *decided (const daffi_core_tasks_t *self)
{
    daffi_link_t *first = daffi_list_first (&self->unwritten);
    if (!first)
        return NULL;
    daffi_unwritten_t *waiting = daffi_container (first, daffi_unwritten_t, link);
    return waiting->ticket <= self->written || self->broken ? waiting : NULL;
}

bool daffi_tasks_decided (const daffi_core_t *core)
{
    return decided (&core->tasks) != NULL;
}

void daffi_tasks_settle (daffi_core_t *core)
{
    enum { SETTLED_A_TURN = 64 };  //  so that those who call get their turn
    daffi_core_tasks_t *self = &core->tasks;
    for (int i = 0; i < SETTLED_A_TURN; i++) {
        daffi_unwritten_t *waiting = decided (self);
        if (!waiting)
            return;
        daffi_link_remove (&waiting->link);
        self->unwritten_bytes -= waiting->fresh ? waiting->fresh->body_size : 0;
        daffi_entry_t *entry =
            waiting->token ? daffi_entry_by_token (core, NULL, waiting->token) : NULL;
        if (waiting->ticket <= self->written)
            written (core, waiting, entry);
        else
            unwritten_failed (core, waiting, entry);
        if (entry)
            daffi_entry_free (core, entry);
        free (waiting);
    }
}

void daffi_core_written (daffi_core_t *self, uint64_t ticket, daffi_status_t status,
                         const char *text, int64_t now_ms)
{
    daffi_core_tasks_t *tasks = &self->tasks;
    self->now_ms = now_ms > self->now_ms ? now_ms : self->now_ms;
    tasks->written = ticket;
    if (status && !tasks->broken) {
        tasks->broken = status;
        snprintf (tasks->broken_text, sizeof tasks->broken_text, "%s", text);
        daffi_log (&self->log, DAFFI_LOG_ERROR, "tasks.read_only", "reason=\"%s\"",
                   text);
    }
    daffi_tasks_settle (self);
}
