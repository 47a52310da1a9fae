//  SPDX-License-Identifier: MPL-2.0
//  The SQLite file of a store.
//
//  Three tables: what never changes of a task, which may be large; its state, which
//  changes with each run; and the runs that are in its history, where new ones come to
//  one end and old ones leave at the other. All are keyed by numbers that grow, so that
//  what is written together lies together.

#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "failure.h"

//  "dafT": file (1) and others tell by it what the file is.
#define APPLICATION "1684104788"
#define VERSION     2

//  A write-ahead log of some ten megabytes, and room in memory for what a transaction
//  changes: with SQLite's own defaults a busy store does little else than to move
//  pages.
static const char prepare_file[] = "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA cache_size = -65536;"
                                   "PRAGMA wal_autocheckpoint = 8192;"
                                   "PRAGMA journal_size_limit = 67108864;";

static const char make_tables[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS tasks (number INTEGER PRIMARY KEY, uuid TEXT NOT NULL,"
    " function TEXT NOT NULL, owner TEXT NOT NULL, process TEXT NOT NULL,"
    " everybody INTEGER NOT NULL, plan BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS states (task INTEGER PRIMARY KEY, state BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY,"
    " task INTEGER NOT NULL, end BLOB NOT NULL);"
    "PRAGMA application_id = " APPLICATION ";"
    "PRAGMA user_version = 2;"
    "COMMIT;";

//  In their order; ADD takes two.
enum { ADD_TASK, SET_STATE, ADD_RUN, REMOVE_RUN, REMOVE_TASK, REMOVE_STATE };
static const char *const texts[DAFFI_STATEMENTS] = {
    "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?)",
    "INSERT OR REPLACE INTO states (task, state) VALUES (?, ?)",
    "INSERT OR REPLACE INTO runs (number, task, end) VALUES (?, ?, ?)",
    "DELETE FROM runs WHERE number = ?",
    "DELETE FROM tasks WHERE number = ?",
    "DELETE FROM states WHERE task = ?"};

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
    daffi_status_t status = DAFFI_OK;
    for (int i = 0; i < DAFFI_STATEMENTS && !status; i++)
        status = prepare (self, &self->statements[i], texts[i], error);
    return status;
}

//  A later version knows what it wrote, and we do not; version 1 was never published.
//  Nothing is written to what another program has made. *fresh: nothing is in it yet.
static daffi_status_t check_version (daffi_database_t *self, bool *fresh,
                                     daffi_error_t *error)
{
    sqlite3_stmt *statement = NULL;
    daffi_status_t status =
        prepare (self, &statement,
                 "SELECT user_version, application_id = " APPLICATION
                 ", (SELECT count (*) FROM sqlite_master)"
                 " FROM pragma_user_version, pragma_application_id",
                 error);
    int version = 0, code = SQLITE_ROW;
    bool ours = true;
    if (!status && (code = sqlite3_step (statement)) == SQLITE_ROW) {
        version = sqlite3_column_int (statement, 0);
        ours = sqlite3_column_int (statement, 1) ||
               (version == 0 && sqlite3_column_int (statement, 2) == 0);
    }
    if (code != SQLITE_ROW)
        status = fail (self, error);
    else if (!status && !ours)
        status = daffi_fail (error, DAFFI_SYSTEM,
                             "the store %.120s is the database of another program",
                             self->path);
    else if (version != 0 && version != VERSION)
        status = daffi_fail (
            error, DAFFI_SYSTEM,
            "the store %.120s is of version %d, and this daffi reads version %d",
            self->path, version, VERSION);
    sqlite3_finalize (statement);
    *fresh = version == 0;
    return status;
}

static daffi_status_t execute (daffi_database_t *self, const char *text,
                               daffi_error_t *error)
{
    return sqlite3_exec (self->file, text, NULL, NULL, NULL) ? fail (self, error)
                                                             : DAFFI_OK;
}

//  The write-ahead log that a program left behind would go into its file, and away,
//  when the file is closed; until it is known to be ours, both stay.
static daffi_status_t keep_log (daffi_database_t *self, bool kept, daffi_error_t *error)
{
    return sqlite3_db_config (self->file, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)kept,
                              NULL)
               ? fail (self, error)
               : DAFFI_OK;
}

//  To SQLite ":memory:" is no file, and "file:…" says more than a name: neither is what
//  somebody meant who was promised that tasks survive. A path is a path.
static int open_path (daffi_database_t *self)
{
    const char *path = self->path;
    size_t room = strlen (path) + sizeof "./";
    char *name = daffi_new (room);
    snprintf (name, room, "%s%s", path[0] == '/' ? "" : "./", path);
    int code = sqlite3_open_v2 (
        name, &self->file,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    free (name);
    return code;
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
    if (open_path (self))
        status = fail (self, error);
    bool fresh = false;
    if (!status)
        status = keep_log (self, true, error);
    if (!status)
        status = execute (self, "PRAGMA locking_mode = EXCLUSIVE;", error);
    if (!status)
        status = check_version (self, &fresh, error);
    if (!status)
        status = keep_log (self, false, error);
    if (!status)
        status = execute (self, prepare_file, error);
    //  one that is in order is not written: it may lie on a disk that is full
    if (!status && fresh)
        status = execute (self, make_tables, error);
    return status ? status : prepare_all (self, error);
}

static const char *text_column (sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text (statement, column);
    return text ? (const char *)text : "";
}

static void read_task (sqlite3_stmt *statement, const daffi_store_reader_t *reader)
{
    const daffi_row_t row = {.number = (uint64_t)sqlite3_column_int64 (statement, 0),
                             .uuid = text_column (statement, 1),
                             .function = text_column (statement, 2),
                             .owner = text_column (statement, 3),
                             .process = text_column (statement, 4),
                             .all = sqlite3_column_int (statement, 5),
                             .plan = sqlite3_column_blob (statement, 6),
                             .plan_size = (size_t)sqlite3_column_bytes (statement, 6),
                             .state = sqlite3_column_blob (statement, 7),
                             .state_size = (size_t)sqlite3_column_bytes (statement, 7)};
    reader->on_task (reader->context, &row);
}

static void read_run (sqlite3_stmt *statement, const daffi_store_reader_t *reader)
{
    const daffi_row_run_t run = {
        .number = (uint64_t)sqlite3_column_int64 (statement, 0),
        .end = sqlite3_column_blob (statement, 2),
        .end_size = (size_t)sqlite3_column_bytes (statement, 2)};
    reader->on_run (reader->context, text_column (statement, 1), &run);
}

typedef void (read_fn) (sqlite3_stmt *statement, const daffi_store_reader_t *reader);

static daffi_status_t read_all (daffi_database_t *self, const char *text, read_fn *read,
                                const daffi_store_reader_t *reader,
                                daffi_error_t *error)
{
    sqlite3_stmt *statement = NULL;
    daffi_status_t status = prepare (self, &statement, text, error);
    int code = SQLITE_DONE;
    while (!status && (code = sqlite3_step (statement)) == SQLITE_ROW)
        read (statement, reader);
    if (!status && code != SQLITE_DONE)
        status = fail (self, error);
    sqlite3_finalize (statement);
    return status;
}

daffi_status_t daffi_database_read (daffi_database_t *self,
                                    const daffi_store_reader_t *reader,
                                    daffi_error_t *error)
{
    if (!self->file)
        return DAFFI_OK;
    daffi_status_t status = read_all (
        self,
        "SELECT tasks.number, uuid, function, owner, process, everybody, plan, state "
        "FROM tasks JOIN states ON states.task = tasks.number ORDER BY tasks.number",
        read_task, reader, error);
    return status ? status
                  : read_all (self,
                              "SELECT runs.number, uuid, end FROM runs JOIN tasks "
                              "ON tasks.number = runs.task ORDER BY runs.number",
                              read_run, reader, error);
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
    for (int i = 0; i < DAFFI_STATEMENTS; i++)
        sqlite3_finalize (self->statements[i]);
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
    return execute (self, "BEGIN IMMEDIATE", error);
}

static daffi_status_t step (daffi_database_t *self, int number, daffi_error_t *error)
{
    sqlite3_stmt *statement = self->statements[number];
    daffi_status_t status =
        sqlite3_step (statement) == SQLITE_DONE ? DAFFI_OK : fail (self, error);
    sqlite3_reset (statement);
    sqlite3_clear_bindings (statement);
    return status;
}

static void bind_number (sqlite3_stmt *statement, int index, uint64_t number)
{
    sqlite3_bind_int64 (statement, index, (sqlite3_int64)number);
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

static daffi_status_t add_task (daffi_database_t *self, const daffi_row_t *row,
                                daffi_error_t *error)
{
    sqlite3_stmt *statement = self->statements[ADD_TASK];
    bind_number (statement, 1, row->number);
    bind_text (statement, 2, row->uuid);
    bind_text (statement, 3, row->function);
    bind_text (statement, 4, row->owner);
    bind_text (statement, 5, row->process);
    sqlite3_bind_int (statement, 6, row->all);
    bind_blob (statement, 7, row->plan, row->plan_size);
    return step (self, ADD_TASK, error);
}

static daffi_status_t set_state (daffi_database_t *self, const daffi_row_t *row,
                                 daffi_error_t *error)
{
    bind_number (self->statements[SET_STATE], 1, row->number);
    bind_blob (self->statements[SET_STATE], 2, row->state, row->state_size);
    return step (self, SET_STATE, error);
}

static daffi_status_t add_run (daffi_database_t *self, uint64_t task,
                               const daffi_batch_run_t *run, daffi_error_t *error)
{
    bind_number (self->statements[ADD_RUN], 1, run->number);
    bind_number (self->statements[ADD_RUN], 2, task);
    bind_blob (self->statements[ADD_RUN], 3, run->end, run->size);
    return step (self, ADD_RUN, error);
}

static daffi_status_t remove_one (daffi_database_t *self, int statement,
                                  uint64_t number, daffi_error_t *error)
{
    bind_number (self->statements[statement], 1, number);
    return step (self, statement, error);
}

static daffi_status_t write_history (daffi_database_t *self,
                                     const daffi_change_t *change, daffi_error_t *error)
{
    daffi_status_t status = DAFFI_OK;
    for (uint32_t i = 0; i < change->row.forget_count && !status; i++)
        status = remove_one (self, REMOVE_RUN, change->row.forget[i], error);
    DAFFI_LIST_EACH (&change->runs, link, follower) {
        const daffi_batch_run_t *run = daffi_container (link, daffi_batch_run_t, link);
        if (!status)
            status = add_run (self, change->row.number, run, error);
    }
    return status;
}

daffi_status_t daffi_database_write (daffi_database_t *self,
                                     const daffi_change_t *change, daffi_error_t *error)
{
    daffi_status_t status = DAFFI_OK;
    switch (change->change) {
    case DAFFI_ROW_ADD:
        status = add_task (self, &change->row, error);
        status = status ? status : set_state (self, &change->row, error);
        break;
    case DAFFI_ROW_STATE:
        status = set_state (self, &change->row, error);
        break;
    case DAFFI_ROW_REMOVE:
        status = remove_one (self, REMOVE_TASK, change->row.number, error);
        status = status ? status
                        : remove_one (self, REMOVE_STATE, change->row.number, error);
        break;
    }
    return status ? status : write_history (self, change, error);
}

daffi_status_t daffi_database_commit (daffi_database_t *self, daffi_error_t *error)
{
    return execute (self, "COMMIT", error);
}
