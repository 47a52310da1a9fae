//  SPDX-License-Identifier: MPL-2.0
//  Waiting for any or all of several futures.

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "scene.h"

SYSTEM_TEST ("wait_any tells which one is done, as they finish")
{
    size_t index = 99;
    scene_t scene = scene_of (at, serve_functions);
    daffi_future_t *calls[3] = {
        call_begin (scene.caller, "hold", DAFFI_ARGS (0, 3), NULL),
        call_begin (scene.caller, "hold", DAFFI_ARGS (1, 1), NULL),
        call_begin (scene.caller, "hold", DAFFI_ARGS (2, 2), NULL)};
    board_wait (BOARD_STARTED, 3);
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait_any (calls, 3, 0, &index));
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait_any (calls, 3, 20, &index));
    CHECK_EQ_UINT (index, 99);
    const size_t order[] = {1, 2, 0};
    for (int i = 0; i < 3; i++) {
        board_add (BOARD_GATE, 1);
        CHECK_OK (daffi_future_wait_any (calls, 3, BOARD_PATIENCE_MS, &index));
        CHECK_EQ_UINT (index, order[i]);
        CHECK (daffi_future_done (calls[index]));
        daffi_future_destroy (&calls[index]);
    }
    CHECK_STATUS (DAFFI_INVALID, daffi_future_wait_any (calls, 3, 1000, &index));
    CHECK_STATUS (DAFFI_INVALID, daffi_future_wait_any (NULL, 0, 1000, &index));
    scene_stop (&scene);
}

SYSTEM_TEST ("wait_any is woken by a failure, a cancel and a loss too")
{
    daffi_error_t error;
    size_t index = 99;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t doomed = PROCESS (at, "worker", "name=doomed");
    daffi_future_t *calls[3] = {NULL, call_begin (caller, "hold", DAFFI_ARGS (0), NULL),
                                call_begin (caller, "hold", DAFFI_ARGS (1), NULL)};
    board_wait (BOARD_STARTED, 2);
    daffi_future_cancel (calls[2]);
    CHECK_OK (daffi_future_wait_any (calls, 3, BOARD_PATIENCE_MS, &index));
    CHECK_EQ_UINT (index, 2);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (calls[2], 0, &error));
    daffi_future_destroy (&calls[2]);
    process_kill (&doomed);
    CHECK_OK (daffi_future_wait_any (calls, 3, DAFFI_FOREVER, &index));
    CHECK_EQ_UINT (index, 1);
    CHECK_STATUS (DAFFI_PROCESS_LOST, daffi_future_wait (calls[1], 0, &error));
    daffi_future_destroy (&calls[1]);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("wait_all waits for the last, however each of them ends")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, serve_functions);
    daffi_future_t *calls[4] = {
        call_begin (scene.caller, "hold", DAFFI_ARGS (0), NULL), NULL,
        call_begin (scene.caller, "fail", DAFFI_ARGS (9, "no"), NULL),
        call_begin (scene.caller, "nothing", DAFFI_ARGS (), NULL)};
    board_wait (BOARD_STARTED, 1);
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait_all (calls, 4, 0));
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait_all (calls, 4, 20));
    board_add (BOARD_GATE, 1);
    CHECK_OK (daffi_future_wait_all (calls, 4, BOARD_PATIENCE_MS));
    CHECK_OK (daffi_future_wait_all (calls, 4, 0));
    CHECK_OK (daffi_future_wait_all (calls, 4, DAFFI_FOREVER));
    CHECK_OK (daffi_future_wait (calls[0], 0, &error));
    CHECK_STATUS (DAFFI_TYPE, daffi_future_wait (calls[2], 0, &error));
    CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_future_wait (calls[3], 0, &error));
    CHECK_OK (daffi_future_wait_all (NULL, 0, 1000));
    for (int i = 0; i < 4; i++)
        daffi_future_destroy (&calls[i]);
    scene_stop (&scene);
}

static int64_t busy_ms (void)
{
    struct timespec time;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

SYSTEM_TEST ("wait_any sleeps, however many places are empty")
{
    enum { PLACES = 4096, OPEN_MAX_HERE = 256, WAIT_MS = 400 };
    daffi_error_t error;
    struct rlimit limit;
    static daffi_future_t *futures[PLACES];
    size_t index = PLACES;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    futures[PLACES - 1] =
        daffi_global_wait_process_start (caller, "never", DAFFI_FOREVER, &error);
    CHECK (futures[PLACES - 1] && getrlimit (RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = OPEN_MAX_HERE;
    CHECK (setrlimit (RLIMIT_NOFILE, &limit) == 0);
    int64_t before_ms = busy_ms ();
    CHECK_STATUS (DAFFI_PENDING,
                  daffi_future_wait_any (futures, PLACES, WAIT_MS, &index));
    CHECK (busy_ms () - before_ms < WAIT_MS / 8);
    daffi_future_cancel (futures[PLACES - 1]);
    CHECK_OK (daffi_future_wait_any (futures, PLACES, BOARD_PATIENCE_MS, &index));
    CHECK_EQ_UINT (index, PLACES - 1);
    daffi_future_destroy (&futures[PLACES - 1]);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("many calls are gathered one by one, each exactly once")
{
    enum { COUNT = 200 };
    static daffi_future_t *calls[COUNT];
    bool seen[COUNT] = {false};
    scene_t scene = scene_of (at, serve_functions);
    for (int i = 0; i < COUNT; i++)
        calls[i] = call_begin (scene.caller, "run", DAFFI_ARGS (i), NULL);
    for (int i = 0; i < COUNT; i++) {
        size_t index = COUNT;
        int64_t number = -1;
        CHECK_OK (daffi_future_wait_any (calls, COUNT, BOARD_PATIENCE_MS, &index));
        CHECK (index < COUNT && !seen[index]);
        seen[index] = true;
        CHECK_OK (daffi_value_get_int (daffi_future_value (calls[index]), &number));
        CHECK_EQ_INT (number, (int64_t)index);
        daffi_future_destroy (&calls[index]);
    }
    for (int i = 0; i < COUNT; i++)
        calls[i] = call_begin (scene.caller, "run", DAFFI_ARGS (i), NULL);
    CHECK_OK (daffi_future_wait_all (calls, COUNT, BOARD_PATIENCE_MS));
    for (int i = 0; i < COUNT; i++) {
        CHECK (daffi_future_value (calls[i]) != NULL);
        daffi_future_destroy (&calls[i]);
    }
    scene_stop (&scene);
}

//  --- from within callbacks ----------------------------------------------------------

//  The sum of what two calls return that run at the same time, in the same pool.
static daffi_status_t both (daffi_request_t *request, void *arg)
{
    size_t index = 9;
    int64_t first = 0, second = 0;
    daffi_global_t *global = daffi_request_global (request);
    daffi_future_t *calls[2] = {call_begin (global, "run", DAFFI_ARGS (20), NULL),
                                call_begin (global, "run", DAFFI_ARGS (22), NULL)};
    (void)arg;
    daffi_status_t status = daffi_future_wait_any (calls, 2, BOARD_PATIENCE_MS, &index);
    if (!status)
        status = daffi_future_wait_all (calls, 2, BOARD_PATIENCE_MS);
    if (!status)
        status = daffi_value_get_int (daffi_future_value (calls[0]), &first);
    if (!status)
        status = daffi_value_get_int (daffi_future_value (calls[1]), &second);
    daffi_future_destroy (&calls[0]);
    daffi_future_destroy (&calls[1]);
    return status ? status : daffi_request_reply (request, first + second);
}

//  What each wait returns where it would wait for the thread it runs in.
static daffi_status_t statuses (daffi_request_t *request, void *arg)
{
    size_t index = 9;
    daffi_global_t *global = daffi_request_global (request);
    daffi_future_t *call = call_begin (global, "run", DAFFI_ARGS (1), NULL);
    (void)arg;
    int64_t any = daffi_future_wait_any (&call, 1, 1000, &index);
    int64_t all = daffi_future_wait_all (&call, 1, 1000);
    int64_t now = daffi_future_wait_any (&call, 1, 0, &index);
    daffi_future_destroy (&call);
    return daffi_request_reply_value (request, DAFFI_ARRAY (any, all, now));
}

SYSTEM_TEST (
    "a callback may wait for any and all; an inline one is told that it must not")
{
    const int64_t expected[] = {DAFFI_DEADLOCK, DAFFI_DEADLOCK, DAFFI_PENDING};
    daffi_error_t error;
    daffi_result_t *result = NULL;
    const daffi_function_t functions[] = {
        {.name = "both", .callback = both},
        {.name = "statuses", .callback = statuses, .run_inline = true},
        {.name = NULL}};
    scene_t scene = scene_of (at, serve_functions);
    daffi_global_t *other =
        START (at, .process_name = "other", .functions = functions, .workers = 1);
    CHECK_CALL_INT (scene.caller, "both", DAFFI_ARGS (), 42);
    CHECK_FINE (
        daffi_call (scene.caller, "statuses", DAFFI_ARGS (), NULL, &result, &error),
        error);
    for (size_t i = 0; i < 3; i++) {
        daffi_value_t item;
        int64_t status = -1;
        CHECK_OK (daffi_value_item (daffi_result_value (result), i, &item));
        CHECK_OK (daffi_value_get_int (&item, &status));
        CHECK_EQ_INT (status, expected[i]);
    }
    daffi_result_destroy (&result);
    daffi_global_destroy (&other);
    scene_stop (&scene);
}
