//  SPDX-License-Identifier: MPL-2.0
//  Bytes with a reference count: a body that several hands hold without copying it.
//
//  A blob never changes after it was made. References may be taken and given back in
//  any thread; the last one frees it there (for a sent body that is libzmq's I/O
//  thread).

#ifndef DAFFI_BLOB_H
#define DAFFI_BLOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct daffi_blob daffi_blob_t;

struct daffi_blob {
    atomic_uint refs;
    atomic_uint waits;  //  in how many places it waits to be sent: outbox.c
    void *data;
    size_t size;
    void (*release) (daffi_blob_t *self);  //  frees data and the blob itself
};

//  One reference, `size` bytes of uninitialised room behind the struct; NULL where
//  there is no memory.
daffi_blob_t *daffi_blob_new (size_t size);
daffi_blob_t *daffi_blob_copy (const void *data, size_t size);

//  Bytes of somebody else; free_fn (data, hint), where not NULL, runs with the last
//  reference. Takes ownership also where it fails (NULL).
daffi_blob_t *daffi_blob_wrap (void *data, size_t size,
                               void (*free_fn) (void *data, void *hint), void *hint);

//  Gives a wrapped one that has no free_fn its own. Before anybody else holds it.
void daffi_blob_release_by (daffi_blob_t *self,
                            void (*free_fn) (void *data, void *hint), void *hint);

static inline daffi_blob_t *daffi_blob_ref (daffi_blob_t *self)
{
    //  acq_rel, not relaxed: the hand-over to libzmq's threads is seen by this alone
    if (self)
        atomic_fetch_add_explicit (&self->refs, 1, memory_order_acq_rel);
    return self;
}

static inline void daffi_blob_unref (daffi_blob_t *self)
{
    if (self && atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) == 1)
        self->release (self);
}

//  A body: bytes, and the blob that holds them, or NULL where they are only borrowed
//  for as long as the function that was given the body runs. A tail, where there is
//  one, continues the bytes.
typedef struct {
    const uint8_t *data;
    size_t size;
    daffi_blob_t *blob;
    daffi_blob_t *tail;
} daffi_body_t;

static inline daffi_body_t daffi_body_borrowed (const void *data, size_t size)
{
    daffi_body_t self = {data, size, NULL, NULL};
    return self;
}

static inline daffi_body_t daffi_body_of (daffi_blob_t *blob)
{
    daffi_body_t self = {blob ? blob->data : NULL, blob ? blob->size : 0, blob, NULL};
    return self;
}

static inline daffi_body_t daffi_body_with_tail (daffi_blob_t *blob, daffi_blob_t *tail)
{
    daffi_body_t self = daffi_body_of (blob);
    self.tail = tail;
    return self;
}

//  Tail included.
static inline size_t daffi_body_size (const daffi_body_t *self)
{
    return self->size + (self->tail ? self->tail->size : 0);
}

//  A reference to keep of all but the tail: the body's own blob, or a copy of its
//  bytes. NULL: no memory.
static inline daffi_blob_t *daffi_body_keep (const daffi_body_t *self)
{
    return self->blob ? daffi_blob_ref (self->blob)
                      : daffi_blob_copy (self->data, self->size);
}

#endif
