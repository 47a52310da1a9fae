//  SPDX-License-Identifier: MPL-2.0
//  Memory of packets that libzmq has sent, to be used again. Shared with its I/O
//  threads, which give it back.

#ifndef DAFFI_SHELF_H
#define DAFFI_SHELF_H

#include "buffer.h"

typedef struct daffi_shelf daffi_shelf_t;

daffi_shelf_t *daffi_shelf_new (void);
daffi_shelf_t *daffi_shelf_ref (daffi_shelf_t *self);
//  NULL is none.
void daffi_shelf_unref (daffi_shelf_t *self);

//  Takes the buffer's memory, and frees what there is no place for.
void daffi_shelf_put (daffi_shelf_t *self, daffi_buffer_t *buffer);
//  Gives an empty buffer memory, where there is some.
void daffi_shelf_take (daffi_shelf_t *self, daffi_buffer_t *buffer);

#endif
