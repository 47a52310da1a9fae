//  SPDX-License-Identifier: MPL-2.0
//  31_near_data: ship the work to the data, or pull the data to the work?
//
//  A process "archive" holds a folder of text files. Somebody wants to know how many
//  lines of them hold a word. Either every file crosses the wire and is scanned here;
//  or the scan, some KiB of compiled code, is shipped and runs there. The same source
//  (scan.h) does the work in both cases, and both must count the same.
//
//  All reads are under way at once, so pulling is not made slow by waiting for each.
//
//  RUN: 31_near_data/near_data 31_near_data/scan.so /usr/include/linux struct
//  OUTPUT:
//  | <...> files, <...> KiB, <...> lines, <...> with "struct"
//  | pulling the data        <...> ms
//  | shipping the work       <...> ms, with its first shipment (<...> KiB)
//  | the same, shipped once  <...> ms
//  | both count the same
//  END

#include <daffi_transfer.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scan.h"

enum { FILES_MAX = 4096 };

static int failed (const daffi_error_t *error)
{
    fprintf (stderr, "%s\n", error->text);
    return EXIT_FAILURE;
}

//  --- the archive --------------------------------------------------------------------

static daffi_status_t list_files (daffi_request_t *request, void *arg)
{
    static char names[FILES_MAX][256];
    static daffi_value_t values[FILES_MAX];
    size_t count = 0;
    const struct dirent *entry;
    struct stat status;
    DIR *folder = opendir (arg);
    while (folder && count < FILES_MAX && (entry = readdir (folder)))
        if (!fstatat (dirfd (folder), entry->d_name, &status, 0) &&
            S_ISREG (status.st_mode) && status.st_size > 0) {
            snprintf (names[count], sizeof names[count], "%s", entry->d_name);
            values[count] = daffi_value_string (names[count]);
            count++;
        }
    if (folder)
        closedir (folder);
    return daffi_request_reply (request, daffi_value_array (values, count));
}

static daffi_status_t read_file (daffi_request_t *request, void *arg)
{
    char path[4096];
    const char *name;
    struct stat status;
    if (daffi_request_string (request, 0, &name) || strchr (name, '/'))
        return daffi_request_fail (request, "read wants the name of a file");
    snprintf (path, sizeof path, "%s/%s", (const char *)arg, name);
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat (fd, &status))
        return daffi_request_fail (request, "cannot read %s", name);
    size_t size = (size_t)status.st_size;
    char *text = malloc (size);
    ssize_t got = text ? read (fd, text, size) : -1;
    close (fd);
    daffi_status_t answer =
        got < 0 ? daffi_request_fail (request, "cannot read %s", name)
                : daffi_request_reply (request, daffi_value_binary (text, (size_t)got));
    free (text);
    return answer;
}

//  Until it is killed.
static int archive (const char *socket, char *folder)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "archive", .init_controller = true,
                       .unix_sock_path = socket,
                       .transfer = DAFFI_TRANSFER (.run = DAFFI_RUN_HERE,
                                                   .unsigned_local = true)),
        &error);
    if (!global || daffi_global_register (global, "list", list_files, folder, &error) ||
        daffi_global_register (global, "read", read_file, folder, &error))
        return failed (&error);
    return daffi_global_join (global, DAFFI_FOREVER) != DAFFI_OK;
}

//  --- both ways ----------------------------------------------------------------------

static daffi_status_t pull (daffi_global_t *global, const char *word, counts_t *counts,
                            daffi_error_t *error)
{
    static daffi_future_t *reads[FILES_MAX];
    daffi_result_t *list = NULL;
    daffi_value_t name;
    size_t count = 0;
    daffi_status_t status =
        daffi_call (global, "list", DAFFI_ARGS (), NULL, &list, error);
    if (status)
        return status;
    daffi_iterator_t it = daffi_value_iterate (daffi_result_value (list));
    while (!status && daffi_iterator_next (&it, NULL, &name)) {
        reads[count] =
            daffi_call_start (global, "read", DAFFI_ARGS (name), NULL, error);
        status = reads[count] ? DAFFI_OK : error->status;
        count += !status;
    }
    for (size_t i = 0; i < count; i++) {
        const void *text;
        size_t size;
        if (!status)
            status = daffi_future_wait (reads[i], DAFFI_FOREVER, error);
        if (!status &&
            !daffi_value_get_bytes (daffi_future_value (reads[i]), &text, &size))
            scan_text (text, size, word, counts);
        daffi_future_destroy (&reads[i]);
    }
    daffi_result_destroy (&list);
    return status;
}

static daffi_status_t ship (daffi_global_t *global, const daffi_payload_t *payload,
                            const char *folder, const char *word, counts_t *counts,
                            daffi_error_t *error)
{
    int64_t *const numbers[] = {&counts->files, &counts->bytes, &counts->lines,
                                &counts->matching};
    daffi_result_t *result = NULL;
    daffi_value_t item;
    daffi_status_t status = daffi_global_transfer_and_call (
        global, "archive", payload, "scan", DAFFI_ARGS (folder, word), &result, error);
    for (size_t i = 0; !status && i < 4; i++)
        if ((status = daffi_value_item (daffi_result_value (result), i, &item)) ||
            (status = daffi_value_get_int (&item, numbers[i])))
            snprintf (error->text, sizeof error->text, "scan answers something else");
    daffi_result_destroy (&result);
    return status;
}

static double now_ms (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static int compare (const char *socket, const char *object, const char *folder,
                    const char *word)
{
    daffi_error_t error;
    counts_t pulled = {0}, first = {0}, again = {0};
    DAFFI_AUTO (daffi_payload) *payload = daffi_payload_open (object, &error);
    DAFFI_AUTO (daffi_global) *global =
        daffi_global_new (DAFFI_OPTIONS (.unix_sock_path = socket), &error);
    if (!payload || !global ||
        daffi_global_wait_function (global, "read", 5000, &error))
        return failed (&error);
    //  the files come from the disk once, before anything is measured
    if (pull (global, word, &pulled, &error))
        return failed (&error);
    double times[4] = {now_ms ()};
    pulled = (counts_t){0};
    if (pull (global, word, &pulled, &error))
        return failed (&error);
    times[1] = now_ms ();
    if (ship (global, payload, folder, word, &first, &error))
        return failed (&error);
    times[2] = now_ms ();
    if (ship (global, payload, folder, word, &again, &error))
        return failed (&error);
    times[3] = now_ms ();
    printf ("%lld files, %lld KiB, %lld lines, %lld with \"%s\"\n",
            (long long)pulled.files, (long long)pulled.bytes / 1024,
            (long long)pulled.lines, (long long)pulled.matching, word);
    printf ("pulling the data        %.1f ms\n", times[1] - times[0]);
    printf ("shipping the work       %.1f ms, with its first shipment (%llu KiB)\n",
            times[2] - times[1],
            (unsigned long long)daffi_payload_info (payload)->size_bytes / 1024);
    printf ("the same, shipped once  %.1f ms\n", times[3] - times[2]);
    bool same = memcmp (&pulled, &first, sizeof pulled) == 0 &&
                memcmp (&pulled, &again, sizeof pulled) == 0;
    puts (same ? "both count the same" : "they count differently");
    return same && pulled.matching ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main (int argc, char **argv)
{
    char socket[] = "/tmp/daffi-near-XXXXXX";
    if (argc != 4 || !mkdtemp (socket))
        return fprintf (stderr, "usage: near_data PAYLOAD FOLDER WORD\n"), EXIT_FAILURE;
    pid_t child = fork ();
    if (child == 0)
        return archive (socket, argv[2]);
    int status = compare (socket, argv[1], argv[2], argv[3]);
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
    char path[64];
    snprintf (path, sizeof path, "%s/.sock", socket);
    unlink (path);
    snprintf (path, sizeof path, "%s/.lock", socket);
    unlink (path);
    rmdir (socket);
    return status;
}
