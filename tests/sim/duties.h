//  SPDX-License-Identifier: MPL-2.0
//  A simulated world around the tasks of the core: a disk, clocks, and processes that
//  die.
//
//  Beside sim.h, which is about calls: here the controller is killed at any moment with
//  changes on their way to a disk that is slow and may fail, its clocks are set while
//  it runs and while it does not, and what it then knows of its tasks is held against
//  what was told and what has run.

#ifndef DAFFI_SIM_DUTIES_H
#define DAFFI_SIM_DUTIES_H

#include "batch.h"
#include "parts.h"

enum { DUTIES_MAX = 24, WORKERS = 2, DUTY_JOBS = 256, LIVES_MAX = 64 };

//  What can be wrong on purpose, to see that it is found.
typedef enum {
    DUTIES_FINE,
    DUTIES_EARLY,   //  the disk tells of what it has not written yet
    DUTIES_FORGET,  //  after a crash the disk holds the state before the last one
    DUTIES_HASTE,   //  the controller's clocks run ahead
    DUTIES_LAZY     //  now and then a time is left out
} duties_sabotage_t;

typedef struct {
    uint64_t seed;
    uint64_t schedules;
    duties_sabotage_t sabotage;
    bool calm;  //  the controller runs all the time, on a disk that works
} duties_options_t;

typedef struct {
    uint64_t schedules;
    uint64_t tasks;    //  accepted
    uint64_t refused;  //  certainly not
    uint64_t unknown;  //  perhaps
    uint64_t runs;     //  begun by a worker
    uint64_t lost;     //  cut off by a crash, as the history says
    uint64_t skipped;  //  left out, and counted
    uint64_t crashes;  //  of the controller
    uint64_t jumps;    //  of the wall clock
    uint64_t broken;   //  disks
    uint64_t commits;
    uint64_t violations;
    uint64_t failing_seed;
    char violation[200];
} duties_report_t;

//  Stops at the first schedule that breaks a promise.
void duties_run (const duties_options_t *options, duties_report_t *report);

//  --- inside -------------------------------------------------------------------------

//  A task as its owner knows it.
typedef struct {
    char uuid[DAFFI_UUID_SIZE];
    int64_t issue_ms;  //  when the owner asks for it
    bool asked;        //  in this life of the controller
    bool accepted, refused, unknown;
    unsigned times;  //  how many runs it is to have
    bool on_wall;    //  `at`: these moments
    int64_t moments[16];
    int64_t interval_ms;  //  otherwise
    int64_t accepted_ms;  //  the world's time, at the earliest
    daffi_missed_t missed;
    daffi_overlap_t overlap;
    unsigned ran;            //  begun by a worker, ever
    unsigned ran_in_life;    //
    uint64_t runs_at_start;  //  on disk when this life began
} duty_model_t;

//  What lies on disk of one task.
typedef struct {
    uint64_t number;
    bool there;
    daffi_buffer_t plan, state;
    char uuid[DAFFI_UUID_SIZE], function[16], owner[16], process[16];
    bool all;
    uint64_t run_numbers[DAFFI_DUTY_HISTORY];
    daffi_buffer_t runs[DAFFI_DUTY_HISTORY];
    unsigned run_count;
} duty_row_t;

typedef struct {
    duty_row_t rows[DUTIES_MAX];
    daffi_batch_t waiting, writing;
    int64_t done_ms;  //  of the transaction that is being written
    int64_t slow_ms;  //  its longest time
    bool broken;
} duty_disk_t;

typedef struct {
    uint64_t token;
    int64_t end_ms;
    bool fails;
} duty_job_t;

typedef struct duty_world duty_world_t;

typedef struct {
    duty_world_t *world;
    char name[8];
    daffi_session_t *session;
    int64_t back_ms;  //  connects at that time
    duty_job_t jobs[DUTY_JOBS];
    unsigned job_count;
} duty_process_t;

struct duty_world {
    const duties_options_t *options;
    duties_report_t *report;
    uint64_t seed, random;
    int64_t now_ms;
    int64_t wall_ms;       //  wall clock minus the world's time
    int64_t wall_most_ms;  //  the latest moment that it has shown
    int64_t base_ms;       //  the controller's monotonic clock minus the world's
    bool jumps, healing, dying;
    daffi_core_t *core;
    int64_t restart_ms;
    int64_t ping_ms;
    duty_process_t owner, workers[WORKERS];
    duty_model_t models[DUTIES_MAX];
    unsigned model_count;
    duty_disk_t disk;
    daffi_buffer_t scratch;
};

uint64_t duties_random (duty_world_t *self, uint64_t limit);
void duties_broken (duty_world_t *self, const char *format, ...) DAFFI_PRINTF (2, 3);

//  --- duties_disk.c ------------------------------------------------------------------

void duties_disk_init (duty_disk_t *self);
void duties_disk_done (duty_disk_t *self);
//  daffi_core_tasks_output_t.store
void duties_disk_put (void *context, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row);
//  The disk's turn.
void duties_disk_step (duty_world_t *self);
//  The controller is gone, and what was on its way is or is not there. In good order:
//  all of it is.
void duties_disk_crash (duty_world_t *self, bool in_good_order);
void duties_disk_restore (duty_world_t *self);
//  What is on disk of a model's task: runs begun; 0 where it is not there.
uint64_t duties_disk_runs (const duty_world_t *self, const duty_model_t *model);

//  --- duties_check.c -----------------------------------------------------------------

//  A worker was given a run.
void duties_check_given (duty_world_t *self, unsigned model);
//  The controller has started.
void duties_check_restored (duty_world_t *self);
//  All is healed, and all times are over.
void duties_check_end (duty_world_t *self);

#endif
