//  SPDX-License-Identifier: MPL-2.0
//  The SQLite file of a store. One thread at a time.

#ifndef DAFFI_DATABASE_H
#define DAFFI_DATABASE_H

#include "batch.h"
#include "store.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

enum { DAFFI_STATEMENTS = 6 };

typedef struct {
    char *path;
    sqlite3 *file;  //  NULL: not made yet
    sqlite3_stmt *statements[DAFFI_STATEMENTS];
} daffi_database_t;

//  Errors are DAFFI_SYSTEM. `lazy`: a file that is not there is made by the first
//  daffi_database_begin ().
DAFFI_MUST_USE daffi_status_t daffi_database_open (daffi_database_t *self,
                                                   const char *path, bool lazy,
                                                   daffi_error_t *error);
DAFFI_MUST_USE daffi_status_t daffi_database_read (daffi_database_t *self,
                                                   const daffi_store_reader_t *reader,
                                                   daffi_error_t *error);
void daffi_database_close (daffi_database_t *self);

DAFFI_MUST_USE daffi_status_t daffi_database_begin (daffi_database_t *self,
                                                    daffi_error_t *error);
DAFFI_MUST_USE daffi_status_t daffi_database_write (daffi_database_t *self,
                                                    const daffi_change_t *change,
                                                    daffi_error_t *error);
//  DAFFI_OK: it is on disk.
DAFFI_MUST_USE daffi_status_t daffi_database_commit (daffi_database_t *self,
                                                     daffi_error_t *error);

#endif
