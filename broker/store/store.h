//  SPDX-License-Identifier: MPL-2.0
//  Where tasks survive: a SQLite file, written by a thread of its own.
//
//  The controller's loop never waits for the disk. It hands changes over and is told
//  when they are there; all that has come together meanwhile goes into one transaction,
//  so that one fsync serves many, and the changes of one task become one (batch.h). WAL
//  and synchronous FULL: what was told of is on disk.

#ifndef DAFFI_STORE_H
#define DAFFI_STORE_H

#include "daffi_status.h"
#include "row.h"

#include <stdint.h>

typedef struct daffi_store daffi_store_t;

//  What is done with what is in it.
typedef struct {
    void *context;
    void (*on_task) (void *context, const daffi_row_t *row);
    //  A run of one of the tasks that were handed out; the oldest first.
    void (*on_run) (void *context, const char *uuid, const daffi_row_run_t *run);
} daffi_store_reader_t;

//  `lazy`: a file that is not there is made by the first change, not before. NULL:
//  DAFFI_SYSTEM and why: no permission, in use by another controller, no SQLite.
daffi_store_t *daffi_store_open (const char *path, bool lazy, daffi_error_t *error);
//  Hands out each task that is in it and then its runs, and begins to write. Once.
DAFFI_MUST_USE daffi_status_t daffi_store_load (daffi_store_t *self,
                                                const daffi_store_reader_t *reader,
                                                daffi_error_t *error);
//  Writes what was handed over, and closes it. Blocks.
void daffi_store_close (daffi_store_t **self_p);

//  Hands a change over; copies it. Never blocks. How much may be on its way is for the
//  one who hands over to bound.
void daffi_store_put (daffi_store_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row);

//  Readable when there is something to take.
int daffi_store_fd (const daffi_store_t *self);
//  True: there is news. All up to *ticket is on disk; with a *status, no later change
//  is told of any more or will ever be made, and `text` (DAFFI_TEXT_MAX + 1 bytes) says
//  why.
bool daffi_store_take (daffi_store_t *self, uint64_t *ticket, daffi_status_t *status,
                       char *text);

#endif
