//  SPDX-License-Identifier: MPL-2.0
//  Very many calls in flight: what their deadlines cost.
//
//  100,000 calls hang in workers whose only threads are held up. What the controller
//  costs meanwhile should be nothing, other calls should cost what they did before, and
//  the deadlines should end each of the hanging ones on time.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_daffi.h"
#include "bench_scene.h"
#include "bench_table.h"

//  A session may have 10,000 calls in flight, hence several callers.
enum { CALLERS = 20, EACH = 5000, HANGING = CALLERS * EACH };
enum { WORKERS = 10, PLACES = HANGING / WORKERS };  //  a worker lets 16,384 wait
enum { TIMEOUT_MS = 25000, IDLE_MS = 2000, LATE_MS = 20000 };

typedef struct {
    bench_scene_t *scene;
    daffi_global_t *echo, *asker;
    daffi_global_t *workers[WORKERS];
    daffi_global_t *callers[CALLERS];
    daffi_future_t **futures;
    pthread_mutex_t held;       //  by the conductor, as long as calls should hang
    int64_t first_ns, last_ns;  //  the first and the last call began
} hang_t;

static daffi_status_t wait_for_lock (daffi_request_t *request, void *arg)
{
    hang_t *self = arg;
    pthread_mutex_lock (&self->held);
    pthread_mutex_unlock (&self->held);
    return daffi_request_reply (request, 1);
}

static daffi_status_t start_nodes (hang_t *self, daffi_error_t *error)
{
    const daffi_function_t hanging[] = {
        {.name = "hang", .callback = wait_for_lock, .arg = self}, {0}};
    const daffi_function_t echoing[] = {
        {.name = "echo0", .callback = bench_scene_echo, .run_inline = true}, {0}};
    char name[32];
    for (unsigned i = 0; i < WORKERS; i++) {
        snprintf (name, sizeof name, "worker-%u", i);
        daffi_options_t options = {.process_name = name,
                                   .functions = hanging,
                                   .workers = 1,
                                   .capacity = PLACES};
        self->workers[i] = bench_scene_node_with (self->scene, &options, error);
        if (!self->workers[i])
            return error->status;
    }
    self->echo = bench_scene_node (self->scene, "echo", echoing, error);
    self->asker =
        self->echo ? bench_scene_node (self->scene, "asker", NULL, error) : NULL;
    if (!self->asker ||
        daffi_global_wait_function (self->asker, "hang", 10000, error) ||
        daffi_global_wait_function (self->asker, "echo0", 10000, error))
        return error->status;
    for (unsigned i = 0; i < CALLERS; i++) {
        snprintf (name, sizeof name, "caller-%u", i);
        self->callers[i] = bench_scene_node (self->scene, name, NULL, error);
        if (!self->callers[i])
            return error->status;
    }
    return DAFFI_OK;
}

static daffi_status_t start_calls (hang_t *self, daffi_error_t *error)
{
    self->first_ns = bench_clock_ns ();
    for (unsigned i = 0; i < HANGING; i++) {
        self->last_ns = bench_clock_ns ();
        self->futures[i] =
            daffi_call_start (self->callers[i / EACH], "hang", DAFFI_ARGS (1),
                              DAFFI_CALL (.timeout_ms = TIMEOUT_MS), error);
        if (!self->futures[i])
            return error->status;
    }
    //  the last one has passed the controller once a call of its caller is answered
    for (unsigned i = 0; i < CALLERS; i++)
        if (daffi_call_void (self->callers[i], "echo0",
                             DAFFI_ARGS (daffi_value_binary ("x", 1)), error))
            return error->status;
    return DAFFI_OK;
}

//  All of them, by their deadlines; how late the last one is.
static daffi_status_t await_timeouts (hang_t *self, double *late_ms,
                                      daffi_error_t *error)
{
    daffi_error_t outcome;
    for (unsigned i = 0; i < HANGING; i++)
        if (daffi_future_wait (self->futures[i], TIMEOUT_MS + LATE_MS, &outcome) !=
            DAFFI_TIMEOUT)
            return bench_fail (error, DAFFI_FAILED, "call %u did not time out: %s", i,
                               outcome.text);
    *late_ms = (double)(bench_clock_ns () - self->last_ns) / 1e6 - (double)TIMEOUT_MS;
    return DAFFI_OK;
}

static daffi_status_t measure (hang_t *self, daffi_error_t *error)
{
    bench_scene_t *scene = self->scene;
    const bench_child_t *broker = &scene->rig.broker;
    if (bench_scene_calls (scene, self->asker, 1,
                           "a call while %u others hang: controller", 0, error))
        return error->status;
    double before_kib = bench_resident_kib (broker);
    int64_t cpu_ns = bench_child_cpu_ns (broker);
    if (start_calls (self, error))
        return error->status;
    double begun_us = (double)(bench_child_cpu_ns (broker) - cpu_ns) / 1000 / HANGING;
    double each_bytes = (bench_resident_kib (broker) - before_kib) * 1024 / HANGING;
    cpu_ns = bench_child_cpu_ns (broker);
    int64_t begin_ns = bench_clock_ns ();
    poll (NULL, 0, IDLE_MS);
    double percent = (double)(bench_child_cpu_ns (broker) - cpu_ns) * 100 /
                     (double)(bench_clock_ns () - begin_ns);
    if (bench_scene_calls (scene, self->asker, 1,
                           "a call while %u others hang: controller", HANGING, error))
        return error->status;
    double late_ms;
    cpu_ns = bench_child_cpu_ns (broker);
    if (bench_clock_ns () - self->first_ns > INT64_C (1000000) * (TIMEOUT_MS - 1000))
        return bench_fail (error, DAFFI_TIMEOUT, "too slow to hang that many calls");
    if (await_timeouts (self, &late_ms, error))
        return error->status;
    double ended_us = (double)(bench_child_cpu_ns (broker) - cpu_ns) / 1000 / HANGING;
    bench_scene_note (scene, "us CPU/call", &begun_us, 1,
                      "one of %u hanging calls begins: controller", HANGING);
    bench_scene_note (scene, "bytes/call", &each_bytes, 1,
                      "one of %u hanging calls: memory of the controller", HANGING);
    bench_scene_note (scene, "% of a core", &percent, 1,
                      "%u calls hang, nothing else: controller", HANGING);
    bench_scene_note (scene, "us CPU/call", &ended_us, 1,
                      "one of %u hanging calls times out: controller", HANGING);
    bench_scene_note (scene, "ms", &late_ms, 1,
                      "%u time out at once: the last is told late by", HANGING);
    return DAFFI_OK;
}

daffi_status_t bench_hang_run (bench_scene_t *scene, daffi_error_t *error)
{
    hang_t self = {.scene = scene, .futures = calloc (HANGING, sizeof *self.futures)};
    if (!self.futures)
        return bench_fail (error, DAFFI_NO_MEMORY, "no memory");
    bench_table_progress ("%d calls hang", (int)HANGING);
    pthread_mutex_init (&self.held, NULL);
    pthread_mutex_lock (&self.held);
    daffi_status_t status = bench_scene_open (scene, error);
    if (!status)
        status = start_nodes (&self, error);
    if (!status)
        status = measure (&self, error);
    pthread_mutex_unlock (&self.held);
    for (unsigned i = 0; i < HANGING; i++)
        daffi_future_destroy (&self.futures[i]);
    for (unsigned i = 0; i < CALLERS; i++)
        daffi_global_destroy (&self.callers[i]);
    daffi_global_destroy (&self.asker);
    daffi_global_destroy (&self.echo);
    for (unsigned i = 0; i < WORKERS; i++)
        daffi_global_destroy (&self.workers[i]);
    bench_scene_close (scene);
    pthread_mutex_destroy (&self.held);
    free (self.futures);
    return status;
}
