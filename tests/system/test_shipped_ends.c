//  SPDX-License-Identifier: MPL-2.0
//  Shipped functions whose end comes from outside: a child that is killed, a process
//  that hears nothing of its children, a payload that the loader does not let go of.

#include <signal.h>
#include <stdlib.h>

#include "shipping.h"
#include "test.h"

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
