//  SPDX-License-Identifier: MPL-2.0
//  A rig: the processes of one side of one cell, ready to be measured.
//
//  Both sides of a cell stand at the same time and are measured by turns; the one that
//  is not measured waits in its sockets.
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include "bench_cells.h"
#include "bench_child.h"
#include "bench_settings.h"

#define BENCH_PAIRS_MAX 4

typedef struct {
    bench_subject_t subject;
    const bench_cell_t *cell;
    const bench_settings_t *settings;
    char folder[64];  //  for the sockets, the endpoint and the log
    char endpoint[128];
    char method[32];  //  how the callers keep their calls outstanding
    bench_child_t broker;
    bench_child_t workers[BENCH_PAIRS_MAX];
    bench_child_t callers[BENCH_PAIRS_MAX];
} bench_rig_t;

//  Starts all and returns once every caller has reached every worker. On failure all
//  is stopped again.
daffi_status_t bench_rig_init (bench_rig_t *self, bench_subject_t subject,
                               const bench_cell_t *cell,
                               const bench_settings_t *settings,
                               daffi_error_t *error) DAFFI_MUST_USE;

//  Measures once. A figure that there is not is NAN.
daffi_status_t bench_rig_run (bench_rig_t *self, double figures[BENCH_METRICS],
                              daffi_error_t *error) DAFFI_MUST_USE;

//  Stops all; says on stderr who had to be killed.
void bench_rig_done (bench_rig_t *self);

#endif
