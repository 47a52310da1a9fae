//  SPDX-License-Identifier: MPL-2.0
//  Results: all figures of all rounds, and how they compare.
//
//  Whether a target is met is decided by the median ratio alone; the spread beside it
//  tells the reader how much to trust that.
#include "bench_result.h"

#include <math.h>

size_t bench_result_views (const bench_cell_t *cell,
                           bench_view_t views[BENCH_VIEWS_MAX])
{
    size_t n = 0;
    bool serial = bench_cell_is_serial (cell), bulk = bench_cell_is_bulk (cell);
    double mib = (double)cell->payload_bytes / (1024 * 1024);
    if (serial) {
        views[n++] = (bench_view_t){"p50", "us", BENCH_P50, 1, true};
        views[n++] = (bench_view_t){"p99", "us", BENCH_P99, 1, true};
        views[n++] = (bench_view_t){"p99.9", "us", BENCH_P999, 1, true};
    }
    //  The rate of a serial cell is its latency again; pooled callbacks are judged by
    //  it.
    bool shown = !serial || cell->of_inline > 0;
    if (bulk)
        views[n++] = (bench_view_t){"rate", "MiB/s", BENCH_RATE, mib, true};
    else
        views[n++] = (bench_view_t){"rate", "calls/s", BENCH_RATE, 1, shown};
    if (bulk)
        views[n++] = (bench_view_t){"broker CPU", "us/MiB", BENCH_CPU, 1 / mib, true};
    else
        views[n++] = (bench_view_t){"broker CPU", "us/call", BENCH_CPU, 1, false};
    return n;
}

bench_summary_t bench_result_summary (const bench_result_t *self,
                                      bench_subject_t subject, bench_metric_t metric)
{
    return bench_summary (self->figures[subject][metric], self->rounds);
}

bench_summary_t bench_result_ratio (const bench_result_t *self, bench_metric_t metric)
{
    return bench_summary_ratio (self->figures[BENCH_DAFFI][metric],
                                self->figures[BENCH_RAW][metric], self->rounds);
}

//  Rounds of two cells are not neighbours in time: their medians are compared.
static double reached_of_inline (const bench_results_t *self,
                                 const bench_result_t *result)
{
    const bench_cell_t *twin = bench_cell_inline (result->cell);
    for (size_t i = 0; i < self->count; i++)
        if (self->items[i].cell == twin && self->items[i].ran)
            return bench_result_summary (result, BENCH_DAFFI, BENCH_RATE).median /
                   bench_result_summary (&self->items[i], BENCH_DAFFI, BENCH_RATE)
                       .median;
    return NAN;
}

bench_target_t bench_result_target (const bench_results_t *self,
                                    const bench_result_t *result, bench_metric_t metric)
{
    const bench_cell_t *cell = result->cell;
    bench_target_t target = {.reached = NAN};
    if (metric == BENCH_P50)
        target.bound = cell->p50_at_most;
    if (metric == BENCH_CPU)
        target.bound = cell->cpu_at_most;
    target.at_most = target.bound > 0;
    if (metric == BENCH_RATE) {
        target.of_inline = cell->of_inline > 0;
        target.bound = target.of_inline ? cell->of_inline : cell->rate_at_least;
    }
    target.exists = target.bound > 0;
    if (target.exists)
        target.reached = target.of_inline ? reached_of_inline (self, result)
                                          : bench_result_ratio (result, metric).median;
    target.met = target.at_most ? target.reached <= target.bound
                                : target.reached >= target.bound;
    return target;
}
