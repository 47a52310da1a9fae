//  SPDX-License-Identifier: MPL-2.0
//  Counts calls between two instants, in the caller's loop.
//
//  At millions of calls a second reading the clock at each would be a good part of what
//  is measured, hence the stride. It is the same for daffi and for raw libzmq.
#include "bench_meter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_base.h"

#define SAMPLES_MAX (4u * 1024 * 1024)

void bench_meter_init (bench_meter_t *self, uint32_t outstanding)
{
    memset (self, 0, sizeof *self);
    self->stride = outstanding >= 64 ? 16 : 1;
}

void bench_meter_done (bench_meter_t *self)
{
    free (self->samples);
    memset (self, 0, sizeof *self);
}

void bench_meter_begin (bench_meter_t *self, int64_t start_ns, int64_t end_ns)
{
    self->start_ns = start_ns;
    self->end_ns = end_ns;
    self->unseen = 0;
    self->total = self->counted = 0;
    self->first_ns = self->last_ns = 0;
    self->samples_count = 0;
}

static bool look (bench_meter_t *self, int64_t now_ns)
{
    uint32_t fresh = self->unseen;
    self->unseen = 0;
    self->total += fresh;
    if (now_ns < self->start_ns)
        return true;
    if (self->first_ns == 0) {
        self->first_ns = self->last_ns = now_ns;
        return true;
    }
    self->counted += fresh;
    self->last_ns = now_ns;
    return now_ns < self->end_ns;
}

bool bench_meter_tick (bench_meter_t *self)
{
    if (++self->unseen < self->stride)
        return true;
    return look (self, bench_clock_ns ());
}

static void keep_sample (bench_meter_t *self, int64_t latency_ns)
{
    if (self->samples_count == self->samples_capacity) {
        size_t capacity = self->samples_capacity ? self->samples_capacity * 2 : 65536;
        uint32_t *grown = capacity <= SAMPLES_MAX
                              ? realloc (self->samples, capacity * sizeof *grown)
                              : NULL;
        if (!grown)
            return;  //  the first millions tell enough
        self->samples = grown;
        self->samples_capacity = capacity;
    }
    self->samples[self->samples_count++] =
        latency_ns < UINT32_MAX ? (uint32_t)latency_ns : UINT32_MAX;
}

bool bench_meter_tick_since (bench_meter_t *self, int64_t sent_ns)
{
    int64_t now_ns = bench_clock_ns ();
    if (now_ns >= self->start_ns)
        keep_sample (self, now_ns - sent_ns);
    self->unseen++;
    return look (self, now_ns);
}

void bench_meter_late (bench_meter_t *self)
{
    self->total++;
}

double bench_meter_rate (const bench_meter_t *self)
{
    int64_t elapsed_ns = self->last_ns - self->first_ns;
    return elapsed_ns > 0 ? (double)self->counted * 1e9 / (double)elapsed_ns : NAN;
}
