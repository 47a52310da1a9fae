//  SPDX-License-Identifier: MPL-2.0
//  Calls that wait: in which order they go, what bounds them, and what holds them.

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broadcasts.h"
#include "scene.h"

enum { PLACES = 16 };

//  Waits for its turn and writes down as which one it ran.
static atomic_int turn;
static atomic_int order[PLACES];

static daffi_status_t note (daffi_request_t *request, void *arg)
{
    unsigned number;
    (void)arg;
    daffi_status_t status = daffi_request_read (request, &number);
    if (status)
        return status;
    if (number < PLACES)
        atomic_store (&order[number], atomic_fetch_add (&turn, 1));
    board_add (BOARD_STARTED, 1);
    return board_reaches (BOARD_GATE, 1, BOARD_PATIENCE_MS) ? DAFFI_OK : DAFFI_FAILED;
}

static daffi_future_t *begin (daffi_global_t *caller, const char *function, int number,
                              const daffi_call_options_t *options)
{
    daffi_error_t error;
    daffi_future_t *call =
        daffi_call_start (caller, function, DAFFI_ARGS (number), options, &error);
    if (!call)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return call;
}

static void end (daffi_future_t **call)
{
    daffi_error_t error;
    CHECK_FINE (daffi_future_wait (*call, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (call);
}

SYSTEM_TEST ("of the calls that wait the higher priority goes first, equals in order")
{
    enum { CALLS = 10 };
    const daffi_function_t functions[] = {
        {.name = "note", .callback = note, .max_running = 1}, {0}};
    const uint8_t priorities[CALLS] = {0, 0, 3, 9, 0, 9, 3, 1, 9, 0};
    const int expected[CALLS] = {0, 7, 4, 1, 8, 2, 5, 6, 3, 9};
    daffi_future_t *calls[CALLS];
    scene_t scene = scene_of (at, functions);
    calls[0] = begin (scene.caller, "note", 0, NULL);
    board_wait (BOARD_STARTED, 1);
    for (int i = 1; i < CALLS; i++)
        calls[i] =
            begin (scene.caller, "note", i, DAFFI_CALL (.priority = priorities[i]));
    //  behind them on the same way: all of them wait at the controller
    CHECK (count_providers (scene.caller, "note") == 1);
    board_add (BOARD_GATE, 1);
    for (int i = 0; i < CALLS; i++)
        end (&calls[i]);
    for (int i = 0; i < CALLS; i++)
        if (atomic_load (&order[i]) != expected[i])
            daffi_test_fail (__FILE__, __LINE__, "call %d ran as number %d, not %d", i,
                             atomic_load (&order[i]), expected[i]);
    scene_stop (&scene);
}

SYSTEM_TEST ("what exceeds a function's limit at one process runs at another one")
{
    const daffi_function_t functions[] = {
        {.name = "note", .callback = note, .max_running = 2}, {0}};
    daffi_future_t *calls[4];
    scene_t scene = scene_of (at, functions);
    for (int i = 0; i < 4; i++)
        calls[i] = begin (scene.caller, "note", i, NULL);
    board_wait (BOARD_STARTED, 2);
    CHECK (count_providers (scene.caller, "note") == 1);
    CHECK_EQ_INT (board_read (BOARD_STARTED), 2);
    scene_serve (&scene, "other", functions);
    board_wait (BOARD_STARTED, 4);
    board_add (BOARD_GATE, 1);
    int other = 0;
    for (int i = 0; i < 4; i++) {
        daffi_error_t error;
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        other += strcmp (daffi_future_process (calls[i]), "other") == 0;
        daffi_future_destroy (&calls[i]);
    }
    CHECK_EQ_INT (other, 2);
    scene_stop (&scene);
}

SYSTEM_TEST (
    "withdrawn while calls run and wait: what runs ends, what waits is refused")
{
    daffi_error_t error;
    const daffi_function_t functions[] = {
        {.name = "note", .callback = note, .max_running = 1}, {0}};
    scene_t scene = scene_of (at, functions);
    daffi_future_t *runs = begin (scene.caller, "note", 0, NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_future_t *waits =
        begin (scene.caller, "note", 1, DAFFI_CALL (.no_retry = true));
    CHECK (count_providers (scene.caller, "note") == 1);
    CHECK_FINE (daffi_global_unregister (scene.servers[0], "note", &error), error);
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_future_wait (waits, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (runs, 0, &error));
    board_add (BOARD_GATE, 1);
    end (&runs);
    daffi_future_destroy (&waits);
    CHECK_EQ_INT (board_read (BOARD_STARTED), 1);
    scene_stop (&scene);
}

SYSTEM_TEST ("replaced while a call runs: that one ends as it began, the next is new")
{
    daffi_error_t error;
    const daffi_function_t old[] = {{.name = "f", .callback = note}, {0}};
    daffi_function_t new = *serve_find ("run");
    new.name = "f";
    new.replace = true;
    scene_t scene = scene_of (at, old);
    daffi_future_t *first = begin (scene.caller, "f", 0, NULL);
    board_wait (BOARD_STARTED, 1);
    CHECK_FINE (daffi_global_register_function (scene.servers[0], &new, &error), error);
    CHECK_CALL_INT (scene.caller, "f", DAFFI_ARGS (42), 42);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (first, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_INT (daffi_future_value (first)->kind, DAFFI_KIND_NIL);
    daffi_future_destroy (&first);
    scene_stop (&scene);
}

//  How often a process has run "run".
static int64_t runs_at (daffi_global_t *caller, const char *process)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    daffi_value_t functions, row, name, calls;
    int64_t count = 0;
    CHECK_FINE (daffi_call (caller, "$node.stats", DAFFI_ARGS (),
                            DAFFI_CALL (.process = process), &result, &error),
                error);
    CHECK_OK (daffi_value_find (daffi_result_value (result), "functions", &functions));
    daffi_iterator_t rows = daffi_value_iterate (&functions);
    while (daffi_iterator_next (&rows, NULL, &row)) {
        CHECK_OK (daffi_value_find (&row, "function", &name));
        CHECK_OK (daffi_value_find (&row, "calls", &calls));
        if (name.size == 3 && memcmp (name.as.string, "run", 3) == 0)
            CHECK_OK (daffi_value_get_int (&calls, &count));
    }
    daffi_result_destroy (&result);
    return count;
}

SYSTEM_TEST ("casts with a key go where the calls with that key go, each once")
{
    enum { KEYS = 40 };
    daffi_error_t error;
    scene_t scene = scene_start (at);
    static const char *const names[] = {"k.1", "k.2", "k.3"};
    for (int i = 0; i < 3; i++)
        scene_serve (&scene, names[i], serve_functions);
    int64_t base[3] = {0, 0, 0};
    for (int key = 0; key < KEYS; key++) {
        char text[16];
        snprintf (text, sizeof text, "key-%d", key);
        daffi_future_t *call =
            begin (scene.caller, "who", 0,
                   DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = text));
        CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
        for (int i = 0; i < 3; i++)
            base[i] += strcmp (daffi_future_process (call), names[i]) == 0;
        daffi_future_destroy (&call);
        CHECK_FINE (daffi_cast (scene.caller, "run", DAFFI_ARGS (key),
                                DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = text),
                                &error),
                    error);
    }
    int64_t end_ms = clock_ms () + BOARD_PATIENCE_MS;
    for (int key = 0; key < KEYS; key++)
        while (board_runs (key) < 1)
            CHECK (clock_ms () < end_ms);
    //  a run is counted just after it was noted on the board
    for (int i = 0; i < 3; i++)
        while (runs_at (scene.caller, names[i]) < base[i])
            CHECK (clock_ms () < end_ms);
    for (int i = 0; i < 3; i++)
        CHECK_EQ_INT (runs_at (scene.caller, names[i]), base[i]);
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (board_runs (key), 1);
    scene_stop (&scene);
}

SYSTEM_TEST (
    "a broadcast in the settling time waits for who is expected, then asks all")
{
    static const char *const names[] = {"a", "b", NULL};
    daffi_error_t error;
    scene_t scene = {.at = at};
    scene.hub =
        START (at, .init_controller = true, .without_node = true, .settle_ms = 1500);
    scene.caller = caller_start (at);
    scene_offer (&scene, "a", ask_quick);
    daffi_broadcast_t *named = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (),
                                                DAFFI_BROADCAST (.processes = names));
    daffi_broadcast_t *later =
        broadcast_begin (scene.caller, "nobody", DAFFI_ARGS (), NULL);
    CHECK_STATUS (DAFFI_PENDING, daffi_broadcast_wait (named, 0, &error));
    scene_offer (&scene, "b", ask_quick);
    broadcast_wait (named);
    broadcast_check (named, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (named, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_broadcast_wait (later, BOARD_PATIENCE_MS, &error));
    daffi_broadcast_destroy (&named);
    daffi_broadcast_destroy (&later);
    scene_stop (&scene);
}

SYSTEM_TEST ("a broadcast names who is missing, and why")
{
    static const char *const names[] = {"a", "gone", "other", "stops", NULL};
    daffi_error_t error;
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_quick);
    scene_serve (&scene, "other", serve_functions);
    daffi_global_t *stops = scene_offer (&scene, "stops", ask_held);
    daffi_future_t *held = begin (scene.caller, "ask", 0,
                                  DAFFI_CALL (.process = "stops", .timeout_ms = 30000));
    board_wait (BOARD_STARTED, 1);
    //  it withdraws its functions, and lets the call end
    CHECK_FINE (daffi_call (scene.caller, "$node.drain", DAFFI_ARGS (),
                            DAFFI_CALL (.process = "stops"), NULL, &error),
                error);
    wait_for_providers (scene.caller, "ask", 1);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (),
                                              DAFFI_BROADCAST (.processes = names));
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 4);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (all, "gone", DAFFI_NO_PROCESS, DAFFI_EXECUTED_NO);
    broadcast_check (all, "other", DAFFI_NO_FUNCTION, DAFFI_EXECUTED_NO);
    broadcast_check (all, "stops", DAFFI_DRAINING, DAFFI_EXECUTED_NO);
    daffi_broadcast_destroy (&all);
    board_add (BOARD_GATE, 1);
    end (&held);
    CHECK_OK (daffi_global_join (stops, BOARD_PATIENCE_MS));
    scene_stop (&scene);
}
