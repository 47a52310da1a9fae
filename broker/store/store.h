//  SPDX-License-Identifier: MPL-2.0
//  Where tasks survive: a SQLite file, written by a thread of its own.
//
//  The controller's loop never waits for the disk. It hands changes over and is told
//  when they are there; all that has come together meanwhile goes into one transaction,
//  so that one fsync serves many. WAL and synchronous FULL: what was told of is on
//  disk.

#ifndef DAFFI_STORE_H
#define DAFFI_STORE_H

#include "daffi_status.h"
#include "row.h"

#include <stdint.h>

typedef struct daffi_store daffi_store_t;

typedef void (daffi_store_row_fn) (void *context, const daffi_row_t *row);

//  `lazy`: a file that is not there is made by the first change, not before. NULL:
//  DAFFI_SYSTEM and why: no permission, in use by another controller, no SQLite.
daffi_store_t *daffi_store_open (const char *path, bool lazy, daffi_error_t *error);
//  Hands out each task that is in it, then begins to write. Once.
DAFFI_MUST_USE daffi_status_t daffi_store_load (daffi_store_t *self,
                                                daffi_store_row_fn *on_row,
                                                void *context, daffi_error_t *error);
//  Writes what was handed over, and closes it. Blocks.
void daffi_store_close (daffi_store_t **self_p);

//  Hands a change over; copies it. Never blocks.
void daffi_store_put (daffi_store_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row);

//  Readable when there is something to take.
int daffi_store_fd (const daffi_store_t *self);
//  True: all up to *ticket is on disk, or, with a *status, will never be, and `text`
//  (DAFFI_TEXT_MAX + 1 bytes) says why.
bool daffi_store_take (daffi_store_t *self, uint64_t *ticket, daffi_status_t *status,
                       char *text);

#endif
