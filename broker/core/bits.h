//  SPDX-License-Identifier: MPL-2.0
//  A growing set of small numbers, one bit each.

#ifndef DAFFI_CORE_BITS_H
#define DAFFI_CORE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

typedef struct {
    uint64_t *words;
    uint32_t count;  //  words
} daffi_bits_t;

static inline void daffi_bits_set (daffi_bits_t *self, uint32_t bit)
{
    uint32_t word = bit / 64;
    if (word >= self->count) {
        uint32_t count = (word + 1) * 2;
        self->words = daffi_renew (self->words, count * sizeof *self->words);
        memset (self->words + self->count, 0,
                (count - self->count) * sizeof *self->words);
        self->count = count;
    }
    self->words[word] |= UINT64_C (1) << bit % 64;
}

static inline void daffi_bits_clear (daffi_bits_t *self, uint32_t bit)
{
    if (bit / 64 < self->count)
        self->words[bit / 64] &= ~(UINT64_C (1) << bit % 64);
}

static inline void daffi_bits_done (daffi_bits_t *self)
{
    free (self->words);
    memset (self, 0, sizeof *self);
}

#endif
