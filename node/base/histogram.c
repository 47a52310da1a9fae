//  SPDX-License-Identifier: MPL-2.0
//  How long something took, many times over, in little memory.

#include "histogram.h"

#include <stddef.h>

enum { PART_BITS = 3 };

static size_t class_of (uint64_t value)
{
    if (value < DAFFI_HISTOGRAM_PARTS)
        return (size_t)value;
    unsigned octave = 63 - (unsigned)__builtin_clzll (value);
    uint64_t part = (value >> (octave - PART_BITS)) & (DAFFI_HISTOGRAM_PARTS - 1);
    size_t at = (octave - PART_BITS + 1) * DAFFI_HISTOGRAM_PARTS + (size_t)part;
    return at < DAFFI_HISTOGRAM_SIZE ? at : DAFFI_HISTOGRAM_SIZE - 1;
}

//  The largest value of a class.
static uint64_t end_of (size_t at)
{
    if (at < DAFFI_HISTOGRAM_PARTS)
        return at;
    size_t shift = at / DAFFI_HISTOGRAM_PARTS - 1;
    uint64_t part = DAFFI_HISTOGRAM_PARTS + at % DAFFI_HISTOGRAM_PARTS;
    return ((part + 1) << shift) - 1;
}

void daffi_histogram_init (daffi_histogram_t *self)
{
    for (size_t i = 0; i < DAFFI_HISTOGRAM_SIZE; i++)
        atomic_init (&self->classes[i], 0);
}

void daffi_histogram_add (daffi_histogram_t *self, uint64_t value)
{
    atomic_fetch_add_explicit (&self->classes[class_of (value)], 1,
                               memory_order_relaxed);
}

uint64_t daffi_histogram_quantile (const daffi_histogram_t *self, double share)
{
    uint32_t counts[DAFFI_HISTOGRAM_SIZE];
    uint64_t all = 0, seen = 0;
    for (size_t i = 0; i < DAFFI_HISTOGRAM_SIZE; i++) {
        counts[i] = atomic_load_explicit (&self->classes[i], memory_order_relaxed);
        all += counts[i];
    }
    for (size_t i = 0; all && i < DAFFI_HISTOGRAM_SIZE; i++) {
        seen += counts[i];
        if (seen && (double)seen >= share * (double)all)
            return end_of (i);
    }
    return 0;
}
