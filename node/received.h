//  SPDX-License-Identifier: MPL-2.0
//  A body that came in, kept for as long as its value is read.

#ifndef DAFFI_RECEIVED_H
#define DAFFI_RECEIVED_H

#include "blob.h"
#include "daffi_value.h"

typedef struct {
    daffi_value_t value;
    daffi_blob_t *blob;    //  holds the bytes, or NULL: they stand behind the owner
    daffi_blob_t *tail;    //  or NULL
    daffi_value_t *items;  //  of an array whose last item is the tail, or NULL
    const uint8_t *data;
    size_t size;
} daffi_received_t;

//  Bytes of room that the owner must give to daffi_received_keep ().
static inline size_t daffi_received_room (const daffi_body_t *body)
{
    return body->blob ? 0 : body->size;
}

//  Large parts by reference, a small body copied into `room`.
void daffi_received_keep (daffi_received_t *self, const daffi_body_t *body,
                          uint8_t *room);

//  Checks the bytes and reads the value; an empty body is nil. DAFFI_PROTOCOL: they are
//  not exactly one value; DAFFI_NO_MEMORY. Costs nothing for a tail that is a binary,
//  last in its array or alone; one that is split elsewhere is copied together.
DAFFI_MUST_USE daffi_status_t daffi_received_read (daffi_received_t *self);

void daffi_received_done (daffi_received_t *self);

#endif
