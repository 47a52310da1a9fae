//  SPDX-License-Identifier: MPL-2.0
//  Time, read in one place.

#include "clock.h"

#include <time.h>

int64_t daffi_clock_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t daffi_clock_us (void)
{
    return daffi_clock_ns () / 1000;
}

int64_t daffi_clock_ms (void)
{
    return daffi_clock_us () / 1000;
}
