//  SPDX-License-Identifier: MPL-2.0
//  Processes that die or stop: what their callers are told, and when.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

static void check_ends (daffi_future_t **call, daffi_status_t expected)
{
    daffi_error_t error = {.text = ""};
    daffi_status_t status = daffi_future_wait (*call, BOARD_PATIENCE_MS, &error);
    if (status != expected)
        daffi_test_fail (__FILE__, __LINE__, "it ended with %s (%s), not %s",
                         daffi_status_name (status), error.text,
                         daffi_status_name (expected));
    daffi_future_destroy (call);
}

static int compare (const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

//  --- kill -9 ----------------------------------------------------------------------

enum { KILLS = 100, BATCH = 10 };

SYSTEM_TEST ("a killed provider fails its calls at once: a hundred times")
{
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *caller = caller_start (at);
    process_t workers[BATCH];
    int64_t took_us[KILLS];
    char name[16], option[32];
    for (int i = 0; i < KILLS; i += BATCH) {
        for (int k = 0; k < BATCH; k++) {
            snprintf (option, sizeof option, "name=worker-%d", k);
            workers[k] = PROCESS (at, "worker", option, "early=1", "only=hold",
                                  "timeout=60000", "heartbeat=1000");
        }
        for (int k = 0; k < BATCH; k++) {
            daffi_error_t error;
            snprintf (name, sizeof name, "worker-%d", k);
            wait_for_process (caller, name);
            daffi_future_t *call = call_begin (caller, "hold", DAFFI_ARGS (1),
                                               DAFFI_CALL (.process = name));
            board_wait (BOARD_STARTED, i + k + 1);
            int64_t start_us = clock_us ();
            process_signal (&workers[k], SIGKILL);
            CHECK_STATUS (DAFFI_PROCESS_LOST,
                          daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
            took_us[i + k] = clock_us () - start_us;
            CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
            CHECK_EQ_STR (error.process, name);
            CHECK_EQ_UINT (daffi_future_attempts (call), 1);
            daffi_future_destroy (&call);
            process_kill (&workers[k]);
        }
    }
    qsort (took_us, KILLS, sizeof took_us[0], compare);
    printf (
        "     from kill -9 to PROCESS_LOST: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
        (double)took_us[KILLS / 2] / 1000, (double)took_us[KILLS - 2] / 1000,
        (double)took_us[KILLS - 1] / 1000);
    CHECK (took_us[KILLS - 1] < 20000000);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("calls that were only queued go to another provider when theirs dies")
{
    enum { QUEUED = 20 };
    daffi_future_t *calls[QUEUED];
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t doomed = PROCESS (at, "worker", "name=doomed", "capacity=1");
    daffi_future_t *held = call_begin (caller, "hold", DAFFI_ARGS (100), NULL);
    board_wait (BOARD_STARTED, 1);
    process_t other = PROCESS (at, "worker", "name=other", "capacity=1");
    daffi_future_t *busy = call_begin (caller, "hold", DAFFI_ARGS (101), NULL);
    board_wait (BOARD_STARTED, 2);
    for (int i = 0; i < QUEUED; i++)
        calls[i] = call_begin (caller, "run", DAFFI_ARGS (i), NULL);
    process_kill (&doomed);
    check_ends (&held, DAFFI_PROCESS_LOST);
    board_add (BOARD_GATE, 1);
    check_ends (&busy, DAFFI_OK);
    for (int i = 0; i < QUEUED; i++) {
        daffi_error_t error;
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        CHECK_EQ_STR (daffi_future_process (calls[i]), "other");
        CHECK_EQ_UINT (daffi_future_attempts (calls[i]), 1);
        daffi_future_destroy (&calls[i]);
        CHECK_EQ_INT (board_runs (i), 1);
    }
    process_stop (&other);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("calls that wait for a named process fail when it dies")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t doomed = PROCESS (at, "worker", "name=doomed", "capacity=1");
    daffi_future_t *held = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_future_t *waiting =
        call_begin (caller, "run", DAFFI_ARGS (2),
                    DAFFI_CALL (.process = "doomed", .no_retry = true));
    daffi_future_t *again =
        call_begin (caller, "run", DAFFI_ARGS (3), DAFFI_CALL (.process = "doomed"));
    daffi_error_t error;
    //  its answer comes behind the calls
    CHECK_EQ_UINT (count_providers (caller, "run"), 1);
    process_kill (&doomed);
    check_ends (&held, DAFFI_PROCESS_LOST);
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_future_wait (waiting, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    daffi_future_destroy (&waiting);
    //  not executed, so it is tried again; by then the name is unknown
    check_ends (&again, DAFFI_NO_PROCESS);
    CHECK_EQ_INT (board_runs (2) + board_runs (3), 0);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("the death of a caller cancels its calls")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .workers = 8,
                                    .functions = serve_functions);
    process_t caller =
        PROCESS (at, "caller", "name=doomed", "function=watch", "count=8");
    board_wait (BOARD_STARTED, 8);
    process_kill (&caller);
    board_wait (BOARD_CANCELLED, 8);
    //  and so does its end in good order
    caller = PROCESS (at, "caller", "name=doomed", "function=watch", "count=8");
    board_wait (BOARD_STARTED, 16);
    process_stop (&caller);
    board_wait (BOARD_CANCELLED, 16);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

//  --- retries ----------------------------------------------------------------------

SYSTEM_TEST (
    "an idempotent call is tried again where its provider died, another is not")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    const daffi_call_options_t ways[] = {{.idempotent = true},
                                         {.idempotent = true, .no_retry = true},
                                         {.no_retry = false}};
    const daffi_status_t ends[] = {DAFFI_OK, DAFFI_PROCESS_LOST, DAFFI_PROCESS_LOST};
    for (int i = 0; i < 3; i++) {
        process_t doomed = PROCESS (at, "worker", "name=doomed");
        daffi_future_t *call =
            call_begin (caller, "hold", DAFFI_ARGS (i, i + 1), &ways[i]);
        board_wait (BOARD_STARTED, 2 * i + 1);
        process_t other = PROCESS (at, "worker", "name=other");
        process_kill (&doomed);
        if (ends[i] == DAFFI_OK)
            board_wait (BOARD_STARTED, 2);
        else
            board_add (BOARD_STARTED, 1);
        board_add (BOARD_GATE, 1);
        CHECK_STATUS (ends[i], daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
        CHECK_EQ_UINT (daffi_future_attempts (call), ends[i] == DAFFI_OK ? 2 : 1);
        CHECK_EQ_INT (board_runs (i), ends[i] == DAFFI_OK ? 2 : 1);
        daffi_future_destroy (&call);
        process_stop (&other);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("an idempotent call is tried three times at most")
{
    enum { ATTEMPTS = 3 };
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t workers[ATTEMPTS + 1];
    for (int i = 0; i <= ATTEMPTS; i++)
        workers[i] = PROCESS (at, "worker", "only=pid");
    process_t doomed[ATTEMPTS];
    doomed[0] = PROCESS (at, "worker", "name=doomed");
    daffi_future_t *call =
        call_begin (caller, "hold", DAFFI_ARGS (1), DAFFI_CALL (.idempotent = true));
    for (int i = 0; i < ATTEMPTS; i++) {
        board_wait (BOARD_STARTED, i + 1);
        if (i + 1 < ATTEMPTS)
            doomed[i + 1] = PROCESS (at, "worker", i ? "name=third" : "name=second");
        process_kill (&doomed[i]);
    }
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_UINT (daffi_future_attempts (call), ATTEMPTS);
    CHECK_EQ_INT (board_runs (1), ATTEMPTS);
    daffi_future_destroy (&call);
    for (int i = 0; i <= ATTEMPTS; i++)
        process_stop (&workers[i]);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

//  --- SIGSTOP ----------------------------------------------------------------------

SYSTEM_TEST ("a stopped provider fails its calls within its heartbeat timeout")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t worker =
        PROCESS (at, "worker", "name=worker", "heartbeat=100", "timeout=400");
    daffi_future_t *call = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    int64_t start_ms = clock_ms ();
    process_freeze (&worker);
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK (clock_ms () - start_ms >= 100);
    CHECK (clock_ms () - start_ms < 10000);
    daffi_future_destroy (&call);
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_call (caller, "hold", DAFFI_ARGS (1), NULL, NULL, &error));
    process_signal (&worker, SIGCONT);
    wait_for_process (caller, "worker");
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    board_add (BOARD_GATE, 1);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "calls that timed out while their provider was stopped never run afterwards")
{
    enum { COUNT = 200 };
    daffi_future_t *calls[COUNT];
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    //  for less than the heartbeat timeout: nobody finds out but by the clock
    process_t worker = PROCESS (at, "worker", "name=worker");
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    process_freeze (&worker);
    for (int i = 0; i < COUNT; i++)
        calls[i] =
            call_begin (caller, "run", DAFFI_ARGS (i), DAFFI_CALL (.timeout_ms = 100));
    for (int i = 0; i < COUNT; i++)
        check_ends (&calls[i], DAFFI_TIMEOUT);
    process_signal (&worker, SIGCONT);
    CHECK_CALL_INT (caller, "run", DAFFI_ARGS (1000), 1000);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ_INT (board_runs (i), 0);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("calls that were lost with a stopped provider never run when it goes on")
{
    enum { COUNT = 100 };
    daffi_future_t *calls[COUNT];
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    for (int round = 1; round <= 3; round++) {
        process_t worker = PROCESS (at, "worker", "name=worker", "workers=1",
                                    "heartbeat=100", "timeout=400");
        daffi_future_t *held =
            call_begin (caller, "hold", DAFFI_ARGS (1000, round), NULL);
        board_wait (BOARD_STARTED, round);
        //  half of them wait in its pool, the others on the way to it
        for (int i = 0; i < COUNT / 2; i++)
            calls[i] = call_begin (caller, "run", DAFFI_ARGS (i), NULL);
        daffi_error_t error;
        CHECK_FINE (daffi_call (caller, "$node.ping", DAFFI_ARGS (),
                                DAFFI_CALL (.process = "worker"), NULL, &error),
                    error);
        process_freeze (&worker);
        for (int i = COUNT / 2; i < COUNT; i++)
            calls[i] = call_begin (caller, "run", DAFFI_ARGS (i), NULL);
        check_ends (&held, DAFFI_PROCESS_LOST);
        for (int i = 0; i < COUNT; i++)
            check_ends (&calls[i], DAFFI_PROCESS_LOST);
        //  its thread can go on at the moment it wakes
        board_add (BOARD_GATE, 1);
        process_signal (&worker, SIGCONT);
        board_wait (BOARD_ENDED, round);
        wait_for_process (caller, "worker");
        process_stop (&worker);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ_INT (board_runs (i), 0);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "callbacks that block for longer than the heartbeat timeout keep their node")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = START (at, .process_name = "caller", .heartbeat_ms = 100,
                                    .heartbeat_timeout_ms = 1000);
    process_t worker = PROCESS (at, "worker", "name=worker", "workers=2",
                                "heartbeat=100", "timeout=1000", "counted=1");
    daffi_future_t *calls[2] = {call_begin (caller, "hold", DAFFI_ARGS (1), NULL),
                                call_begin (caller, "hold", DAFFI_ARGS (2), NULL)};
    board_wait (BOARD_STARTED, 2);
    CHECK (!board_reaches (BOARD_DISCONNECTED, 1, 2500));
    board_add (BOARD_GATE, 1);
    check_ends (&calls[0], DAFFI_OK);
    check_ends (&calls[1], DAFFI_OK);
    CHECK_EQ_INT (board_read (BOARD_CONNECTED), 1);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

//  --- no head-of-line blocking -----------------------------------------------------

SYSTEM_TEST ("a stopped process with much queued for it costs the others nothing")
{
    enum { CALLS = 500, PIECE = 256 * 1024, PIECES = 200 };
    static char piece[PIECE];
    int64_t took_us[CALLS];
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *caller = caller_start (at);
    process_t stopped =
        PROCESS (at, "worker", "name=stopped", "timeout=60000", "heartbeat=1000");
    process_t other = PROCESS (at, "worker", "name=other");
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    process_freeze (&stopped);
    //  50 MiB at once, and small ones as well
    for (int i = 0; i < PIECES; i++) {
        CHECK_FINE (daffi_cast (caller, "echo",
                                DAFFI_ARGS (daffi_value_binary (piece, PIECE)),
                                DAFFI_CALL (.process = "stopped"), &error),
                    error);
        CHECK_FINE (daffi_cast (caller, "add", DAFFI_ARGS (1, 1),
                                DAFFI_CALL (.process = "stopped"), &error),
                    error);
    }
    CHECK_EQ_UINT (count_providers (caller, "add"), 2);
    for (int i = 0; i < CALLS; i++) {
        int64_t start_us = clock_us ();
        CHECK_FINE (daffi_call (caller, "add", DAFFI_ARGS (i, 1),
                                DAFFI_CALL (.process = "other"), NULL, &error),
                    error);
        took_us[i] = clock_us () - start_us;
    }
    qsort (took_us, CALLS, sizeof took_us[0], compare);
    printf (
        "     calls beside a stopped process: p50 %.2f ms, p99 %.2f ms, max %.2f ms\n",
        (double)took_us[CALLS / 2] / 1000, (double)took_us[CALLS * 99 / 100] / 1000,
        (double)took_us[CALLS - 1] / 1000);
    CHECK (took_us[CALLS - 1] < 20000000);
    process_kill (&stopped);
    process_stop (&other);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}
