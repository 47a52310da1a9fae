//  SPDX-License-Identifier: MPL-2.0
//  A hash table from a name to a pointer. The name is borrowed from the value that is
//  stored, so it must stay where it is while the entry exists.
//
//  czmq's zhashx would want the name NUL-terminated and copies it; names in packets are
//  neither.

#ifndef DAFFI_NAMES_H
#define DAFFI_NAMES_H

#include <stdint.h>

#include "text.h"

typedef struct {
    daffi_text_t name;
    uint32_t hash;
    void *value;  //  NULL: free
} daffi_name_slot_t;

typedef struct {
    daffi_name_slot_t *slots;
    size_t capacity;
    size_t count;
    uint64_t seed;
} daffi_names_t;

void daffi_names_init (daffi_names_t *self, uint64_t seed);
void daffi_names_done (daffi_names_t *self);

void *daffi_names_get (const daffi_names_t *self, daffi_text_t name);
void daffi_names_put (daffi_names_t *self, daffi_text_t name, void *value);
void *daffi_names_remove (daffi_names_t *self, daffi_text_t name);

//  Walks all entries in no order: begin with *cursor = 0, ends with NULL. The table
//  must not change meanwhile.
void *daffi_names_next (const daffi_names_t *self, size_t *cursor);

#endif
