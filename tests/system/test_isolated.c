//  SPDX-License-Identifier: MPL-2.0
//  Function transfer into the isolated runner: what a payload does there costs its own
//  call, and is reported for what it was.

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shipping.h"
#include "test.h"

#define ISOLATED(...)                                                      \
    DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true,     \
                    .child_memory_bytes = 128 << 20, .child_cpu_ms = 1000, \
                    __VA_ARGS__)

static void ends_with (shipping_t *at, const daffi_payload_t *payload,
                       const char *function, daffi_status_t status, const char *text)
{
    daffi_error_t error;
    int64_t number;
    daffi_status_t got =
        ship_int (at, payload, function, DAFFI_ARGS (), &number, &error);
    if (got != status || !strstr (error.text, text))
        daffi_test_fail (__FILE__, __LINE__, "%s: %s, '%s' (wanted %s, '%s')", function,
                         daffi_status_name (got), got ? error.text : "",
                         daffi_status_name (status), text);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    //  and the next one is fine
    CHECK_OK (ship_int (at, payload, "fine", DAFFI_ARGS (), &number, &error));
}

TEST ("an isolated function runs in another process, which is kept for the next call")
{
    shipping_t at;
    int64_t first = 0, second = 0;
    daffi_error_t error;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &first, &error));
    CHECK (first != getpid ());
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &second, &error));
    CHECK_EQ_INT (second, first);
    CHECK_EQ_INT (shipping_logged ("payload.protection", "seccomp=yes"), 1);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("with fresh_child each call has a child of its own")
{
    shipping_t at;
    int64_t first = 0, second = 0;
    daffi_error_t error;
    shipping_start (&at, ISOLATED (.fresh_child = true));
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &first, &error));
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &second, &error));
    CHECK (second != first);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("what a payload does costs its own call, and is reported for what it was")
{
    shipping_t at;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("bad");
    ends_with (&at, payload, "segfault", DAFFI_CRASHED, "signal 11");
    ends_with (&at, payload, "aborts", DAFFI_CRASHED, "signal 6");
    ends_with (&at, payload, "exits", DAFFI_CRASHED, "exit (7)");
    ends_with (&at, payload, "recurses", DAFFI_CRASHED, "stack overflowed");
    ends_with (&at, payload, "loops", DAFFI_LIMIT, "1000 ms of CPU time");
    ends_with (&at, payload, "eats", DAFFI_LIMIT, "memory limit of 128 MiB");
    ends_with (&at, payload, "forks", DAFFI_FORBIDDEN, "start a process");
    ends_with (&at, payload, "executes", DAFFI_FORBIDDEN, "execve");
    ends_with (&at, payload, "opens", DAFFI_FORBIDDEN, "open a file");
    ends_with (&at, payload, "connects", DAFFI_FORBIDDEN, "open a socket");
    ends_with (&at, payload, "kills", DAFFI_FORBIDDEN, "signal a process");
    CHECK_EQ_INT (shipping_logged ("payload.crashed", ""), 11);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a payload has no more descriptors than it was given")
{
    enum { FILES = 12 };
    shipping_t at;
    daffi_error_t error;
    int64_t number = 0;
    shipping_start (&at, ISOLATED (.child_files_max = FILES));
    daffi_payload_t *payload = payload_open ("bad");
    CHECK_OK (ship_int (&at, payload, "hoards", DAFFI_ARGS (), &number, &error));
    CHECK (number > 0 && number < FILES);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a function that does not end is killed at its deadline, or when it is cancelled")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("bad");
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    daffi_future_t *future = daffi_global_transfer_start (
        at.caller, payload, "sleeps", DAFFI_ARGS (),
        DAFFI_CALL (.process = "taker", .timeout_ms = 100), &error);
    CHECK (future != NULL);
    CHECK_STATUS (DAFFI_TIMEOUT, daffi_future_wait (future, 10000, &error));
    daffi_future_destroy (&future);
    future = daffi_global_transfer_start (at.caller, payload, "sleeps", DAFFI_ARGS (),
                                          DAFFI_CALL (.process = "taker"), &error);
    CHECK (future != NULL);
    while (!shipping_logged ("payload.loaded", ""))
        usleep (1000);
    daffi_future_cancel (future);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (future, 10000, &error));
    daffi_future_destroy (&future);
    //  a drain waits for whatever runs: nothing does
    shipping_stop (&at);
    daffi_payload_destroy (&payload);
}

TEST ("what a payload prints goes to the log of its node")
{
    shipping_t at;
    daffi_error_t error;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("bad");
    CHECK_OK (daffi_global_transfer_and_call (at.caller, "taker", payload, "prints",
                                              DAFFI_ARGS (), NULL, &error));
    CHECK_EQ_INT (shipping_logged ("payload.output", "a line that it prints"), 1);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("an answer counts when its function has returned")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, ISOLATED (.children_max = 4));
    daffi_payload_t *payload = payload_open ("bad");
    for (int i = 0; i < 20; i++) {
        CHECK_STATUS (DAFFI_CRASHED, ship_int (&at, payload, "answers_then_dies",
                                               DAFFI_ARGS (), &number, &error));
        CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    }
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a runner that was killed is started anew")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    char command[200];
    shipping_start (&at, ISOLATED (.fresh_child = true));
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    snprintf (command, sizeof command,
              "for p in $(cat /proc/%d/task/*/children); do "
              "grep -qx daffi-runner /proc/$p/comm && kill -KILL $p; done",
              getpid ());
    //  NOLINTNEXTLINE(cert-env33-c)
    CHECK (system (command) >= 0);
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    CHECK_EQ_INT (shipping_logged ("payload.runner_lost", ""), 1);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

//  From here on this process, and what it starts, is on a kernel without Landlock.
static void without_landlock (void)
{
    struct sock_filter code[] = {
        BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
        BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog filter = {sizeof code / sizeof code[0], code};
    CHECK (!prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK (!syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC,
                     &filter));
}

TEST ("a kernel without Landlock is told of at the start, and refused or not by choice")
{
    daffi_error_t error;
    without_landlock ();
    daffi_global_t *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "taker", .init_controller = true,
                       .unix_sock_path = test_tmpdir (),
                       .transfer = ISOLATED (.children_max = 4)),
        &error);
    CHECK (global == NULL);
    CHECK_EQ_INT (error.status, DAFFI_REFUSED);
    CHECK (strstr (error.text, "Landlock") != NULL);
    shipping_t at;
    int64_t number;
    shipping_start (&at, ISOLATED (.weak_ok = true));
    CHECK_EQ_INT (shipping_logged ("payload.protection", "landlock=0"), 1);
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}
