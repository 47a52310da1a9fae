//  SPDX-License-Identifier: MPL-2.0
//  From kill -9 of a provider to PROCESS_LOST at its caller.
//
//  The conductor is the caller here: it kills and is told, so one process takes both
//  stamps. The first one is taken before kill (): what the kernel needs to take a
//  process apart is part of the figure.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "chaos_measure.h"
#include "chaos_role.h"
#include "chaos_scene.h"
#include "chaos_work.h"

enum { TARGET_MS = 20, PATIENCE_MS = 10000 };

typedef struct {
    chaos_scene_t scene;
    daffi_global_t *global;
    int64_t *samples;
    _Atomic int64_t told_ns;
} kill_t;

static void on_done (daffi_future_t *future, void *arg)
{
    (void)future;
    kill_t *self = arg;
    atomic_store (&self->told_ns, chaos_now ());
}

//  A call that runs in the worker and will not end by itself.
static daffi_future_t *occupy (kill_t *self, const char *process, chaos_call_t **call_p)
{
    uint64_t number;
    uint8_t bytes[64];
    daffi_error_t error;
    chaos_call_t *call = chaos_board_new_call (self->scene.board, &number);
    call->kind = CHAOS_WATCH;
    call->parameter = 1999;
    size_t size = chaos_work_sent_size (call);
    chaos_work_fill (bytes, size, number);
    *call_p = call;
    atomic_store (&self->told_ns, 0);
    daffi_future_t *future = daffi_call_start (
        self->global, CHAOS_POOLED_NAME,
        DAFFI_ARGS (number, chaos_work_digest (number, call),
                    daffi_value_binary (bytes, size)),
        DAFFI_CALL (.process = process, .timeout_ms = PATIENCE_MS), &error);
    if (future && daffi_future_on_done (future, on_done, self))
        daffi_future_destroy (&future);
    return future;
}

static bool wait_start (const chaos_call_t *call)
{
    int64_t end = chaos_now () + PATIENCE_MS * CHAOS_MS;
    while (!call->started_ns[0] && chaos_now () < end)
        chaos_sleep (CHAOS_MS / 10);
    return call->started_ns[0] != 0;
}

static bool kill_once (kill_t *self, uint32_t index)
{
    char name[64];
    daffi_error_t error = {0};
    chaos_call_t *call;
    chaos_place_t *worker = &self->scene.nodes[0];
    chaos_role_name_of (name, CHAOS_WORKER, worker->slot);
    if (!chaos_scene_start (&self->scene, worker) ||
        daffi_global_wait_process (self->global, name, PATIENCE_MS, &error)) {
        printf ("FAILED kill %u: the worker did not come: %s\n", index, error.text);
        return false;
    }
    daffi_future_t *future = occupy (self, name, &call);
    bool good = future && wait_start (call);
    int64_t began = chaos_now ();
    kill (worker->pid, SIGKILL);
    daffi_status_t status =
        good ? daffi_future_wait (future, PATIENCE_MS, &error) : DAFFI_INTERNAL;
    good =
        good && status == DAFFI_PROCESS_LOST && error.executed == DAFFI_EXECUTED_MAYBE;
    if (!good)
        printf ("FAILED kill %u: the caller was told %s, executed %d\n", index,
                daffi_status_name (status), (int)error.executed);
    self->samples[index] = self->told_ns - began;
    daffi_future_destroy (&future);
    chaos_scene_kill (&self->scene, worker);
    return good;
}

static int compare (const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool open_caller (kill_t *self)
{
    static chaos_life_t life = {.role = CHAOS_CALLER};
    chaos_self_t me = {.board = self->scene.board, .life = &life};
    life.slot = 1;
    self->global = chaos_role_global (&me, NULL);
    return self->global != NULL;
}

static int report (const kill_t *self, uint32_t kills, uint32_t failures)
{
    const chaos_settings_t *settings = self->scene.settings;
    qsort (self->samples, kills, sizeof *self->samples, compare);
    double p50 = (double)self->samples[kills / 2] / (double)CHAOS_MS;
    double p99 = (double)self->samples[kills * 99 / 100] / (double)CHAOS_MS;
    double most = (double)self->samples[kills - 1] / (double)CHAOS_MS;
    printf ("daffi-chaos kill: %s, %u kills: PROCESS_LOST after p50 %.2f ms, p99 %.2f "
            "ms, max %.2f ms (target p99 <= %d ms%s), %u failed\n",
            chaos_transport_name (settings->transport), kills, p50, p99, most,
            TARGET_MS, p99 <= TARGET_MS ? "" : ": MISSED", failures);
    return failures || p50 > TARGET_MS || (settings->strict && p99 > TARGET_MS) ? 1 : 0;
}

int chaos_measure_kill (const chaos_settings_t *settings)
{
    static kill_t self;
    int code = 3;
    uint32_t failures = 0;
    self.samples = calloc (settings->kills, sizeof *self.samples);
    if (self.samples && chaos_scene_init (&self.scene, settings, settings->kills + 1) &&
        chaos_scene_start_broker (&self.scene) &&
        (!self.scene.proxied || chaos_scene_start_proxy (&self.scene)) &&
        open_caller (&self)) {
        for (uint32_t i = 0; i < settings->kills; i++)
            failures += !kill_once (&self, i);
        daffi_global_destroy (&self.global);
        code = report (&self, settings->kills, failures);
    }
    chaos_scene_done (&self.scene);
    free (self.samples);
    return code;
}
