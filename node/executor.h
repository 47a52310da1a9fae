//  SPDX-License-Identifier: MPL-2.0
//  Where callbacks run: a pool of worker threads, or the thread that dispatches.
//
//  Threads are started when there is work for them. One that waits for another call
//  does not count, and a further one takes its place: a pool whose threads all wait for
//  work that only the pool can do would wait for ever.

#ifndef DAFFI_EXECUTOR_H
#define DAFFI_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "daffi_status.h"
#include "list.h"
#include "ranks.h"

typedef struct daffi_executor daffi_executor_t;
typedef struct daffi_lane daffi_lane_t;
typedef struct daffi_job daffi_job_t;

//  Something to run once. The job is its owner's again as soon as run () is called.
struct daffi_job {
    daffi_ranked_t place;  //  zero, or set: its priority
    daffi_lane_t *lane;    //  or NULL
    void (*run) (daffi_job_t *job);
};

//  At most `limit` jobs of a lane run at once, the others wait in order of priority and
//  arrival: serial callbacks, and functions with a limit.
struct daffi_lane {
    uint32_t limit;
    uint32_t running;
    daffi_ranks_t waiting;
    //  or NULL; called once a job, when the lane is not needed for it any more, without
    //  a lock: by several threads at once
    void (*release) (daffi_lane_t *lane);
};
void daffi_lane_init (daffi_lane_t *self, uint32_t limit,
                      void (*release) (daffi_lane_t *lane));

//  threads 0: nothing runs but in daffi_executor_dispatch ().
daffi_executor_t *daffi_executor_new (uint32_t threads, daffi_error_t *error);
//  Runs what waits, waits for what runs, ends the threads. Not from a job.
void daffi_executor_destroy (daffi_executor_t **self_p);

void daffi_executor_push (daffi_executor_t *self, daffi_job_t *job);

//  The calling thread, if it is one of a pool's, is about to wait for something, or has
//  done so. Fine from any other thread.
void daffi_executor_block (void);
void daffi_executor_unblock (void);
//  The calling thread runs a job of this executor.
bool daffi_executor_inside (const daffi_executor_t *self);

//  Without threads: a descriptor that is readable while jobs wait; -1 with threads.
int daffi_executor_fd (const daffi_executor_t *self);
//  Runs at most `limit` jobs (0: those that wait now) and returns how many.
size_t daffi_executor_dispatch (daffi_executor_t *self, size_t limit);

#endif
