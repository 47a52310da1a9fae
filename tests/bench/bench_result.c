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
    bool shown = !serial || cell->callbacks == BENCH_POOLED;
    const char *unit = cell->kind == BENCH_ECHO ? "calls/s" : "items/s";
    if (bulk)
        views[n++] = (bench_view_t){"rate", "MiB/s", BENCH_RATE, mib, true};
    else
        views[n++] = (bench_view_t){"rate", unit, BENCH_RATE, 1, shown};
    if (bulk)
        views[n++] = (bench_view_t){"broker CPU", "us/MiB", BENCH_CPU, 1 / mib, true};
    else
        views[n++] = (bench_view_t){"broker CPU", "us/call", BENCH_CPU, 1, false};
    if (bulk)
        views[n++] =
            (bench_view_t){"CPU of all", "us/MiB", BENCH_CPU_ALL, 1 / mib, false};
    else
        views[n++] = (bench_view_t){"CPU of all", "us/call", BENCH_CPU_ALL, 1, true};
    return n;
}

bench_summary_t bench_result_summary (const bench_result_t *self,
                                      bench_subject_t subject, bench_metric_t metric)
{
    return bench_summary (self->figures[subject][metric], self->rounds);
}

bench_summary_t bench_result_ratio (const bench_result_t *self, bench_subject_t other,
                                    bench_metric_t metric)
{
    return bench_summary_ratio (self->figures[BENCH_DAFFI][metric],
                                self->figures[other][metric], self->rounds);
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

double bench_result_reached (const bench_results_t *self, const bench_result_t *result,
                             const bench_aim_t *aim)
{
    switch (aim->of) {
    case BENCH_OF_RAW:
        return bench_result_ratio (result, BENCH_RAW, aim->metric).median;
    case BENCH_OF_NATS:
        return bench_result_ratio (result, BENCH_NATS, aim->metric).median;
    case BENCH_OF_GEARMAN:
        return bench_result_ratio (result, BENCH_GEARMAN, aim->metric).median;
    case BENCH_OF_INLINE:
        return reached_of_inline (self, result);
    case BENCH_OF_NOTHING:
        break;
    }
    return bench_result_summary (result, BENCH_DAFFI, aim->metric).median;
}

bool bench_aim_met (const bench_aim_t *self, double reached)
{
    return self->at_most ? reached <= self->bound : reached >= self->bound;
}

const char *bench_of_name (bench_of_t of)
{
    static const char *const names[] = {"raw", "nats", "gearman", "inline", ""};
    return names[of];
}
