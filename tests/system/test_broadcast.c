//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts: who answers, who fails, who dies, who is late.

#include <stdlib.h>
#include <string.h>

#include "broadcasts.h"

SYSTEM_TEST ("every provider answers a broadcast once, under its name")
{
    scene_t scene = scene_start (at);
    scene_serve (&scene, "a", serve_functions);
    scene_serve (&scene, "b", serve_functions);
    scene_serve (&scene, "c", serve_functions);
    wait_for_providers (scene.caller, "who", 3);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "who", DAFFI_ARGS (), NULL);
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    const char *names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        const daffi_reply_t *reply = broadcast_reply (all, names[i]);
        broadcast_check (all, names[i], DAFFI_OK, DAFFI_EXECUTED_YES);
        CHECK_EQ_MEM (reply->value->as.string, reply->value->size, names[i], 1);
        CHECK (strchr ("abc", daffi_broadcast_reply (all, (size_t)i)->process[0]));
    }
    CHECK (daffi_broadcast_reply (all, 3) == NULL);
    CHECK (daffi_broadcast_find (all, "d") == NULL);
    for (size_t i = 0; i < 3; i++) {
        daffi_error_t error;
        const daffi_reply_t *reply;
        CHECK_OK (daffi_broadcast_next (all, 0, &reply, &error));
        CHECK (reply == daffi_broadcast_reply (all, i));
    }
    broadcast_check_ends (all, DAFFI_END);
    daffi_broadcast_destroy (&all);
    CHECK (all == NULL);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("replies come as they are given, and one that fails loses no other")
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_held);
    wait_for_providers (scene.caller, "ask", 2);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "a");
    CHECK_STATUS (DAFFI_PENDING, daffi_broadcast_next (all, 0, &reply, &error));
    CHECK_STATUS (DAFFI_PENDING, daffi_broadcast_next (all, 20, &reply, &error));
    CHECK_STATUS (DAFFI_PENDING, daffi_broadcast_wait (all, 0, &error));
    CHECK_EQ_UINT (daffi_broadcast_count (all), 1);
    CHECK (daffi_broadcast_find (all, "b") == NULL);
    board_add (BOARD_GATE, 1);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "b");
    broadcast_check_ends (all, DAFFI_END);
    daffi_broadcast_destroy (&all);

    scene_offer (&scene, "c", ask_bad);
    wait_for_providers (scene.caller, "ask", 3);
    all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (all, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (all, "c", DAFFI_TYPE, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (broadcast_reply (all, "c")->text, "c cannot");
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("one that is killed is told of by name, and the others answer")
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    scene_t scene = scene_start (at);
    scene_serve (&scene, "a", serve_functions);
    process_t doomed = PROCESS (at, "worker", "name=doomed");
    wait_for_providers (scene.caller, "hold", 2);
    daffi_broadcast_t *all =
        broadcast_begin (scene.caller, "hold", DAFFI_ARGS (5), NULL);
    board_wait (BOARD_STARTED, 2);
    process_kill (&doomed);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "doomed");
    broadcast_check (all, "doomed", DAFFI_PROCESS_LOST, DAFFI_EXECUTED_MAYBE);
    board_add (BOARD_GATE, 1);
    broadcast_wait (all);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 2);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("a broadcast that nobody can answer says so, and bad ones do not begin")
{
    daffi_error_t error;
    scene_t scene = scene_start (at);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 0);
    broadcast_check_ends (all, DAFFI_NO_FUNCTION);
    daffi_broadcast_destroy (&all);
    CHECK (
        !daffi_broadcast_start (scene.caller, "bad/name", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (!daffi_broadcast_start (
        scene.caller, "ask", DAFFI_ARGS (daffi_value_raw ("\xc1", 1)), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    daffi_global_stop (scene.caller);
    CHECK (!daffi_broadcast_start (scene.caller, "ask", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_STOPPED, error.status);
    scene_stop (&scene);
}

SYSTEM_TEST ("a provider that joins later is not asked")
{
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_held);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    board_wait (BOARD_STARTED, 1);
    scene_offer (&scene, "b", ask_quick);
    wait_for_providers (scene.caller, "ask", 2);
    board_add (BOARD_GATE, 1);
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 1);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("a process that offers the function asks itself too")
{
    scene_t scene = scene_start (at);
    daffi_global_t *a = scene_serve (&scene, "a", serve_functions);
    scene_serve (&scene, "b", serve_functions);
    wait_for_providers (a, "who", 2);
    daffi_broadcast_t *all = broadcast_begin (a, "who", DAFFI_ARGS (), NULL);
    broadcast_wait (all);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (all, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

//  --- bodies, and many ---------------------------------------------------------------

SYSTEM_TEST (
    "a large argument reaches every provider whole, and large results come back")
{
    enum { SIZE = 1 << 20 };
    daffi_value_t item;
    uint64_t number = 0;
    scene_t scene = scene_start (at);
    scene_serve (&scene, "a", serve_functions);
    process_t b = PROCESS (at, "worker", "name=b");
    scene_serve (&scene, "c", serve_functions);
    wait_for_providers (scene.caller, "weigh", 3);
    uint8_t *data = malloc (SIZE);
    CHECK (data != NULL);
    serve_pattern (data, SIZE);
    daffi_broadcast_t *all = broadcast_begin (
        scene.caller, "weigh", DAFFI_ARGS (daffi_value_binary (data, SIZE)), NULL);
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    for (size_t i = 0; i < 3; i++) {
        const daffi_reply_t *reply = daffi_broadcast_reply (all, i);
        CHECK_OK (reply->status);
        CHECK_OK (daffi_value_item (reply->value, 1, &item));
        CHECK_OK (daffi_value_get_uint (&item, &number));
        CHECK_EQ_UINT (number, serve_sum (data, SIZE));
    }
    daffi_broadcast_destroy (&all);
    all = broadcast_begin (scene.caller, "take", DAFFI_ARGS (SIZE), NULL);
    broadcast_wait (all);
    for (size_t i = 0; i < 3; i++) {
        const void *bytes;
        size_t size;
        const daffi_reply_t *reply = daffi_broadcast_reply (all, i);
        CHECK_OK (reply->status);
        CHECK_OK (daffi_value_get_bytes (reply->value, &bytes, &size));
        CHECK_EQ_MEM (bytes, size, data, SIZE);
    }
    daffi_broadcast_destroy (&all);
    free (data);
    process_stop (&b);
    scene_stop (&scene);
}

SYSTEM_TEST ("broadcasts and calls at once do not mix")
{
    enum { COUNT = 30 };
    daffi_broadcast_t *all[COUNT];
    daffi_future_t *calls[COUNT];
    daffi_error_t error;
    scene_t scene = scene_start (at);
    scene_serve (&scene, "a", serve_functions);
    scene_serve (&scene, "b", serve_functions);
    wait_for_providers (scene.caller, "run", 2);
    for (int i = 0; i < COUNT; i++) {
        all[i] = broadcast_begin (scene.caller, "run", DAFFI_ARGS (i), NULL);
        calls[i] =
            daffi_call_start (scene.caller, "run", DAFFI_ARGS (1000 + i), NULL, &error);
        CHECK (calls[i] != NULL);
    }
    for (int i = 0; i < COUNT; i++) {
        int64_t number = -1;
        broadcast_wait (all[i]);
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        CHECK_EQ_UINT (daffi_broadcast_count (all[i]), 2);
        for (size_t k = 0; k < 2; k++) {
            CHECK_OK (daffi_value_get_int (daffi_broadcast_reply (all[i], k)->value,
                                           &number));
            CHECK_EQ_INT (number, i);
        }
        CHECK_OK (daffi_value_get_int (daffi_future_value (calls[i]), &number));
        CHECK_EQ_INT (number, 1000 + i);
        CHECK_EQ_INT (board_runs (i), 2);
        CHECK_EQ_INT (board_runs (1000 + i), 1);
        daffi_broadcast_destroy (&all[i]);
        daffi_future_destroy (&calls[i]);
    }
    scene_stop (&scene);
}
