//  SPDX-License-Identifier: MPL-2.0
//  Fans: one stream of items to several processes, and what becomes of slow ones.

#include <stdlib.h>
#include <string.h>

#include "streams.h"

static daffi_fan_t *open_fan (daffi_global_t *caller, const char *function,
                              const daffi_fan_options_t *options)
{
    daffi_error_t error;
    daffi_fan_t *fan =
        daffi_fan_open (caller, function, DAFFI_ARGS (), options, &error);
    if (!fan)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return fan;
}

static size_t place_of (const daffi_fan_t *fan, const char *process)
{
    for (size_t i = 0; i < daffi_fan_count (fan); i++)
        if (strcmp (daffi_fan_process (fan, i), process) == 0)
            return i;
    daffi_test_fail (__FILE__, __LINE__, "the fan does not go to %s", process);
}

static daffi_stream_t *stream_of (const daffi_fan_t *fan, const char *process)
{
    return daffi_fan_stream (fan, place_of (fan, process));
}

SYSTEM_TEST ("every process of a fan gets every item, in order, and has its own result")
{
    enum { ITEMS = 3000 };
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    scene_serve (&scene, "g.1", stream_functions);
    scene_serve (&scene, "g.2", stream_functions);
    daffi_fan_t *fan = open_fan (scene.caller, "sum", NULL);
    CHECK_EQ_UINT (daffi_fan_count (fan), 3);
    for (int64_t i = 0; i < ITEMS; i++)
        CHECK_FINE (daffi_fan_send (fan, i, BOARD_PATIENCE_MS, &error), error);
    CHECK_STATUS (DAFFI_PENDING, daffi_fan_wait (fan, 0));
    daffi_fan_send_end (fan);
    CHECK_STATUS (DAFFI_INVALID, daffi_fan_send (fan, 1, 0, &error));
    CHECK_OK (daffi_fan_wait (fan, BOARD_PATIENCE_MS));
    for (size_t i = 0; i < 3; i++) {
        stream_check_result (daffi_fan_stream (fan, i),
                             (int64_t)ITEMS * (ITEMS - 1) / 2);
        CHECK_EQ_STR (daffi_stream_process (daffi_fan_stream (fan, i)),
                      daffi_fan_process (fan, i));
        CHECK_EQ_UINT (daffi_fan_missed (fan, i), 0);
    }
    CHECK (!daffi_fan_stream (fan, 3) && !daffi_fan_process (fan, 3));
    daffi_fan_destroy (&fan);
    CHECK (fan == NULL);
    fan = open_fan (scene.caller, "sum", DAFFI_FAN (.group = "g"));
    CHECK_EQ_UINT (daffi_fan_count (fan), 2);
    daffi_fan_destroy (&fan);
    scene_stop (&scene);
}

SYSTEM_TEST ("large items reach all of a fan whole, and what they yield is read")
{
    scene_t scene = scene_of (at, stream_functions);
    scene_serve (&scene, "other", stream_functions);
    uint8_t *data = malloc (3 * MIB);
    CHECK (data != NULL);
    serve_pattern (data, 3 * MIB);
    daffi_fan_t *fan = open_fan (scene.caller, "mirror", NULL);
    for (int k = 0; k < 3; k++) {
        daffi_error_t error;
        daffi_value_t item = daffi_value_binary (data, (size_t)(k + 1) * MIB);
        CHECK_FINE (daffi_fan_send_value (fan, item, BOARD_PATIENCE_MS, &error), error);
        for (size_t i = 0; i < 2; i++) {
            daffi_result_t *back = NULL;
            CHECK_FINE (daffi_stream_receive (daffi_fan_stream (fan, i),
                                              BOARD_PATIENCE_MS, &back, &error),
                        error);
            CHECK (daffi_value_equal (daffi_result_value (back), &item));
            daffi_result_destroy (&back);
        }
    }
    free (data);
    daffi_fan_destroy (&fan);
    scene_stop (&scene);
}

//  A fast one, and one that reads one item and then waits for the gate.
static scene_t slow_scene (place_t *at, daffi_fan_t **fan, daffi_slow_t slow)
{
    static const char *const names[] = {"fast", "slow", NULL};
    daffi_function_t own[2] = {{.name = "slow"}, {0}};
    for (const daffi_function_t *f = stream_functions; f->name; f++)
        if (strcmp (f->name, "mirror") == 0)
            own[0].callback = f->callback;
    scene_t scene = scene_start (at);
    scene_serve (&scene, "fast", own);
    scene_serve (&scene, "slow", stream_functions);
    *fan =
        open_fan (scene.caller, "slow", DAFFI_FAN (.processes = names, .slow = slow));
    return scene;
}

//  Sends to both, and reads what the fast one gives back.
static daffi_status_t send_and_read (daffi_fan_t *fan, int64_t number,
                                     int64_t timeout_ms)
{
    daffi_error_t error;
    daffi_status_t status = daffi_fan_send (fan, number, timeout_ms, &error);
    if (!status)
        CHECK_EQ_INT (stream_receive_int (stream_of (fan, "fast")), number);
    return status;
}

SYSTEM_TEST ("a fan that waits goes as fast as its slowest, and nobody misses anything")
{
    daffi_fan_t *fan;
    int64_t sent = 1;
    scene_t scene = slow_scene (at, &fan, DAFFI_SLOW_WAIT);
    CHECK_OK (send_and_read (fan, 0, BOARD_PATIENCE_MS));
    board_wait (BOARD_STARTED, 1);
    while (!send_and_read (fan, sent, 0) && sent <= STREAM_WINDOW)
        sent++;
    CHECK_EQ_INT (sent, STREAM_WINDOW);
    CHECK_STATUS (DAFFI_PENDING, send_and_read (fan, sent, 20));
    board_add (BOARD_GATE, 1);
    for (; sent < 3 * STREAM_WINDOW; sent++)
        CHECK_OK (send_and_read (fan, sent, BOARD_PATIENCE_MS));
    daffi_fan_send_end (fan);
    stream_check_result (stream_of (fan, "fast"), sent);
    stream_check_result (stream_of (fan, "slow"), sent);
    daffi_fan_destroy (&fan);
    scene_stop (&scene);
}

SYSTEM_TEST (
    "a fan that skips leaves out what a slow one has no room for, and counts it")
{
    daffi_fan_t *fan;
    scene_t scene = slow_scene (at, &fan, DAFFI_SLOW_SKIP);
    //  both read before the first item
    for (size_t i = 0; i < 2; i++)
        CHECK (daffi_stream_send_fd (daffi_fan_stream (fan, i)) >= 0);
    int64_t sent = 0, taken = 0;
    while (sent < 4 * STREAM_WINDOW) {
        daffi_error_t error;
        CHECK_FINE (daffi_fan_send (fan, sent, 0, &error), error);
        sent++;
        taken = sent - (int64_t)daffi_fan_missed (fan, place_of (fan, "fast"));
        daffi_result_t *item = NULL;
        while (!daffi_stream_receive (stream_of (fan, "fast"), 0, &item, &error))
            daffi_result_destroy (&item);
    }
    int64_t missed = (int64_t)daffi_fan_missed (fan, place_of (fan, "slow"));
    CHECK (missed >= sent - STREAM_WINDOW);
    board_add (BOARD_GATE, 1);
    daffi_fan_send_end (fan);
    daffi_result_t *item = NULL;
    daffi_error_t error;
    while (!daffi_stream_receive (stream_of (fan, "fast"), BOARD_PATIENCE_MS, &item,
                                  &error))
        daffi_result_destroy (&item);
    stream_check_result (stream_of (fan, "fast"), taken);
    if (missed < sent)
        stream_check_result (stream_of (fan, "slow"), sent - missed);
    daffi_fan_destroy (&fan);
    scene_stop (&scene);
}

SYSTEM_TEST ("a fan that leaves cancels a slow one, and the others get all")
{
    daffi_fan_t *fan;
    daffi_error_t error;
    int64_t sent = 1;
    scene_t scene = slow_scene (at, &fan, DAFFI_SLOW_LEAVE);
    CHECK_OK (send_and_read (fan, 0, BOARD_PATIENCE_MS));
    board_wait (BOARD_STARTED, 1);
    for (; sent < 2 * STREAM_WINDOW; sent++)
        CHECK_OK (send_and_read (fan, sent, 50));
    CHECK_STATUS (DAFFI_CANCELLED, daffi_stream_wait (stream_of (fan, "slow"),
                                                      BOARD_PATIENCE_MS, &error));
    daffi_fan_send_end (fan);
    stream_check_result (stream_of (fan, "fast"), sent);
    board_add (BOARD_GATE, 1);
    daffi_fan_destroy (&fan);
    scene_stop (&scene);
}

SYSTEM_TEST ("one that dies or is not there is told of by name, and the others go on")
{
    daffi_error_t error;
    static const char *const names[] = {"server", "streamer", "gone", NULL};
    scene_t scene = scene_of (at, stream_functions);
    process_t doomed = PROCESS (at, "streamer", "name=streamer");
    daffi_fan_t *fan = open_fan (scene.caller, "sum", DAFFI_FAN (.processes = names));
    CHECK_STATUS (DAFFI_NO_PROCESS, daffi_stream_wait (stream_of (fan, "gone"),
                                                       BOARD_PATIENCE_MS, &error));
    CHECK_FINE (daffi_fan_send (fan, 0, BOARD_PATIENCE_MS, &error), error);
    process_kill (&doomed);
    CHECK_STATUS (DAFFI_PROCESS_LOST, daffi_stream_wait (stream_of (fan, "streamer"),
                                                         BOARD_PATIENCE_MS, &error));
    CHECK_EQ_STR (error.process, "streamer");
    for (int64_t i = 1; i < 1000; i++)
        CHECK_FINE (daffi_fan_send (fan, i, BOARD_PATIENCE_MS, &error), error);
    daffi_fan_send_end (fan);
    stream_check_result (stream_of (fan, "server"), 1000 * 999 / 2);
    daffi_fan_destroy (&fan);
    CHECK (!daffi_fan_open (scene.caller, "nothing", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_NO_FUNCTION, error.status);
    CHECK (!daffi_fan_open (scene.caller, "bad/name", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    scene_stop (&scene);
}

SYSTEM_TEST ("a fan refuses what is no process name, also one that is too long")
{
    daffi_error_t error;
    char name[DAFFI_NAME_MAX + 2];
    memset (name, 'n', sizeof name - 1);
    name[sizeof name - 1] = 0;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    const char *const longer[] = {name, NULL};
    const char *const none[] = {"a", "b c", NULL};
    CHECK (!daffi_fan_open (caller, "ask", DAFFI_ARGS (),
                            DAFFI_FAN (.processes = longer), &error));
    CHECK_EQ_INT (error.status, DAFFI_INVALID);
    CHECK (!daffi_fan_open (caller, "ask", DAFFI_ARGS (), DAFFI_FAN (.processes = none),
                            &error));
    CHECK_EQ_INT (error.status, DAFFI_INVALID);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}
