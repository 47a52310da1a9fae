//  SPDX-License-Identifier: MPL-2.0
//  Random numbers that nobody can foretell: tokens, incarnations, epochs.

#ifndef DAFFI_ENTROPY_H
#define DAFFI_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

//  From getrandom(2), which does not fail for our sizes once the kernel is up.
void daffi_entropy_fill (void *data, size_t size);

//  A stock of random bytes for one actor: one system call for many numbers.
typedef struct {
    uint64_t stock[128];
    unsigned left;
} daffi_entropy_t;

uint64_t daffi_entropy_next (daffi_entropy_t *self);

//  srand (), for libzmq's reconnect jitter and first routing ids, which come from
//  rand (): without it they are the same in every process. Once a process.
void daffi_entropy_seed_rand (void);

#endif
