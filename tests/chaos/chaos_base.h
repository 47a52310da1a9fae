//  SPDX-License-Identifier: MPL-2.0
//  Time and chance, for every process of the chaos program.
//
//  CLOCK_MONOTONIC is one clock for the whole machine, so stamps that different
//  processes took can be compared.
#ifndef CHAOS_BASE_H
#define CHAOS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CHAOS_COUNT(array) (sizeof (array) / sizeof (array)[0])
#define CHAOS_MS           INT64_C (1000000)
#define CHAOS_SECOND       INT64_C (1000000000)

static inline int64_t chaos_now (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * CHAOS_SECOND + now.tv_nsec;
}

static inline void chaos_sleep (int64_t ns)
{
    struct timespec time = {.tv_sec = (time_t)(ns / CHAOS_SECOND),
                            .tv_nsec = (long)(ns % CHAOS_SECOND)};
    nanosleep (&time, NULL);
}

//  splitmix64 (public domain, Sebastiano Vigna).
static inline uint64_t chaos_mix (uint64_t x)
{
    x += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C (0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline uint64_t chaos_random (uint64_t *state)
{
    *state += UINT64_C (0x9e3779b97f4a7c15);
    return chaos_mix (*state);
}

//  low <= result < high
static inline uint32_t chaos_between (uint64_t *state, uint32_t low, uint32_t high)
{
    return low + (uint32_t)(chaos_random (state) % (high - low));
}

#endif
