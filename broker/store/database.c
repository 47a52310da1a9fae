//  SPDX-License-Identifier: MPL-2.0
//  The SQLite file of a store.
//
//  Two tables, since the state of a task changes with each run and its arguments, which
//  may be large, never do.

#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "failure.h"

//  "dafT": file (1) and others tell by it what the file is.
#define APPLICATION "1684104788"
#define VERSION     1

static const char prepare_file[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS task (uuid TEXT PRIMARY KEY, function TEXT NOT NULL,"
    " owner TEXT NOT NULL, process TEXT NOT NULL, everybody INTEGER NOT NULL,"
    " plan BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS state (uuid TEXT PRIMARY KEY, state BLOB NOT NULL)"
    " WITHOUT ROWID;"
    "PRAGMA application_id = " APPLICATION ";"
    "PRAGMA user_version = 1;"
    "COMMIT;";

static daffi_status_t fail (const daffi_database_t *self, daffi_error_t *error)
{
    int code = self->file ? sqlite3_extended_errcode (self->file) : SQLITE_NOMEM;
    if ((code & 0xff) == SQLITE_BUSY)
        return daffi_fail (error, DAFFI_SYSTEM,
                           "the store %.120s is in use by another controller",
                           self->path);
    int saved = self->file ? sqlite3_system_errno (self->file) : 0;
    return daffi_fail (error, DAFFI_SYSTEM, "the store %.120s: %.60s%s%.40s",
                       self->path,
                       self->file ? sqlite3_errmsg (self->file) : "out of memory",
                       saved ? ", " : "", saved ? strerror (saved) : "");
}

static daffi_status_t prepare (daffi_database_t *self, sqlite3_stmt **statement,
                               const char *text, daffi_error_t *error)
{
    return sqlite3_prepare_v3 (self->file, text, -1, SQLITE_PREPARE_PERSISTENT,
                               statement, NULL)
               ? fail (self, error)
               : DAFFI_OK;
}

static daffi_status_t prepare_all (daffi_database_t *self, daffi_error_t *error)
{
    daffi_status_t status =
        prepare (self, &self->add,
                 "INSERT OR REPLACE INTO task (uuid, function, owner, process, "
                 "everybody, plan) VALUES (?, ?, ?, ?, ?, ?)",
                 error);
    if (!status)
        status =
            prepare (self, &self->state,
                     "INSERT OR REPLACE INTO state (uuid, state) VALUES (?, ?)", error);
    if (!status)
        status = prepare (self, &self->remove_task, "DELETE FROM task WHERE uuid = ?",
                          error);
    if (!status)
        status = prepare (self, &self->remove_state, "DELETE FROM state WHERE uuid = ?",
                          error);
    return status;
}

//  A later version knows what it wrote, and we do not.
static daffi_status_t check_version (daffi_database_t *self, daffi_error_t *error)
{
    sqlite3_stmt *statement = NULL;
    daffi_status_t status = prepare (self, &statement, "PRAGMA user_version", error);
    if (!status && sqlite3_step (statement) == SQLITE_ROW &&
        sqlite3_column_int (statement, 0) > VERSION)
        status = daffi_fail (error, DAFFI_SYSTEM,
                             "the store %.120s was written by a later version of daffi",
                             self->path);
    sqlite3_finalize (statement);
    return status;
}

static daffi_status_t open_file (daffi_database_t *self, daffi_error_t *error)
{
    //  made here, so that nobody else may read what the arguments say
    int fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return daffi_fail (error, DAFFI_SYSTEM, "the store %.120s: %s", self->path,
                           strerror (errno));
    close (fd);
    daffi_status_t status = DAFFI_OK;
    if (sqlite3_open_v2 (
            self->path, &self->file,
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL))
        status = fail (self, error);
    if (!status)
        status = check_version (self, error);
    if (!status && sqlite3_exec (self->file, prepare_file, NULL, NULL, NULL))
        status = fail (self, error);
    return status ? status : prepare_all (self, error);
}

static const char *text_column (sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text (statement, column);
    return text ? (const char *)text : "";
}

daffi_status_t daffi_database_read (daffi_database_t *self, daffi_store_row_fn *on_row,
                                    void *context, daffi_error_t *error)
{
    sqlite3_stmt *statement = NULL;
    if (!self->file)
        return DAFFI_OK;
    daffi_status_t status =
        prepare (self, &statement,
                 "SELECT task.uuid, function, owner, process, everybody, plan, state "
                 "FROM task JOIN state USING (uuid) ORDER BY task.rowid",
                 error);
    int code = SQLITE_DONE;
    while (!status && (code = sqlite3_step (statement)) == SQLITE_ROW) {
        daffi_row_t row = {.uuid = text_column (statement, 0),
                           .function = text_column (statement, 1),
                           .owner = text_column (statement, 2),
                           .process = text_column (statement, 3),
                           .all = sqlite3_column_int (statement, 4),
                           .plan = sqlite3_column_blob (statement, 5),
                           .plan_size = (size_t)sqlite3_column_bytes (statement, 5),
                           .state = sqlite3_column_blob (statement, 6),
                           .state_size = (size_t)sqlite3_column_bytes (statement, 6)};
        on_row (context, &row);
    }
    if (!status && code != SQLITE_DONE)
        status = fail (self, error);
    sqlite3_finalize (statement);
    return status;
}

daffi_status_t daffi_database_open (daffi_database_t *self, const char *path, bool lazy,
                                    daffi_error_t *error)
{
    self->path = daffi_strdup (path);
    if (lazy && access (path, F_OK) != 0 && errno == ENOENT)
        return DAFFI_OK;
    return open_file (self, error);
}

void daffi_database_close (daffi_database_t *self)
{
    sqlite3_finalize (self->add);
    sqlite3_finalize (self->state);
    sqlite3_finalize (self->remove_task);
    sqlite3_finalize (self->remove_state);
    sqlite3_close (self->file);
    free (self->path);
}

//  --- writing ------------------------------------------------------------------------

//  The folders above it, where it is not there yet.
static void make_folders (const char *path)
{
    char *folder = daffi_strdup (path);
    for (char *slash = strchr (folder + 1, '/'); slash;
         slash = strchr (slash + 1, '/')) {
        *slash = 0;
        //  a failure shows when the file is made
        (void)!mkdir (folder, 0700);
        *slash = '/';
    }
    free (folder);
}

daffi_status_t daffi_database_begin (daffi_database_t *self, daffi_error_t *error)
{
    if (!self->file) {
        make_folders (self->path);
        daffi_status_t status = open_file (self, error);
        if (status)
            return status;
    }
    return sqlite3_exec (self->file, "BEGIN IMMEDIATE", NULL, NULL, NULL)
               ? fail (self, error)
               : DAFFI_OK;
}

static daffi_status_t step (daffi_database_t *self, sqlite3_stmt *statement,
                            daffi_error_t *error)
{
    daffi_status_t status =
        sqlite3_step (statement) == SQLITE_DONE ? DAFFI_OK : fail (self, error);
    sqlite3_reset (statement);
    sqlite3_clear_bindings (statement);
    return status;
}

static void bind_text (sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text (statement, index, text, -1, SQLITE_STATIC);
}

static void bind_blob (sqlite3_stmt *statement, int index, const void *data,
                       size_t size)
{
    sqlite3_bind_blob64 (statement, index, size ? data : "", size, SQLITE_STATIC);
}

static daffi_status_t write_task (daffi_database_t *self, const daffi_row_t *row,
                                  daffi_error_t *error)
{
    bind_text (self->add, 1, row->uuid);
    bind_text (self->add, 2, row->function);
    bind_text (self->add, 3, row->owner);
    bind_text (self->add, 4, row->process);
    sqlite3_bind_int (self->add, 5, row->all);
    bind_blob (self->add, 6, row->plan, row->plan_size);
    return step (self, self->add, error);
}

static daffi_status_t write_state (daffi_database_t *self, const daffi_row_t *row,
                                   daffi_error_t *error)
{
    bind_text (self->state, 1, row->uuid);
    bind_blob (self->state, 2, row->state, row->state_size);
    return step (self, self->state, error);
}

daffi_status_t daffi_database_write (daffi_database_t *self, daffi_row_change_t change,
                                     const daffi_row_t *row, daffi_error_t *error)
{
    daffi_status_t status = DAFFI_OK;
    switch (change) {
    case DAFFI_ROW_ADD:
        status = write_task (self, row, error);
        return status ? status : write_state (self, row, error);
    case DAFFI_ROW_STATE:
        return write_state (self, row, error);
    case DAFFI_ROW_REMOVE:
        bind_text (self->remove_task, 1, row->uuid);
        bind_text (self->remove_state, 1, row->uuid);
        status = step (self, self->remove_task, error);
        return status ? status : step (self, self->remove_state, error);
    }
    return status;
}

daffi_status_t daffi_database_commit (daffi_database_t *self, daffi_error_t *error)
{
    return sqlite3_exec (self->file, "COMMIT", NULL, NULL, NULL) ? fail (self, error)
                                                                 : DAFFI_OK;
}
