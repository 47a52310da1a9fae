//  SPDX-License-Identifier: MPL-2.0
//  What a process keeps of payloads: bounded in memory and on disk, and believed only
//  after it was checked again.

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "test.h"
#include "vault.h"

//  A payload of which only the number differs: its bytes are a shared object and some
//  more, which belong to no segment.
static daffi_payload_t *payload_number (int number)
{
    char path[4096];
    daffi_error_t error;
    daffi_buffer_t file;
    const char *build = getenv ("DAFFI_BUILD_DIR");
    if (!build)
        SKIP ("DAFFI_BUILD_DIR does not say where the payloads were built");
    snprintf (path, sizeof path, "%s/tests/payloads/version_1.so", build);
    daffi_buffer_init (&file);
    CHECK_OK (daffi_file_read (path, DAFFI_PAYLOAD_MAX, &file, &error));
    daffi_buffer_append (&file, &number, sizeof number);
    daffi_payload_t *payload = daffi_payload_from_bytes (file.data, file.size, &error);
    CHECK (payload != NULL);
    daffi_buffer_done (&file);
    return payload;
}

static uint64_t bytes_in (const char *folder, int *count)
{
    uint64_t total = 0;
    DIR *dir = opendir (folder);
    const struct dirent *entry;
    *count = 0;
    CHECK (dir != NULL);
    while ((entry = readdir (dir))) {
        struct stat status;
        if (!fstatat (dirfd (dir), entry->d_name, &status, 0) &&
            S_ISREG (status.st_mode)) {
            total += (uint64_t)status.st_size;
            ++*count;
        }
    }
    closedir (dir);
    return total;
}

TEST ("the folder keeps what was used last, within its bytes")
{
    enum { MANY = 12, ROOM = 5 };
    char folder[200];
    daffi_error_t error;
    daffi_payload_t *payloads[MANY];
    int count;
    snprintf (folder, sizeof folder, "%s/cache", test_tmpdir ());
    for (int i = 0; i < MANY; i++)
        payloads[i] = payload_number (i);
    uint64_t limit = ROOM * (payloads[0]->bytes->size + 1024);
    for (int i = 0; i < MANY; i++) {
        CHECK_OK (daffi_folder_write (folder, payloads[i], limit, &error));
        CHECK (bytes_in (folder, &count) <= limit);
        usleep (2000);  //  files know their times to some milliseconds
        //  the first one is used again and again, so it stays
        daffi_payload_t *first = daffi_folder_read (folder, payloads[0]->hash);
        CHECK (first != NULL);
        daffi_payload_destroy (&first);
        usleep (2000);
    }
    CHECK_EQ_INT (count, ROOM);
    daffi_payload_t *second = daffi_folder_read (folder, payloads[1]->hash);
    CHECK (second == NULL);
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_folder_write (folder, payloads[0], 1000, &error));
    for (int i = 0; i < MANY; i++)
        daffi_payload_destroy (&payloads[i]);
}

TEST ("a file of the folder that was changed is not believed, and removed")
{
    char folder[200], path[400];
    daffi_error_t error;
    int count;
    snprintf (folder, sizeof folder, "%s/cache", test_tmpdir ());
    daffi_payload_t *payload = payload_number (1);
    for (long at = 0; at < 16000; at += 1777) {
        CHECK_OK (daffi_folder_write (folder, payload, 1 << 20, &error));
        snprintf (path, sizeof path, "%s/%s.daffi", folder, payload->hash_text);
        FILE *file = fopen (path, "r+b");
        CHECK (file && !fseek (file, at, SEEK_SET));
        int byte = fgetc (file);
        CHECK (!fseek (file, at, SEEK_SET) && fputc (byte ^ 1, file) != EOF);
        CHECK (!fclose (file));
        CHECK (daffi_folder_read (folder, payload->hash) == NULL);
        (void)bytes_in (folder, &count);
        CHECK_EQ_INT (count, 0);
    }
    daffi_payload_destroy (&payload);
}

TEST ("a payload of the folder is kept where it cannot be read at the moment")
{
    char folder[200];
    daffi_error_t error;
    struct rlimit had, none = {.rlim_cur = 0};
    snprintf (folder, sizeof folder, "%s/cache", test_tmpdir ());
    daffi_payload_t *payload = payload_number (1);
    CHECK_OK (daffi_folder_write (folder, payload, 1 << 20, &error));
    CHECK (!getrlimit (RLIMIT_NOFILE, &had));
    none.rlim_max = had.rlim_max;
    CHECK (!setrlimit (RLIMIT_NOFILE, &none));
    CHECK (daffi_folder_read (folder, payload->hash) == NULL);
    CHECK (!setrlimit (RLIMIT_NOFILE, &had));
    daffi_payload_t *found = daffi_folder_read (folder, payload->hash);
    CHECK (found != NULL);
    daffi_payload_destroy (&found);
    daffi_payload_destroy (&payload);
}

TEST ("a payload above the default of 16 MiB is read from a file and from the folder")
{
    enum { MORE = 17 << 20 };
    char folder[200];
    daffi_error_t error;
    daffi_buffer_t file;
    snprintf (folder, sizeof folder, "%s/cache", test_tmpdir ());
    daffi_payload_t *small = payload_number (1);
    daffi_buffer_init (&file);
    daffi_buffer_append (&file, small->bytes->data, small->bytes->size);
    uint8_t *room = daffi_buffer_reserve (&file, MORE);
    CHECK (room != NULL);
    memset (room, 0, MORE);
    daffi_buffer_commit (&file, MORE);
    daffi_payload_t *large = daffi_payload_from_bytes (file.data, file.size, &error);
    CHECK (large != NULL);
    CHECK_OK (daffi_folder_write (folder, large, 64 << 20, &error));
    daffi_payload_t *found = daffi_folder_read (folder, large->hash);
    CHECK (found != NULL);
    daffi_payload_destroy (&found);
    daffi_payload_destroy (&large);
    daffi_payload_destroy (&small);
    daffi_buffer_done (&file);
}

TEST ("what a process left half written is removed from the folder after a while")
{
    char folder[200], fresh[300], stale[300];
    daffi_error_t error;
    const struct timespec long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    snprintf (folder, sizeof folder, "%s/cache", test_tmpdir ());
    snprintf (fresh, sizeof fresh, "%s/a.daffi.1-1.part", folder);
    snprintf (stale, sizeof stale, "%s/b.daffi.1-2.part", folder);
    CHECK (!mkdir (folder, 0700));
    CHECK (!close (creat (fresh, 0600)) && !close (creat (stale, 0600)));
    CHECK (!utimensat (AT_FDCWD, stale, long_ago, 0));
    daffi_payload_t *payload = payload_number (1);
    CHECK_OK (daffi_folder_write (folder, payload, 1 << 20, &error));
    CHECK (!access (fresh, F_OK));
    CHECK (access (stale, F_OK) != 0);
    daffi_payload_destroy (&payload);
}

static void *write_often (void *arg)
{
    enum { TIMES = 200, SIZE = 256 << 10 };
    daffi_error_t error;
    void *data = calloc (1, SIZE);
    CHECK (data != NULL);
    for (int i = 0; i < TIMES; i++)
        CHECK_OK (daffi_file_write (arg, data, SIZE, 0600, &error));
    free (data);
    return NULL;
}

TEST ("threads that write the same file do not meet half way")
{
    pthread_t threads[4];
    char path[200];
    snprintf (path, sizeof path, "%s/file", test_tmpdir ());
    for (int i = 0; i < 4; i++)
        CHECK (!pthread_create (&threads[i], NULL, write_often, path));
    for (int i = 0; i < 4; i++)
        CHECK (!pthread_join (threads[i], NULL));
}

TEST ("a folder that others can write to is no cache")
{
    char folder[200];
    daffi_error_t error;
    snprintf (folder, sizeof folder, "%s/cache", test_tmpdir ());
    CHECK (!mkdir (folder, 0777) && !chmod (folder, 0777));
    daffi_payload_t *payload = payload_number (1);
    CHECK_STATUS (DAFFI_SYSTEM, daffi_folder_write (folder, payload, 1 << 20, &error));
    daffi_payload_destroy (&payload);
}

static void keep_text (void *arg, daffi_log_level_t level, const char *id,
                       const char *text)
{
    (void)level;
    if (strcmp (id, "payload.not_cached") == 0)
        snprintf (arg, 512, "%s", text);
}

TEST ("what cannot be kept on disk is held in memory, and the log says why")
{
    char folder[200], text[512] = "";
    daffi_error_t error;
    daffi_held_t *held = NULL;
    daffi_vault_t vault;
    daffi_transfer_policy_t policy;
    daffi_log_t log = {.write = keep_text, .arg = text, .level = DAFFI_LOG_DEBUG};
    snprintf (folder, sizeof folder, "%s/open", test_tmpdir ());
    CHECK (!mkdir (folder, 0777) && !chmod (folder, 0777));
    const daffi_transfer_options_t options = {.run = DAFFI_RUN_HERE,
                                              .cache_folder = folder};
    CHECK_OK (daffi_transfer_policy_init (&policy, &options, "taker", &error));
    daffi_vault_init (&vault, &policy, &log);
    daffi_payload_t *payload = payload_number (1);
    CHECK_OK (daffi_vault_put (&vault, payload, NULL, "a", &held, &error));
    CHECK (strstr (text, "only this user can write to") != NULL);
    daffi_held_unref (held);
    daffi_payload_destroy (&payload);
    daffi_vault_done (&vault);
    daffi_transfer_policy_done (&policy);
}

TEST ("memory holds what was used last, and never drops what runs or is published")
{
    enum { MANY = 8, ROOM = 3 };
    daffi_error_t error;
    daffi_log_t log = {0};
    daffi_vault_t vault;
    daffi_transfer_policy_t policy;
    daffi_payload_t *payloads[MANY];
    daffi_held_t *held[MANY];
    for (int i = 0; i < MANY; i++)
        payloads[i] = payload_number (i);
    const daffi_transfer_options_t options = {
        .run = DAFFI_RUN_HERE, .memory_bytes = ROOM * payloads[0]->bytes->size};
    CHECK_OK (daffi_transfer_policy_init (&policy, &options, "taker", &error));
    daffi_vault_init (&vault, &policy, &log);
    CHECK_OK (daffi_vault_put (&vault, payloads[0], NULL, "a", &held[0], &error));
    atomic_fetch_add (&held[0]->running, 1);
    for (int i = 1; i < MANY; i++) {
        CHECK_OK (daffi_vault_put (&vault, payloads[i], NULL, "a", &held[i], &error));
        daffi_held_unref (held[i]);
        CHECK (vault.bytes <= options.memory_bytes);
    }
    for (int i = 0; i < MANY; i++) {
        daffi_held_t *found = daffi_vault_get (&vault, payloads[i]->hash);
        CHECK ((found != NULL) == (i == 0 || i > MANY - ROOM));
        daffi_held_unref (found);
    }
    //  all of it runs: there is room for no other
    for (int i = MANY - ROOM + 1; i < MANY; i++) {
        held[i] = daffi_vault_get (&vault, payloads[i]->hash);
        atomic_fetch_add (&held[i]->published, 1);
    }
    daffi_held_t *none = NULL;
    CHECK_STATUS (DAFFI_BUSY,
                  daffi_vault_put (&vault, payloads[1], NULL, "a", &none, &error));
    CHECK_STATUS (DAFFI_BUSY, daffi_vault_remove (&vault, payloads[0]->hash, &error));
    daffi_held_unref (held[0]);
    for (int i = MANY - ROOM + 1; i < MANY; i++)
        daffi_held_unref (held[i]);
    daffi_vault_done (&vault);
    daffi_transfer_policy_done (&policy);
    for (int i = 0; i < MANY; i++)
        daffi_payload_destroy (&payloads[i]);
}
