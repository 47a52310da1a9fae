//  SPDX-License-Identifier: MPL-2.0
//  What users of the Python daffi suffered from, each as a test that it does not happen
//  here.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "place.h"

SYSTEM_TEST ("a stopped process does not stay registered, and calls to it do not hang")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t stopped =
        PROCESS (at, "worker", "name=stopped", "heartbeat=100", "timeout=400");
    process_t ended = PROCESS (at, "worker", "name=ended");
    CHECK_EQ_UINT (count_providers (caller, "add"), 2);
    process_freeze (&stopped);
    process_stop (&ended);
    daffi_future_t *call =
        daffi_call_start (caller, "add", DAFFI_ARGS (1, 1), NULL, &error);
    CHECK (call != NULL);
    CHECK_STATUS (DAFFI_PROCESS_LOST, daffi_future_wait (call, 5000, &error));
    daffi_future_destroy (&call);
    CHECK_EQ_UINT (count_providers (caller, "add"), 0);
    CHECK_STATUS (DAFFI_NO_PROCESS,
                  daffi_call (caller, "add", DAFFI_ARGS (1, 1),
                              DAFFI_CALL (.process = "stopped"), NULL, &error));
    CHECK_STATUS (DAFFI_NO_PROCESS,
                  daffi_call (caller, "add", DAFFI_ARGS (1, 1),
                              DAFFI_CALL (.process = "ended"), NULL, &error));
    process_kill (&stopped);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("service is back at once after a restart of the broker, not after 27 s")
{
    process_t broker = BROKER (at, "--settle", "2000");
    daffi_global_t *caller = caller_start (at);
    process_t worker = PROCESS (at, "worker", "name=worker");
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    int64_t longest_ms = 0;
    for (int i = 0; i < 5; i++) {
        process_kill (&broker);
        broker = BROKER (at, "--settle", "2000");
        int64_t start_ms = clock_ms ();
        //  the first may have been sent to the dead one
        daffi_error_t error;
        daffi_status_t status;
        while ((status = daffi_call (caller, "add", DAFFI_ARGS (1, 1), NULL, NULL,
                                     &error)) == DAFFI_CONTROLLER_LOST)
            continue;
        CHECK_FINE (status, error);
        int64_t took_ms = clock_ms () - start_ms;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
    }
    printf ("     from the broker's return to the first result: at most %d ms\n",
            (int)longest_ms);
    CHECK (longest_ms < 10000);  //  27 s in the ancestor
    process_stop (&worker);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("one dead node does not stall calls to the healthy ones for seconds")
{
    enum { CALLS = 300 };
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *caller = caller_start (at);
    process_t dead = PROCESS (at, "worker", "name=dead", "only=watch", "timeout=60000");
    process_t healthy = PROCESS (at, "worker", "name=healthy");
    daffi_error_t error;
    process_freeze (&dead);
    daffi_future_t *stuck[20];
    for (int i = 0; i < 20; i++) {
        stuck[i] = daffi_call_start (caller, "watch", DAFFI_ARGS (i),
                                     DAFFI_CALL (.process = "dead"), &error);
        CHECK (stuck[i] != NULL);
    }
    int64_t start_ms = clock_ms ();
    for (int i = 0; i < CALLS; i++) {
        int64_t call_ms = clock_ms ();
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
        CHECK (clock_ms () - call_ms < 4000);
    }
    printf ("     %d calls beside a dead node: %d ms\n", CALLS,
            (int)(clock_ms () - start_ms));
    process_kill (&dead);
    for (int i = 0; i < 20; i++) {
        CHECK_STATUS (DAFFI_PROCESS_LOST,
                      daffi_future_wait (stuck[i], BOARD_PATIENCE_MS, &error));
        daffi_future_destroy (&stuck[i]);
    }
    process_stop (&healthy);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("a name that is used again within moments does not hang its callers")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    for (int i = 0; i < 10; i++) {
        process_t worker = PROCESS (at, "worker", "name=again");
        daffi_error_t error;
        daffi_result_t *result = NULL;
        int64_t start_ms = clock_ms ();
        CHECK_FINE (daffi_call (caller, "pid", DAFFI_ARGS (),
                                DAFFI_CALL (.process = "again"), &result, &error),
                    error);
        int64_t pid = 0;
        CHECK_OK (daffi_value_get_int (daffi_result_value (result), &pid));
        CHECK_EQ_INT (pid, worker.pid);
        CHECK (clock_ms () - start_ms < 10000);
        daffi_result_destroy (&result);
        if (i % 2)
            process_kill (&worker);
        else
            process_stop (&worker);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a timeout cancels what it gave up on")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t worker = PROCESS (at, "worker", "name=worker", "workers=1");
    for (int i = 1; i <= 3; i++) {
        CHECK_STATUS (DAFFI_TIMEOUT,
                      daffi_call (caller, "watch", DAFFI_ARGS (i),
                                  DAFFI_CALL (.timeout_ms = 50), NULL, &error));
        board_wait (BOARD_CANCELLED, i);
        //  so its only worker is free again
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, i), 1 + i);
    }
    process_stop (&worker);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}
