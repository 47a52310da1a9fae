//  SPDX-License-Identifier: MPL-2.0
//  Threads that call "add" without a pause.

#include "load.h"

#include <string.h>

static void *call_until_told (void *arg)
{
    load_t *self = arg;
    for (int i = 0; !atomic_load (&self->stop); i++) {
        CHECK_CALL_INT (self->global, "add", DAFFI_ARGS (i, 1), i + 1);
        atomic_fetch_add (&self->calls, 1);
        board_add (BOARD_CALLED, 1);
    }
    return NULL;
}

void load_start (load_t *self, daffi_global_t *global, int threads)
{
    memset (self, 0, sizeof *self);
    self->global = global;
    self->count = threads;
    for (int i = 0; i < threads; i++)
        CHECK (pthread_create (&self->threads[i], NULL, call_until_told, self) == 0);
}

int load_stop (load_t *self)
{
    atomic_store (&self->stop, true);
    for (int i = 0; i < self->count; i++)
        pthread_join (self->threads[i], NULL);
    return atomic_load (&self->calls);
}
