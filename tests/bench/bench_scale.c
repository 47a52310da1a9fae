//  SPDX-License-Identifier: MPL-2.0
//  What grows with the number of nodes and functions, and how long a start takes.
//
//  CPU time of the controller and its resident memory are what the kernel counts, so
//  they say the same on a busy machine; the time of a start does not.
#include "bench_scale.h"

#include <stdio.h>
#include <string.h>

#include "bench_idle.h"
#include "bench_scene.h"
#include "bench_table.h"

enum { STARTS = 9, WORKERS = 3 };

//  --- functions ----------------------------------------------------------------------

//  By turns over always as many nodes: the packets of a few are fuller.
static daffi_status_t offer_many (bench_scene_t *self, unsigned functions,
                                  daffi_global_t *workers[WORKERS],
                                  daffi_error_t *error)
{
    char name[32];
    for (unsigned i = 0; i < WORKERS; i++) {
        snprintf (name, sizeof name, "worker-%u", i);
        workers[i] = bench_scene_node (self, name, NULL, error);
        if (!workers[i])
            return error->status;
    }
    for (unsigned i = 0; i < functions; i++) {
        snprintf (name, sizeof name, "echo%u", i);
        const daffi_function_t function = {
            .name = name, .callback = bench_scene_echo, .run_inline = true};
        if (daffi_global_register_function (workers[i % WORKERS], &function, error))
            return error->status;
    }
    return DAFFI_OK;
}

static daffi_status_t run_functions (bench_scene_t *self, unsigned functions,
                                     daffi_error_t *error)
{
    daffi_global_t *workers[WORKERS] = {NULL};
    char last[32];
    snprintf (last, sizeof last, "echo%u", functions - 1);
    bench_table_progress ("%u functions", functions);
    daffi_status_t status = bench_scene_open (self, error);
    daffi_global_t *caller =
        status ? NULL : bench_scene_node (self, "caller", NULL, error);
    if (!caller || offer_many (self, functions, workers, error) ||
        daffi_global_wait_function (caller, last, 20000, error) ||
        bench_scene_calls (self, caller, functions,
                           "a call among %u functions: controller", functions, error))
        status = error->status;
    daffi_global_destroy (&caller);
    for (unsigned i = 0; i < WORKERS; i++)
        daffi_global_destroy (&workers[i]);
    bench_scene_close (self);
    return status;
}

//  --- idle nodes ---------------------------------------------------------------------

enum { CROWDS = 3 };
static const unsigned crowds[CROWDS] = {100, 1000, 10000};

//  One side of it: how much a node is to the broker of the scene, and its row titles.
typedef struct {
    const char *heartbeats, *memory;
    double before_kib;
    double each_kib[CROWDS];
} crowd_side_t;

static daffi_status_t live (bench_scene_t *self, bench_idle_t *idle, crowd_side_t *side,
                            size_t number, daffi_error_t *error)
{
    unsigned count = crowds[number];
    bench_table_progress (side->memory, count);
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
    side->each_kib[number] =
        (bench_resident_kib (&self->rig.broker) - side->before_kib) / count;
    bench_scene_note (self, "% of a core", &percent, 1, side->heartbeats, count);
    bench_scene_note (self, "KiB/node", &side->each_kib[number], 1, side->memory,
                      count);
    return DAFFI_OK;
}

static daffi_status_t all_alive (bench_idle_t *idle, unsigned count,
                                 daffi_error_t *error)
{
    size_t alive = bench_idle_alive (idle);
    if (alive < count)
        return bench_fail (error, DAFFI_PROCESS_LOST, "%zu of %u idle nodes were lost",
                           count - alive, count);
    return DAFFI_OK;
}

//  What libzmq alone takes for as many, and so what is daffi's own.
static daffi_status_t run_bare (bench_scene_t *self, const crowd_side_t *ours,
                                daffi_error_t *error)
{
    bench_idle_t idle = {0};
    crowd_side_t bare = {.heartbeats = "%u idle nodes, their heartbeats: bare libzmq",
                         .memory = "%u idle nodes: memory of bare libzmq"};
    daffi_status_t status = bench_scene_open_bare (self, error);
    bare.before_kib = bench_resident_kib (&self->rig.broker);
    for (size_t i = 0; i < CROWDS && !status; i++) {
        status = live (self, &idle, &bare, i, error);
        double own_kib = ours->each_kib[i] - bare.each_kib[i];
        if (!status)
            bench_scene_note (self, "KiB/node", &own_kib, 1,
                              "%u idle nodes: of the memory daffi's own", crowds[i]);
    }
    bench_idle_done (&idle);
    bench_scene_close (self);
    return status;
}

static daffi_status_t run_crowds (bench_scene_t *self, daffi_error_t *error)
{
    static const char call_title[] = "a call beside %u idle nodes: controller";
    const daffi_function_t functions[] = {
        {.name = "echo0", .callback = bench_scene_echo, .run_inline = true}, {0}};
    bench_idle_t idle = {0};
    crowd_side_t ours = {.heartbeats = "%u idle nodes, their heartbeats: controller",
                         .memory = "%u idle nodes: memory of the controller"};
    daffi_status_t status = bench_scene_open (self, error);
    daffi_global_t *worker =
        status ? NULL : bench_scene_node (self, "worker", functions, error);
    daffi_global_t *caller =
        worker ? bench_scene_node (self, "caller", NULL, error) : NULL;
    if (!caller)
        status = error->status;
    ours.before_kib = bench_resident_kib (&self->rig.broker);
    if (!status)
        status = bench_scene_calls (self, caller, 1, call_title, 0, error);
    for (size_t i = 0; i < CROWDS && !status; i++) {
        status = live (self, &idle, &ours, i, error);
        if (!status)
            status = bench_scene_calls (self, caller, 1, call_title, crowds[i], error);
        if (!status)
            status = all_alive (&idle, crowds[i], error);
    }
    bench_idle_done (&idle);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&worker);
    bench_scene_close (self);
    return status ? status : run_bare (self, &ours, error);
}

//  --- start to first call ------------------------------------------------------------

static daffi_status_t first_call (bench_scene_t *self, double *elapsed_ms,
                                  daffi_error_t *error)
{
    const daffi_function_t functions[] = {
        {.name = "echo0", .callback = bench_scene_echo, .run_inline = true}, {0}};
    int64_t begin_ns = bench_clock_ns ();
    daffi_status_t status = bench_scene_open (self, error);
    daffi_global_t *node =
        status ? NULL : bench_scene_node (self, "node", functions, error);
    daffi_value_t body = daffi_value_binary ("x", 1);
    if (!node || daffi_global_wait_function (node, "echo0", 10000, error) ||
        daffi_call_void (node, "echo0", DAFFI_ARGS (body), error))
        status = error->status;
    *elapsed_ms = (double)(bench_clock_ns () - begin_ns) / 1e6;
    daffi_global_destroy (&node);
    bench_scene_close (self);
    return status;
}

static daffi_status_t run_starts (bench_scene_t *self, daffi_error_t *error)
{
    double figures[STARTS];
    bench_table_progress ("%d starts", STARTS);
    for (int i = 0; i < STARTS; i++)
        if (first_call (self, &figures[i], error))
            return error->status;
    bench_scene_note (self, "ms", figures, STARTS,
                      "broker and node: first result (%u starts)", STARTS);
    return DAFFI_OK;
}

static daffi_status_t run_catalogues (bench_scene_t *self, daffi_error_t *error)
{
    daffi_status_t status = run_functions (self, 10, error);
    return status ? status : run_functions (self, 10000, error);
}

static const struct {
    const char *name;
    daffi_status_t (*run) (bench_scene_t *scene, daffi_error_t *error);
} parts[] = {{"start", run_starts},
             {"functions", run_catalogues},
             {"idle", run_crowds},
             {"broadcast", bench_fan_run},
             {"hanging", bench_hang_run}};

int bench_scale_run (const bench_settings_t *settings)
{
    static bench_scene_t self;
    daffi_error_t error;
    self.settings = settings;
    daffi_status_t status = DAFFI_OK;
    unsigned wanted = 0;
    for (size_t i = 0; i < BENCH_COUNT (parts) && !status; i++) {
        if (!bench_settings_match (settings, parts[i].name))
            continue;
        wanted++;
        status = parts[i].run (&self, &error);
    }
    bench_table_progress ("%s", "");
    bench_scene_print (&self);
    if (!status && wanted == 0)
        status = bench_fail (&error, DAFFI_NOT_FOUND,
                             "--scale has start, functions, idle, broadcast, hanging");
    if (!status && settings->json)
        status = bench_scene_write (&self, &error);
    if (status)
        fprintf (stderr, "daffi-bench: %s: %s\n", daffi_status_name (status),
                 error.text);
    return status ? 1 : 0;
}
