//  SPDX-License-Identifier: MPL-2.0
//  Threads that call "add" without a pause while a test replaces what serves them. A
//  call that fails fails the test.

#ifndef DAFFI_SYSTEM_LOAD_H
#define DAFFI_SYSTEM_LOAD_H

#include <pthread.h>

#include "place.h"

enum { LOAD_THREADS_MAX = 8 };

typedef struct {
    daffi_global_t *global;
    pthread_t threads[LOAD_THREADS_MAX];
    int count;
    atomic_bool stop;
    atomic_int calls;
} load_t;

//  The Global outlives it.
void load_start (load_t *self, daffi_global_t *global, int threads);
//  How many were made in all.
int load_stop (load_t *self);

#endif
