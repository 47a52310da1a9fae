//  SPDX-License-Identifier: MPL-2.0
//  Statistics: percentiles of one round, medians and spread of several.
//
//  Medians, not means: a machine that does something else for a while spoils one round,
//  not the figure.
#include "bench_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 1000

static int compare_doubles (const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int compare_samples (const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bench_summary_t bench_summary (const double *values, size_t count)
{
    double sorted[ROUNDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count && n < ROUNDS_MAX; i++)
        if (!isnan (values[i]))
            sorted[n++] = values[i];
    if (n == 0)
        return (bench_summary_t){NAN, NAN, NAN, 0};
    qsort (sorted, n, sizeof sorted[0], compare_doubles);
    double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    return (bench_summary_t){median, sorted[0], sorted[n - 1], n};
}

bench_summary_t bench_summary_ratio (const double *a, const double *b, size_t count)
{
    double ratios[ROUNDS_MAX];
    size_t n = count < ROUNDS_MAX ? count : ROUNDS_MAX;
    for (size_t i = 0; i < n; i++)
        ratios[i] = b[i] > 0 ? a[i] / b[i] : NAN;
    return bench_summary (ratios, n);
}

void bench_sort_samples (uint32_t *samples, size_t count)
{
    qsort (samples, count, sizeof samples[0], compare_samples);
}

double bench_percentile (const uint32_t *sorted, size_t count, double share)
{
    //  At least one sample must lie beyond the percentile, else it is the maximum.
    if ((double)count * (1 - share) < 1)
        return NAN;
    size_t rank = (size_t)((double)count * share);  //  those below it
    return sorted[rank < count ? rank : count - 1];
}
