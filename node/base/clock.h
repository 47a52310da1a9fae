//  SPDX-License-Identifier: MPL-2.0
//  Time, read in one place. Deadlines and heartbeats count on the monotonic clock.

#ifndef DAFFI_CLOCK_H
#define DAFFI_CLOCK_H

#include <stdint.h>

#define DAFFI_NEVER INT64_MAX

//  CLOCK_MONOTONIC (clock_gettime(2)): does not jump, does not count suspend.
int64_t daffi_clock_ms (void);
int64_t daffi_clock_us (void);
int64_t daffi_clock_ns (void);

//  now + timeout, where a negative timeout never ends.
static inline int64_t daffi_deadline (int64_t now_ms, int64_t timeout_ms)
{
    return timeout_ms < 0 || timeout_ms > DAFFI_NEVER - now_ms ? DAFFI_NEVER
                                                               : now_ms + timeout_ms;
}

#endif
