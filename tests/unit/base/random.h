//  SPDX-License-Identifier: MPL-2.0
//  Random numbers that are the same in every run (xorshift64*, Vigna 2016).

#ifndef DAFFI_TEST_RANDOM_H
#define DAFFI_TEST_RANDOM_H

#include <stdint.h>

typedef struct {
    uint64_t state;  //  not 0
} random_t;

static inline uint64_t random_next (random_t *self)
{
    self->state ^= self->state >> 12;
    self->state ^= self->state << 25;
    self->state ^= self->state >> 27;
    return self->state * UINT64_C (0x2545f4914f6cdd1d);
}

static inline uint64_t random_below (random_t *self, uint64_t limit)
{
    return random_next (self) % limit;
}

#endif
