//  SPDX-License-Identifier: MPL-2.0
//  Bytes with a reference count.

#include "blob.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    daffi_blob_t blob;
    void (*free_fn) (void *data, void *hint);
    void *hint;
} wrapped_t;

static void release_plain (daffi_blob_t *self)
{
    free (self);
}

static void release_wrapped (daffi_blob_t *self)
{
    wrapped_t *wrapped = (wrapped_t *)self;
    if (wrapped->free_fn)
        wrapped->free_fn (self->data, wrapped->hint);
    free (wrapped);
}

daffi_blob_t *daffi_blob_new (size_t size)
{
    daffi_blob_t *self = size < SIZE_MAX / 2 ? malloc (sizeof *self + size) : NULL;
    if (!self)
        return NULL;
    atomic_init (&self->refs, 1);
    atomic_init (&self->waits, 0);
    self->data = self + 1;
    self->size = size;
    self->release = release_plain;
    return self;
}

daffi_blob_t *daffi_blob_copy (const void *data, size_t size)
{
    daffi_blob_t *self = daffi_blob_new (size);
    if (self && size)
        memcpy (self->data, data, size);
    return self;
}

daffi_blob_t *daffi_blob_wrap (void *data, size_t size,
                               void (*free_fn) (void *data, void *hint), void *hint)
{
    wrapped_t *self = malloc (sizeof *self);
    if (!self) {
        if (free_fn)
            free_fn (data, hint);
        return NULL;
    }
    atomic_init (&self->blob.refs, 1);
    atomic_init (&self->blob.waits, 0);
    self->blob.data = data;
    self->blob.size = size;
    self->blob.release = release_wrapped;
    self->free_fn = free_fn;
    self->hint = hint;
    return &self->blob;
}

void daffi_blob_release_by (daffi_blob_t *self,
                            void (*free_fn) (void *data, void *hint), void *hint)
{
    wrapped_t *wrapped = (wrapped_t *)self;
    wrapped->free_fn = free_fn;
    wrapped->hint = hint;
}
