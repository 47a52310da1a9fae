//  SPDX-License-Identifier: MPL-2.0
//  daffi's caller: a node that keeps so many calls outstanding.
//
//  One call outstanding is a foreground call in a loop. More are futures, in one of the
//  three ways that a good user would choose: wait for the oldest and replace it, let
//  on_done tell which are finished and replace those, or let it replace them itself.
//  All are tried for a moment before the first round, and the quickest one stays.
#include <stdio.h>
#include <stdlib.h>

#include "bench_daffi.h"
#include "bench_daffi_window.h"
#include "bench_role.h"

#define PRESENCE_TIMEOUT_MS 10000
#define TRIAL_NS            INT64_C (40000000)

static daffi_status_t check (const bench_window_t *self, const daffi_value_t *value,
                             daffi_error_t *error)
{
    const void *data;
    size_t size;
    if (!value || daffi_value_get_bytes (value, &data, &size) ||
        size != self->body_size || !bench_body_matches (data, size, self->body))
        return bench_fail (error, DAFFI_PROTOCOL, "the echo is not what was sent");
    return DAFFI_OK;
}

daffi_future_t *bench_window_start (bench_window_t *self, daffi_error_t *error)
{
    const daffi_call_options_t options = {.timeout_ms = BENCH_CALL_TIMEOUT_MS};
    if (self->body_size >= BENCH_BY_REFERENCE_BYTES)
        return daffi_call_start_take (self->global, BENCH_FUNCTION, DAFFI_ARGS (),
                                      self->body, self->body_size, bench_body_keep,
                                      NULL, &options, error);
    daffi_value_t body = daffi_value_binary (self->body, self->body_size);
    return daffi_call_start (self->global, BENCH_FUNCTION, DAFFI_ARGS (body), &options,
                             error);
}

daffi_status_t bench_window_finish (bench_window_t *self, daffi_future_t **future_p,
                                    daffi_error_t *error)
{
    daffi_status_t status =
        daffi_future_wait (*future_p, BENCH_CALL_TIMEOUT_MS * 2, error);
    if (status == DAFFI_PENDING)  //  its deadline should have ended it long ago
        bench_fail (error, status, "a call has no outcome after its deadline");
    if (!status)
        status = check (self, daffi_future_value (*future_p), error);
    daffi_future_destroy (future_p);
    return status;
}

//  Foreground, by value: what nearly every call of a program looks like.
static daffi_status_t call_once (bench_window_t *self, daffi_error_t *error)
{
    const daffi_call_options_t options = {.timeout_ms = BENCH_CALL_TIMEOUT_MS};
    daffi_value_t body = daffi_value_binary (self->body, self->body_size);
    daffi_result_t *result = NULL;
    daffi_status_t status = daffi_call (self->global, BENCH_FUNCTION, DAFFI_ARGS (body),
                                        &options, &result, error);
    if (!status)
        status = check (self, daffi_result_value (result), error);
    daffi_result_destroy (&result);
    return status;
}

static daffi_status_t call_once_take (bench_window_t *self, daffi_error_t *error)
{
    daffi_future_t *future = bench_window_start (self, error);
    return future ? bench_window_finish (self, &future, error) : error->status;
}

static daffi_status_t run_serial (void *caller, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    bench_window_t *self = caller;
    bool by_value = self->body_size < BENCH_BY_REFERENCE_BYTES;
    int64_t sent_ns;
    do {
        sent_ns = bench_clock_ns ();
        daffi_status_t status =
            by_value ? call_once (self, error) : call_once_take (self, error);
        if (status)
            return status;
    } while (bench_meter_tick_since (meter, sent_ns));
    return DAFFI_OK;
}

static daffi_status_t connect_caller (bench_window_t *self, const bench_role_t *role,
                                      daffi_error_t *error)
{
    char name[DAFFI_NAME_MAX], text[128];
    snprintf (name, sizeof name, "bench-caller-%u", role->number);
    daffi_options_t options = {.process_name = name,
                               .spin_us = role->spin_us,
                               .connect_timeout_ms = PRESENCE_TIMEOUT_MS,
                               .drain_timeout_ms = 1000};
    if (bench_daffi_endpoint (role->endpoint, text, &options, error))
        return error->status;
    self->global = daffi_global_new (&options, error);
    if (!self->global)
        return error->status;
    for (uint32_t i = 1; i <= role->pairs; i++) {
        snprintf (name, sizeof name, BENCH_WORKER_NAME, i);
        if (daffi_global_wait_process (self->global, name, PRESENCE_TIMEOUT_MS, error))
            return error->status;
    }
    return daffi_global_wait_function (self->global, BENCH_FUNCTION,
                                       PRESENCE_TIMEOUT_MS, error);
}

static daffi_status_t try_way (bench_caller_fn *run, bench_window_t *self, double *rate,
                               daffi_error_t *error)
{
    bench_meter_t meter;
    bench_meter_init (&meter, self->outstanding);
    int64_t now_ns = bench_clock_ns ();
    bench_meter_begin (&meter, now_ns + TRIAL_NS / 4, now_ns + TRIAL_NS);
    daffi_status_t status = run (self, &meter, error);
    *rate = bench_meter_rate (&meter);
    bench_meter_done (&meter);
    return status;
}

static const struct {
    const char *name;
    bench_caller_fn *run;
} ways[] = {{"oldest-first", bench_window_oldest_first},
            {"on-done", bench_window_on_done},
            {"chained", bench_window_chained}};

static daffi_status_t choose_way (bench_window_t *self, size_t *best,
                                  daffi_error_t *error)
{
    double best_rate = -1, rate;
    for (size_t i = 0; i < BENCH_COUNT (ways); i++) {
        if (try_way (ways[i].run, self, &rate, error))
            return error->status;
        if (rate > best_rate) {
            best_rate = rate;
            *best = i;
        }
    }
    return DAFFI_OK;
}

static int serve_stream (const bench_window_t *self, const bench_role_t *role)
{
    bench_items_t items = {self->global, self->body, self->body_size};
    bench_caller_fn *run =
        role->kind == BENCH_FEED ? bench_stream_feed : bench_stream_read;
    return bench_role_serve (run, &items, role, "stream");
}

int bench_daffi_caller (const bench_role_t *role)
{
    bench_window_t self;
    bench_window_init (&self, role->payload_bytes, role->outstanding);
    daffi_error_t error = {0};
    size_t way = 0;
    bool serial = role->outstanding == 1;
    int code;
    bool echoes = role->kind == BENCH_ECHO;
    if (connect_caller (&self, role, &error) ||
        (echoes && !serial && choose_way (&self, &way, &error)))
        code = bench_role_error (&error);
    else if (!echoes)
        code = serve_stream (&self, role);
    else if (serial)
        code = bench_role_serve (run_serial, &self, role, "foreground");
    else
        code = bench_role_serve (ways[way].run, &self, role, ways[way].name);
    daffi_global_destroy (&self.global);
    bench_window_done (&self);
    return code;
}
