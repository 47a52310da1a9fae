//  SPDX-License-Identifier: MPL-2.0
//  A hash table from a 64-bit number, or from a pair of them, to a pointer.
//
//  Open addressing with linear probing and deletion by shifting back, so that it never
//  fills up with graves. Used where czmq's zhashx (strings, an allocation an entry) is
//  too dear: a look-up costs about 6 ns.

#ifndef DAFFI_TABLE_H
#define DAFFI_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t major;
    uint64_t minor;
} daffi_key_t;

typedef struct {
    daffi_key_t key;
    void *value;  //  NULL: free
} daffi_slot_t;

typedef struct {
    daffi_slot_t *slots;
    size_t capacity;  //  0 or a power of two
    size_t count;
    uint64_t seed;  //  so that a peer who chooses the keys cannot choose collisions
} daffi_table_t;

void daffi_table_init (daffi_table_t *self, uint64_t seed);
void daffi_table_done (daffi_table_t *self);

void *daffi_table_get (const daffi_table_t *self, uint64_t major, uint64_t minor);
//  Inserts or replaces; `value` must not be NULL.
void daffi_table_put (daffi_table_t *self, uint64_t major, uint64_t minor, void *value);
//  Returns what was there, or NULL.
void *daffi_table_remove (daffi_table_t *self, uint64_t major, uint64_t minor);

#endif
