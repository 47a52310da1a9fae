//  SPDX-License-Identifier: MPL-2.0
//  Shipped functions whose end comes from outside: a child that is killed, a process
//  that hears nothing of its children, a payload that the loader does not let go of.

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "shipping.h"
#include "test.h"

static void wait_for (const char *id, const char *text)
{
    while (!shipping_logged (id, text))
        usleep (1000);
}

//  Begins `function` as a stream that has no deadline, and kills its child when that
//  waits for the caller.
static void dies_while (const char *function)
{
    shipping_t at;
    daffi_error_t error;
    daffi_result_t *item = NULL;
    int64_t pid;
    shipping_start (&at,
                    DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true));
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &pid, &error));
    daffi_stream_t *stream = daffi_global_transfer_stream (
        at.caller, payload, function, DAFFI_ARGS (),
        DAFFI_CALL (.process = "taker", .timeout_ms = DAFFI_FOREVER), &error);
    CHECK (stream != NULL);
    wait_for ("payload.says", "waits for the caller");
    CHECK (kill ((pid_t)pid, SIGKILL) == 0);
    wait_for ("payload.crashed", "signal 9");
    CHECK_OK (daffi_stream_receive (stream, 10000, &item, &error));
    daffi_result_destroy (&item);
    CHECK_STATUS (DAFFI_CRASHED, daffi_stream_wait (stream, 10000, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    daffi_stream_destroy (&stream);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a child that dies while it waits for an item ends its call")
{
    dies_while ("tell_and_receive");
}

TEST ("a child that dies while nobody takes its items ends its call")
{
    dies_while ("tell_and_yield");
}

TEST ("a process that ignores the ends of its children is told how those of the runner "
      "ended")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    CHECK (signal (SIGCHLD, SIG_IGN) != SIG_ERR);
    shipping_start (&at,
                    DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true));
    daffi_payload_t *payload = payload_open ("bad");
    CHECK_STATUS (DAFFI_CRASHED,
                  ship_int (&at, payload, "exits", DAFFI_ARGS (), &number, &error));
    CHECK_EQ_STR (error.text, "it called exit (7)");
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
    CHECK (signal (SIGCHLD, SIG_DFL) != SIG_ERR);
}

TEST ("an isolated function does not see the environment of its node")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number = -1;
    CHECK (setenv ("DAFFI_TEST_SECRET", "sesame", 1) == 0);
    shipping_start (&at,
                    DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true));
    daffi_payload_t *payload = payload_open ("bad");
    CHECK_OK (ship_int (&at, payload, "spies", DAFFI_ARGS (), &number, &error));
    CHECK_EQ_INT (number, 0);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

static void call_and_unload (shipping_t *at, const char *name, int version)
{
    daffi_error_t error;
    int64_t number;
    daffi_payload_t *payload = payload_open (name);
    CHECK_OK (ship_int (at, payload, "version", DAFFI_ARGS (), &number, &error));
    CHECK_EQ_INT (number, version);
    CHECK_OK (daffi_global_unload (at->caller, "taker", payload, &error));
    daffi_payload_destroy (&payload);
}

TEST ("what the loader does not let go of is not taken for what is loaded after it")
{
    shipping_t at;
    shipping_start (&at,
                    DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .unsigned_local = true));
    for (int i = 0; i < 10; i++) {
        call_and_unload (&at, "version_1", 1);
        call_and_unload (&at, "version_2", 2);
    }
    shipping_stop (&at);
}
