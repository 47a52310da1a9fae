//  SPDX-License-Identifier: MPL-2.0
//  Clock and errors that every part of the benchmark shares.
//
//  The benchmark sees the public headers only; it borrows their error struct, so that
//  what the library says and what the benchmark says reach the reader the same way.
#ifndef BENCH_BASE_H
#define BENCH_BASE_H

#include <daffi.h>
#include <stdint.h>

#define BENCH_COUNT(array) (sizeof (array) / sizeof ((array)[0]))

//  CLOCK_MONOTONIC in nanoseconds; the same in all processes of a machine.
int64_t bench_clock_ns (void);

//  Writes the text, empties the rest and returns the status.
daffi_status_t bench_fail (daffi_error_t *error, daffi_status_t status,
                           const char *format, ...) DAFFI_PRINTF (3, 4);

//  Bodies hold a pattern, so that an echo can be checked at its ends. `bench_body_new`
//  ends the process where there is no memory.
uint8_t *bench_body_new (size_t size_bytes);
bool bench_body_matches (const void *data, size_t size_bytes, const uint8_t *body);

//  From this size on a body is sent by reference, as daffi.h advises.
#define BENCH_BY_REFERENCE_BYTES 8192

//  The free function of a body that outlives every message.
void bench_body_keep (void *data, void *hint);

#endif
