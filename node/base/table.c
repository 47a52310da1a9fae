//  SPDX-License-Identifier: MPL-2.0
//  A hash table from numbers to pointers.

#include "table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hash.h"

//  A table that empties and fills again with each batch of calls must not be made anew
//  each time: what is below SHRINK_MIN stays.
enum { CAPACITY_MIN = 16, SHRINK_MIN = 4096 };

void daffi_table_init (daffi_table_t *self, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    self->seed = seed;
}

void daffi_table_done (daffi_table_t *self)
{
    free (self->slots);
    daffi_table_init (self, self->seed);
}

static size_t home (const daffi_table_t *self, daffi_key_t key)
{
    const uint64_t factor = daffi_hash_factor (self->seed) + (key.major << 1);
    const uint64_t hash = daffi_hash_fold (key.minor ^ self->seed, factor);
    return (size_t)daffi_hash_finish (hash) & (self->capacity - 1);
}

static bool same (daffi_key_t a, daffi_key_t b)
{
    return a.major == b.major && a.minor == b.minor;
}

//  The slot that holds the key, or the free one where it belongs.
static daffi_slot_t *find (const daffi_table_t *self, daffi_key_t key)
{
    size_t index = home (self, key);
    while (self->slots[index].value && !same (self->slots[index].key, key))
        index = (index + 1) & (self->capacity - 1);
    return &self->slots[index];
}

static void resize (daffi_table_t *self, size_t capacity)
{
    daffi_slot_t *old = self->slots;
    size_t old_capacity = self->capacity;
    self->slots = daffi_new (capacity * sizeof *self->slots);
    self->capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].value)
            *find (self, old[i].key) = old[i];
    free (old);
}

void *daffi_table_get (const daffi_table_t *self, uint64_t major, uint64_t minor)
{
    daffi_key_t key = {major, minor};
    return self->capacity ? find (self, key)->value : NULL;
}

void daffi_table_put (daffi_table_t *self, uint64_t major, uint64_t minor, void *value)
{
    daffi_key_t key = {major, minor};
    if (self->count * 2 >= self->capacity)
        resize (self, self->capacity ? self->capacity * 2 : CAPACITY_MIN);
    daffi_slot_t *slot = find (self, key);
    if (!slot->value)
        self->count++;
    slot->key = key;
    slot->value = value;
}

//  Moves what was pushed past the hole back into it, so that no probe stops early.
static void close_hole (daffi_table_t *self, size_t hole)
{
    size_t mask = self->capacity - 1;
    for (size_t i = (hole + 1) & mask; self->slots[i].value; i = (i + 1) & mask) {
        size_t wish = home (self, self->slots[i].key);
        if (((i - wish) & mask) >= ((i - hole) & mask)) {
            self->slots[hole] = self->slots[i];
            hole = i;
        }
    }
    self->slots[hole].value = NULL;
}

void *daffi_table_remove (daffi_table_t *self, uint64_t major, uint64_t minor)
{
    daffi_key_t key = {major, minor};
    daffi_slot_t *slot = self->capacity ? find (self, key) : NULL;
    void *value = slot ? slot->value : NULL;
    if (!value)
        return NULL;
    close_hole (self, (size_t)(slot - self->slots));
    self->count--;
    if (self->capacity > SHRINK_MIN && self->count * 8 < self->capacity)
        resize (self, self->capacity / 2);
    return value;
}
