/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_tasks.h - calls that the controller makes at their time.
 *
 *  A task is a call with a condition: every interval, at given times, by a cron
 *  expression, or once after a delay. It lives in the controller, not in the process
 *  that scheduled it: that one may end, and any process lists, pauses and cancels it.
 *
 *      char uuid[DAFFI_UUID_SIZE];
 *      if (daffi_global_schedule (g, "rotate", DAFFI_ARGS ("access.log"),
 *                          DAFFI_SCHEDULE (.cron = "30 3 * * *",
 *                                          .zone = "Europe/Berlin"), uuid, &error))
 *          return fprintf (stderr, "%s\n", error.text), 1;
 *
 *  Each run is an ordinary call with a deadline of its own, given to a provider at most
 *  once. Where the controller has a store (daffi-broker, or daffi_options_t.store), a
 *  task is accepted after it is on disk, and a run is on disk before it begins: after a
 *  crash it goes on, and no run that was begun is begun again. Where the disk is slower
 *  than the runs come, they are held back; one that is held back for more than a second
 *  was missed.
 *
 *  Times are milliseconds; moments are milliseconds since 1970-01-01 00:00 UTC (what
 *  time () * 1000 gives). Intervals and delays count on the monotonic clock of the
 *  controller's machine, which does not jump and stands still while it sleeps; times
 *  and cron go by its wall clock. What happens when clocks are set, at the changes of
 *  daylight saving time and to runs that were missed is written down in
 *  node/wire/PROTOCOL.md, "Tasks".
 *
 *  All functions here may be called from any thread but an inline callback, and block
 *  until the controller has answered, at most 30 s; errors as daffi_call ().
 */
#ifndef DAFFI_TASKS_H
#define DAFFI_TASKS_H

#include "daffi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DAFFI_UUID_SIZE 37 /*  "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx" and NUL */

/*  --- scheduling ---------------------------------------------------------- */

/*  The time of a run comes while the previous run has not ended. */
typedef enum {
    DAFFI_OVERLAP_SKIP = 0,  /*  it is left out */
    DAFFI_OVERLAP_QUEUE = 1, /*  it begins when the previous one has ended; at most 100
                                 wait, further ones are left out */
    DAFFI_OVERLAP_PARALLEL = 2 /*  it begins; at most 1,000 at once */
} daffi_overlap_t;

/*  A run could not begin within a second of its time: the controller did not run, was
 *  stopped, or the clock was set forward. */
typedef enum {
    DAFFI_MISSED_ONCE = 0, /*  one run now for all that were missed */
    DAFFI_MISSED_SKIP = 1, /*  none */
    DAFFI_MISSED_ALL = 2   /*  all of them, at most missed_max */
} daffi_missed_t;

typedef struct {
    /*  When: exactly one of interval, times, cron and delay; a delay may go with an
     *  interval. Texts and numbers say the same; give one of the two. */

    const char *interval; /*  a run at this distance, at a fixed rate: "5" or "5s",
                             "250ms", "1m24s", "1.2 minutes", "1h 30m", "2 days"; a
                             number without unit is seconds. The first run is one
                             interval from now, or after the delay, if there is one. */
    int64_t interval_ms;
    const char *delay; /*  once, after this time; written as an interval */
    int64_t delay_ms;
    const char *const *at; /*  at these moments: ISO 8601, "2026-11-22T17:20:44+01:00",
                               "2026-11-22 17:20Z", or without zone where `zone` is
                              given; ended by NULL. One in the past is an error. */
    const int64_t *at_ms;  /*  the same as moments */
    size_t at_count;       /*  of at_ms; at most 10,000 */
    const char
        *cron; /*  "minute hour day-of-month month day-of-week", or @hourly, @daily,
                   @weekly, @monthly, @yearly */
    const char *zone; /*  time zone of cron and at, as "Europe/Berlin"; NULL = UTC */

    /*  Who runs it. */
    const char *process; /*  this one; NULL: any provider */
    bool all;            /*  every provider (a broadcast); not together with process */

    /*  How. */
    uint64_t max_runs;  /*  ends after so many runs; 0 = no limit */
    const char *until;  /*  no run after this moment, written as one of `at` */
    int64_t until_ms;   /*  the same as a moment */
    int64_t jitter_ms;  /*  each run begins up to so much later, at random */
    int64_t timeout_ms; /*  deadline of each run; 0 = 30 s, at most 48 h */
    daffi_overlap_t overlap;
    daffi_missed_t missed;
    uint32_t missed_max; /*  DAFFI_MISSED_ALL: 0 = 100, at most 10,000 */
} daffi_schedule_t;

#ifndef __cplusplus
/*  DAFFI_SCHEDULE (.interval = "1m24s", .max_runs = 10) */
#define DAFFI_SCHEDULE(...) (&(daffi_schedule_t){__VA_ARGS__})
#endif

/*  Hands a task to the controller, which makes the calls from then on; `uuid` names it.
 *  DAFFI_INVALID: the text says what is wrong with the schedule, and where; TOO_BIG:
 *  the arguments take more than 1 MiB; BUSY: 1,000,000 tasks exist, or too many changes
 *  are on their way to the disk; SYSTEM: it could not be written to the store, which
 *  takes no changes any more (executed NO), or stopped doing so at this one (MAYBE). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_schedule (
    daffi_global_t *self, const char *function, daffi_args_t args,
    const daffi_schedule_t *schedule, char uuid[DAFFI_UUID_SIZE], daffi_error_t *error);

/*  --- looking ------------------------------------------------------------- */

typedef enum {
    DAFFI_CONDITION_PERIOD = 0,  /*  interval */
    DAFFI_CONDITION_AT_TIME = 1, /*  times, or once after a delay */
    DAFFI_CONDITION_CRON = 2
} daffi_condition_t;

typedef enum {
    DAFFI_TASK_SCHEDULED = 0,
    DAFFI_TASK_PAUSED = 1,
    DAFFI_TASK_FINISHED = 2, /*  no run comes any more */
    DAFFI_TASK_CANCELLED = 3
} daffi_task_state_t;

typedef struct {
    const char *uuid;
    const char *function;
    const char *owner;   /*  the process that scheduled it */
    const char *process; /*  that shall run it; "" = any, or all */
    bool all;
    daffi_condition_t condition;
    const char *detail; /*  for people: "every 1m 24s", "30 3 * * * Europe/Berlin" */
    daffi_task_state_t state;
    int64_t created_ms;  /*  moments; 0 = none */
    int64_t next_run_ms; /*  */
    int64_t last_run_ms; /*  when it began */
    int64_t until_ms;    /*  */
    daffi_status_t
        last_status;        /*  of the run that ended last; DAFFI_PENDING = none has */
    const char *last_error; /*  "" = none */
    const char *last_process; /*  that ran it; "" = not known */
    uint64_t runs;            /*  begun so far */
    uint64_t failed;          /*  of these */
    uint64_t skipped;  /*  left out since the previous run had not ended, or missed */
    int64_t remaining; /*  runs until the end; -1 = no end */
    uint32_t running;  /*  now, or waiting for the previous one */
    size_t args_size;  /*  bytes of the arguments */
} daffi_task_t;

typedef struct {
    size_t count;
    daffi_task_t *items; /*  in the order in which they were scheduled, more or less */
} daffi_tasks_t;

/*  The tasks of a process, those that it scheduled and those that it shall run, or with
 *  NULL all tasks of the controller, without those that have ended. A snapshot that the
 *  caller destroys. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_tasks_t *
daffi_global_get_scheduled_tasks (daffi_global_t *self, const char *process,
                                  daffi_error_t *error);

/*  One task by its uuid, also one that has ended (the controller remembers the last
 *  10,000 of these): `count` is 1. DAFFI_NOT_FOUND. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_tasks_t *
daffi_global_get_task (daffi_global_t *self, const char *uuid, daffi_error_t *error);

DAFFI_EXPORT void daffi_tasks_destroy (daffi_tasks_t **self_p);

/*  One run that has ended. */
typedef struct {
    int64_t due_ms;   /*  its time by the schedule, a moment */
    int64_t began_ms; /*  */
    int64_t ended_ms; /*  */
    daffi_status_t status;
    daffi_executed_t executed;
    const char *process; /*  that ran it; "" = not known, or all */
    const char *text;    /*  of the error, "" without */
} daffi_task_run_t;

typedef struct {
    size_t count;
    daffi_task_run_t *items; /*  the latest last */
} daffi_task_runs_t;

/*  The last runs of a task, at most 16. A snapshot that the caller destroys.
 *  DAFFI_NOT_FOUND. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_task_runs_t *
daffi_global_get_task_runs (daffi_global_t *self, const char *uuid,
                            daffi_error_t *error);
DAFFI_EXPORT void daffi_task_runs_destroy (daffi_task_runs_t **self_p);

/*  --- steering ------------------------------------------------------------ */

typedef enum {
    DAFFI_CANCEL_CANCELLED = 0, /*  no run begins any more */
    DAFFI_CANCEL_FINISHED = 1,  /*  it had ended before, or was cancelled */
    DAFFI_CANCEL_UNKNOWN = 2    /*  no such task of that process */
} daffi_cancel_t;

/*  Ends a task, whoever scheduled it. `process` must be its owner or the process that
 *  shall run it; NULL: any task. A run that has begun goes on. DAFFI_OK with each of
 *  the three outcomes. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_cancel_scheduled_task_by_uuid (
    daffi_global_t *self, const char *process, const char *uuid,
    daffi_cancel_t *outcome, daffi_error_t *error);

/*  No run begins until it is resumed; runs whose time comes meanwhile are left out, but
 *  the one of a delay, which then begins at once. DAFFI_NOT_FOUND; DAFFI_INVALID: it
 *  has ended. To pause twice is fine, and so with resume. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_pause_task (daffi_global_t *self, const char *uuid, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_resume_task (daffi_global_t *self, const char *uuid, daffi_error_t *error);

/*  One run now, besides the schedule: neither max_runs nor the next time change. Also
 *  where it is paused. DAFFI_BUSY: a run has not ended, and `overlap` says skip. Does
 *  not wait for the run. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_run_task (daffi_global_t *self,
                                                                  const char *uuid,
                                                                  daffi_error_t *error);

/*  --- being told ---------------------------------------------------------- */

typedef enum {
    DAFFI_TASK_EVENT_LOST = 5,   /*  events were left out, since they were not read fast
                                     enough or the connection broke: look at the tasks */
    DAFFI_TASK_EVENT_FAILED = 6, /*  a run failed */
    DAFFI_TASK_EVENT_ENDED = 7   /*  no run comes any more */
} daffi_task_event_type_t;

typedef struct {
    daffi_task_event_type_t type;
    const char *uuid; /*  borrowed until the callback returns, as all texts */
    const char *function;
    const char *owner;
    int64_t due_ms;        /*  FAILED: the time of the run */
    daffi_status_t status; /*  FAILED: why; ENDED: DAFFI_OK or DAFFI_CANCELLED */
    daffi_executed_t executed;
    const char *process; /*  FAILED: that ran it; "" = none */
    const char *text;    /*  FAILED: of the error */
} daffi_task_event_t;

/*  Runs as the events of daffi_global_subscribe () do. */
typedef void (daffi_task_event_fn) (daffi_global_t *global,
                                    const daffi_task_event_t *event, void *arg);

/*  Tells the errors and ends of the tasks of this process, or, with `everybody`, of all
 *  tasks of the controller. What happened before is in the history
 *  (daffi_global_get_task_runs ()). One subscriber a Global; NULL ends it. Never
 *  blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_subscribe_tasks (
    daffi_global_t *self, bool everybody, daffi_task_event_fn *on_event, void *arg,
    daffi_error_t *error);

#ifdef __cplusplus
}
#endif
#endif
