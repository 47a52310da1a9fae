//  SPDX-License-Identifier: MPL-2.0
//  How table.c and names.c spread their keys: wide multiplications.
//
//  Of a product of 64 by 64 bits the two halves are folded together, so that every bit
//  of the key reaches the low ones, which choose the slot. (A product cut at 64 bits
//  leaves the last letters of a name without a say in them.) The factor is secret:
//  whoever chooses keys cannot choose collisions.

#ifndef DAFFI_HASH_H
#define DAFFI_HASH_H

#include <stdint.h>

static inline uint64_t daffi_hash_fold (uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 wide_t;
    const wide_t product = (wide_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
    //  the finaliser of SplitMix64 (Steele, Lea, Flood 2014)
    uint64_t x = a ^ b;
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C (0x94d049bb133111eb);
    return x ^ (x >> 31);
#endif
}

//  The last step: keys that follow each other keep a pattern after one product, and for
//  an unlucky factor it puts many of them into few slots.
static inline uint64_t daffi_hash_finish (uint64_t hash)
{
    return daffi_hash_fold (hash, UINT64_C (0x9e3779b97f4a7c15));
}

//  An odd factor that is not small whatever the seed.
static inline uint64_t daffi_hash_factor (uint64_t seed)
{
    return (seed ^ UINT64_C (0x9e3779b97f4a7c15)) | 1;
}

#endif
