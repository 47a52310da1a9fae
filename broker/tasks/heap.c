//  SPDX-License-Identifier: MPL-2.0
//  A queue of things by their time.

#include "heap.h"

#include <stdlib.h>

#include "alloc.h"

void daffi_heap_done (daffi_heap_t *self)
{
    free (self->items);
    self->items = NULL;
    self->count = self->capacity = 0;
}

static void set (daffi_heap_t *self, size_t index, daffi_heap_item_t *item)
{
    self->items[index] = item;
    item->place = index + 1;
}

//  Moves `item` from a free place towards the top, as far as it is earlier.
static void rise (daffi_heap_t *self, size_t index, daffi_heap_item_t *item)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (self->items[parent]->due_ms <= item->due_ms)
            break;
        set (self, index, self->items[parent]);
        index = parent;
    }
    set (self, index, item);
}

static void sink (daffi_heap_t *self, size_t index, daffi_heap_item_t *item)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= self->count)
            break;
        if (child + 1 < self->count &&
            self->items[child + 1]->due_ms < self->items[child]->due_ms)
            child++;
        if (item->due_ms <= self->items[child]->due_ms)
            break;
        set (self, index, self->items[child]);
        index = child;
    }
    set (self, index, item);
}

void daffi_heap_put (daffi_heap_t *self, daffi_heap_item_t *item, int64_t due_ms)
{
    daffi_heap_remove (self, item);
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? 2 * self->capacity : 64;
        self->items = daffi_renew (self->items, self->capacity * sizeof *self->items);
    }
    item->due_ms = due_ms;
    rise (self, self->count++, item);
}

void daffi_heap_remove (daffi_heap_t *self, daffi_heap_item_t *item)
{
    if (!item->place)
        return;
    size_t index = item->place - 1;
    daffi_heap_item_t *last = self->items[--self->count];
    item->place = 0;
    if (last == item)
        return;
    if (last->due_ms < item->due_ms)
        rise (self, index, last);
    else
        sink (self, index, last);
}
