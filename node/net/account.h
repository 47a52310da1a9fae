//  SPDX-License-Identifier: MPL-2.0
//  How many bytes of large bodies are on their way: to one peer, or to all of them.
//  Shared with libzmq's I/O threads, which give them back.

#ifndef DAFFI_ACCOUNT_H
#define DAFFI_ACCOUNT_H

#include "blob.h"

typedef struct daffi_account daffi_account_t;
struct daffi_account {
    atomic_uint refs;
    atomic_size_t bytes;
};

daffi_account_t *daffi_account_new (void);
//  NULL is none.
daffi_account_t *daffi_account_ref (daffi_account_t *self);
void daffi_account_unref (daffi_account_t *self);

//  A body waits in one more place, or in one less: what waits in several counts once,
//  as it is there once. Of all accounts that do so, one only may ever see the body.
void daffi_account_begin (daffi_account_t *self, daffi_blob_t *blob);
void daffi_account_end (daffi_account_t *self, daffi_blob_t *blob);

#endif
