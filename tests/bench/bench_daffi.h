//  SPDX-License-Identifier: MPL-2.0
//  What daffi's worker and caller have in common.
//
//  Both get the endpoint that the broker wrote and join it under a name of their own.
#ifndef BENCH_DAFFI_H
#define BENCH_DAFFI_H

#include "bench_base.h"

#define BENCH_FUNCTION "echo"

//  Fills host and port, or the folder of the socket, of `options` from an endpoint such
//  as "tcp://127.0.0.1:8888" or "ipc:///run/daffi/.sock". `text` is what they borrow.
daffi_status_t bench_daffi_endpoint (const char *endpoint, char text[128],
                                     daffi_options_t *options,
                                     daffi_error_t *error) DAFFI_MUST_USE;

#endif
