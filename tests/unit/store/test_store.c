//  SPDX-License-Identifier: MPL-2.0
//  The store: what it has told of is there, and a disk that refuses is told of.

#include "store.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char path[256];

static daffi_store_t *open_store (bool lazy, daffi_error_t *error)
{
    snprintf (path, sizeof path, "%s/a/tasks.db", test_tmpdir ());
    char folder[256];
    snprintf (folder, sizeof folder, "%s/a", test_tmpdir ());
    if (!lazy)
        mkdir (folder, 0700);
    return daffi_store_open (path, lazy, error);
}

typedef struct {
    int count;
    char states[4096];
    char runs[4096];
} found_t;

static void on_run (void *context, const char *uuid, const daffi_row_run_t *run)
{
    found_t *found = context;
    size_t used = strlen (found->runs);
    snprintf (found->runs + used, sizeof found->runs - used, "%s:%d=%.*s;", uuid,
              (int)run->number, (int)run->end_size, (const char *)run->end);
}

static void on_task (void *context, const daffi_row_t *row)
{
    found_t *found = context;
    size_t used = strlen (found->states);
    found->count++;
    snprintf (found->states + used, sizeof found->states - used, "%s=%.*s,%s;",
              row->uuid, (int)row->state_size, (const char *)row->state, row->owner);
}

static daffi_store_t *load (bool lazy, found_t *found)
{
    daffi_error_t error;
    *found = (found_t){0};
    daffi_store_t *store = open_store (lazy, &error);
    if (!store)
        SKIP ("%s", error.text);
    const daffi_store_reader_t reader = {found, on_task, on_run};
    CHECK_OK (daffi_store_load (store, &reader, &error));
    return store;
}

static void put (daffi_store_t *store, uint64_t ticket, daffi_row_change_t change,
                 const char *uuid, const char *state, size_t state_size)
{
    uint64_t number = 0;
    for (const char *c = uuid; *c; c++)
        number = number * 256 + (unsigned char)*c;
    const daffi_row_t row = {.number = number % INT64_MAX,
                             .uuid = uuid,
                             .function = "f",
                             .owner = "me",
                             .process = "",
                             .plan = "plan",
                             .plan_size = 4,
                             .state = state,
                             .state_size = state_size};
    daffi_store_put (store, ticket, change, &row);
}

static daffi_status_t await (daffi_store_t *store, uint64_t ticket, char *text)
{
    uint64_t told = 0;
    daffi_status_t status = DAFFI_OK;
    while (told < ticket && !status) {
        struct pollfd fd = {.fd = daffi_store_fd (store), .events = POLLIN};
        CHECK (poll (&fd, 1, 10000) == 1);
        daffi_store_take (store, &told, &status, text);
    }
    return status;
}

TEST ("what is told of is there when the file is read again, changed and in order")
{
    found_t found;
    char text[DAFFI_TEXT_MAX + 1];
    daffi_store_t *store = load (false, &found);
    CHECK_EQ_INT (found.count, 0);
    put (store, 1, DAFFI_ROW_ADD, "a", "1", 1);
    put (store, 2, DAFFI_ROW_ADD, "b", "1", 1);
    put (store, 3, DAFFI_ROW_ADD, "c", "1", 1);
    put (store, 4, DAFFI_ROW_STATE, "a", "22", 2);
    put (store, 5, DAFFI_ROW_REMOVE, "b", "", 0);
    CHECK_OK (await (store, 5, text));
    daffi_store_close (&store);
    store = load (false, &found);
    CHECK_EQ_STR (found.states, "a=22,me;c=1,me;");
    daffi_store_close (&store);
}

static void put_run (daffi_store_t *store, uint64_t ticket, const char *state,
                     uint64_t run, uint64_t forget)
{
    const daffi_row_t row = {.number = 'a',
                             .state = state,
                             .state_size = strlen (state),
                             .run = {run, "end", 3},
                             .forget = &forget,
                             .forget_count = forget != 0};
    daffi_store_put (store, ticket, DAFFI_ROW_STATE, &row);
}

TEST ("runs join a history and leave it, also within one transaction")
{
    found_t found;
    char text[DAFFI_TEXT_MAX + 1];
    daffi_store_t *store = load (false, &found);
    put (store, 1, DAFFI_ROW_ADD, "a", "0", 1);
    put_run (store, 2, "1", 1, 0);
    put_run (store, 3, "2", 2, 0);
    CHECK_OK (await (store, 3, text));
    //  3 comes and goes before anybody looks; 1 and 2 leave
    for (uint64_t i = 3; i <= 5; i++)
        put_run (store, i + 1, "9", i, i - 2);
    CHECK_OK (await (store, 6, text));
    daffi_store_close (&store);
    store = load (false, &found);
    CHECK_EQ_STR (found.states, "a=9,me;");
    CHECK_EQ_STR (found.runs, "a:4=end;a:5=end;");
    const uint64_t both[] = {4, 5};
    const daffi_row_t row = {.number = 'a', .forget = both, .forget_count = 2};
    daffi_store_put (store, 1, DAFFI_ROW_REMOVE, &row);
    daffi_store_close (&store);
    store = load (false, &found);
    CHECK_EQ_STR (found.states, "");
    CHECK_EQ_STR (found.runs, "");
    daffi_store_close (&store);
}

TEST ("closing writes what was handed over")
{
    found_t found;
    daffi_store_t *store = load (false, &found);
    for (uint64_t i = 1; i <= 5000; i++)
        put (store, i, i == 1 ? DAFFI_ROW_ADD : DAFFI_ROW_STATE, "a",
             i == 5000 ? "end" : "mid", 3);
    daffi_store_close (&store);
    store = load (false, &found);
    CHECK_EQ_STR (found.states, "a=end,me;");
    daffi_store_close (&store);
}

TEST ("a lazy store makes its file and folders with the first change only")
{
    found_t found;
    struct stat info;
    char text[DAFFI_TEXT_MAX + 1];
    daffi_store_t *store = load (true, &found);
    CHECK (stat (path, &info) != 0);
    put (store, 1, DAFFI_ROW_ADD, "a", "1", 1);
    CHECK_OK (await (store, 1, text));
    CHECK (stat (path, &info) == 0);
    CHECK_EQ_INT (info.st_mode & 0777, 0600);
    daffi_store_close (&store);
}

TEST ("one file has one controller, and something else is no store")
{
    found_t found;
    daffi_error_t error;
    daffi_store_t *store = load (false, &found);
    CHECK (!open_store (false, &error));
    CHECK (strstr (error.text, "in use by another controller"));
    daffi_store_close (&store);
    FILE *file = fopen (path, "w");
    CHECK (file &&
           fputs ("this is not a database, but a letter to somebody", file) >= 0);
    fclose (file);
    CHECK (!open_store (false, &error));
    CHECK (strstr (error.text, "not a database"));
}

TEST ("a name that means something else to SQLite is a file like any other")
{
    static const char *const names[] = {":memory:", "file:tasks.db?mode=memory", ":x"};
    CHECK_EQ_INT (chdir (test_tmpdir ()), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        found_t found = {0};
        char text[DAFFI_TEXT_MAX + 1] = "";
        daffi_error_t error;
        const daffi_store_reader_t reader = {&found, on_task, on_run};
        daffi_store_t *store = daffi_store_open (names[i], false, &error);
        if (!store)
            SKIP ("%s", error.text);
        CHECK_OK (daffi_store_load (store, &reader, &error));
        put (store, 1, DAFFI_ROW_ADD, "kept", "1", 1);
        CHECK_OK (await (store, 1, text));
        daffi_store_close (&store);
        store = daffi_store_open (names[i], false, &error);
        CHECK (store);
        CHECK_OK (daffi_store_load (store, &reader, &error));
        CHECK_EQ_INT (found.count, 1);
        daffi_store_close (&store);
    }
}

TEST ("a disk that is full ends the writing, with a clear error and nothing half done")
{
    enum { SIZE = 64 << 10 };
    static char large[SIZE];
    found_t found;
    char text[DAFFI_TEXT_MAX + 1] = "";
    struct rlimit limit;
    daffi_store_t *store = load (false, &found);
    put (store, 1, DAFFI_ROW_ADD, "kept", "1", 1);
    CHECK_OK (await (store, 1, text));
    //  no file of this process may grow beyond this: what a full disk does, for any
    //  user
    signal (SIGXFSZ, SIG_IGN);
    CHECK (getrlimit (RLIMIT_FSIZE, &limit) == 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 256 << 10;
    CHECK (setrlimit (RLIMIT_FSIZE, &limit) == 0);
    memset (large, 'x', sizeof large);
    char uuid[16];
    uint64_t ticket = 1;
    daffi_status_t status = DAFFI_OK;
    for (int i = 0; i < 32 && !status; i++) {
        snprintf (uuid, sizeof uuid, "large%d", i);
        put (store, ++ticket, DAFFI_ROW_ADD, uuid, large, sizeof large);
        status = await (store, ticket, text);
    }
    CHECK_STATUS (DAFFI_SYSTEM, status);
    CHECK (strstr (text, "the store "));
    //  and it stays so, although there is room again
    limit.rlim_cur = before;
    CHECK (setrlimit (RLIMIT_FSIZE, &limit) == 0);
    put (store, ++ticket, DAFFI_ROW_ADD, "late", "1", 1);
    CHECK_STATUS (DAFFI_SYSTEM, await (store, ticket, text));
    daffi_store_close (&store);
    store = load (false, &found);
    CHECK (strstr (found.states, "kept=1"));
    CHECK (!strstr (found.states, "late"));
    CHECK_EQ_INT (found.count, (int)ticket - 2);
    daffi_store_close (&store);
}
