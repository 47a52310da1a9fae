//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts and fans: one call, or one stream of items, to very many nodes.
//
//  A large body is one block of memory in the controller, however many it goes to: the
//  peak of its memory tells.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_daffi.h"
#include "bench_scene.h"
#include "bench_table.h"

enum {
    NODES_MAX = 100,
    ROUNDS = 9,
    TIMEOUT_MS = 20000,
    LARGE = 1024 * 1024,
    ITEMS = 200000,  //  of a round, to all nodes together
    ITEM = 64
};

static daffi_status_t measure_size (daffi_request_t *request, void *arg)
{
    (void)arg;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size))
        return daffi_request_fail (request, "it wants bytes");
    return daffi_request_reply (request, (int64_t)size);
}

static daffi_status_t check (daffi_broadcast_t *broadcast, unsigned nodes, size_t size,
                             daffi_error_t *error)
{
    int64_t told;
    size_t count = daffi_broadcast_count (broadcast);
    for (size_t i = 0; i < count; i++) {
        const daffi_reply_t *reply = daffi_broadcast_reply (broadcast, i);
        if (reply->status || daffi_value_get_int (reply->value, &told) ||
            (size_t)told != size)
            return bench_fail (error, DAFFI_FAILED, "%s: %s", reply->process,
                               reply->text);
    }
    if (count != nodes)
        return bench_fail (error, DAFFI_FAILED, "%zu of %u nodes answered", count,
                           nodes);
    return DAFFI_OK;
}

static daffi_status_t cast_once (daffi_global_t *caller, const uint8_t *body,
                                 size_t size, unsigned nodes, daffi_error_t *error)
{
    daffi_value_t value = daffi_value_binary (body, size);
    DAFFI_AUTO (daffi_broadcast) *broadcast =
        daffi_broadcast_start (caller, "size", DAFFI_ARGS (value),
                               DAFFI_BROADCAST (.timeout_ms = TIMEOUT_MS), error);
    if (!broadcast || daffi_broadcast_wait (broadcast, TIMEOUT_MS, error))
        return error->status;
    return check (broadcast, nodes, size, error);
}

//  The greatest resident memory since the last look, which begins the next.
static double peak_kib (const bench_child_t *child)
{
    char path[64], line[128];
    unsigned long kib = 0;
    snprintf (path, sizeof path, "/proc/%d/status", (int)child->pid);
    FILE *file = fopen (path, "r");
    while (file && fgets (line, sizeof line, file))
        if (sscanf (line, "VmHWM: %lu", &kib) == 1)
            break;
    if (file)
        fclose (file);
    snprintf (path, sizeof path, "/proc/%d/clear_refs", (int)child->pid);
    file = fopen (path, "w");
    if (file) {
        fputs ("5", file);
        fclose (file);
    }
    return (double)kib;
}

static daffi_status_t measure (bench_scene_t *self, daffi_global_t *caller,
                               unsigned nodes, size_t size, daffi_error_t *error)
{
    double elapsed_ms[ROUNDS], cpu_us[ROUNDS];
    bool large = size >= LARGE;
    uint8_t *body = bench_body_new (size);
    const bench_child_t *broker = &self->rig.broker;
    peak_kib (broker);
    double before_kib = bench_resident_kib (broker);
    daffi_status_t status = cast_once (caller, body, size, nodes, error);
    for (int i = 0; i < ROUNDS && !status; i++) {
        int64_t cpu_ns = bench_child_cpu_ns (broker), begin_ns = bench_clock_ns ();
        status = cast_once (caller, body, size, nodes, error);
        elapsed_ms[i] = (double)(bench_clock_ns () - begin_ns) / 1e6;
        cpu_us[i] = (double)(bench_child_cpu_ns (broker) - cpu_ns) / 1000 / nodes;
    }
    free (body);
    if (status)
        return status;
    double grown_mib = (peak_kib (broker) - before_kib) / 1024;
    bench_scene_note (self, "ms", elapsed_ms, ROUNDS,
                      large ? "broadcast of 1 MiB to %u nodes"
                            : "broadcast of 16 B to %u nodes",
                      nodes);
    bench_scene_note (self, "us CPU/node", cpu_us, ROUNDS,
                      large ? "broadcast of 1 MiB to %u nodes: controller"
                            : "broadcast of 16 B to %u nodes: controller",
                      nodes);
    if (large)
        bench_scene_note (self, "MiB", &grown_mib, 1,
                          "broadcast of 1 MiB to %u: controller grew at most by",
                          nodes);
    return DAFFI_OK;
}

//  --- fans ---------------------------------------------------------------------------

static daffi_status_t count_items (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t count = 0;
    daffi_value_t item;
    daffi_status_t status;
    while (!(status = daffi_request_receive (request, TIMEOUT_MS, &item)))
        count++;
    return status == DAFFI_END ? daffi_request_reply (request, count) : status;
}

static daffi_status_t check_fan (daffi_fan_t *fan, int64_t items, daffi_error_t *error)
{
    int64_t count = 0;
    for (size_t i = 0; i < daffi_fan_count (fan); i++) {
        daffi_stream_t *stream = daffi_fan_stream (fan, i);
        if (daffi_stream_wait (stream, TIMEOUT_MS, error))
            return error->status;
        if (daffi_value_get_int (daffi_stream_value (stream), &count) || count != items)
            return bench_fail (error, DAFFI_PROTOCOL, "%lld of %lld items arrived",
                               (long long)count, (long long)items);
    }
    return DAFFI_OK;
}

static daffi_status_t feed_once (daffi_global_t *caller, unsigned nodes,
                                 daffi_error_t *error)
{
    static const uint8_t body[ITEM];
    DAFFI_AUTO (daffi_fan) *fan =
        daffi_fan_open (caller, "items", DAFFI_ARGS (), NULL, error);
    if (!fan)
        return error->status;
    if (daffi_fan_count (fan) != nodes)
        return bench_fail (error, DAFFI_FAILED, "a fan to %zu of %u nodes",
                           daffi_fan_count (fan), nodes);
    const daffi_value_t item = daffi_value_binary (body, sizeof body);
    for (unsigned i = 0; i < ITEMS / nodes; i++)
        if (daffi_fan_send_value (fan, item, TIMEOUT_MS, error))
            return error->status;
    daffi_fan_send_end (fan);
    return check_fan (fan, ITEMS / nodes, error);
}

static daffi_status_t measure_fan (bench_scene_t *self, daffi_global_t *caller,
                                   unsigned nodes, daffi_error_t *error)
{
    double rate[ROUNDS], cpu_us[ROUNDS];
    const bench_child_t *broker = &self->rig.broker;
    daffi_status_t status = feed_once (caller, nodes, error);
    for (int i = 0; i < ROUNDS && !status; i++) {
        int64_t cpu_ns = bench_child_cpu_ns (broker), begin_ns = bench_clock_ns ();
        status = feed_once (caller, nodes, error);
        rate[i] = ITEMS * 1e6 / (double)(bench_clock_ns () - begin_ns);
        cpu_us[i] = (double)(bench_child_cpu_ns (broker) - cpu_ns) / 1000 / ITEMS;
    }
    if (status)
        return status;
    bench_scene_note (self, "k items/s", rate, ROUNDS,
                      "items of 64 B to %u nodes, by a fan", nodes);
    bench_scene_note (self, "us CPU/item", cpu_us, ROUNDS,
                      "an item to each of %u nodes, by a fan: controller", nodes);
    return DAFFI_OK;
}

//  --- both ---------------------------------------------------------------------------

static daffi_status_t start_nodes (bench_scene_t *self, daffi_global_t **nodes,
                                   unsigned count, daffi_error_t *error)
{
    const daffi_function_t functions[] = {
        {.name = "size", .callback = measure_size, .run_inline = true},
        {.name = "items", .callback = count_items},
        {0}};
    char name[32];
    for (unsigned i = 0; i < count; i++) {
        bench_table_progress ("broadcast: node %u of %u", i + 1, count);
        snprintf (name, sizeof name, "node-%u", i);
        nodes[i] = bench_scene_node (self, name, functions, error);
        if (!nodes[i] || daffi_global_wait_process (nodes[0], name, TIMEOUT_MS, error))
            return error->status;
    }
    return DAFFI_OK;
}

//  In a controller of its own: what another crowd had it allocate would not be seen.
static daffi_status_t run_crowd (bench_scene_t *self, unsigned count,
                                 daffi_error_t *error)
{
    daffi_global_t *nodes[NODES_MAX] = {NULL};
    daffi_status_t status = bench_scene_open (self, error);
    daffi_global_t *caller =
        status ? NULL : bench_scene_node (self, "caller", NULL, error);
    if (!caller || start_nodes (self, nodes, count, error) ||
        measure (self, caller, count, 16, error) ||
        measure (self, caller, count, LARGE, error) ||
        measure_fan (self, caller, count, error))
        status = error->status;
    daffi_global_destroy (&caller);
    for (unsigned i = 0; i < NODES_MAX; i++)
        daffi_global_destroy (&nodes[i]);
    bench_scene_close (self);
    return status;
}

daffi_status_t bench_fan_run (bench_scene_t *self, daffi_error_t *error)
{
    daffi_status_t status = run_crowd (self, 16, error);
    return status ? status : run_crowd (self, NODES_MAX, error);
}
