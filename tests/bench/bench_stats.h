//  SPDX-License-Identifier: MPL-2.0
//  Statistics: percentiles of one round, medians and spread of several.
//
//  Pure functions over arrays, with no idea of what was measured.
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    double median, min, max;
    size_t count;  //  of the values that are figures; NAN stands for "none"
} bench_summary_t;

bench_summary_t bench_summary (const double *values, size_t count);

//  Of a[i] / b[i]: rounds are compared pair by pair, since what disturbs one side of a
//  pair mostly disturbs the other as well.
bench_summary_t bench_summary_ratio (const double *a, const double *b, size_t count);

void bench_sort_samples (uint32_t *samples, size_t count);

//  The sample that has `share` of all below it; NAN where not even one lies above, so
//  that it would be the maximum under another name.
double bench_percentile (const uint32_t *sorted, size_t count, double share);

#endif
