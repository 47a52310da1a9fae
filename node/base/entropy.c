//  SPDX-License-Identifier: MPL-2.0
//  Random numbers that nobody can foretell.

#include "entropy.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

void daffi_entropy_fill (void *data, size_t size)
{
    uint8_t *cursor = data;
    while (size) {
        ssize_t got = getrandom (cursor, size, 0);
        if (got <= 0)
            continue;
        cursor += got;
        size -= (size_t)got;
    }
}

uint64_t daffi_entropy_next (daffi_entropy_t *self)
{
    if (!self->left) {
        daffi_entropy_fill (self->stock, sizeof self->stock);
        self->left = sizeof self->stock / sizeof self->stock[0];
    }
    return self->stock[--self->left];
}

static void seed (void)
{
    unsigned value;
    daffi_entropy_fill (&value, sizeof value);
    srand (value);
}

void daffi_entropy_seed_rand (void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once (&once, seed);
}
