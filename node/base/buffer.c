//  SPDX-License-Identifier: MPL-2.0
//  A growing run of bytes.

#include "buffer.h"

#include <stdlib.h>
#include <string.h>

void daffi_buffer_init (daffi_buffer_t *self)
{
    memset (self, 0, sizeof *self);
}

void daffi_buffer_done (daffi_buffer_t *self)
{
    free (self->data);
    daffi_buffer_init (self);
}

static bool grow (daffi_buffer_t *self, size_t size)
{
    if (self->failed || size > SIZE_MAX / 2 - self->size)
        return false;
    size_t capacity = self->capacity ? self->capacity : 256;
    while (capacity < self->size + size)
        capacity *= 2;
    uint8_t *data = realloc (self->data, capacity);
    if (!data)
        return false;
    self->data = data;
    self->capacity = capacity;
    return true;
}

uint8_t *daffi_buffer_grow (daffi_buffer_t *self, size_t size)
{
    if (!grow (self, size)) {
        self->failed = true;
        return NULL;
    }
    return self->data + self->size;
}

void daffi_buffer_append (daffi_buffer_t *self, const void *data, size_t size)
{
    uint8_t *room = size ? daffi_buffer_reserve (self, size) : NULL;
    if (!room)
        return;
    memcpy (room, data, size);
    daffi_buffer_commit (self, size);
}
