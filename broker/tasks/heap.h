//  SPDX-License-Identifier: MPL-2.0
//  A queue of things by their time: a binary heap whose members know their place, so
//  that adding, taking and removing any of them cost O(log n).
//
//  The timing wheel of node/base would do it in O(1), but only on a clock that never
//  goes back; tasks wait on the wall clock too.

#ifndef DAFFI_HEAP_H
#define DAFFI_HEAP_H

#include <stddef.h>
#include <stdint.h>

//  Zeroed: in no heap.
typedef struct {
    int64_t due_ms;
    size_t place;  //  from 1; 0: in no heap
} daffi_heap_item_t;

typedef struct {
    daffi_heap_item_t **items;
    size_t count;
    size_t capacity;
} daffi_heap_t;

void daffi_heap_done (daffi_heap_t *self);
//  Adds it, or moves it to another time.
void daffi_heap_put (daffi_heap_t *self, daffi_heap_item_t *item, int64_t due_ms);
//  Harmless where it is in no heap.
void daffi_heap_remove (daffi_heap_t *self, daffi_heap_item_t *item);
//  The earliest one, or NULL.
static inline daffi_heap_item_t *daffi_heap_first (const daffi_heap_t *self)
{
    return self->count ? self->items[0] : NULL;
}

#endif
