//  SPDX-License-Identifier: MPL-2.0
//  Looking at a running system and interfering with it, through ordinary calls.

#include <stdlib.h>
#include <string.h>

#include "scene.h"

static daffi_result_t *ask (daffi_global_t *caller, const char *process,
                            const char *function, daffi_args_t args)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    CHECK_FINE (daffi_call (caller, function, args, DAFFI_CALL (.process = process),
                            &result, &error),
                error);
    return result;
}

static double number_at (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    double number = -1;
    CHECK_OK (daffi_value_find (map, key, &value));
    CHECK_OK (daffi_value_get_double (&value, &number));
    return number;
}

static bool text_at (const daffi_value_t *map, const char *key, const char *expected)
{
    daffi_value_t value;
    const void *bytes;
    size_t size;
    CHECK_OK (daffi_value_find (map, key, &value));
    CHECK_OK (daffi_value_get_bytes (&value, &bytes, &size));
    return size == strlen (expected) && memcmp (bytes, expected, size) == 0;
}

//  The row of a list whose `key` is that text.
static bool find_row (const daffi_value_t *list, const char *key, const char *text,
                      daffi_value_t *row)
{
    daffi_iterator_t it = daffi_value_iterate (list);
    while (daffi_iterator_next (&it, NULL, row))
        if (text_at (row, key, text))
            return true;
    return false;
}

SYSTEM_TEST ("$node.stats counts what ran, what failed and how long it took")
{
    enum { CALLS = 40 };
    scene_t scene = scene_of (at, serve_functions);
    daffi_value_t functions, row;
    for (int i = 0; i < CALLS; i++)
        CHECK_CALL_INT (scene.caller, "add", DAFFI_ARGS (i, 1), i + 1);
    //  what the signature lets pass, and the function does not
    CHECK_STATUS (DAFFI_TYPE, daffi_call_void (scene.caller, "add",
                                               DAFFI_ARGS (UINT64_MAX, 1), NULL));
    daffi_result_t *result = ask (scene.caller, "server", "$node.stats", DAFFI_ARGS ());
    CHECK_OK (daffi_value_find (daffi_result_value (result), "functions", &functions));
    CHECK (find_row (&functions, "function", "add", &row));
    CHECK_EQ_INT ((int64_t)number_at (&row, "calls"), CALLS + 1);
    CHECK_EQ_INT ((int64_t)number_at (&row, "failed"), 1);
    CHECK_EQ_INT ((int64_t)number_at (&row, "running"), 0);
    CHECK (number_at (&row, "p50_us") > 0);
    CHECK (number_at (&row, "p50_us") <= number_at (&row, "p90_us"));
    CHECK (number_at (&row, "p90_us") <= number_at (&row, "p99_us"));
    CHECK (number_at (&row, "p99_us") <= number_at (&row, "max_us"));
    CHECK (find_row (&functions, "function", "hold", &row));
    CHECK_EQ_INT ((int64_t)number_at (&row, "calls"), 0);
    daffi_result_destroy (&result);
    scene_stop (&scene);
}

SYSTEM_TEST ("a call of somebody else is seen in $sys.calls and ended by $sys.cancel")
{
    scene_t scene = scene_of (at, serve_functions);
    daffi_global_t *operator_ = START (at, .process_name = "operator");
    daffi_error_t error;
    daffi_value_t row;
    daffi_future_t *call =
        daffi_call_start (scene.caller, "hold", DAFFI_ARGS (0, 3), NULL, &error);
    board_wait (BOARD_STARTED, 1);
    daffi_result_t *result = ask (operator_, NULL, "$sys.calls", DAFFI_ARGS ());
    CHECK (find_row (daffi_result_value (result), "function", "hold", &row));
    CHECK (text_at (&row, "process", "server"));
    CHECK (text_at (&row, "state", "running"));
    CHECK (text_at (&row, "caller", daffi_global_process_name (scene.caller)));
    int64_t id = (int64_t)number_at (&row, "id");
    daffi_result_destroy (&result);

    const char *caller = daffi_global_process_name (scene.caller);
    result = ask (operator_, NULL, "$sys.cancel", DAFFI_ARGS (caller, id));
    daffi_result_destroy (&result);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK_STATUS (DAFFI_NOT_FOUND,
                  daffi_call_void (operator_, "$sys.cancel",
                                   DAFFI_ARGS (caller, id + 1000), &error));
    daffi_future_destroy (&call);
    board_add (BOARD_GATE, 9);
    daffi_global_destroy (&operator_);
    scene_stop (&scene);
}

SYSTEM_TEST ("$sys.monitor tells of each call as it is given and as it ends")
{
    scene_t scene = scene_of (at, serve_functions);
    daffi_error_t error;
    daffi_result_t *item;
    daffi_stream_t *monitor =
        daffi_stream_open (scene.caller, "$sys.monitor", DAFFI_ARGS (),
                           DAFFI_CALL (.timeout_ms = DAFFI_FOREVER), &error);
    CHECK (monitor);
    CHECK_CALL_INT (scene.caller, "add", DAFFI_ARGS (2, 3), 5);
    static const char *const events[] = {"given", "ended"};
    for (int i = 0; i < 2; i++) {
        CHECK_FINE (daffi_stream_receive (monitor, BOARD_PATIENCE_MS, &item, &error),
                    error);
        CHECK (text_at (daffi_result_value (item), "event", events[i]));
        CHECK (text_at (daffi_result_value (item), "function", "add"));
        CHECK (text_at (daffi_result_value (item), "process", "server"));
        CHECK_EQ_INT ((int64_t)number_at (daffi_result_value (item), "status"), 0);
        daffi_result_destroy (&item);
    }
    daffi_stream_destroy (&monitor);
    CHECK_CALL_INT (scene.caller, "add", DAFFI_ARGS (2, 3), 5);
    scene_stop (&scene);
}

SYSTEM_TEST ("$node.drain stops a process in good order, but not one with a controller")
{
    scene_t scene = scene_of (at, serve_functions);
    daffi_error_t error;
    daffi_future_t *call =
        daffi_call_start (scene.caller, "hold", DAFFI_ARGS (0, 1), NULL, &error);
    board_wait (BOARD_STARTED, 1);
    daffi_result_t *result = ask (scene.caller, "server", "$node.drain", DAFFI_ARGS ());
    daffi_result_destroy (&result);
    //  what ran may finish
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    CHECK_OK (daffi_global_join (scene.servers[0], BOARD_PATIENCE_MS));
    CHECK_EQ_INT (daffi_global_state (scene.servers[0], NULL), DAFFI_STATE_STOPPED);
    daffi_future_destroy (&call);
    scene_stop (&scene);

    place_t other;
    place_init (&other, at->tcp);
    daffi_global_t *both =
        START (&other, .process_name = "both", .init_controller = true);
    CHECK_STATUS (DAFFI_REFUSED,
                  daffi_call (both, "$node.drain", DAFFI_ARGS (),
                              DAFFI_CALL (.process = "both"), NULL, &error));
    CHECK_EQ_INT (daffi_global_state (both, NULL), DAFFI_STATE_CONNECTED);
    daffi_global_destroy (&both);
}
