//  SPDX-License-Identifier: MPL-2.0
//  What daffi's worker and caller have in common.
//
//  Both get the endpoint that the broker wrote and join it under a name of their own.
#ifndef BENCH_DAFFI_H
#define BENCH_DAFFI_H

#include "bench_base.h"
#include "bench_meter.h"

#define BENCH_FUNCTION "echo"
#define BENCH_SINK     "sink"    //  takes items, and answers how many
#define BENCH_SOURCE   "source"  //  yields items until nobody reads them

//  Fills host and port, or the folder of the socket, of `options` from an endpoint such
//  as "tcp://127.0.0.1:8888" or "ipc:///run/daffi/.sock". `text` is what they borrow.
daffi_status_t bench_daffi_endpoint (const char *endpoint, char text[128],
                                     daffi_options_t *options,
                                     daffi_error_t *error) DAFFI_MUST_USE;

//  In bench_stream.c: the callbacks of the worker, `arg` is a bench_items_t, and the
//  caller's side of one round.
typedef struct {
    daffi_global_t *global;  //  of the caller
    uint8_t *body;
    size_t size;
} bench_items_t;

daffi_status_t bench_stream_sink (daffi_request_t *request, void *arg);
daffi_status_t bench_stream_source (daffi_request_t *request, void *arg);
daffi_status_t bench_stream_feed (void *items, bench_meter_t *meter,
                                  daffi_error_t *error);
daffi_status_t bench_stream_read (void *items, bench_meter_t *meter,
                                  daffi_error_t *error);

#endif
