//  SPDX-License-Identifier: MPL-2.0
//  The broker of a rig: daffi-broker, or the raw one.
//
//  daffi-broker tells that it is ready by its endpoint file, the raw one by a line.
//  What daffi-broker logs is kept in a file, whose end is shown where it fails.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_broker.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench_role.h"

#define READY_TIMEOUT_MS 10000

daffi_status_t bench_broker_start_role (bench_rig_t *rig, const char *name,
                                        daffi_error_t *error)
{
    if (rig->cell->transport == BENCH_TCP)
        snprintf (rig->endpoint, sizeof rig->endpoint, "tcp://127.0.0.1:*");
    else
        snprintf (rig->endpoint, sizeof rig->endpoint, "ipc://%s/raw", rig->folder);
    const bench_role_t role = {.role = name,
                               .endpoint = rig->endpoint,
                               .payload_bytes = rig->cell->payload_bytes,
                               .outstanding = rig->cell->outstanding};
    bench_role_args_t args;
    bench_role_format (&role, rig->settings->program, &args);
    const bench_child_options_t options = {
        .title = name, .argv = args.argv, .stop_signal = SIGTERM};
    char line[BENCH_LINE_MAX];
    if (bench_child_start (&rig->broker, &options, error) ||
        bench_child_read (&rig->broker, READY_TIMEOUT_MS, line, error))
        return error->status;
    if (sscanf (line, "ready %127s", rig->endpoint) != 1)
        return bench_fail (error, DAFFI_PROTOCOL, "%s said: %s", name, line);
    return DAFFI_OK;
}

//  The whole file as text, cut at its beginning; "" where there is none.
static void read_end (const char *path, char *text, size_t capacity)
{
    text[0] = 0;
    FILE *file = fopen (path, "r");
    if (!file)
        return;
    fseek (file, 0, SEEK_END);
    long size = ftell (file), room = (long)capacity - 1;
    fseek (file, size > room ? size - room : 0, SEEK_SET);
    text[fread (text, 1, capacity - 1, file)] = 0;
    fclose (file);
}

//  Complete once its line is: it is written in one go, but maybe not read in one.
static bool read_endpoint (bench_rig_t *rig, const char *path)
{
    char text[sizeof rig->endpoint];
    read_end (path, text, sizeof text);
    char *end = strchr (text, '\n');
    if (!end)
        return false;
    *end = 0;
    memcpy (rig->endpoint, text, sizeof text);
    return true;
}

static daffi_status_t explain (bench_rig_t *rig, daffi_error_t *error)
{
    char path[96], log[160];
    snprintf (path, sizeof path, "%s/log", rig->folder);
    read_end (path, log, sizeof log);
    size_t size = strlen (error->text);
    if (log[0])
        snprintf (error->text + size, sizeof error->text - size, "; it said: %s", log);
    for (char *c = error->text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    return error->status;
}

static daffi_status_t wait_endpoint (bench_rig_t *rig, const char *path,
                                     daffi_error_t *error)
{
    int64_t end_ns = bench_clock_ns () + READY_TIMEOUT_MS * INT64_C (1000000);
    while (!read_endpoint (rig, path)) {
        if (bench_child_ended (&rig->broker, error))
            return explain (rig, error);
        if (bench_child_interrupted ())
            return bench_fail (error, DAFFI_CANCELLED, "interrupted");
        if (bench_clock_ns () > end_ns) {
            bench_fail (error, DAFFI_TIMEOUT, "daffi-broker is not ready after %d s",
                        READY_TIMEOUT_MS / 1000);
            return explain (rig, error);
        }
        poll (NULL, 0, 2);
    }
    return DAFFI_OK;
}

static daffi_status_t start_daffi (bench_rig_t *rig, daffi_error_t *error)
{
    if (rig->settings->broker[0] == 0)
        return bench_fail (error, DAFFI_NOT_FOUND,
                           "daffi-broker was not found; give --broker PATH");
    char endpoint_path[96], log_path[96];
    snprintf (endpoint_path, sizeof endpoint_path, "%s/endpoint", rig->folder);
    snprintf (log_path, sizeof log_path, "%s/log", rig->folder);
    bool tcp = rig->cell->transport == BENCH_TCP;
    char *argv[] = {(char *)rig->settings->broker,
                    tcp ? "--host" : "--unix-sock-path",
                    tcp ? "127.0.0.1" : rig->folder,
                    "--endpoint-file",
                    endpoint_path,
                    NULL};
    const bench_child_options_t options = {.title = "daffi-broker",
                                           .argv = argv,
                                           .log_path = log_path,
                                           .stop_signal = SIGTERM};
    if (bench_child_start (&rig->broker, &options, error))
        return error->status;
    return wait_endpoint (rig, endpoint_path, error);
}

daffi_status_t bench_broker_start (bench_rig_t *rig, daffi_error_t *error)
{
    switch (rig->subject) {
    case BENCH_RAW:
        return bench_broker_start_role (rig, "raw-broker", error);
    case BENCH_NATS:
        return bench_broker_start_nats (rig, error);
    case BENCH_GEARMAN:
        return bench_broker_start_gearman (rig, error);
    case BENCH_DAFFI:
    case BENCH_SUBJECTS:
        break;
    }
    return start_daffi (rig, error);
}

void bench_broker_clean (bench_rig_t *rig)
{
    DIR *folder = opendir (rig->folder);
    const struct dirent *entry;
    while (folder && (entry = readdir (folder)))
        if (strcmp (entry->d_name, ".") && strcmp (entry->d_name, ".."))
            unlinkat (dirfd (folder), entry->d_name, 0);
    if (folder)
        closedir (folder);
    rmdir (rig->folder);
}
