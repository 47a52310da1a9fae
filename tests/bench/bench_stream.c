//  SPDX-License-Identifier: MPL-2.0
//  Streams: items one way, as fast as the credit of the other end allows.
//
//  Each round is one stream. What counts is an item that was sent, or that was read:
//  neither end is ever more than its window ahead of the other.
#include "bench_daffi.h"

#define TIMEOUT_MS 15000

static bool matches (const bench_items_t *self, const daffi_value_t *item)
{
    const void *data;
    size_t size;
    return !daffi_value_get_bytes (item, &data, &size) && size == self->size &&
           bench_body_matches (data, size, self->body);
}

//  --- the worker's side ---------------------------------------------------

daffi_status_t bench_stream_sink (daffi_request_t *request, void *arg)
{
    bench_items_t *self = arg;
    int64_t count = 0;
    daffi_value_t item;
    daffi_status_t status;
    while (!(status = daffi_request_receive (request, TIMEOUT_MS, &item))) {
        if (!matches (self, &item))
            return daffi_request_fail (request, "an item is not what was sent");
        count++;
    }
    return status == DAFFI_END ? daffi_request_reply (request, count) : status;
}

static daffi_status_t yield (const bench_items_t *self, daffi_request_t *request)
{
    if (self->size >= BENCH_BY_REFERENCE_BYTES)
        return daffi_request_yield_take (request, self->body, self->size,
                                         bench_body_keep, NULL, TIMEOUT_MS);
    return daffi_request_yield_value (
        request, daffi_value_binary (self->body, self->size), TIMEOUT_MS);
}

daffi_status_t bench_stream_source (daffi_request_t *request, void *arg)
{
    bench_items_t *self = arg;
    daffi_status_t status;
    do
        status = yield (self, request);
    while (!status);
    return status;
}

//  --- the caller's side ---------------------------------------------------

static daffi_stream_t *open_stream (bench_items_t *self, const char *function,
                                    daffi_error_t *error)
{
    return daffi_stream_open (self->global, function, DAFFI_ARGS (),
                              DAFFI_CALL (.timeout_ms = DAFFI_FOREVER), error);
}

static daffi_status_t feed (const bench_items_t *self, daffi_stream_t *stream,
                            daffi_error_t *error)
{
    if (self->size >= BENCH_BY_REFERENCE_BYTES)
        return daffi_stream_send_take (stream, self->body, self->size, bench_body_keep,
                                       NULL, TIMEOUT_MS, error);
    return daffi_stream_send_value (stream, daffi_value_binary (self->body, self->size),
                                    TIMEOUT_MS, error);
}

daffi_status_t bench_stream_feed (void *items, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    bench_items_t *self = items;
    DAFFI_AUTO (daffi_stream) *stream = open_stream (self, BENCH_SINK, error);
    if (!stream)
        return error->status;
    int64_t sent = 0, taken = 0;
    do {
        if (feed (self, stream, error))
            return error->status;
        sent++;
    } while (bench_meter_tick (meter));
    daffi_stream_send_end (stream);
    if (daffi_stream_wait (stream, TIMEOUT_MS, error))
        return error->status;
    if (daffi_value_get_int (daffi_stream_value (stream), &taken) || taken != sent)
        return bench_fail (error, DAFFI_PROTOCOL, "%lld of %lld items arrived",
                           (long long)taken, (long long)sent);
    return DAFFI_OK;
}

daffi_status_t bench_stream_read (void *items, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    bench_items_t *self = items;
    DAFFI_AUTO (daffi_stream) *stream = open_stream (self, BENCH_SOURCE, error);
    if (!stream)
        return error->status;
    bool matched;
    do {
        DAFFI_AUTO (daffi_result) *item = NULL;
        if (daffi_stream_receive (stream, TIMEOUT_MS, &item, error))
            return error->status;
        matched = matches (self, daffi_result_value (item));
    } while (bench_meter_tick (meter) && matched);
    return matched ? DAFFI_OK
                   : bench_fail (error, DAFFI_PROTOCOL, "an item is not what was sent");
}
