//  SPDX-License-Identifier: MPL-2.0
//  A scene: one controller, nodes of this process around it, and rows of figures.
//
//  The rows are printed and written once all is measured.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_broker.h"
#include "bench_daffi.h"
#include "bench_machine.h"

enum { WINDOW = 64, CALLS = 6400, ROUNDS = 5 };

void bench_scene_note (bench_scene_t *self, const char *unit, const double *values,
                       uint32_t count, const char *format, unsigned number)
{
    if (self->count == BENCH_ROWS_MAX)
        return;
    bench_row_t *row = &self->rows[self->count++];
    row->unit = unit;
    snprintf (row->name, sizeof row->name, format, number);
    row->figure = bench_summary (values, count);
}

static daffi_status_t open_with (bench_scene_t *self, const char *bare_role,
                                 daffi_error_t *error)
{
    static const bench_cell_t cell = {
        .transport = BENCH_UNIX, .payload_bytes = 16, .outstanding = WINDOW};
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
    return bare_role ? bench_broker_start_role (&self->rig, bare_role, error)
                     : bench_broker_start (&self->rig, error);
}

daffi_status_t bench_scene_open (bench_scene_t *self, daffi_error_t *error)
{
    return open_with (self, NULL, error);
}

daffi_status_t bench_scene_open_bare (bench_scene_t *self, daffi_error_t *error)
{
    return open_with (self, "bare-router", error);
}

void bench_scene_close (bench_scene_t *self)
{
    bench_rig_done (&self->rig);
}

daffi_status_t bench_scene_echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size))
        return daffi_request_fail (request, "echo wants bytes");
    return daffi_request_reply (request, daffi_value_binary (data, size));
}

daffi_global_t *bench_scene_node_with (bench_scene_t *self, daffi_options_t *options,
                                       daffi_error_t *error)
{
    options->connect_timeout_ms = 10000;
    options->drain_timeout_ms = 1000;
    options->heartbeat_timeout_ms = 20000;  //  of a machine that is too busy, not dead
    if (bench_daffi_endpoint (self->rig.endpoint, self->endpoint_text, options, error))
        return NULL;
    return daffi_global_new (options, error);
}

daffi_global_t *bench_scene_node (bench_scene_t *self, const char *name,
                                  const daffi_function_t *functions,
                                  daffi_error_t *error)
{
    daffi_options_t options = {
        .process_name = name, .functions = functions, .capacity = 4096, .workers = 1};
    return bench_scene_node_with (self, &options, error);
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
daffi_status_t bench_scene_calls (bench_scene_t *self, daffi_global_t *caller,
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
    bench_scene_note (self, "us CPU/call", figures, ROUNDS, format, number);
    return DAFFI_OK;
}

double bench_resident_kib (const bench_child_t *child)
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

//  --- telling ------------------------------------------------------------------------

void bench_scene_print (const bench_scene_t *self)
{
    bench_machine_t machine;
    bench_machine_look (&machine);
    printf ("daffi %s%s; %s\n%s, %s; %s, %ld cores, %d used\n", daffi_version (),
            machine.optimised ? "" : " (built WITHOUT optimisation)", machine.date,
            machine.system, machine.kernel, machine.cpu, machine.cores_online,
            machine.cores_used);
    printf ("load before: %.2f\n\n", machine.load);
    printf ("%-56s %-12s %10s  %s\n", "figure", "unit", "median", "(min-max)");
    for (size_t i = 0; i < self->count; i++) {
        const bench_row_t *row = &self->rows[i];
        printf ("%-56s %-12s %10.2f", row->name, row->unit, row->figure.median);
        if (row->figure.count > 1)
            printf ("  (%.2f-%.2f)", row->figure.min, row->figure.max);
        putchar ('\n');
    }
}

daffi_status_t bench_scene_write (const bench_scene_t *self, daffi_error_t *error)
{
    FILE *file = fopen (self->settings->json, "w");
    if (!file)
        return bench_fail (error, DAFFI_SYSTEM, "%s: %s", self->settings->json,
                           strerror (errno));
    fprintf (file, "{\"daffi\": \"%s\", \"scale\": [", daffi_version ());
    for (size_t i = 0; i < self->count; i++) {
        const bench_row_t *row = &self->rows[i];
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
