//  SPDX-License-Identifier: MPL-2.0
//  Pseudo-random numbers that are the same in every run: splitmix64 (Steele, Lea,
//  Flood, "Fast splittable pseudorandom number generators", 2014).

#ifndef DAFFI_TEST_RANDOM_H
#define DAFFI_TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} random_t;

static inline uint64_t random_next (random_t *self)
{
    uint64_t z = self->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

//  0 to limit - 1
static inline size_t random_below (random_t *self, size_t limit)
{
    return (size_t)(random_next (self) % limit);
}

//  All magnitudes alike: a number of a random count of bits.
static inline uint64_t random_bits (random_t *self)
{
    const size_t bits = random_below (self, 65);
    return bits == 0 ? 0 : random_next (self) >> (64 - bits);
}

#endif
