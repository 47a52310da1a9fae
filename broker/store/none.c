//  SPDX-License-Identifier: MPL-2.0
//  A library that was built without SQLite: whoever asks for a store is told so.

#include "failure.h"
#include "store.h"

daffi_store_t *daffi_store_open (const char *path, bool lazy, daffi_error_t *error)
{
    (void)path;
    (void)lazy;
    daffi_fail (
        error, DAFFI_SYSTEM,
        "this libdaffi was built without SQLite (DAFFI_STORE), so tasks live in "
        "memory alone");
    return NULL;
}

daffi_status_t daffi_store_load (daffi_store_t *self,
                                 const daffi_store_reader_t *reader,
                                 daffi_error_t *error)
{
    (void)self;
    (void)reader;
    return daffi_fail (error, DAFFI_SYSTEM, "no SQLite");
}

void daffi_store_close (daffi_store_t **self_p)
{
    *self_p = NULL;
}

void daffi_store_put (daffi_store_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row)
{
    (void)self;
    (void)ticket;
    (void)change;
    (void)row;
}

int daffi_store_fd (const daffi_store_t *self)
{
    (void)self;
    return -1;
}

bool daffi_store_take (daffi_store_t *self, uint64_t *ticket, daffi_status_t *status,
                       char *text)
{
    (void)self;
    (void)ticket;
    (void)status;
    (void)text;
    return false;
}
