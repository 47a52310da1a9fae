//  SPDX-License-Identifier: MPL-2.0
//  How long something took, many times over, in little memory: for quantiles.
//
//  Eight classes for each power of two, as in HdrHistogram, so that a quantile is at
//  most one eighth too large. Counts may be added by any number of threads; whoever
//  reads meanwhile sees each of them or not yet.

#ifndef DAFFI_HISTOGRAM_H
#define DAFFI_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    DAFFI_HISTOGRAM_PARTS = 8,
    DAFFI_HISTOGRAM_OCTAVES = 42,  //  of nanoseconds: more than an hour
    DAFFI_HISTOGRAM_SIZE = DAFFI_HISTOGRAM_PARTS * DAFFI_HISTOGRAM_OCTAVES
};

typedef struct {
    atomic_uint_least32_t classes[DAFFI_HISTOGRAM_SIZE];
} daffi_histogram_t;

void daffi_histogram_init (daffi_histogram_t *self);
void daffi_histogram_add (daffi_histogram_t *self, uint64_t value);
//  The upper end of the class in which that share of the values is reached; 0 where
//  there are none. `share` is 0 to 1.
uint64_t daffi_histogram_quantile (const daffi_histogram_t *self, double share);

#endif
