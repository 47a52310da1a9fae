//  SPDX-License-Identifier: MPL-2.0
//  The simulated disk: transactions that take their time, and those that never end.

#include <stdio.h>

#include "alloc.h"
#include "duties.h"

void duties_disk_init (duty_disk_t *self)
{
    memset (self, 0, sizeof *self);
    daffi_batch_init (&self->waiting);
    daffi_batch_init (&self->writing);
}

static void row_done (duty_row_t *self)
{
    daffi_buffer_done (&self->plan);
    daffi_buffer_done (&self->state);
    for (unsigned i = 0; i < self->run_count; i++)
        daffi_buffer_done (&self->runs[i]);
    memset (self, 0, sizeof *self);
}

void duties_disk_done (duty_disk_t *self)
{
    daffi_batch_done (&self->waiting);
    daffi_batch_done (&self->writing);
    for (unsigned i = 0; i < DUTIES_MAX; i++)
        row_done (&self->rows[i]);
}

void duties_disk_put (void *context, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row)
{
    duty_world_t *self = context;
    if (!self->dying)
        daffi_batch_add (&self->disk.waiting, ticket, change, row);
}

//  --- a transaction ------------------------------------------------------------------

static void set (daffi_buffer_t *out, const void *data, size_t size)
{
    daffi_buffer_clear (out);
    daffi_buffer_append (out, data, size);
}

static duty_row_t *row_of (duty_world_t *self, uint64_t number)
{
    duty_row_t *unused = NULL;
    for (unsigned i = 0; i < DUTIES_MAX; i++) {
        if (self->disk.rows[i].there && self->disk.rows[i].number == number)
            return &self->disk.rows[i];
        if (!self->disk.rows[i].there)
            unused = &self->disk.rows[i];
    }
    return unused;
}

static void drop_run (duty_world_t *self, duty_row_t *row, uint64_t number)
{
    unsigned at = 0;
    while (at < row->run_count && row->run_numbers[at] != number)
        at++;
    if (at == row->run_count) {
        duties_broken (self, "a run leaves a history that it is not in");
        return;
    }
    daffi_buffer_t gone = row->runs[at];
    for (row->run_count--; at < row->run_count; at++) {
        row->run_numbers[at] = row->run_numbers[at + 1];
        row->runs[at] = row->runs[at + 1];
    }
    daffi_buffer_done (&gone);
    daffi_buffer_init (&row->runs[row->run_count]);
}

static void write_runs (duty_world_t *self, duty_row_t *row,
                        const daffi_change_t *change)
{
    for (uint32_t i = 0; i < change->row.forget_count; i++)
        drop_run (self, row, change->row.forget[i]);
    DAFFI_LIST_EACH (&change->runs, link, follower) {
        const daffi_batch_run_t *run = daffi_container (link, daffi_batch_run_t, link);
        if (row->run_count == DAFFI_DUTY_HISTORY) {
            duties_broken (self, "a history grows beyond its bound");
            return;
        }
        daffi_buffer_init (&row->runs[row->run_count]);
        set (&row->runs[row->run_count], run->end, run->size);
        row->run_numbers[row->run_count++] = run->number;
    }
}

static void write_change (duty_world_t *self, const daffi_change_t *change)
{
    duty_row_t *row = row_of (self, change->row.number);
    if (!row || (!row->there && change->change != DAFFI_ROW_ADD)) {
        duties_broken (self, "a change of a task that is not on disk");
        return;
    }
    if (change->change == DAFFI_ROW_ADD) {
        snprintf (row->uuid, sizeof row->uuid, "%s", change->row.uuid);
        snprintf (row->function, sizeof row->function, "%s", change->row.function);
        snprintf (row->owner, sizeof row->owner, "%s", change->row.owner);
        snprintf (row->process, sizeof row->process, "%s", change->row.process);
        row->all = change->row.all;
        set (&row->plan, change->row.plan, change->row.plan_size);
        row->number = change->row.number;
        row->there = true;
    }
    set (&row->state, change->row.state, change->row.state_size);
    write_runs (self, row, change);
}

static void commit (duty_world_t *self)
{
    self->report->commits++;
    DAFFI_LIST_EACH (&self->disk.writing.changes, link, follower)
        write_change (self, daffi_container (link, daffi_change_t, link));
}

static void fail (duty_world_t *self)
{
    self->disk.broken = true;
    self->report->broken++;
    //  some of what failed is there all the same
    if (duties_random (self, 2))
        commit (self);
}

//  Tells how it went; what waits begins.
static void end_transaction (duty_world_t *self)
{
    duty_disk_t *disk = &self->disk;
    uint64_t ticket = disk->writing.ticket;
    bool fails =
        !self->options->calm && !self->healing && duties_random (self, 800) == 0;
    if (fails)
        fail (self);
    else
        commit (self);
    daffi_batch_done (&disk->writing);
    daffi_core_written (self->core, fails ? self->core->tasks.written : ticket,
                        fails ? DAFFI_SYSTEM : DAFFI_OK, fails ? "broken" : "",
                        self->now_ms + self->base_ms);
}

void duties_disk_step (duty_world_t *self)
{
    duty_disk_t *disk = &self->disk;
    if (!self->core || disk->broken)
        return;
    if (disk->writing.ticket && disk->done_ms <= self->now_ms)
        end_transaction (self);
    if (disk->broken || disk->writing.ticket || !disk->waiting.ticket)
        return;
    daffi_batch_move (&disk->writing, &disk->waiting);
    disk->done_ms =
        self->now_ms + 1 + (int64_t)duties_random (self, (uint64_t)disk->slow_ms);
    if (self->options->sabotage == DUTIES_EARLY)
        daffi_core_written (self->core, disk->writing.ticket, DAFFI_OK, "",
                            self->now_ms + self->base_ms);
}

void duties_disk_crash (duty_world_t *self, bool in_good_order)
{
    duty_disk_t *disk = &self->disk;
    bool there = in_good_order || (!disk->broken && duties_random (self, 2));
    if (disk->writing.ticket && !disk->broken && there &&
        self->options->sabotage != DUTIES_FORGET)
        commit (self);
    daffi_batch_done (&disk->writing);
    daffi_batch_move (&disk->writing, &disk->waiting);
    if (disk->writing.ticket && !disk->broken && in_good_order)
        commit (self);
    daffi_batch_done (&disk->writing);
    disk->broken = false;
}

//  --- reading ------------------------------------------------------------------------

//  A state as it was before its latest run was written down.
static void forget_a_run (duty_row_t *row)
{
    daffi_value_t map, value;
    int64_t runs = 0, planned = 0, next_ms = 0;
    if (daffi_value_unpack (row->state.data, row->state.size, &map) ||
        daffi_value_find (&map, "runs", &value) ||
        daffi_value_get_int (&value, &runs) ||
        daffi_value_find (&map, "planned", &value) ||
        daffi_value_get_int (&value, &planned) ||
        daffi_value_find (&map, "last_ms", &value) ||
        daffi_value_get_int (&value, &next_ms) || runs == 0)
        return;
    daffi_buffer_clear (&row->state);
    daffi_write_map (&row->state, 4);
    daffi_write_string (&row->state, "state");
    daffi_write_int (&row->state, DAFFI_TASK_SCHEDULED);
    daffi_write_string (&row->state, "runs");
    daffi_write_int (&row->state, runs - 1);
    daffi_write_string (&row->state, "planned");
    daffi_write_int (&row->state, planned - 1);
    daffi_write_string (&row->state, "next_ms");
    daffi_write_int (&row->state, next_ms);
}

void duties_disk_restore (duty_world_t *self)
{
    for (unsigned i = 0; i < DUTIES_MAX; i++) {
        duty_row_t *row = &self->disk.rows[i];
        if (!row->there)
            continue;
        if (self->options->sabotage == DUTIES_FORGET && !self->healing)
            forget_a_run (row);
        const daffi_row_t task = {.number = row->number,
                                  .uuid = row->uuid,
                                  .function = row->function,
                                  .owner = row->owner,
                                  .process = row->process,
                                  .all = row->all,
                                  .plan = row->plan.data,
                                  .plan_size = row->plan.size,
                                  .state = row->state.data,
                                  .state_size = row->state.size};
        if (daffi_core_restore (self->core, &task))
            duties_broken (self, "a task on disk cannot be read");
        for (unsigned k = 0; k < row->run_count; k++) {
            const daffi_row_run_t run = {row->run_numbers[k], row->runs[k].data,
                                         row->runs[k].size};
            if (daffi_core_restore_run (self->core, row->uuid, &run))
                duties_broken (self, "a run on disk cannot be read");
        }
    }
    daffi_core_restored (self->core);
}

uint64_t duties_disk_runs (const duty_world_t *self, const duty_model_t *model)
{
    for (unsigned i = 0; i < DUTIES_MAX; i++) {
        const duty_row_t *row = &self->disk.rows[i];
        daffi_value_t map, value;
        int64_t runs = 0;
        if (!row->there || strcmp (row->uuid, model->uuid) != 0)
            continue;
        if (daffi_value_unpack (row->state.data, row->state.size, &map) ||
            daffi_value_find (&map, "runs", &value) ||
            daffi_value_get_int (&value, &runs))
            return 0;
        return (uint64_t)runs;
    }
    return 0;
}
