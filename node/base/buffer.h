//  SPDX-License-Identifier: MPL-2.0
//  A growing run of bytes. Out of memory sticks: appends become no-ops and `failed` is
//  looked at once, when the content is wanted.

#ifndef DAFFI_BUFFER_H
#define DAFFI_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
} daffi_buffer_t;

void daffi_buffer_init (daffi_buffer_t *self);
void daffi_buffer_done (daffi_buffer_t *self);

//  Keeps the memory.
static inline void daffi_buffer_clear (daffi_buffer_t *self)
{
    self->size = 0;
    self->failed = false;
}

//  Room for `size` more bytes at the end, not yet counted in; NULL where there is no
//  memory. Follow with daffi_buffer_commit ().
uint8_t *daffi_buffer_grow (daffi_buffer_t *self, size_t size);
static inline uint8_t *daffi_buffer_reserve (daffi_buffer_t *self, size_t size)
{
    return self->capacity - self->size < size ? daffi_buffer_grow (self, size)
                                              : self->data + self->size;
}
static inline void daffi_buffer_commit (daffi_buffer_t *self, size_t size)
{
    self->size += size;
}
void daffi_buffer_append (daffi_buffer_t *self, const void *data, size_t size);

#endif
