//  SPDX-License-Identifier: MPL-2.0
//  Memory of packets that libzmq has sent.

#include "shelf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "alloc.h"

enum { PLACES = 8 };  //  a packet takes 128 KiB at most

struct daffi_shelf {
    atomic_uint refs;
    pthread_mutex_t lock;
    daffi_buffer_t spare[PLACES];
    unsigned count;
};

daffi_shelf_t *daffi_shelf_new (void)
{
    daffi_shelf_t *self = daffi_new (sizeof *self);
    atomic_init (&self->refs, 1);
    pthread_mutex_init (&self->lock, NULL);
    return self;
}

daffi_shelf_t *daffi_shelf_ref (daffi_shelf_t *self)
{
    atomic_fetch_add_explicit (&self->refs, 1, memory_order_relaxed);
    return self;
}

void daffi_shelf_unref (daffi_shelf_t *self)
{
    if (!self || atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) > 1)
        return;
    while (self->count)
        daffi_buffer_done (&self->spare[--self->count]);
    pthread_mutex_destroy (&self->lock);
    free (self);
}

void daffi_shelf_put (daffi_shelf_t *self, daffi_buffer_t *buffer)
{
    if (!buffer->data)
        return;
    pthread_mutex_lock (&self->lock);
    bool kept = self->count < PLACES;
    if (kept) {
        daffi_buffer_clear (buffer);
        self->spare[self->count++] = *buffer;
    }
    pthread_mutex_unlock (&self->lock);
    if (!kept)
        free (buffer->data);
    daffi_buffer_init (buffer);
}

void daffi_shelf_take (daffi_shelf_t *self, daffi_buffer_t *buffer)
{
    pthread_mutex_lock (&self->lock);
    if (self->count)
        *buffer = self->spare[--self->count];
    pthread_mutex_unlock (&self->lock);
}
