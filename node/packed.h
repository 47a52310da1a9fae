//  SPDX-License-Identifier: MPL-2.0
//  A body that this process made: small ones in place, large ones in a blob, and a
//  program's own memory as a tail.

#ifndef DAFFI_PACKED_H
#define DAFFI_PACKED_H

#include "blob.h"
#include "daffi.h"

typedef struct {
    daffi_blob_t *blob;  //  NULL: the bytes stand in `small`
    daffi_blob_t *tail;  //  or NULL
    size_t size;         //  of `small`
    uint8_t small[104];
} daffi_packed_t;

//  Packs a value. DAFFI_TOO_BIG: over 64 MiB; DAFFI_INVALID: a raw value that is not
//  msgpack, nesting over 16, or over 100,000 values; DAFFI_NO_MEMORY.
DAFFI_MUST_USE daffi_status_t daffi_pack (daffi_packed_t *self,
                                          const daffi_value_t *value);

//  The same for an array whose last item is a binary of somebody's memory, which is not
//  copied where it is large, or, with `args` NULL, for that binary alone. Takes the
//  memory in any case: free_fn (data, hint), where not NULL, runs when it is not needed
//  any more.
DAFFI_MUST_USE daffi_status_t daffi_pack_take (daffi_packed_t *self,
                                               const daffi_args_t *args, void *data,
                                               size_t size, daffi_free_fn *free_fn,
                                               void *hint);

//  daffi_pack_take () of a binary alone, in two steps for who may have to keep it:
//  packs what stays its owner's, and takes the memory of what was packed so (or could
//  not be: then it is given back at once).
DAFFI_MUST_USE daffi_status_t daffi_pack_lent (daffi_packed_t *self, void *data,
                                               size_t size);
void daffi_packed_take (daffi_packed_t *self, void *data, daffi_free_fn *free_fn,
                        void *hint);

//  The same body once more; what is large is shared.
void daffi_packed_share (daffi_packed_t *self, const daffi_packed_t *from);
void daffi_packed_done (daffi_packed_t *self);
daffi_body_t daffi_packed_body (const daffi_packed_t *self);

#endif
