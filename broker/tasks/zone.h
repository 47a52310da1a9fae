//  SPDX-License-Identifier: MPL-2.0
//  Time zones, read from the bytes of a TZif file (RFC 8536).
//
//  libc knows one zone a process, by the environment; a controller has tasks in many.

#ifndef DAFFI_ZONE_H
#define DAFFI_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct daffi_zone daffi_zone_t;

//  NULL: that is no TZif file, or one that makes no sense. `size` 0: UTC.
daffi_zone_t *daffi_zone_new (const void *data, size_t size);
void daffi_zone_destroy (daffi_zone_t **self_p);

//  A stretch of time within which the zone's clock is not set.
typedef struct {
    int64_t begin_s;   //  UTC; INT64_MIN: since ever
    int64_t end_s;     //  the first second that is not in it; INT64_MAX: for ever
    int64_t offset_s;  //  local time minus UTC
} daffi_zone_span_t;

//  The one that holds the second.
daffi_zone_span_t daffi_zone_at (const daffi_zone_t *self, int64_t utc_s);

//  The UTC second of a local one: the first of two, or, where there is none, the moment
//  at which the clock is set forward; then *exists is 0, else 1.
int64_t daffi_zone_utc (const daffi_zone_t *self, int64_t local_s, int64_t *exists);

#endif
