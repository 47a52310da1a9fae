//  SPDX-License-Identifier: MPL-2.0
//  Casts against limits: nobody is told how one ends, and still no function runs more
//  often at once than it may, and no process takes more than it can hold.

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "scene.h"

static uint64_t counter_of (daffi_global_t *caller, const char *process,
                            const char *function, const char *key)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    daffi_value_t value;
    uint64_t number = 0;
    CHECK_FINE (daffi_call (caller, function, DAFFI_ARGS (),
                            DAFFI_CALL (.process = process), &result, &error),
                error);
    CHECK_OK (daffi_value_find (daffi_result_value (result), key, &value));
    CHECK_OK (daffi_value_get_uint (&value, &number));
    daffi_result_destroy (&result);
    return number;
}

static void cast (daffi_global_t *caller, const char *function, int number,
                  const daffi_call_options_t *options)
{
    daffi_error_t error;
    CHECK_FINE (daffi_cast (caller, function, DAFFI_ARGS (number), options, &error),
                error);
}

//  All that was cast before has arrived at the process.
static void settle (daffi_global_t *caller, const char *process)
{
    (void)counter_of (caller, process, "$node.stats", "running");
}

static atomic_int at_once, most_at_once;

//  "hold", and how many of it ran at once.
static daffi_status_t gauge (daffi_request_t *request, void *arg)
{
    (void)arg;
    int now = atomic_fetch_add (&at_once, 1) + 1, most = atomic_load (&most_at_once);
    while (now > most && !atomic_compare_exchange_weak (&most_at_once, &most, now))
        ;
    daffi_status_t status = serve_find ("hold")->callback (request, NULL);
    atomic_fetch_sub (&at_once, 1);
    return status;
}

SYSTEM_TEST ("casts beyond a function's limit wait in its process, and each runs once")
{
    enum { CASTS = 50, LIMIT = 2 };
    const daffi_function_t functions[] = {
        {.name = "gauge", .callback = gauge, .max_running = LIMIT}, {0}};
    scene_t scene = scene_of (at, functions);
    for (int i = 0; i < CASTS; i++)
        cast (scene.caller, "gauge", i, NULL);
    settle (scene.caller, "server");
    board_wait (BOARD_STARTED, LIMIT);
    CHECK_EQ_UINT (counter_of (scene.caller, "server", "$node.stats", "running"),
                   CASTS + 1);
    CHECK_EQ_INT (board_read (BOARD_STARTED), LIMIT);
    CHECK_EQ_UINT (counter_of (scene.caller, NULL, "$sys.stats", "waiting"), 0);
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_ENDED, CASTS);
    for (int i = 0; i < CASTS; i++)
        CHECK_EQ_INT (board_runs (i), 1);
    CHECK_EQ_INT (atomic_load (&most_at_once), LIMIT);
    CHECK_EQ_UINT (counter_of (scene.caller, NULL, "$sys.stats", "dropped"), 0);
    scene_stop (&scene);
}

SYSTEM_TEST ("a cast passes over whom calls keep busy, is dropped where all are, and "
             "named waits")
{
    const daffi_function_t functions[] = {
        {.name = "gauge", .callback = gauge, .max_running = 1}, {0}};
    daffi_error_t error;
    scene_t scene = scene_of (at, functions);
    daffi_future_t *call =
        call_begin (scene.caller, "gauge", DAFFI_ARGS (0), DAFFI_CALL (0));
    board_wait (BOARD_STARTED, 1);
    cast (scene.caller, "gauge", 1, NULL);
    CHECK_EQ_UINT (counter_of (scene.caller, NULL, "$sys.stats", "dropped"), 1);
    cast (scene.caller, "gauge", 2, DAFFI_CALL (.process = "server"));
    cast (scene.caller, "gauge", 3,
          DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = "k"));
    settle (scene.caller, "server");
    CHECK_EQ_INT (board_read (BOARD_STARTED), 1);
    scene_serve (&scene, "other", functions);
    cast (scene.caller, "gauge", 4, NULL);
    board_wait (BOARD_STARTED, 2);
    CHECK_EQ_INT (board_runs (4), 1);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (&call);
    board_wait (BOARD_ENDED, 4);
    CHECK_EQ_INT (board_runs (1), 0);
    CHECK_EQ_INT (board_runs (2), 1);
    CHECK_EQ_INT (board_runs (3), 1);
    CHECK_EQ_UINT (counter_of (scene.caller, NULL, "$sys.stats", "dropped"), 1);
    scene_stop (&scene);
}

SYSTEM_TEST ("a cast that waits longer than its timeout never runs")
{
    const daffi_function_t functions[] = {
        {.name = "gauge", .callback = gauge, .max_running = 1}, {0}};
    scene_t scene = scene_of (at, functions);
    cast (scene.caller, "gauge", 0, NULL);
    board_wait (BOARD_STARTED, 1);
    int64_t end_ms = clock_ms () + 30;
    cast (scene.caller, "gauge", 1, DAFFI_CALL (.timeout_ms = 30));
    cast (scene.caller, "gauge", 2, NULL);
    settle (scene.caller, "server");
    while (clock_ms () <= end_ms + 1)
        sched_yield ();
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_ENDED, 2);
    CHECK_EQ_INT (board_runs (1), 0);
    CHECK_EQ_INT (board_runs (2), 1);
    scene_stop (&scene);
}

SYSTEM_TEST ("a process holds 20,000 requests, counts what it drops, and still says so")
{
    enum { ROOM = 20000, TOO_MANY = 150 };
    const daffi_function_t functions[] = {
        {.name = "gauge", .callback = gauge, .max_running = 1},
        {.name = "add", .callback = serve_find ("add")->callback},
        {0}};
    daffi_error_t error;
    scene_t scene = scene_of (at, functions);
    for (int i = 0; i < ROOM + TOO_MANY; i++)
        cast (scene.caller, "gauge", i, DAFFI_CALL (.timeout_ms = 120000));
    CHECK_EQ_UINT (counter_of (scene.caller, "server", "$node.stats", "dropped"),
                   TOO_MANY);
    CHECK_STATUS (DAFFI_BUSY, daffi_call (scene.caller, "add", DAFFI_ARGS (1, 2),
                                          DAFFI_CALL (.no_retry = true), NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_ENDED, ROOM);
    CHECK_CALL_INT (scene.caller, "add", DAFFI_ARGS (1, 2), 3);
    CHECK_EQ_INT (board_read (BOARD_STARTED), ROOM);
    CHECK_EQ_INT (board_runs (ROOM - 1), 1);
    CHECK_EQ_INT (board_runs (ROOM), 0);
    scene_stop (&scene);
}
