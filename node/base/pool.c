//  SPDX-License-Identifier: MPL-2.0
//  Blocks of one kind that are used again.

#include "pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "alloc.h"

//  AddressSanitizer sees nothing of what is used again.
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define EVERY_BLOCK_ONCE true
#endif
#endif
#if !defined EVERY_BLOCK_ONCE
#if defined __SANITIZE_ADDRESS__
#define EVERY_BLOCK_ONCE true
#else
#define EVERY_BLOCK_ONCE false
#endif
#endif

typedef struct waiting waiting_t;
struct waiting {
    waiting_t *next;
};

struct daffi_pool {
    pthread_mutex_t lock;
    waiting_t *first;
    unsigned count;
    unsigned keep;
    unsigned taken;
    bool closed;
    void (*discard) (void *block);
};

daffi_pool_t *daffi_pool_new (unsigned keep, void (*discard) (void *block))
{
    daffi_pool_t *self = daffi_new (sizeof *self);
    pthread_mutex_init (&self->lock, NULL);
    self->keep = EVERY_BLOCK_ONCE ? 0 : keep;
    self->discard = discard;
    return self;
}

static void end (daffi_pool_t *self)
{
    while (self->first) {
        waiting_t *block = self->first;
        self->first = block->next;
        self->discard (block);
    }
    pthread_mutex_destroy (&self->lock);
    free (self);
}

void *daffi_pool_take (daffi_pool_t *self)
{
    pthread_mutex_lock (&self->lock);
    waiting_t *block = self->first;
    if (block) {
        self->first = block->next;
        self->count--;
    }
    self->taken++;
    pthread_mutex_unlock (&self->lock);
    return block;
}

void daffi_pool_give (daffi_pool_t *self, void *block)
{
    pthread_mutex_lock (&self->lock);
    bool kept = self->count < self->keep && !self->closed;
    if (kept) {
        waiting_t *waiting = block;
        waiting->next = self->first;
        self->first = waiting;
        self->count++;
    }
    bool last = --self->taken == 0 && self->closed;
    //  unlocked, the pool may be ended by whoever gives the last one
    void (*discard) (void *block) = self->discard;
    pthread_mutex_unlock (&self->lock);
    if (!kept)
        discard (block);
    if (last)
        end (self);
}

void daffi_pool_close (daffi_pool_t *self)
{
    pthread_mutex_lock (&self->lock);
    self->closed = true;
    bool last = self->taken == 0;
    pthread_mutex_unlock (&self->lock);
    if (last)
        end (self);
}
