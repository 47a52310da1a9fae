//  SPDX-License-Identifier: MPL-2.0
//  How many bytes of large bodies are on their way.

#include "account.h"

#include <stdlib.h>

#include "alloc.h"

daffi_account_t *daffi_account_new (void)
{
    daffi_account_t *self = daffi_new (sizeof *self);
    atomic_init (&self->refs, 1);
    return self;
}

daffi_account_t *daffi_account_ref (daffi_account_t *self)
{
    if (self)
        atomic_fetch_add_explicit (&self->refs, 1, memory_order_acq_rel);
    return self;
}

void daffi_account_unref (daffi_account_t *self)
{
    if (self && atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) == 1)
        free (self);
}

void daffi_account_begin (daffi_account_t *self, daffi_blob_t *blob)
{
    if (self && atomic_fetch_add (&blob->waits, 1) == 0)
        atomic_fetch_add (&self->bytes, blob->size);
}

void daffi_account_end (daffi_account_t *self, daffi_blob_t *blob)
{
    if (self && atomic_fetch_sub (&blob->waits, 1) == 1)
        atomic_fetch_sub (&self->bytes, blob->size);
}
