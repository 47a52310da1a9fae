//  SPDX-License-Identifier: MPL-2.0
//  Clock and errors that every part of the benchmark shares.
//
//  One clock for all processes lets several callers begin and end at the same instant.
#include "bench_base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t bench_clock_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

daffi_status_t bench_fail (daffi_error_t *error, daffi_status_t status,
                           const char *format, ...)
{
    memset (error, 0, sizeof *error);
    error->status = status;
    va_list args;
    va_start (args, format);
    vsnprintf (error->text, sizeof error->text, format, args);
    va_end (args);
    return status;
}

uint8_t *bench_body_new (size_t size_bytes)
{
    uint8_t *body = malloc (size_bytes);
    if (!body) {
        fprintf (stderr, "daffi-bench: out of memory for %zu bytes\n", size_bytes);
        exit (1);
    }
    for (size_t i = 0; i < size_bytes; i++)
        body[i] = (uint8_t)(i * 31 + 7);
    return body;
}

//  Looks at the ends alone: a look at every byte would cost more than the transport.
bool bench_body_matches (const void *data, size_t size_bytes, const uint8_t *body)
{
    const uint8_t *bytes = data;
    size_t end = size_bytes < 8 ? size_bytes : 8;
    return memcmp (bytes, body, end) == 0 &&
           memcmp (bytes + size_bytes - end, body + size_bytes - end, end) == 0;
}

void bench_body_keep (void *data, void *hint)
{
    (void)data;
    (void)hint;
}
