//  SPDX-License-Identifier: MPL-2.0
//  The controller dies, comes back, drains; workers are replaced under load.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static daffi_global_t *counted_caller (place_t *at)
{
    return START (at, .process_name = "caller", .on_node_connect = serve_on_connect,
                  .on_node_disconnect = serve_on_disconnect);
}

//  --- the controller dies ----------------------------------------------------------

SYSTEM_TEST ("calls in flight fail with CONTROLLER_LOST when it dies, not at their "
             "deadline")
{
    enum { COUNT = 50 };
    daffi_future_t *calls[COUNT];
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "100");
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller =
        START (at, .process_name = "caller", .heartbeat_timeout_ms = 60000);
    for (int i = 0; i < COUNT; i++)
        calls[i] = call_begin (caller, "watch", DAFFI_ARGS (i),
                               DAFFI_CALL (.timeout_ms = DAFFI_FOREVER));
    board_wait (BOARD_STARTED, 1);
    int64_t start_us = clock_us ();
    process_kill (&broker);
    for (int i = 0; i < COUNT; i++) {
        CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                      daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error));
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
        CHECK (strstr (error.text, at->tcp ? "tcp://" : "ipc://") != NULL);
    }
    int64_t took_us = clock_us () - start_us;
    printf ("     from kill -9 of the broker to %d times CONTROLLER_LOST: %.2f ms\n",
            COUNT, (double)took_us / 1000);
    CHECK (took_us < 20000000);
    for (int i = 0; i < COUNT; i++)
        daffi_future_destroy (&calls[i]);
    daffi_error_t why = {.text = ""};
    CHECK_EQ_INT (daffi_global_state (caller, &why), DAFFI_STATE_CONNECTING);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST, why.status);
    //  the callbacks are told as well
    board_wait (BOARD_CANCELLED, board_read (BOARD_STARTED));
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
}

SYSTEM_TEST ("nodes come back by themselves and offer their functions again")
{
    process_t broker = BROKER (at, "--settle", "2000");
    daffi_global_t *caller = counted_caller (at);
    process_t worker = PROCESS (at, "worker", "name=worker");
    CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), worker.pid);
    for (int i = 1; i <= 3; i++) {
        process_kill (&broker);
        board_wait (BOARD_DISCONNECTED, i);
        //  a call that is made while there is no controller waits for the next one
        daffi_error_t error;
        daffi_future_t *call = call_begin (caller, "pid", DAFFI_ARGS (), NULL);
        CHECK_EQ_UINT (daffi_future_attempts (call), 0);
        broker = BROKER (at, "--settle", "2000");
        CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
        CHECK_EQ_UINT (daffi_future_attempts (call), 1);
        daffi_future_destroy (&call);
        CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), worker.pid);
    }
    board_wait (BOARD_CONNECTED, 4);
    CHECK_EQ_INT (board_read (BOARD_CONNECTED), 4);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("calls made in the settling time are held, then served")
{
    enum { COUNT = 20 };
    daffi_future_t *calls[COUNT];
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "20000");
    daffi_global_t *caller = caller_start (at);
    //  nobody offers it yet, and no process has that name
    for (int i = 0; i < COUNT; i++)
        calls[i] = call_begin (caller, "run", DAFFI_ARGS (i),
                               i % 2 ? NULL : DAFFI_CALL (.process = "worker"));
    CHECK_EQ_UINT (count_providers (caller, "run"), 0);
    for (int i = 0; i < COUNT; i++)
        CHECK (!daffi_future_done (calls[i]));
    process_t worker = PROCESS (at, "worker", "name=worker");
    for (int i = 0; i < COUNT; i++) {
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        daffi_future_destroy (&calls[i]);
        CHECK_EQ_INT (board_runs (i), 1);
    }
    process_stop (&worker);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("what is still unknown when the settling time ends is answered then")
{
    daffi_error_t error;
    daffi_global_t *both =
        START (at, .process_name = "both", .init_controller = true, .settle_ms = 300);
    daffi_future_t *function = call_begin (both, "nobody", DAFFI_ARGS (), NULL);
    daffi_future_t *process =
        call_begin (both, "nobody", DAFFI_ARGS (), DAFFI_CALL (.process = "ghost"));
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_future_wait (function, BOARD_PATIENCE_MS, &error));
    CHECK_STATUS (DAFFI_NO_PROCESS,
                  daffi_future_wait (process, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_STR (error.text, "no process 'ghost' is connected");
    daffi_future_destroy (&function);
    daffi_future_destroy (&process);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("calls that were lost with the controller never run afterwards")
{
    enum { COUNT = 50 };
    daffi_future_t *calls[COUNT];
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "100");
    daffi_global_t *caller = caller_start (at);
    process_t worker =
        PROCESS (at, "worker", "name=worker", "workers=1", "capacity=20", "counted=1");
    daffi_future_t *held = call_begin (caller, "hold", DAFFI_ARGS (1000), NULL);
    board_wait (BOARD_STARTED, 1);
    //  twenty are with the worker, the others with the controller
    for (int i = 0; i < COUNT; i++)
        calls[i] = call_begin (caller, "run", DAFFI_ARGS (i), NULL);
    CHECK_EQ_UINT (count_providers (caller, "run"), 1);
    process_kill (&broker);
    for (int i = 0; i < COUNT; i++) {
        CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                      daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error));
        daffi_future_destroy (&calls[i]);
    }
    CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                  daffi_future_wait (held, BOARD_PATIENCE_MS, &error));
    daffi_future_destroy (&held);
    broker = BROKER (at, "--settle", "2000");
    //  it has noticed, and its only thread is still busy
    wait_for_process (caller, "worker");
    board_add (BOARD_GATE, 1);
    CHECK_CALL_INT (caller, "run", DAFFI_ARGS (2000), 2000);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ_INT (board_runs (i), 0);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("an idempotent call survives the death of the controller")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "2000");
    daffi_global_t *caller = counted_caller (at);
    process_t worker = PROCESS (at, "worker", "name=worker");
    daffi_future_t *call =
        call_begin (caller, "hold", DAFFI_ARGS (1), DAFFI_CALL (.idempotent = true));
    board_wait (BOARD_STARTED, 1);
    process_kill (&broker);
    board_wait (BOARD_DISCONNECTED, 1);
    broker = BROKER (at, "--settle", "2000");
    board_wait (BOARD_STARTED, 2);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_UINT (daffi_future_attempts (call), 2);
    daffi_future_destroy (&call);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("a hundred nodes are back soon after the controller is")
{
    enum { COUNT = 100 };
    daffi_global_t *nodes[COUNT];
    process_t broker = BROKER (at, "--settle", "5000");
    const daffi_function_t functions[] = {*serve_find ("add"), {.name = NULL}};
    for (int i = 0; i < COUNT; i++)
        nodes[i] =
            START (at, .functions = functions, .on_node_connect = serve_on_connect,
                   .on_node_disconnect = serve_on_disconnect, .workers = 1);
    board_wait (BOARD_CONNECTED, COUNT);
    process_kill (&broker);
    board_wait (BOARD_DISCONNECTED, COUNT);
    broker = BROKER (at, "--settle", "5000");
    int64_t start_ms = clock_ms ();
    board_wait (BOARD_CONNECTED, 2 * COUNT);
    int64_t took_ms = clock_ms () - start_ms;
    printf ("     from the broker's return to %d nodes: %d ms\n", COUNT, (int)took_ms);
    CHECK (took_ms < 10000);
    CHECK_EQ_UINT (count_providers (nodes[0], "add"), COUNT);
    for (int i = 0; i < COUNT; i++)
        daffi_global_destroy (&nodes[i]);
    broker_stop (&broker);
}

SYSTEM_TEST ("a controller that is stopped and goes on keeps or regains its nodes")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "2000");
    daffi_global_t *caller = START (
        at, .process_name = "caller", .heartbeat_ms = 100, .heartbeat_timeout_ms = 400,
        .on_node_connect = serve_on_connect, .on_node_disconnect = serve_on_disconnect);
    daffi_global_t *server =
        START (at, .process_name = "server", .heartbeat_ms = 100,
               .heartbeat_timeout_ms = 400, .functions = serve_functions);
    daffi_future_t *call = call_begin (caller, "watch", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    process_freeze (&broker);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                  daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    daffi_future_destroy (&call);
    board_wait (BOARD_DISCONNECTED, 1);
    board_wait (BOARD_CANCELLED, 1);
    process_signal (&broker, SIGCONT);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    daffi_global_destroy (&server);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

//  --- the controller drains --------------------------------------------------------

SYSTEM_TEST ("a controller that stops lets calls finish, and refuses new ones")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *caller = counted_caller (at);
    process_t worker = PROCESS (at, "worker", "name=worker");
    daffi_future_t *call = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    process_signal (&broker, SIGTERM);
    //  it is told to drain some time: then nothing new is taken
    daffi_status_t status;
    do
        status = daffi_call (caller, "add", DAFFI_ARGS (1, 1),
                             DAFFI_CALL (.no_retry = true), NULL, &error);
    while (status == DAFFI_OK);
    CHECK_STATUS (DAFFI_DRAINING, status);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK (!daffi_future_done (call));
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (&call);
    process_await (&broker);
    board_wait (BOARD_DISCONNECTED, 1);
    process_stop (&worker);
    daffi_global_destroy (&caller);
}

//  --- workers are replaced under load ----------------------------------------------

SYSTEM_TEST ("a rolling restart of all workers under load loses no call")
{
    enum { CALLERS = 4, WORKERS = 3, RESTARTS = 3 * WORKERS };
    load_t load;
    process_t workers[WORKERS];
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *caller = caller_start (at);
    char option[32];
    for (int i = 0; i < WORKERS; i++) {
        snprintf (option, sizeof option, "name=worker-%d", i);
        workers[i] = PROCESS (at, "worker", option);
    }
    load_start (&load, caller, CALLERS);
    for (int round = 0; round < RESTARTS; round++) {
        int i = round % WORKERS;
        board_wait (BOARD_CALLED, board_read (BOARD_CALLED) + 100);
        process_stop (&workers[i]);
        board_wait (BOARD_CALLED, board_read (BOARD_CALLED) + 100);
        snprintf (option, sizeof option, "name=worker-%d", i);
        workers[i] = PROCESS (at, "worker", option);
    }
    printf ("     %d calls during %d restarts, none lost\n", load_stop (&load),
            RESTARTS);
    for (int i = 0; i < WORKERS; i++)
        process_stop (&workers[i]);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("what waits for a node that drains is tried elsewhere, and was not run")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t worker = PROCESS (at, "worker", "name=worker", "capacity=1");
    daffi_future_t *held = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_future_t *named =
        call_begin (caller, "run", DAFFI_ARGS (2),
                    DAFFI_CALL (.process = "worker", .no_retry = true));
    daffi_future_t *any = call_begin (caller, "run", DAFFI_ARGS (3), NULL);
    CHECK_EQ_UINT (count_providers (caller, "run"), 1);
    daffi_global_t *other = server_start (at, "other");
    process_ask_to_stop (&worker);
    CHECK_STATUS (DAFFI_DRAINING, daffi_future_wait (named, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_FINE (daffi_future_wait (any, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_STR (daffi_future_process (any), "other");
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (held, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_STR (daffi_future_process (held), "worker");
    CHECK_EQ_INT (board_runs (2), 0);
    daffi_future_destroy (&held);
    daffi_future_destroy (&named);
    daffi_future_destroy (&any);
    process_await (&worker);
    daffi_global_destroy (&other);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}
