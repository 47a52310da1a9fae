//  SPDX-License-Identifier: MPL-2.0
//  Gearman, by its C library: a client with so many tasks outstanding, and a worker.
//
//  A task that completes is replaced by the next one from within its callback, so that
//  as many stay outstanding as with the others.
#ifdef BENCH_HAVE_GEARMAN

#include <libgearman/gearman.h>
#include <stdlib.h>
#include <string.h>

#include "bench_role.h"

#define ANSWER_TIMEOUT_MS 15000
#define FUNCTION          "echo"

static uint16_t port_of (const char *endpoint)
{
    const char *colon = strrchr (endpoint, ':');
    return colon ? (uint16_t)strtoul (colon + 1, NULL, 10) : 0;
}

//  --- the worker ------------------------------------------------------------

static gearman_return_t echo (gearman_job_st *job, void *arg)
{
    (void)arg;
    return gearman_job_send_complete (job, gearman_job_workload (job),
                                      gearman_job_workload_size (job));
}

int bench_gearman_worker (const bench_role_t *role)
{
    daffi_error_t error;
    gearman_worker_st *worker = gearman_worker_create (NULL);
    if (!worker ||
        gearman_failed (gearman_worker_add_server (worker, "127.0.0.1",
                                                   port_of (role->endpoint))) ||
        gearman_failed (
            gearman_worker_define_function (worker, FUNCTION, strlen (FUNCTION),
                                            gearman_function_create (echo), 0, NULL))) {
        bench_fail (&error, DAFFI_SYSTEM, "Gearman worker: %s",
                    worker ? gearman_worker_error (worker) : "no memory");
        return bench_role_error (&error);
    }
    bench_role_say ("ready");
    while (gearman_success (gearman_worker_work (worker)))
        ;
    bench_fail (&error, DAFFI_SYSTEM, "Gearman worker: %s",
                gearman_worker_error (worker));
    return bench_role_error (&error);
}

//  --- the caller ------------------------------------------------------------

typedef struct {
    gearman_client_st *client;
    uint8_t *body;
    size_t body_size;
    uint32_t outstanding;
    bench_meter_t *meter;
    bool running;
    bool wrong;
} caller_t;

static daffi_status_t fail (const caller_t *self, const char *what,
                            daffi_error_t *error)
{
    if (self->wrong)
        return bench_fail (error, DAFFI_PROTOCOL, "Gearman: not what was sent");
    return bench_fail (error, DAFFI_SYSTEM, "%s: %s", what,
                       gearman_client_error (self->client));
}

static daffi_status_t run_serial (caller_t *self, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    int64_t sent_ns;
    do {
        sent_ns = bench_clock_ns ();
        size_t size = 0;
        gearman_return_t status = GEARMAN_SUCCESS;
        void *answer =
            gearman_client_do (self->client, FUNCTION, NULL, (const char *)self->body,
                               self->body_size, &size, &status);
        self->wrong =
            gearman_success (status) &&
            (size != self->body_size || !bench_body_matches (answer, size, self->body));
        free (answer);
        if (gearman_failed (status) || self->wrong)
            return fail (self, "Gearman call", error);
    } while (bench_meter_tick_since (meter, sent_ns));
    return DAFFI_OK;
}

static bool add_task (caller_t *self)
{
    gearman_return_t status = GEARMAN_SUCCESS;
    gearman_client_add_task (self->client, NULL, self, FUNCTION, NULL, self->body,
                             self->body_size, &status);
    return gearman_success (status);
}

static gearman_return_t on_complete (gearman_task_st *task)
{
    caller_t *self = gearman_task_context (task);
    self->wrong |=
        gearman_task_data_size (task) != self->body_size ||
        !bench_body_matches (gearman_task_data (task), self->body_size, self->body);
    if (!self->running)
        bench_meter_late (self->meter);
    else
        self->running = bench_meter_tick (self->meter);
    if (self->running && !add_task (self))
        return GEARMAN_ERRNO;
    return GEARMAN_SUCCESS;
}

static daffi_status_t run_window (caller_t *self, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    self->meter = meter;
    self->running = true;
    for (uint32_t i = 0; i < self->outstanding; i++)
        if (!add_task (self))
            return fail (self, "Gearman call", error);
    do {
        if (gearman_failed (gearman_client_run_tasks (self->client)) || self->wrong)
            return fail (self, "Gearman calls", error);
        //  what was added after its last look waits for the next run
    } while (self->running);
    return DAFFI_OK;
}

static daffi_status_t run (void *caller, bench_meter_t *meter, daffi_error_t *error)
{
    caller_t *self = caller;
    return self->outstanding == 1 ? run_serial (self, meter, error)
                                  : run_window (self, meter, error);
}

int bench_gearman_caller (const bench_role_t *role)
{
    caller_t self = {.outstanding = role->outstanding,
                     .body = bench_body_new (role->payload_bytes),
                     .body_size = role->payload_bytes,
                     .client = gearman_client_create (NULL)};
    daffi_error_t error;
    if (!self.client || gearman_failed (gearman_client_add_server (
                            self.client, "127.0.0.1", port_of (role->endpoint)))) {
        bench_fail (&error, DAFFI_SYSTEM, "Gearman caller: no client");
        return bench_role_error (&error);
    }
    gearman_client_set_timeout (self.client, ANSWER_TIMEOUT_MS);
    gearman_client_add_options (self.client, GEARMAN_CLIENT_FREE_TASKS);
    gearman_client_set_complete_fn (self.client, on_complete);
    return bench_role_serve (run, &self, role, "tasks");
}

#else
typedef int bench_gearman_is_not_here;
#endif
