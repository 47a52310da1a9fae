//  SPDX-License-Identifier: MPL-2.0
//  Payloads that turn on their node, their runner and other processes of their user;
//  and nodes and runners that have little to live on.

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shipping.h"
#include "test.h"

#define ISOLATED(...)                                                  \
    DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true, \
                    .child_memory_bytes = 128 << 20, .child_cpu_ms = 200, __VA_ARGS__)

//  The one of this process.
static int runner_pid (void)
{
    int pid = 0;
    char command[160];
    snprintf (command, sizeof command,
              "for p in $(cat /proc/%d/task/*/children); do "
              "grep -qx daffi-runner /proc/$p/comm && echo $p; done",
              getpid ());
    //  NOLINTNEXTLINE(cert-env33-c)
    FILE *out = popen (command, "r");
    CHECK (out != NULL);
    CHECK_EQ_INT (fscanf (out, "%d", &pid), 1);  //  NOLINT(cert-err34-c)
    pclose (out);
    return pid;
}

//  Or dead, and nobody has asked for its status yet.
static bool is_gone (int64_t pid)
{
    char path[64], state = 'Z';
    snprintf (path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen (path, "r");
    if (!file)
        return true;
    (void)fscanf (file, "%*d %*s %c", &state);
    (void)fclose (file);
    return state == 'Z' || state == 'X';
}

//  --- little to live on --------------------------------------------------------------

TEST ("payloads run isolated where a process may open few files")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    const struct rlimit few = {.rlim_cur = 1024, .rlim_max = 1024};
    CHECK (!setrlimit (RLIMIT_NOFILE, &few));
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a child that cannot be set up says why, and nothing has run")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    const struct rlimit none = {.rlim_cur = 9, .rlim_max = 9};
    shipping_start (&at, ISOLATED (.children_max = 4));
    CHECK (!prlimit (runner_pid (), RLIMIT_NOFILE, &none, NULL));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_STATUS (DAFFI_SYSTEM,
                  ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    CHECK (strstr (error.text, "cannot set up a child") != NULL);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

//  --- runners that do not do their part ----------------------------------------------

TEST ("children end with a runner that is killed")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, ISOLATED (.child_idle_ms = 600000));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    CHECK (!kill (runner_pid (), SIGKILL));
    while (!is_gone (number))
        usleep (1000);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a runner that hangs costs its calls, and holds up nobody")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    CHECK (!kill (runner_pid (), SIGSTOP));
    daffi_future_t *future = daffi_global_transfer_start (
        at.caller, payload, "sleeps", DAFFI_ARGS (),
        DAFFI_CALL (.process = "taker", .timeout_ms = 50), &error);
    CHECK (future != NULL);
    CHECK_STATUS (DAFFI_TIMEOUT, daffi_future_wait (future, 10000, &error));
    daffi_future_destroy (&future);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a program that is no runner is told of, and does not stay")
{
    daffi_error_t error;
    char path[160], folder[100];
    snprintf (folder, sizeof folder, "%s", test_tmpdir ());
    snprintf (path, sizeof path, "%s/stranger", folder);
    FILE *file = fopen (path, "w");
    CHECK (file != NULL);
    fputs ("#!/bin/sh\nprintf nonsense >&3\nexec sleep 1000\n", file);
    CHECK (!fclose (file) && !chmod (path, 0755));
    daffi_global_t *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "taker", .init_controller = true,
                       .unix_sock_path = folder,
                       .transfer = ISOLATED (.runner_path = path)),
        &error);
    CHECK (global == NULL);
    CHECK (strstr (error.text, "is no daffi-runner; name that") != NULL);
}

//  --- attacks ------------------------------------------------------------------------

static daffi_status_t call_for (shipping_t *at, const daffi_payload_t *payload,
                                const char *function, int64_t timeout_ms,
                                daffi_error_t *error)
{
    daffi_future_t *future = daffi_global_transfer_start (
        at->caller, payload, function, DAFFI_ARGS (),
        DAFFI_CALL (.process = "taker", .timeout_ms = timeout_ms), error);
    CHECK (future != NULL);
    daffi_status_t status = daffi_future_wait (future, 60000, error);
    daffi_future_destroy (&future);
    return status;
}

static void is_forbidden (shipping_t *at, const char *name, const char *function,
                          const char *text)
{
    daffi_error_t error;
    daffi_payload_t *payload = payload_open (name);
    daffi_status_t status = call_for (at, payload, function, DAFFI_FOREVER, &error);
    if (status != DAFFI_FORBIDDEN || !strstr (error.text, text))
        daffi_test_fail (__FILE__, __LINE__, "%s: %s, %s", function,
                         daffi_status_name (status), status ? error.text : "");
    daffi_payload_destroy (&payload);
}

TEST ("a payload reaches no other process by limits or by signals")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number = 0;
    shipping_start (&at, ISOLATED (.children_max = 4));
    is_forbidden (&at, "early", "fine", "prlimit64");
    is_forbidden (&at, "hostile", "limits_others", "prlimit64");
    is_forbidden (&at, "hostile", "looks_at_others", "prlimit64");
    is_forbidden (&at, "hostile", "owns_signals", "fcntl");
    is_forbidden (&at, "hostile", "asks_for_signals", "fcntl");
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_OK (ship_int (&at, payload, "asks_politely", DAFFI_ARGS (), &number, &error));
    //  ten calls of 200 ms each, and three seconds
    CHECK_EQ_INT (number, 5);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("whatever a payload says, its deadline and its limit are kept")
{
    shipping_t at;
    daffi_error_t error;
    shipping_start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED,
                                         .unsigned_local = true, .child_cpu_ms = 30));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_STATUS (DAFFI_TIMEOUT, call_for (&at, payload, "says_half", 100, &error));
    CHECK_STATUS (DAFFI_CRASHED, call_for (&at, payload, "says_nothing_for_ever",
                                           DAFFI_FOREVER, &error));
    CHECK_STATUS (DAFFI_LIMIT,
                  call_for (&at, payload, "talks_for_ever", DAFFI_FOREVER, &error));
    CHECK_STATUS (DAFFI_LIMIT,
                  call_for (&at, payload, "prints_for_ever", DAFFI_FOREVER, &error));
    daffi_payload_destroy (&payload);
    //  and its worker is free again, else this waits for it
    shipping_stop (&at);
}

TEST ("the limit of CPU time holds while a payload is being loaded")
{
    shipping_t at;
    daffi_error_t error;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("stuck");
    CHECK_STATUS (DAFFI_LIMIT, call_for (&at, payload, "fine", DAFFI_FOREVER, &error));
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a child that has used the time of many calls makes way for a fresh one")
{
    shipping_t at;
    daffi_error_t error;
    int64_t first = 0, number = 0;
    shipping_start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED,
                                         .unsigned_local = true, .child_cpu_ms = 100));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_OK (ship_int (&at, payload, "works", DAFFI_ARGS (), &first, &error));
    for (int i = 0; i < 200 && (!number || number == first); i++)
        CHECK_OK (ship_int (&at, payload, "works", DAFFI_ARGS (), &number, &error));
    CHECK (number != first);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a child that leaves no room for its end does not hold up the runner")
{
    shipping_t at;
    daffi_error_t error;
    daffi_result_t *item = NULL;
    int64_t number;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("hostile");
    daffi_stream_t *stream = daffi_global_transfer_stream (
        at.caller, payload, "leaves_no_room", DAFFI_ARGS (),
        DAFFI_CALL (.process = "taker"), &error);
    CHECK (stream != NULL);
    CHECK_OK (daffi_stream_receive (stream, 10000, &item, &error));
    CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
    daffi_result_destroy (&item);
    while (!is_gone (number))
        usleep (1000);
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    daffi_stream_destroy (&stream);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

static int open_files (void)
{
    int count = 0;
    DIR *dir = opendir ("/proc/self/fd");
    CHECK (dir != NULL);
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

TEST ("a payload cannot put descriptors into its node")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("hostile");
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    int before = open_files ();
    CHECK_OK (ship_int (&at, payload, "smuggles", DAFFI_ARGS (), &number, &error));
    CHECK (open_files () < before + 20);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

static int64_t cpu_ms (void)
{
    struct timespec time;
    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

TEST ("a payload that closes its output does not keep its worker busy")
{
    shipping_t at;
    daffi_error_t error;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("hostile");
    int64_t before_ms = cpu_ms ();
    CHECK_OK (call_for (&at, payload, "closes_its_output", DAFFI_FOREVER, &error));
    CHECK (cpu_ms () < before_ms + 100);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}
