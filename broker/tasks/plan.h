//  SPDX-License-Identifier: MPL-2.0
//  A plan: when the runs of a task come, as the body of a SCHEDULE says it.
//
//  Plans of intervals and delays count on the monotonic clock, those of times and cron
//  on the wall clock: that is the plan's **own clock**, on which all its times are.

#ifndef DAFFI_PLAN_H
#define DAFFI_PLAN_H

#include "clock.h"
#include "cron.h"
#include "daffi_tasks.h"
#include "zones.h"

//  Both clocks at one moment.
typedef struct {
    int64_t mono_ms;
    int64_t wall_ms;
} daffi_now_t;

typedef enum {
    DAFFI_PLAN_INTERVAL,
    DAFFI_PLAN_DELAY,
    DAFFI_PLAN_TIMES,
    DAFFI_PLAN_CRON
} daffi_plan_kind_t;

typedef struct {
    daffi_plan_kind_t kind;
    int64_t interval_ms;
    int64_t delay_ms;  //  INTERVAL: until the first run
    int64_t *times;    //  ascending, without repetitions
    uint32_t time_count;
    daffi_cron_t cron;
    const daffi_zone_t *zone;
    char *detail;  //  for people
    uint64_t max_runs;
    int64_t until_ms;  //  wall clock; DAFFI_NEVER
    int64_t jitter_ms;
    int64_t timeout_ms;
    daffi_overlap_t overlap;
    daffi_missed_t missed;
    uint32_t missed_max;
} daffi_plan_t;

//  From the keys of a SCHEDULE. DAFFI_INVALID: `error` says which key is wrong, and
//  where. `stored`: it was accepted before, so its times may have passed.
DAFFI_MUST_USE daffi_status_t daffi_plan_read (daffi_plan_t *self,
                                               const daffi_value_t *map,
                                               daffi_zones_t *zones, daffi_now_t now,
                                               bool stored, daffi_error_t *error);
void daffi_plan_done (daffi_plan_t *self);
//  How many of its times are not before that moment.
uint32_t daffi_plan_times_from (const daffi_plan_t *self, int64_t from_ms);

static inline bool daffi_plan_on_wall (const daffi_plan_t *self)
{
    return self->kind == DAFFI_PLAN_TIMES || self->kind == DAFFI_PLAN_CRON;
}
static inline int64_t daffi_plan_clock (const daffi_plan_t *self, daffi_now_t now)
{
    return daffi_plan_on_wall (self) ? now.wall_ms : now.mono_ms;
}

//  The first run of a new task. DAFFI_NEVER: there is none.
int64_t daffi_plan_first (const daffi_plan_t *self, daffi_now_t now);
//  The run that follows the one at `run_ms`.
int64_t daffi_plan_after (const daffi_plan_t *self, int64_t run_ms);
//  The first run after `after_ms`, in the rhythm of the one at `run_ms`, which is not
//  later. *passed grows by the runs from run_ms on that lie before it; of cron
//  expressions not more than 1,000 are counted.
int64_t daffi_plan_beyond (const daffi_plan_t *self, int64_t run_ms, int64_t after_ms,
                           uint64_t *passed);

#endif
