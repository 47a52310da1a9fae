//  SPDX-License-Identifier: MPL-2.0
//  What grows with the number of nodes and functions, and how long a start takes.
//
//  CPU time of the controller and its resident memory are what the kernel counts, so
//  they say the same on a busy machine; the time of a start does not.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_scale.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_broker.h"
#include "bench_daffi.h"
#include "bench_idle.h"
#include "bench_machine.h"
#include "bench_stats.h"
#include "bench_table.h"

enum { WINDOW = 64, CALLS = 6400, ROUNDS = 5, STARTS = 9 };
enum { ROWS_MAX = 40, WORKERS = 3 };

typedef struct {
    const char *unit;
    char name[64];
    bench_summary_t figure;
} row_t;

typedef struct {
    const bench_settings_t *settings;
    row_t rows[ROWS_MAX];
    size_t count;
    bench_rig_t rig;
    char endpoint_text[128];
} scale_t;

static void note (scale_t *self, const char *unit, const double *values, uint32_t count,
                  const char *format, unsigned number)
{
    if (self->count == ROWS_MAX)
        return;
    row_t *row = &self->rows[self->count++];
    row->unit = unit;
    snprintf (row->name, sizeof row->name, format, number);
    row->figure = bench_summary (values, count);
}

//  --- the scene ----------------------------------------------------------------------

static daffi_status_t open_scene (scale_t *self, daffi_error_t *error)
{
    static const bench_cell_t cell = {.transport = BENCH_UNIX};
    const char *temp = getenv ("TMPDIR");
    memset (&self->rig, 0, sizeof self->rig);
    self->rig.subject = BENCH_DAFFI;
    self->rig.cell = &cell;
    self->rig.settings = self->settings;
    snprintf (self->rig.folder, sizeof self->rig.folder, "%s/daffi-bench-XXXXXX",
              temp && temp[0] ? temp : "/tmp");
    if (!mkdtemp (self->rig.folder)) {
        self->rig.folder[0] = 0;
        return bench_fail (error, DAFFI_SYSTEM, "no folder for the socket");
    }
    return bench_broker_start (&self->rig, error);
}

static void close_scene (scale_t *self)
{
    bench_rig_done (&self->rig);
}

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size))
        return daffi_request_fail (request, "echo wants bytes");
    return daffi_request_reply (request, daffi_value_binary (data, size));
}

static daffi_global_t *start_node (scale_t *self, const char *name,
                                   const daffi_function_t *functions,
                                   daffi_error_t *error)
{
    daffi_options_t options = {.process_name = name,
                               .functions = functions,
                               .capacity = 4096,
                               .workers = 1,
                               .connect_timeout_ms = 10000,
                               .drain_timeout_ms = 1000};
    if (bench_daffi_endpoint (self->rig.endpoint, self->endpoint_text, &options, error))
        return NULL;
    return daffi_global_new (&options, error);
}

//  --- calls --------------------------------------------------------------------------

//  Calls "PREFIXn" with n from 0 to functions - 1 by turns, 64 at a time.
static daffi_status_t call_many (daffi_global_t *caller, unsigned functions,
                                 daffi_error_t *error)
{
    static const uint8_t bytes[16] = {1};
    daffi_future_t *futures[WINDOW];
    char name[32];
    for (unsigned i = 0; i < CALLS; i += WINDOW) {
        for (unsigned k = 0; k < WINDOW; k++) {
            //  a stride without a common divisor: neighbours are of different nodes
            snprintf (name, sizeof name, "echo%u", (i + k) * 7919 % functions);
            futures[k] = daffi_call_start (
                caller, name, DAFFI_ARGS (daffi_value_binary (bytes, sizeof bytes)),
                NULL, error);
            if (!futures[k])
                return error->status;  //  the process ends
        }
        for (unsigned k = 0; k < WINDOW; k++) {
            if (daffi_future_wait (futures[k], DAFFI_FOREVER, error))
                return error->status;
            daffi_future_destroy (&futures[k]);
        }
    }
    return DAFFI_OK;
}

//  Microseconds of the controller a call.
static daffi_status_t measure_calls (scale_t *self, daffi_global_t *caller,
                                     unsigned functions, const char *format,
                                     unsigned number, daffi_error_t *error)
{
    double figures[ROUNDS];
    if (call_many (caller, functions, error))
        return error->status;
    for (unsigned i = 0; i < ROUNDS; i++) {
        int64_t cpu_ns = bench_child_cpu_ns (&self->rig.broker);
        if (call_many (caller, functions, error))
            return error->status;
        cpu_ns = bench_child_cpu_ns (&self->rig.broker) - cpu_ns;
        figures[i] = (double)cpu_ns / 1000 / CALLS;
    }
    note (self, "us CPU/call", figures, ROUNDS, format, number);
    return DAFFI_OK;
}

//  --- functions ----------------------------------------------------------------------

//  By turns over always as many nodes: the packets of a few are fuller.
static daffi_status_t offer_many (scale_t *self, unsigned functions,
                                  daffi_global_t *workers[WORKERS],
                                  daffi_error_t *error)
{
    char name[32];
    for (unsigned i = 0; i < WORKERS; i++) {
        snprintf (name, sizeof name, "worker-%u", i);
        workers[i] = start_node (self, name, NULL, error);
        if (!workers[i])
            return error->status;
    }
    for (unsigned i = 0; i < functions; i++) {
        snprintf (name, sizeof name, "echo%u", i);
        const daffi_function_t function = {
            .name = name, .callback = echo, .run_inline = true};
        if (daffi_global_register_function (workers[i % WORKERS], &function, error))
            return error->status;
    }
    return DAFFI_OK;
}

static daffi_status_t run_functions (scale_t *self, unsigned functions,
                                     daffi_error_t *error)
{
    daffi_global_t *workers[WORKERS] = {NULL};
    char last[32];
    snprintf (last, sizeof last, "echo%u", functions - 1);
    bench_table_progress ("%u functions", functions);
    daffi_status_t status = open_scene (self, error);
    daffi_global_t *caller = status ? NULL : start_node (self, "caller", NULL, error);
    if (!caller || offer_many (self, functions, workers, error) ||
        daffi_global_wait_function (caller, last, 20000, error) ||
        measure_calls (self, caller, functions, "%u functions: controller", functions,
                       error))
        status = error->status;
    daffi_global_destroy (&caller);
    for (unsigned i = 0; i < WORKERS; i++)
        daffi_global_destroy (&workers[i]);
    close_scene (self);
    return status;
}

//  --- idle nodes ---------------------------------------------------------------------

static double resident_kib (const bench_child_t *child)
{
    char path[64];
    unsigned long pages = 0;
    snprintf (path, sizeof path, "/proc/%d/statm", (int)child->pid);
    FILE *file = fopen (path, "r");
    if (file && fscanf (file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose (file);
    return (double)pages * (double)sysconf (_SC_PAGESIZE) / 1024;
}

static daffi_status_t run_idle (scale_t *self, bench_idle_t *idle,
                                daffi_global_t *caller, unsigned count,
                                double before_kib, daffi_error_t *error)
{
    bench_table_progress ("%u idle nodes", count);
    char path[80];
    snprintf (path, sizeof path, "%s", self->rig.endpoint + strlen ("ipc://"));
    if (bench_idle_grow (idle, path, count, error))
        return error->status;
    bench_idle_live (idle, 1);
    double seconds = self->settings->seconds < 0.5 ? 1 : 3;
    int64_t cpu_ns = bench_child_cpu_ns (&self->rig.broker);
    int64_t begin_ns = bench_clock_ns ();
    bench_idle_live (idle, seconds);
    cpu_ns = bench_child_cpu_ns (&self->rig.broker) - cpu_ns;
    double percent = (double)cpu_ns * 100 / (double)(bench_clock_ns () - begin_ns);
    double each_kib = (resident_kib (&self->rig.broker) - before_kib) / count;
    note (self, "% of a core", &percent, 1, "%u idle nodes: controller", count);
    note (self, "KiB/node", &each_kib, 1, "%u idle nodes: its memory", count);
    if (measure_calls (self, caller, 1, "%u idle nodes: controller", count, error))
        return error->status;
    size_t alive = bench_idle_alive (idle);
    if (alive < count)
        return bench_fail (error, DAFFI_PROCESS_LOST, "%zu of %u idle nodes were lost",
                           count - alive, count);
    return DAFFI_OK;
}

static daffi_status_t run_crowds (scale_t *self, daffi_error_t *error)
{
    static const unsigned crowds[] = {100, 1000, 10000};
    const daffi_function_t functions[] = {
        {.name = "echo0", .callback = echo, .run_inline = true}, {0}};
    bench_idle_t idle = {0};
    daffi_status_t status = open_scene (self, error);
    daffi_global_t *worker =
        status ? NULL : start_node (self, "worker", functions, error);
    daffi_global_t *caller = worker ? start_node (self, "caller", NULL, error) : NULL;
    if (!caller)
        status = error->status;
    double before_kib = resident_kib (&self->rig.broker);
    if (!status)
        status = measure_calls (self, caller, 1, "%u idle nodes: controller", 0, error);
    for (size_t i = 0; i < BENCH_COUNT (crowds) && !status; i++)
        status = run_idle (self, &idle, caller, crowds[i], before_kib, error);
    bench_idle_done (&idle);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&worker);
    close_scene (self);
    return status;
}

//  --- start to first call ------------------------------------------------------------

static daffi_status_t first_call (scale_t *self, double *elapsed_ms,
                                  daffi_error_t *error)
{
    const daffi_function_t functions[] = {
        {.name = "echo0", .callback = echo, .run_inline = true}, {0}};
    int64_t begin_ns = bench_clock_ns ();
    daffi_status_t status = open_scene (self, error);
    daffi_global_t *node = status ? NULL : start_node (self, "node", functions, error);
    daffi_value_t body = daffi_value_binary ("x", 1);
    if (!node || daffi_global_wait_function (node, "echo0", 10000, error) ||
        daffi_call_void (node, "echo0", DAFFI_ARGS (body), error))
        status = error->status;
    *elapsed_ms = (double)(bench_clock_ns () - begin_ns) / 1e6;
    daffi_global_destroy (&node);
    close_scene (self);
    return status;
}

static daffi_status_t run_starts (scale_t *self, daffi_error_t *error)
{
    double figures[STARTS];
    bench_table_progress ("%d starts", STARTS);
    for (int i = 0; i < STARTS; i++)
        if (first_call (self, &figures[i], error))
            return error->status;
    note (self, "ms", figures, STARTS, "broker and node: first result (%u starts)",
          STARTS);
    return DAFFI_OK;
}

//  --- telling ------------------------------------------------------------------------

static void print_rows (const scale_t *self)
{
    bench_machine_t machine;
    bench_machine_look (&machine);
    printf ("daffi %s%s; %s\n%s, %s; %s, %ld cores, %d used\n\n", daffi_version (),
            machine.optimised ? "" : " (built WITHOUT optimisation)", machine.date,
            machine.system, machine.kernel, machine.cpu, machine.cores_online,
            machine.cores_used);
    printf ("%-44s %-12s %10s  %s\n", "figure", "unit", "median", "(min-max)");
    for (size_t i = 0; i < self->count; i++) {
        const row_t *row = &self->rows[i];
        printf ("%-44s %-12s %10.2f", row->name, row->unit, row->figure.median);
        if (row->figure.count > 1)
            printf ("  (%.2f-%.2f)", row->figure.min, row->figure.max);
        putchar ('\n');
    }
}

static daffi_status_t write_rows (const scale_t *self, daffi_error_t *error)
{
    FILE *file = fopen (self->settings->json, "w");
    if (!file)
        return bench_fail (error, DAFFI_SYSTEM, "%s: %s", self->settings->json,
                           strerror (errno));
    fprintf (file, "{\"daffi\": \"%s\", \"scale\": [", daffi_version ());
    for (size_t i = 0; i < self->count; i++) {
        const row_t *row = &self->rows[i];
        fprintf (file,
                 "%s\n  {\"figure\": \"%s\", \"unit\": \"%s\", \"median\": %.6g, "
                 "\"min\": %.6g, \"max\": %.6g, \"rounds\": %u}",
                 i ? "," : "", row->name, row->unit, row->figure.median,
                 row->figure.min, row->figure.max, (unsigned)row->figure.count);
    }
    fputs ("\n]}\n", file);
    bool failed = ferror (file) != 0;
    if (fclose (file) || failed)
        return bench_fail (error, DAFFI_SYSTEM, "%s: cannot be written",
                           self->settings->json);
    return DAFFI_OK;
}

int bench_scale_run (const bench_settings_t *settings)
{
    static scale_t self;
    daffi_error_t error;
    self.settings = settings;
    daffi_status_t status = DAFFI_OK;
    static const unsigned functions[] = {10, 10000};
    for (size_t i = 0; i < BENCH_COUNT (functions) && !status; i++)
        status = run_functions (&self, functions[i], &error);
    if (!status)
        status = run_starts (&self, &error);
    if (!status)
        status = run_crowds (&self, &error);
    bench_table_progress ("%s", "");
    print_rows (&self);
    if (!status && settings->json)
        status = write_rows (&self, &error);
    if (status)
        fprintf (stderr, "daffi-bench: %s: %s\n", daffi_status_name (status),
                 error.text);
    return status ? 1 : 0;
}
