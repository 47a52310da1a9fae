//  SPDX-License-Identifier: MPL-2.0
//  The tasks of the core, shared by its files.
//
//  Runs are ordinary calls whose caller is a session of the core's own. What a provider
//  answers comes back through the core's one way out (send.c), is noted there and dealt
//  with at the next tick, so that no run begins in the middle of something else.
//
//  With a store every change is written in order, under a **ticket**. What must not
//  happen before it is on disk, an answer or the beginning of a run, waits for its
//  ticket.

#ifndef DAFFI_CORE_TASKS_H
#define DAFFI_CORE_TASKS_H

#include "agenda.h"
#include "core.h"
#include "list.h"
#include "table.h"

//  One run that has begun.
typedef struct {
    daffi_link_t link;  //  tasks.ended
    uint64_t id;        //  of its CALL
    daffi_duty_t *duty;
    int64_t due_ms;         //  moments
    int64_t began_ms;       //
    uint32_t failures;      //  of a broadcast's parts
    daffi_status_t status;  //  of the first failure
    daffi_executed_t executed;
    char process[DAFFI_NAME_MAX + 1];
    char text[DAFFI_TEXT_MAX + 1];
} daffi_run_t;

//  Something that waits for the disk.
typedef struct {
    daffi_link_t link;  //  tasks.unwritten
    uint64_t ticket;
    uint64_t run;                  //  a run that is to begin, or 0
    uint64_t token;                //  a request that is to be answered, or 0
    daffi_duty_t *fresh;           //  a task that is not accepted before, or NULL
    char answer[DAFFI_UUID_SIZE];  //  "" = nil
} daffi_unwritten_t;

typedef struct {
    daffi_agenda_t agenda;
    daffi_core_tasks_output_t output;
    daffi_session_t *caller;   //  of all runs
    daffi_table_t runs;        //  (0, id) -> run
    uint64_t last_run;         //  numbers, also in the store
    uint64_t last_task;        //
    daffi_list_t ended;        //  runs whose answer is there
    daffi_list_t unwritten;    //  in the order of their tickets
    daffi_list_t asking;       //  entry.of_place: requests that wait for the disk
    uint64_t last_ticket;      //  given
    uint64_t written;          //  the last one that is on disk
    size_t unwritten_bytes;    //  of fresh tasks
    int64_t behind_ms;         //  when it was told last that the disk is slow, or 0
    daffi_list_t subscribers;  //  session.task_subscriber
    int64_t wall_offset_ms;    //  wall clock minus the core's
    daffi_status_t broken;     //  the store takes no more, and why
    char broken_text[DAFFI_TEXT_MAX + 1];
} daffi_core_tasks_t;

static inline daffi_now_t daffi_tasks_now (const daffi_core_tasks_t *self,
                                           int64_t now_ms)
{
    daffi_now_t now = {now_ms, now_ms + self->wall_offset_ms};
    return now;
}

//  --- tasks.c ------------------------------------------------------------------------

void daffi_tasks_init (daffi_core_t *core, const daffi_core_tasks_output_t *output);
//  Nothing is called any more; runs have ended.
void daffi_tasks_close (daffi_core_t *core);
void daffi_tasks_done (daffi_core_t *core);
//  SCHEDULE.
void daffi_tasks_schedule (daffi_core_t *core, daffi_session_t *session,
                           const daffi_header_t *header, const daffi_body_t *body);
bool daffi_tasks_uuid_valid (daffi_text_t text);

//  --- task_disk.c --------------------------------------------------------------------

//  Returns the ticket; 0: there is no store, or it is broken. `plan` goes with ADD.
uint64_t daffi_tasks_write (daffi_core_t *core, daffi_row_change_t change,
                            const daffi_duty_t *duty, const daffi_body_t *plan,
                            const daffi_run_end_t *end);
//  A duty has changed, where `end` is not NULL by the end of a run: arms it, tells of
//  its end, writes it. Returns the ticket.
uint64_t daffi_tasks_changed (daffi_core_t *core, daffi_duty_t *duty,
                              const daffi_run_end_t *end);
//  Forgets the oldest of too many that have ended.
void daffi_tasks_trim (daffi_core_t *core);
//  No run begins until the disk has caught up.
bool daffi_tasks_held (const daffi_core_t *core);
//  What waited for the disk and does not have to any more: is there some, do some of
//  it.
bool daffi_tasks_decided (const daffi_core_t *core);
void daffi_tasks_settle (daffi_core_t *core);
//  Answers a request with a string, or nil where it is "", once the ticket is on disk.
void daffi_tasks_answer (daffi_core_t *core, daffi_session_t *session,
                         const daffi_header_t *header, uint64_t ticket,
                         const char *answer, daffi_duty_t *fresh);
//  True, or the store takes no changes and the sender was told.
bool daffi_tasks_writable (daffi_core_t *core, daffi_session_t *session,
                           const daffi_header_t *header);

//  --- task_runs.c --------------------------------------------------------------------

//  A run that the duty counts already begins once it is on disk.
void daffi_tasks_begin (daffi_core_t *core, daffi_duty_t *duty, int64_t due_ms,
                        uint64_t ticket);
void daffi_tasks_give (daffi_core_t *core, daffi_run_t *run);
//  A record for the session that calls.
void daffi_tasks_receive (daffi_core_t *core, const daffi_header_t *header,
                          const daffi_body_t *body);
//  A run does not begin.
void daffi_tasks_fail_run (daffi_core_t *core, daffi_run_t *run, daffi_status_t status,
                           const char *text);
//  Runs that have ended, and duties that are due: some of them.
void daffi_tasks_tick (daffi_core_t *core);
int64_t daffi_tasks_next (const daffi_core_t *core);
daffi_text_t daffi_tasks_owner (const daffi_core_t *core, uint64_t id);

//  --- task_calls.c -------------------------------------------------------------------

//  $sys.task*; false: it is another function.
bool daffi_tasks_call (daffi_core_t *core, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body);

//  --- task_events.c ------------------------------------------------------------------

void daffi_tasks_subscribe (daffi_core_t *core, daffi_session_t *session,
                            const daffi_header_t *header);
void daffi_tasks_tell_failed (daffi_core_t *core, const daffi_duty_t *duty,
                              const daffi_run_end_t *end);
void daffi_tasks_tell_ended (daffi_core_t *core, const daffi_duty_t *duty);

#endif
