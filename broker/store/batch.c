//  SPDX-License-Identifier: MPL-2.0
//  A batch: the changes that go to disk together, one entry a task.

#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void daffi_batch_init (daffi_batch_t *self)
{
    daffi_list_init (&self->changes);
    //  the numbers are the controller's own: nobody can choose collisions
    daffi_table_init (&self->by_task, 0);
    self->ticket = 0;
}

static void runs_done (daffi_change_t *self)
{
    DAFFI_LIST_EACH (&self->runs, link, follower)
        free (daffi_container (link, daffi_batch_run_t, link));
    daffi_list_init (&self->runs);
}

static void change_free (daffi_change_t *self)
{
    runs_done (self);
    free ((char *)self->row.uuid);
    free ((void *)self->row.plan);
    free ((void *)self->row.state);
    free (self->forget);
    free (self);
}

void daffi_batch_done (daffi_batch_t *self)
{
    DAFFI_LIST_EACH (&self->changes, link, follower)
        change_free (daffi_container (link, daffi_change_t, link));
    daffi_table_done (&self->by_task);
    daffi_batch_init (self);
}

void daffi_batch_move (daffi_batch_t *self, daffi_batch_t *from)
{
    daffi_list_join (&self->changes, &from->changes);
    self->by_task = from->by_task;
    self->ticket = from->ticket;
    daffi_batch_init (from);
}

//  --- a change -----------------------------------------------------------------------

static void *copy (const void *data, size_t size)
{
    char *made = daffi_new (size + 1);
    if (size)
        memcpy (made, data, size);
    return made;
}

static const char *append (char **cursor, const char *name)
{
    char *start = *cursor;
    size_t size = strlen (name) + 1;
    memcpy (start, name, size);
    *cursor += size;
    return start;
}

//  What never changes: the names are one allocation.
static void copy_task (daffi_row_t *self, const daffi_row_t *row)
{
    char *cursor = daffi_new (strlen (row->uuid) + strlen (row->function) +
                              strlen (row->owner) + strlen (row->process) + 4);
    self->uuid = append (&cursor, row->uuid);
    self->function = append (&cursor, row->function);
    self->owner = append (&cursor, row->owner);
    self->process = append (&cursor, row->process);
    self->all = row->all;
    self->plan = copy (row->plan, row->plan_size);
    self->plan_size = row->plan_size;
}

static daffi_change_t *change_new (daffi_row_change_t change, const daffi_row_t *row)
{
    daffi_change_t *self = daffi_new (sizeof *self);
    self->change = change;
    self->row.number = row->number;
    daffi_list_init (&self->runs);
    if (change == DAFFI_ROW_ADD)
        copy_task (&self->row, row);
    return self;
}

static void set_state (daffi_row_t *self, const daffi_row_t *row)
{
    free ((void *)self->state);
    self->state = copy (row->state, row->state_size);
    self->state_size = row->state_size;
}

static void add_run (daffi_change_t *self, const daffi_row_run_t *run)
{
    daffi_batch_run_t *made = daffi_new (sizeof *made + run->end_size);
    made->number = run->number;
    made->size = run->end_size;
    if (run->end_size)
        memcpy (made->end, run->end, run->end_size);
    daffi_list_append (&self->runs, &made->link);
}

//  A run that is on its way in this very batch was never there.
static bool drop_run (daffi_change_t *self, uint64_t number)
{
    DAFFI_LIST_EACH (&self->runs, link, follower) {
        daffi_batch_run_t *run = daffi_container (link, daffi_batch_run_t, link);
        if (run->number != number)
            continue;
        daffi_link_remove (&run->link);
        free (run);
        return true;
    }
    return false;
}

static void forget_run (daffi_change_t *self, uint64_t number)
{
    if (drop_run (self, number))
        return;
    if (self->row.forget_count == self->forget_room) {
        self->forget_room = self->forget_room ? 2 * self->forget_room : 4;
        self->forget =
            daffi_renew (self->forget, self->forget_room * sizeof *self->forget);
        self->row.forget = self->forget;
    }
    self->forget[self->row.forget_count++] = number;
}

void daffi_batch_add (daffi_batch_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row)
{
    daffi_change_t *kept = daffi_table_get (&self->by_task, 0, row->number);
    if (!kept) {
        kept = change_new (change, row);
        daffi_table_put (&self->by_task, 0, row->number, kept);
        daffi_list_append (&self->changes, &kept->link);
    }
    if (change == DAFFI_ROW_REMOVE)
        kept->change = change;
    else
        set_state (&kept->row, row);
    for (uint32_t i = 0; i < row->forget_count; i++)
        forget_run (kept, row->forget[i]);
    if (row->run.number)
        add_run (kept, &row->run);
    self->ticket = ticket;
}
