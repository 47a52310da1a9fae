//  SPDX-License-Identifier: MPL-2.0
//  A duty: one task as the controller keeps it, with its plan, where it stands, and how
//  its last runs ended. (daffi_task_t is what a program is shown of it.)
//
//  Pure: `now` goes in, decisions come out. What has to be called and what has to be
//  written to disk is the caller's to do.

#ifndef DAFFI_DUTY_H
#define DAFFI_DUTY_H

#include "blob.h"
#include "buffer.h"
#include "heap.h"
#include "list.h"
#include "plan.h"

enum {
    DAFFI_DUTY_HISTORY = 16,
    DAFFI_DUTY_WAITING_MAX = 100,    //  runs that wait for the one before
    DAFFI_DUTY_PARALLEL_MAX = 1000,  //  runs at once
    DAFFI_DUTY_GRACE_MS = 1000       //  a run that is later was missed
};

//  A run that has ended. Moments are on the wall clock.
typedef struct {
    uint64_t number;    //  in the store
    uint64_t replaces;  //  number of the run that left the history for it, or 0
    int64_t due_ms;
    int64_t began_ms;
    int64_t ended_ms;
    daffi_status_t status;
    daffi_executed_t executed;
    const char *process;  //  borrowed, where it goes in; owned in a history
    const char *text;
} daffi_run_end_t;

typedef struct {
    daffi_heap_item_t due;  //  first: the agenda's heaps hand back its address
    daffi_link_t ended;     //  agenda.ended
    uint32_t slot;          //  in the agenda
    uint64_t number;        //  in the store
    char uuid[DAFFI_UUID_SIZE];
    char *function;  //  the three names are one allocation
    char *owner;
    char *process;  //  "" = any, or all
    bool all;
    bool fresh;     //  not accepted yet: it is on its way to the disk
    uint32_t lost;  //  runs that had begun when the controller ended
    daffi_blob_t *args;
    size_t body_size;  //  of its SCHEDULE
    daffi_plan_t plan;
    daffi_task_state_t state;
    int64_t created_ms;  //  moment
    int64_t next_ms;     //  by the plan, without jitter, on its own clock
    int64_t last_ms;     //  moment at which a run began last; 0: none has
    uint64_t planned;    //  runs by the plan, begun or waiting: max_runs counts these
    uint64_t runs;       //  begun
    uint64_t failed;
    uint64_t skipped;
    uint32_t running;
    uint32_t catching;         //  missed runs begun in a row
    uint32_t waiting;          //  runs that wait for the one before,
    int64_t *waiting_ms;       //  and their moments
    daffi_run_end_t *history;  //  the latest last
    uint32_t history_count;
} daffi_duty_t;

//  Takes `plan`; the names and the arguments are copied.
daffi_duty_t *daffi_duty_new (const char *uuid, daffi_text_t function,
                              daffi_text_t owner, daffi_text_t process, bool all,
                              const daffi_value_t *args, daffi_plan_t *plan,
                              daffi_now_t now);
void daffi_duty_destroy (daffi_duty_t **self_p);
//  What its owner has us keep: the arguments, and a list of times.
static inline size_t daffi_duty_bytes (const daffi_plan_t *plan, size_t args_size)
{
    return args_size + plan->time_count * sizeof *plan->times;
}

static inline bool daffi_duty_over (const daffi_duty_t *self)
{
    return self->state == DAFFI_TASK_FINISHED || self->state == DAFFI_TASK_CANCELLED;
}

//  A time on the plan's own clock as a moment; DAFFI_NEVER stays.
int64_t daffi_duty_moment (const daffi_duty_t *self, int64_t own_ms, daffi_now_t now);

//  The time of its next run has come: moves on to the one after. True: a run begins,
//  and counts as running; *moment_ms is its time. False: it was left out, or waits.
bool daffi_duty_come (daffi_duty_t *self, daffi_now_t now, int64_t *moment_ms);

//  Returns the number of the run that leaves the history for it, or 0.
uint64_t daffi_duty_end_run (daffi_duty_t *self, const daffi_run_end_t *end);
//  True: a run that had waited begins, since none runs any more.
bool daffi_duty_wait_over (daffi_duty_t *self, daffi_now_t now, int64_t *moment_ms);

//  A run besides the plan. DAFFI_OK: it begins; DAFFI_PENDING: it waits for the one
//  before; DAFFI_BUSY: the overlap forbids it.
daffi_status_t daffi_duty_run_now (daffi_duty_t *self, daffi_now_t now);

void daffi_duty_pause (daffi_duty_t *self);
void daffi_duty_resume (daffi_duty_t *self, daffi_now_t now);
void daffi_duty_cancel (daffi_duty_t *self);
//  The wall clock was set back by `back_ms`.
void daffi_duty_set_back (daffi_duty_t *self, daffi_now_t now, int64_t back_ms);
//  Becomes FINISHED where no run is left. True: it did so now.
bool daffi_duty_finish (daffi_duty_t *self);

//  Runs until its end; -1: no end.
int64_t daffi_duty_remaining (const daffi_duty_t *self);

//  Puts a run into the history; returns as daffi_duty_end_run ().
uint64_t daffi_duty_note (daffi_duty_t *self, const daffi_run_end_t *end);

//  --- duty_state.c: what is on disk --------------------------------------------------

void daffi_duty_write (const daffi_duty_t *self, daffi_now_t now, daffi_buffer_t *out);
//  After a start of the controller. DAFFI_PROTOCOL: that cannot be read. Runs that were
//  on their way have been lost: self.lost of them, which the caller notes.
DAFFI_MUST_USE daffi_status_t daffi_duty_read (daffi_duty_t *self, const void *data,
                                               size_t size, daffi_now_t now);
void daffi_run_end_write (const daffi_run_end_t *end, daffi_buffer_t *out);
//  Reads one into the history.
DAFFI_MUST_USE daffi_status_t daffi_duty_read_run (daffi_duty_t *self, uint64_t number,
                                                   const void *data, size_t size);
//  A run had begun, and nobody wrote down how it ended. Texts are static.
daffi_run_end_t daffi_duty_lost_run (const daffi_duty_t *self, daffi_now_t now);

#endif
