//  SPDX-License-Identifier: MPL-2.0
//  The SQLite file of a store. One thread at a time.

#ifndef DAFFI_DATABASE_H
#define DAFFI_DATABASE_H

#include "store.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

typedef struct {
    char *path;
    sqlite3 *file;  //  NULL: not made yet
    sqlite3_stmt *add;
    sqlite3_stmt *state;
    sqlite3_stmt *remove_task;
    sqlite3_stmt *remove_state;
} daffi_database_t;

//  Errors are DAFFI_SYSTEM. `lazy`: a file that is not there is made by the first
//  daffi_database_begin ().
DAFFI_MUST_USE daffi_status_t daffi_database_open (daffi_database_t *self,
                                                   const char *path, bool lazy,
                                                   daffi_error_t *error);
DAFFI_MUST_USE daffi_status_t daffi_database_read (daffi_database_t *self,
                                                   daffi_store_row_fn *on_row,
                                                   void *context, daffi_error_t *error);
void daffi_database_close (daffi_database_t *self);

DAFFI_MUST_USE daffi_status_t daffi_database_begin (daffi_database_t *self,
                                                    daffi_error_t *error);
DAFFI_MUST_USE daffi_status_t daffi_database_write (daffi_database_t *self,
                                                    daffi_row_change_t change,
                                                    const daffi_row_t *row,
                                                    daffi_error_t *error);
//  DAFFI_OK: it is on disk.
DAFFI_MUST_USE daffi_status_t daffi_database_commit (daffi_database_t *self,
                                                     daffi_error_t *error);

#endif
