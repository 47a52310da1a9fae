//  SPDX-License-Identifier: MPL-2.0
//  A hash table from a name to a pointer.

#include "names.h"

#include <stdlib.h>

#include "alloc.h"
#include "hash.h"

enum { CAPACITY_MIN = 16, SHRINK_MIN = 4096 };  //  as in table.c

void daffi_names_init (daffi_names_t *self, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    self->seed = seed;
}

void daffi_names_done (daffi_names_t *self)
{
    free (self->slots);
    daffi_names_init (self, self->seed);
}

static uint64_t load64 (const char *from)
{
    uint64_t word;
    memcpy (&word, from, sizeof word);
    return word;
}

static uint64_t load32 (const char *from)
{
    uint32_t word;
    memcpy (&word, from, sizeof word);
    return word;
}

//  Less than eight bytes: the first four and the last four, which may overlap.
static uint64_t load_short (daffi_text_t name)
{
    if (name.size >= 4)
        return load32 (name.data) | load32 (name.data + name.size - 4) << 32;
    uint64_t word = 0;
    for (uint32_t i = 0; i < name.size; i++)
        word = word << 8 | (uint8_t)name.data[i];
    return word;
}

//  Eight bytes a step; the last eight may overlap with those before.
static uint32_t hash_of (const daffi_names_t *self, daffi_text_t name)
{
    const uint64_t factor = daffi_hash_factor (self->seed);
    uint64_t hash = self->seed + name.size;
    if (name.size < 8) {
        hash ^= load_short (name);
    } else {
        for (uint32_t i = 0; i + 8 < name.size; i += 8)
            hash = daffi_hash_fold (hash ^ load64 (name.data + i), factor);
        hash ^= load64 (name.data + name.size - 8);
    }
    return (uint32_t)daffi_hash_finish (daffi_hash_fold (hash, factor));
}

static daffi_name_slot_t *find (const daffi_names_t *self, daffi_text_t name,
                                uint32_t hash)
{
    size_t index = hash & (self->capacity - 1);
    daffi_name_slot_t *slot = &self->slots[index];
    while (slot->value &&
           !(slot->hash == hash && daffi_text_equal (slot->name, name))) {
        index = (index + 1) & (self->capacity - 1);
        slot = &self->slots[index];
    }
    return slot;
}

static void resize (daffi_names_t *self, size_t capacity)
{
    daffi_name_slot_t *old = self->slots;
    size_t old_capacity = self->capacity;
    self->slots = daffi_new (capacity * sizeof *self->slots);
    self->capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].value)
            *find (self, old[i].name, old[i].hash) = old[i];
    free (old);
}

void *daffi_names_get (const daffi_names_t *self, daffi_text_t name)
{
    return self->capacity ? find (self, name, hash_of (self, name))->value : NULL;
}

void daffi_names_put (daffi_names_t *self, daffi_text_t name, void *value)
{
    if (self->count * 2 >= self->capacity)
        resize (self, self->capacity ? self->capacity * 2 : CAPACITY_MIN);
    uint32_t hash = hash_of (self, name);
    daffi_name_slot_t *slot = find (self, name, hash);
    if (!slot->value)
        self->count++;
    *slot = (daffi_name_slot_t){name, hash, value};
}

static void close_hole (daffi_names_t *self, size_t hole)
{
    size_t mask = self->capacity - 1;
    for (size_t i = (hole + 1) & mask; self->slots[i].value; i = (i + 1) & mask) {
        size_t wish = self->slots[i].hash & mask;
        if (((i - wish) & mask) >= ((i - hole) & mask)) {
            self->slots[hole] = self->slots[i];
            hole = i;
        }
    }
    self->slots[hole].value = NULL;
}

void *daffi_names_remove (daffi_names_t *self, daffi_text_t name)
{
    if (!self->capacity)
        return NULL;
    daffi_name_slot_t *slot = find (self, name, hash_of (self, name));
    void *value = slot->value;
    if (!value)
        return NULL;
    close_hole (self, (size_t)(slot - self->slots));
    self->count--;
    if (self->capacity > SHRINK_MIN && self->count * 8 < self->capacity)
        resize (self, self->capacity / 2);
    return value;
}

void *daffi_names_next (const daffi_names_t *self, size_t *cursor)
{
    while (*cursor < self->capacity) {
        void *value = self->slots[(*cursor)++].value;
        if (value)
            return value;
    }
    return NULL;
}
