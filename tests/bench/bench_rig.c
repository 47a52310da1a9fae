//  SPDX-License-Identifier: MPL-2.0
//  A rig: the processes of one side of one cell, ready to be measured.
//
//  All callers of a rig get the same start and end on the one clock that all processes
//  share, and warm up before it, so that their counts may be added.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_rig.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_broker.h"
#include "bench_role.h"

#define READY_TIMEOUT_MS 20000
#define LATE_TIMEOUT_MS  40000

static int32_t spin_us (const bench_rig_t *self)
{
    switch (self->cell->spin) {
    case BENCH_SPIN_FIXED:
        return BENCH_SPIN_US;
    case BENCH_SPIN_AUTO:
        return DAFFI_SPIN_AUTO;
    case BENCH_SPIN_AS_TOLD:
        break;
    }
    return self->settings->spin_us;
}

static daffi_status_t start_role (bench_rig_t *self, bench_child_t *child,
                                  const char *kind, uint32_t number,
                                  daffi_error_t *error)
{
    char title[48], role_name[32];
    snprintf (role_name, sizeof role_name, "%s-%s", bench_subject_name (self->subject),
              kind);
    snprintf (title, sizeof title, "%s %u", role_name, number);
    const bench_role_t role = {.role = role_name,
                               .endpoint = self->endpoint,
                               .number = number,
                               .pairs = self->cell->pairs,
                               .payload_bytes = self->cell->payload_bytes,
                               .outstanding = self->cell->outstanding,
                               .callbacks = self->cell->callbacks,
                               .capacity = self->settings->capacity,
                               .spin_us = spin_us (self),
                               .kind = self->cell->kind};
    bench_role_args_t args;
    bench_role_format (&role, self->settings->program, &args);
    //  These workers wait in their sockets and never look at their stdin.
    bool by_signal = self->subject == BENCH_RAW || self->subject == BENCH_GEARMAN;
    return bench_child_start (
        child,
        &(bench_child_options_t){
            .title = title, .argv = args.argv, .stop_signal = by_signal ? SIGTERM : 0},
        error);
}

static daffi_status_t start_all (bench_rig_t *self, const char *kind,
                                 bench_child_t *children, daffi_error_t *error)
{
    char line[BENCH_LINE_MAX];
    for (uint32_t i = 0; i < self->cell->pairs; i++)
        if (start_role (self, &children[i], kind, i + 1, error))
            return error->status;
    for (uint32_t i = 0; i < self->cell->pairs; i++) {
        if (bench_child_read (&children[i], READY_TIMEOUT_MS, line, error))
            return error->status;
        if (sscanf (line, "ready %31s", self->method) == 0)
            return bench_fail (error, DAFFI_PROTOCOL, "%s said: %s", children[i].title,
                               line);
    }
    return DAFFI_OK;
}

static daffi_status_t start (bench_rig_t *self, daffi_error_t *error)
{
    const char *temp = getenv ("TMPDIR");
    int size = snprintf (self->folder, sizeof self->folder, "%s/daffi-bench-XXXXXX",
                         temp && temp[0] ? temp : "/tmp");
    if (size >= (int)sizeof self->folder || !mkdtemp (self->folder)) {
        self->folder[0] = 0;
        return bench_fail (error, DAFFI_SYSTEM,
                           "cannot make a folder in %s for the sockets", temp);
    }
    if (bench_broker_start (self, error) ||
        start_all (self, "worker", self->workers, error) ||
        start_all (self, "caller", self->callers, error))
        return error->status;
    return DAFFI_OK;
}

daffi_status_t bench_rig_init (bench_rig_t *self, bench_subject_t subject,
                               const bench_cell_t *cell,
                               const bench_settings_t *settings, daffi_error_t *error)
{
    memset (self, 0, sizeof *self);
    self->subject = subject;
    self->cell = cell;
    self->settings = settings;
    daffi_status_t status = start (self, error);
    if (status)
        bench_rig_done (self);
    return status;
}

typedef struct {
    double rate;
    uint64_t total;
} sum_t;

//  Percentiles are those of the only caller of a serial cell.
static daffi_status_t read_round (bench_rig_t *self, bench_child_t *caller,
                                  int64_t timeout_ms, sum_t *sum,
                                  double figures[BENCH_METRICS], daffi_error_t *error)
{
    char line[BENCH_LINE_MAX];
    daffi_status_t status = bench_child_read (caller, timeout_ms, line, error);
    daffi_error_t why;
    if (status && status != DAFFI_CANCELLED && bench_child_ended (&self->broker, &why))
        return bench_fail (error, DAFFI_CONTROLLER_LOST, "%s", why.text);
    if (status)
        return status;
    unsigned long long total;
    double rate;
    if (sscanf (line, "done %llu %lf %lf %lf %lf", &total, &rate, &figures[BENCH_P50],
                &figures[BENCH_P99], &figures[BENCH_P999]) != 5)
        return bench_fail (error, DAFFI_PROTOCOL, "%s said: %s", caller->title, line);
    if (isnan (rate))
        return bench_fail (error, DAFFI_TIMEOUT,
                           "%s made no call in the time: give more --seconds",
                           caller->title);
    sum->total += total;
    sum->rate += rate;
    return DAFFI_OK;
}

static int64_t cpu_of_all (const bench_rig_t *self)
{
    int64_t sum_ns = bench_child_cpu_ns (&self->broker);
    for (uint32_t i = 0; i < self->cell->pairs; i++)
        sum_ns += bench_child_cpu_ns (&self->callers[i]) +
                  bench_child_cpu_ns (&self->workers[i]);
    return sum_ns;
}

daffi_status_t bench_rig_run (bench_rig_t *self, double figures[BENCH_METRICS],
                              daffi_error_t *error)
{
    double seconds = self->settings->seconds;
    seconds *= bench_cell_is_serial (self->cell) ? 2 : 1;
    //  What is under way would be a good part of what is counted.
    if (self->cell->payload_bytes * self->cell->outstanding > 32 * 1024 * 1024)
        seconds *= 3;
    double warm = seconds < 0.1 ? 0.02 : seconds > 1 ? 0.2 : seconds * 0.2;
    int64_t begin_ns = bench_clock_ns ();
    int64_t start_ns = begin_ns + (int64_t)(warm * 1e9);
    int64_t end_ns = start_ns + (int64_t)(seconds * 1e9);
    char command[BENCH_LINE_MAX];
    snprintf (command, sizeof command, "run %lld %lld\n", (long long)start_ns,
              (long long)end_ns);
    int64_t cpu_ns = bench_child_cpu_ns (&self->broker), all_ns = cpu_of_all (self);
    for (uint32_t i = 0; i < self->cell->pairs; i++)
        if (bench_child_send (&self->callers[i], command, error))
            return error->status;
    sum_t sum = {0};
    int64_t timeout_ms = (end_ns - begin_ns) / 1000000 + LATE_TIMEOUT_MS;
    for (uint32_t i = 0; i < self->cell->pairs; i++)
        if (read_round (self, &self->callers[i], timeout_ms, &sum, figures, error))
            return error->status;
    cpu_ns = bench_child_cpu_ns (&self->broker) - cpu_ns;
    all_ns = cpu_of_all (self) - all_ns;
    figures[BENCH_RATE] = sum.rate;
    figures[BENCH_CPU] = (double)cpu_ns / 1000 / (double)sum.total;
    figures[BENCH_CPU_ALL] = (double)all_ns / 1000 / (double)sum.total;
    return DAFFI_OK;
}

//  Whoever is named here has not ended when it should: a figure of its own kind.
static void stop_child (bench_child_t *child)
{
    char title[sizeof child->title];
    memcpy (title, child->title, sizeof title);
    if (!bench_child_stop (child))
        fprintf (stderr, "daffi-bench: %s did not stop in time and was killed\n",
                 title);
}

void bench_rig_done (bench_rig_t *self)
{
    for (size_t i = 0; i < BENCH_PAIRS_MAX; i++)
        stop_child (&self->callers[i]);
    for (size_t i = 0; i < BENCH_PAIRS_MAX; i++)
        stop_child (&self->workers[i]);
    stop_child (&self->broker);
    if (self->folder[0])
        bench_broker_clean (self);
    self->folder[0] = 0;
}
