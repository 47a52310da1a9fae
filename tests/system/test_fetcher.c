//  SPDX-License-Identifier: MPL-2.0
//  The comforts: fetchers, several arguments at once, tables and groups of functions.

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "broadcasts.h"
#include "streams.h"

//  --- fetchers -----------------------------------------------------------------------

SYSTEM_TEST ("a fetcher calls with what it was bound to, in every way")
{
    daffi_error_t error;
    int64_t number = 0;
    char *text = NULL;
    scene_t scene = scene_of (at, serve_functions);
    scene_serve (&scene, "other", serve_functions);
    char name[] = "who", process[] = "other";
    daffi_fetcher_t *who = daffi_fetcher_new (
        scene.caller, name, DAFFI_FETCHER (.call.process = process), &error);
    CHECK (who != NULL);
    memset (name, 'x', sizeof name - 1);
    memset (process, 'x', sizeof process - 1);
    CHECK_EQ_STR (daffi_fetcher_function (who), "who");
    CHECK_FINE (daffi_fetcher_wait (who, BOARD_PATIENCE_MS, &error), error);
    for (int i = 0; i < 10; i++) {
        CHECK_FINE (daffi_fetch_string (who, DAFFI_ARGS (), &text, &error), error);
        CHECK_EQ_STR (text, "other");
        free (text);
    }
    CHECK_STATUS (DAFFI_TYPE, daffi_fetch_int (who, DAFFI_ARGS (), &number, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    daffi_future_t *later = daffi_fetch_start (who, DAFFI_ARGS (), &error);
    CHECK (later != NULL);
    CHECK_FINE (daffi_future_wait (later, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_STR (daffi_future_process (later), "other");
    daffi_future_destroy (&later);
    //  the named process is of calls; a broadcast goes to all
    daffi_broadcast_t *all = daffi_fetch_broadcast (who, DAFFI_ARGS (), &error);
    CHECK (all != NULL);
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 2);
    daffi_broadcast_destroy (&all);
    daffi_fetcher_destroy (&who);
    daffi_fetcher_t *run = daffi_fetcher_new (scene.caller, "run",
                                              DAFFI_FETCHER (.call.eta_ms = 1), &error);
    CHECK (run != NULL);
    CHECK_FINE (daffi_fetch_cast (run, DAFFI_ARGS (7), &error), error);
    CHECK_FINE (daffi_fetch_int (run, DAFFI_ARGS (8), &number, &error), error);
    CHECK_EQ_INT (number, 8);
    for (int64_t end = clock_ms () + BOARD_PATIENCE_MS; board_runs (7) < 1;)
        CHECK (clock_ms () < end);
    daffi_fetcher_destroy (&run);
    CHECK (run == NULL);
    daffi_fetcher_destroy (&run);
    scene_stop (&scene);
}

SYSTEM_TEST (
    "a fetcher's broadcast has its own targets and stop rule, its stream items")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_watch);
    char b[] = "b";
    const char *names[] = {"a", b, NULL};
    daffi_fetcher_t *ask = daffi_fetcher_new (
        scene.caller, "ask",
        DAFFI_FETCHER (.broadcast = {.stop_after = 1, .processes = names}), &error);
    CHECK (ask != NULL);
    memset (b, 'x', sizeof b - 1);
    names[1] = NULL;
    for (int i = 0; i < 2; i++) {
        daffi_broadcast_t *all = daffi_fetch_broadcast (ask, DAFFI_ARGS (), &error);
        CHECK (all != NULL);
        broadcast_wait (all);
        broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
        broadcast_check (all, "b", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
        daffi_broadcast_destroy (&all);
    }
    daffi_fetcher_destroy (&ask);
    daffi_fetcher_t *count = daffi_fetcher_new (scene.caller, "count", NULL, &error);
    CHECK (count != NULL);
    for (int i = 0; i < 2; i++) {
        daffi_stream_t *stream = daffi_fetch_stream (count, DAFFI_ARGS (2), &error);
        CHECK (stream != NULL);
        CHECK_EQ_INT (stream_receive_int (stream), 0);
        CHECK_EQ_INT (stream_receive_int (stream), 1);
        stream_check_result (stream, 2);
        daffi_stream_destroy (&stream);
    }
    daffi_fetcher_destroy (&count);
    scene_stop (&scene);
}

SYSTEM_TEST ("a fetcher that could never call is not made")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    CHECK (!daffi_fetcher_new (caller, "bad/name", NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (!daffi_fetcher_new (caller, NULL, NULL, &error));
    CHECK (
        !daffi_fetcher_new (caller, "f", DAFFI_FETCHER (.call.priority = 10), &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (!daffi_fetcher_new (caller, "f", DAFFI_FETCHER (.call.key = "k"), &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (!daffi_fetcher_new (hub, "f", NULL, &error));
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

static void *fetch_many (void *arg)
{
    for (int64_t i = 0; i < 200; i++) {
        int64_t sum = 0;
        daffi_error_t error;
        CHECK_FINE (daffi_fetch_int (arg, DAFFI_ARGS (i, 1), &sum, &error), error);
        CHECK_EQ_INT (sum, i + 1);
    }
    return NULL;
}

SYSTEM_TEST ("several threads call through one fetcher at once")
{
    pthread_t threads[4];
    daffi_error_t error;
    scene_t scene = scene_of (at, serve_functions);
    daffi_fetcher_t *add = daffi_fetcher_new (scene.caller, "add", NULL, &error);
    for (int i = 0; i < 4; i++)
        CHECK (!pthread_create (&threads[i], NULL, fetch_many, add));
    for (int i = 0; i < 4; i++)
        pthread_join (threads[i], NULL);
    daffi_fetcher_destroy (&add);
    scene_stop (&scene);
}

//  --- several arguments at once ------------------------------------------------------

static daffi_status_t read_all (daffi_request_t *request, void *arg)
{
    bool flag;
    int narrow;
    unsigned positive = 77;
    long long wide;
    double number = 0.25;
    const char *text = "none";
    daffi_value_t any;
    (void)arg;
    daffi_status_t status = daffi_request_read (
        request, &flag, &narrow, &wide, &any, DAFFI_OPTIONAL (&text),
        DAFFI_OPTIONAL (&positive), DAFFI_OPTIONAL (&number));
    if (status)
        return status;
    return daffi_request_reply_value (
        request, DAFFI_ARRAY (flag, narrow, wide, any, text, positive, number));
}

static const daffi_function_t readers[] = {{.name = "read_all", .callback = read_all},
                                           {0}};

static void check_read (daffi_global_t *caller, daffi_args_t args,
                        daffi_value_t expected)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    CHECK_FINE (daffi_call (caller, "read_all", args, NULL, &result, &error), error);
    CHECK (daffi_value_equal (daffi_result_value (result), &expected));
    daffi_result_destroy (&result);
}

static void check_unread (daffi_global_t *caller, daffi_args_t args, const char *text)
{
    daffi_error_t error;
    CHECK_STATUS (DAFFI_TYPE, daffi_call_void (caller, "read_all", args, &error));
    CHECK_EQ_STR (error.text, text);
}

SYSTEM_TEST ("arguments go into variables of their types, or the caller is told which")
{
    bool yes = true;
    daffi_value_t nil = daffi_value_nil ();
    scene_t scene = scene_of (at, readers);
    daffi_global_t *caller = scene.caller;
    check_read (caller, DAFFI_ARGS (yes, -5, INT64_MIN, nil),
                DAFFI_ARRAY (yes, -5, INT64_MIN, nil, "none", 77, 0.25));
    check_read (caller, DAFFI_ARGS (yes, INT32_MAX, 3, "any", "t", UINT32_MAX, 4),
                DAFFI_ARRAY (yes, INT32_MAX, 3, "any", "t", UINT32_MAX, 4.0));
    check_read (caller, DAFFI_ARGS (yes, 1, 2, 3, nil, nil, 0.5),
                DAFFI_ARRAY (yes, 1, 2, 3, "none", 77, 0.5));
    check_unread (caller, DAFFI_ARGS (), "argument 1 is missing");
    check_unread (caller, DAFFI_ARGS (yes, 1, 2), "argument 4 is missing");
    check_unread (caller, DAFFI_ARGS (1, 1, 2, 3), "argument 1 is not a bool");
    check_unread (caller, DAFFI_ARGS (yes, INT64_C (1) << 31, 2, 3),
                  "argument 2 is not an integer that fits");
    check_unread (caller, DAFFI_ARGS (yes, 1, UINT64_MAX, 3),
                  "argument 3 is not an integer that fits");
    check_unread (caller, DAFFI_ARGS (yes, 1, 2, 3, 4),
                  "argument 5 is not a string without NUL bytes");
    check_unread (caller, DAFFI_ARGS (yes, 1, 2, 3, "t", INT64_C (1) << 32),
                  "argument 6 is not an integer that fits and is not negative");
    check_unread (caller, DAFFI_ARGS (yes, 1, 2, 3, "t", -1),
                  "argument 6 is not an integer that fits and is not negative");
    scene_stop (&scene);
}

//  --- tables and groups --------------------------------------------------------------

static daffi_status_t one (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, 1);
}

static daffi_status_t two (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, 2);
}

static const char *const aliases[] = {"deux", NULL};
static const daffi_function_t table[] = {
    DAFFI_FUNCTION (one, "() -> int", "One."),
    {.name = "two", .callback = two, .aliases = aliases},
    {0}};

SYSTEM_TEST ("a table becomes a group, which is waited for, listed and withdrawn")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, NULL);
    daffi_global_t *server = scene.servers[0];
    daffi_future_t *wait =
        daffi_global_wait_group_start (scene.caller, "n", BOARD_PATIENCE_MS, &error);
    CHECK (wait != NULL);
    CHECK_FINE (daffi_global_register (server, "na", one, NULL, &error), error);
    wait_for_function (scene.caller, "na");
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (wait, 0, &error));
    CHECK_FINE (daffi_global_register_table (server, "n", table, &error), error);
    CHECK_FINE (daffi_future_wait (wait, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (&wait);
    wait_for_function (scene.caller, "n.deux");
    //  answered at once
    CHECK_FINE (daffi_global_wait_group (scene.caller, "n", BOARD_PATIENCE_MS, &error),
                error);
    CHECK_CALL_INT (scene.caller, "n.one", DAFFI_ARGS (), 1);
    CHECK_CALL_INT (scene.caller, "n.deux", DAFFI_ARGS (), 2);
    daffi_callbacks_t *all = daffi_global_registered_group (scene.caller, "n", &error);
    CHECK (all && all->count == 3);
    CHECK_EQ_STR (all->items[0].function, "n.deux");
    CHECK_EQ_STR (all->items[1].function, "n.one");
    CHECK_EQ_STR (all->items[1].doc, "One.");
    daffi_callbacks_destroy (&all);
    CHECK_FINE (daffi_global_unregister_group (server, "n", &error), error);
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_global_unregister_group (server, "n", &error));
    CHECK_STATUS (DAFFI_NOT_FOUND,
                  daffi_global_unregister_group (server, "$node", &error));
    wait_for_providers (scene.caller, "n.deux", 0);
    wait_for_providers (scene.caller, "n.one", 0);
    CHECK_CALL_INT (scene.caller, "na", DAFFI_ARGS (), 1);
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_global_wait_group (scene.caller, "n", 30, &error));
    scene_stop (&scene);
}

SYSTEM_TEST ("of a table with one bad function nothing is registered")
{
    daffi_error_t error;
    const daffi_function_t twice[] = {{.name = "a", .callback = one},
                                      {.name = "b", .callback = one},
                                      {.name = "a", .callback = two},
                                      {0}};
    const daffi_function_t empty[] = {{0}};
    const daffi_function_t taken[] = {
        {.name = "c", .callback = one}, {.name = "here", .callback = one}, {0}};
    scene_t scene = scene_start (at);
    CHECK_FINE (daffi_global_register (scene.caller, "here", two, NULL, &error), error);
    CHECK_STATUS (DAFFI_EXISTS,
                  daffi_global_register_table (scene.caller, NULL, twice, &error));
    CHECK_STATUS (DAFFI_EXISTS,
                  daffi_global_register_table (scene.caller, NULL, taken, &error));
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_global_register_table (scene.caller, NULL, empty, &error));
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_global_register_table (scene.caller, "bad/", table, &error));
    wait_for_function (scene.caller, "here");
    daffi_callbacks_t *all = daffi_global_registered_callbacks (scene.caller, &error);
    CHECK (all && all->count == 1);
    daffi_callbacks_destroy (&all);
    scene_stop (&scene);
}
