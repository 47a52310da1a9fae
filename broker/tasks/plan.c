//  SPDX-License-Identifier: MPL-2.0
//  When the runs of a task come.

#include "plan.h"

#include <stdlib.h>

#include "moment.h"

static int64_t cron_after (const daffi_plan_t *self, int64_t after_ms)
{
    int64_t next_s =
        daffi_cron_next (&self->cron, self->zone, daffi_floor_div (after_ms, 1000));
    return next_s == INT64_MAX ? DAFFI_NEVER : next_s * 1000;
}

//  The first of the times that is after that moment, by its place.
static uint32_t time_after (const daffi_plan_t *self, int64_t after_ms)
{
    uint32_t low = 0, high = self->time_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (self->times[middle] <= after_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t daffi_plan_times_from (const daffi_plan_t *self, int64_t from_ms)
{
    return self->time_count - time_after (self, from_ms - 1);
}

int64_t daffi_plan_first (const daffi_plan_t *self, daffi_now_t now)
{
    switch (self->kind) {
    case DAFFI_PLAN_INTERVAL:
    case DAFFI_PLAN_DELAY:
        return now.mono_ms + self->delay_ms;
    case DAFFI_PLAN_TIMES:
        return self->times[0];
    case DAFFI_PLAN_CRON:
        return cron_after (self, now.wall_ms);
    }
    return DAFFI_NEVER;
}

int64_t daffi_plan_after (const daffi_plan_t *self, int64_t run_ms)
{
    switch (self->kind) {
    case DAFFI_PLAN_INTERVAL:
        return run_ms + self->interval_ms;
    case DAFFI_PLAN_DELAY:
        return DAFFI_NEVER;
    case DAFFI_PLAN_TIMES: {
        uint32_t place = time_after (self, run_ms);
        return place < self->time_count ? self->times[place] : DAFFI_NEVER;
    }
    case DAFFI_PLAN_CRON:
        return cron_after (self, run_ms);
    }
    return DAFFI_NEVER;
}

//  Counting stops early, where nobody will read so many runs one by one.
static uint64_t cron_passed (const daffi_plan_t *self, int64_t run_ms, int64_t after_ms)
{
    enum { COUNT_MAX = 1000 };
    uint64_t count = 0;
    for (; run_ms <= after_ms && count < COUNT_MAX; count++)
        run_ms = cron_after (self, run_ms);
    return count;
}

int64_t daffi_plan_beyond (const daffi_plan_t *self, int64_t run_ms, int64_t after_ms,
                           uint64_t *passed)
{
    if (run_ms > after_ms)
        return run_ms;
    switch (self->kind) {
    case DAFFI_PLAN_INTERVAL: {
        int64_t count = (after_ms - run_ms) / self->interval_ms + 1;
        *passed += (uint64_t)count;
        return run_ms + count * self->interval_ms;
    }
    case DAFFI_PLAN_DELAY:
        *passed += 1;
        return DAFFI_NEVER;
    case DAFFI_PLAN_TIMES: {
        uint32_t place = time_after (self, after_ms);
        *passed += place - time_after (self, run_ms - 1);
        return place < self->time_count ? self->times[place] : DAFFI_NEVER;
    }
    case DAFFI_PLAN_CRON:
        *passed += cron_passed (self, run_ms, after_ms);
        return cron_after (self, after_ms);
    }
    return DAFFI_NEVER;
}

void daffi_plan_done (daffi_plan_t *self)
{
    free (self->times);
    free (self->detail);
    self->times = NULL;
    self->detail = NULL;
}
