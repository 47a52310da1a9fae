//  SPDX-License-Identifier: MPL-2.0
//  Results: all figures of all rounds, and how they compare.
//
//  The table and the JSON file are two views of this.
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include "bench_cells.h"
#include "bench_machine.h"
#include "bench_settings.h"
#include "bench_stats.h"

typedef struct {
    const bench_cell_t *cell;
    bool ran;
    uint32_t rounds;  //  that were measured
    double figures[BENCH_SUBJECTS][BENCH_METRICS][BENCH_ROUNDS_MAX];
    char method[32];      //  of daffi's callers
    daffi_error_t error;  //  why it failed; status DAFFI_OK: it did not
} bench_result_t;

typedef struct {
    const bench_settings_t *settings;
    bench_machine_t machine;
    bench_result_t *items;  //  one for each cell of the table
    size_t count;
} bench_results_t;

//  A figure as it is shown: one metric of one cell, in its unit.
typedef struct {
    const char *name;  //  for JSON: "rate", "p50" …
    const char *unit;
    bench_metric_t metric;
    double scale;  //  from the metric's own unit
    bool shown;    //  in the table; JSON has all
} bench_view_t;

#define BENCH_VIEWS_MAX 6
size_t bench_result_views (const bench_cell_t *cell,
                           bench_view_t views[BENCH_VIEWS_MAX]);

bench_summary_t bench_result_summary (const bench_result_t *self,
                                      bench_subject_t subject, bench_metric_t metric);

//  daffi over another one.
bench_summary_t bench_result_ratio (const bench_result_t *self, bench_subject_t other,
                                    bench_metric_t metric);

//  What an aim of the cell came to; NAN: not measured.
double bench_result_reached (const bench_results_t *self, const bench_result_t *result,
                             const bench_aim_t *aim);
bool bench_aim_met (const bench_aim_t *self, double reached);
const char *bench_of_name (bench_of_t of);

#endif
