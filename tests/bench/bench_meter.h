//  SPDX-License-Identifier: MPL-2.0
//  Counts calls between two instants, in the caller's loop.
//
//  The caller warms up until the start, and goes on until the meter says that the end
//  has passed. The interval that counts begins and ends with a completion, so that a
//  few slow calls are measured as exactly as millions of fast ones.
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t start_ns, end_ns;  //  when to count, by bench_clock_ns ()
    uint32_t stride;           //  completions for each look at the clock
    uint32_t unseen;           //  completions since the last look
    uint64_t total;            //  all completions, those before and after included
    uint64_t counted;          //  between first_ns and last_ns
    int64_t first_ns, last_ns;
    uint32_t *samples;  //  latencies in ns, where they are taken
    size_t samples_count, samples_capacity;
} bench_meter_t;

//  `outstanding` decides how often the clock is read: at each completion where one
//  call is in flight, at every 16th where many are.
void bench_meter_init (bench_meter_t *self, uint32_t outstanding);
void bench_meter_done (bench_meter_t *self);

//  Begins a new measurement.
void bench_meter_begin (bench_meter_t *self, int64_t start_ns, int64_t end_ns);

//  One call has completed; false: the end has passed, start no more calls.
bool bench_meter_tick (bench_meter_t *self);

//  The same for serial calls, whose start is known.
bool bench_meter_tick_since (bench_meter_t *self, int64_t sent_ns);

//  One call has completed that was started before the end.
void bench_meter_late (bench_meter_t *self);

double bench_meter_rate (const bench_meter_t *self);  //  calls a second

#endif
