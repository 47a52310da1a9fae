//  SPDX-License-Identifier: MPL-2.0
//  Items that go by reference: whole, and given back exactly once, however the sending
//  ends. What was not sent for want of room is still its owner's.

#include <stdlib.h>
#include <string.h>

#include "streams.h"

enum { KIB = 1024 };

static const size_t sizes[] = {0, 10, 20 * KIB, 256 * KIB, 5 * MIB};
enum { SIZES = sizeof sizes / sizeof *sizes };

static uint8_t *pattern (size_t size)
{
    uint8_t *data = malloc (size + 1);
    CHECK (data != NULL);
    serve_pattern (data, size);
    return data;
}

static void check_item (daffi_stream_t *stream, size_t size)
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    const void *came;
    size_t came_size;
    CHECK_FINE (daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error), error);
    CHECK_OK (daffi_value_get_bytes (daffi_result_value (item), &came, &came_size));
    CHECK_EQ_UINT (came_size, size);
    uint8_t *expected = pattern (size);
    CHECK (memcmp (came, expected, size) == 0);
    free (expected);
    daffi_result_destroy (&item);
}

//  --- from the caller ----------------------------------------------------------------

static daffi_status_t send_taken (daffi_stream_t *stream, size_t size,
                                  int64_t timeout_ms)
{
    daffi_error_t error;
    uint8_t *data = pattern (size);
    daffi_status_t status = daffi_stream_send_take (stream, data, size, serve_free,
                                                    NULL, timeout_ms, &error);
    CHECK_STATUS (status, status ? error.status : DAFFI_OK);
    if (status == DAFFI_PENDING)
        free (data);  //  it was not taken
    return status;
}

SYSTEM_TEST ("items that a caller sends by reference arrive whole and are freed once")
{
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "mirror", DAFFI_ARGS ());
    for (int i = 0; i < SIZES; i++) {
        CHECK_OK (send_taken (stream, sizes[i], BOARD_PATIENCE_MS));
        check_item (stream, sizes[i]);
        board_wait (BOARD_FREED, i + 1);
    }
    //  what can never be sent is refused at once, and given back
    CHECK_STATUS (DAFFI_TOO_BIG, send_taken (stream, 64 * (size_t)MIB, 0));
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 1);
    daffi_stream_send_end (stream);
    CHECK_STATUS (DAFFI_INVALID, send_taken (stream, 20 * KIB, BOARD_PATIENCE_MS));
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 2);
    stream_check_result (stream, SIZES);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 2);
}

SYSTEM_TEST ("without room an item stays the caller's; at the end it is given back")
{
    int taken = 0;
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "slow", DAFFI_ARGS ());
    stream_send_int (stream, 0);
    board_wait (BOARD_STARTED, 1);
    while (!send_taken (stream, 256 * KIB, 0))
        taken++;
    CHECK_EQ_INT (taken, 16);  //  4 MiB
    CHECK_STATUS (DAFFI_PENDING, send_taken (stream, 10, 20));
    CHECK (board_read (BOARD_FREED) <= taken);
    board_add (BOARD_GATE, 1);
    CHECK_OK (send_taken (stream, 256 * KIB, BOARD_PATIENCE_MS));
    daffi_stream_send_end (stream);
    stream_check_result (stream, 1 + taken + 1);
    board_wait (BOARD_FREED, taken + 1);
    daffi_stream_destroy (&stream);
    stream = stream_begin (scene.caller, "take_some", DAFFI_ARGS (0));
    CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
    CHECK_STATUS (DAFFI_END, send_taken (stream, 256 * KIB, BOARD_PATIENCE_MS));
    board_wait (BOARD_FREED, taken + 2);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
    CHECK_EQ_INT (board_read (BOARD_FREED), taken + 2);
}

SYSTEM_TEST ("items that were taken are freed where their stream is cancelled or lost")
{
    enum { ITEMS = 8 };
    daffi_error_t error;
    scene_t scene = scene_start (at);
    for (int kill = 0; kill < 2; kill++) {
        process_t doomed = PROCESS (at, "streamer", "name=streamer");
        wait_for_function (scene.caller, "slow");
        daffi_stream_t *stream = stream_begin (scene.caller, "slow", DAFFI_ARGS ());
        stream_send_int (stream, 0);
        board_wait (BOARD_STARTED, kill + 1);
        for (int i = 0; i < ITEMS; i++)
            CHECK_OK (send_taken (stream, 256 * KIB, BOARD_PATIENCE_MS));
        if (kill) {
            process_kill (&doomed);
            CHECK_STATUS (DAFFI_PROCESS_LOST,
                          daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
        }
        daffi_stream_destroy (&stream);
        board_wait (BOARD_FREED, (kill + 1) * ITEMS);
        board_add (BOARD_GATE, 1);
        if (!kill)
            process_stop (&doomed);
    }
    scene_stop (&scene);
    CHECK_EQ_INT (board_read (BOARD_FREED), 2 * ITEMS);
}

//  --- from the function --------------------------------------------------------------

static daffi_status_t yield_taken (daffi_request_t *request, size_t size,
                                   int64_t timeout_ms)
{
    uint8_t *data = pattern (size);
    daffi_status_t status =
        daffi_request_yield_take (request, data, size, serve_free, NULL, timeout_ms);
    if (status == DAFFI_PENDING)
        free (data);  //  it was not taken
    return status;
}

//  One of each size.
static daffi_status_t give (daffi_request_t *request, void *arg)
{
    (void)arg;
    for (int i = 0; i < SIZES; i++) {
        daffi_status_t status = yield_taken (request, sizes[i], DAFFI_FOREVER);
        if (status)
            return status;
    }
    return daffi_request_reply (request, (int)yield_taken (request, 64 * MIB, 0));
}

//  As many as there is room for, and then one more that waits until it is cancelled.
static daffi_status_t give_all (daffi_request_t *request, void *arg)
{
    int number = 0;
    (void)arg;
    while (!yield_taken (request, 256 * KIB, 0))
        number++;
    board_add (BOARD_STARTED, number);
    daffi_status_t status = yield_taken (request, 256 * KIB, DAFFI_FOREVER);
    board_add (BOARD_CANCELLED, status == DAFFI_CANCELLED);
    return status;
}

static const daffi_function_t givers[] = {
    {.name = "give", .callback = give},
    {.name = "give_all", .callback = give_all},
    {.name = "give_inline", .callback = give, .run_inline = true},
    {0}};

SYSTEM_TEST (
    "items that a function yields by reference arrive whole and are freed once")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, givers);
    daffi_stream_t *stream = stream_begin (scene.caller, "give", DAFFI_ARGS ());
    for (int i = 0; i < SIZES; i++)
        check_item (stream, sizes[i]);
    stream_check_result (stream, DAFFI_TOO_BIG);
    daffi_stream_destroy (&stream);
    board_wait (BOARD_FREED, SIZES + 1);
    //  no stream, and no thread that could wait
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_call_void (scene.caller, "give", DAFFI_ARGS (), &error));
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 2);
    stream = stream_begin (scene.caller, "give_inline", DAFFI_ARGS ());
    stream_check_fails (stream, DAFFI_DEADLOCK);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 3);
}

SYSTEM_TEST ("without room an item stays the function's; cancelled, it is given back")
{
    enum { WINDOW = 16 };
    scene_t scene = scene_of (at, givers);
    daffi_stream_t *stream = stream_begin (scene.caller, "give_all", DAFFI_ARGS ());
    board_wait (BOARD_STARTED, WINDOW);
    CHECK_EQ_INT (board_read (BOARD_STARTED), WINDOW);
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    board_wait (BOARD_FREED, WINDOW + 1);
    scene_stop (&scene);
    CHECK_EQ_INT (board_read (BOARD_FREED), WINDOW + 1);
}

//  --- to several ---------------------------------------------------------------------

static daffi_status_t fan_taken (daffi_fan_t *fan, size_t size, int64_t timeout_ms)
{
    daffi_error_t error;
    uint8_t *data = pattern (size);
    daffi_status_t status =
        daffi_fan_send_take (fan, data, size, serve_free, NULL, timeout_ms, &error);
    if (status == DAFFI_PENDING)
        free (data);  //  it was not taken
    return status;
}

SYSTEM_TEST ("an item that goes by reference to several is freed once all have it")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    scene_serve (&scene, "other", stream_functions);
    daffi_fan_t *fan =
        daffi_fan_open (scene.caller, "mirror", DAFFI_ARGS (), NULL, &error);
    CHECK (fan != NULL);
    for (int i = 0; i < SIZES; i++) {
        CHECK_OK (fan_taken (fan, sizes[i], BOARD_PATIENCE_MS));
        for (size_t k = 0; k < 2; k++)
            check_item (daffi_fan_stream (fan, k), sizes[i]);
        board_wait (BOARD_FREED, i + 1);
    }
    CHECK_STATUS (DAFFI_TOO_BIG, fan_taken (fan, 64 * (size_t)MIB, 0));
    daffi_fan_send_end (fan);
    CHECK_STATUS (DAFFI_INVALID, fan_taken (fan, 20 * KIB, 0));
    CHECK_OK (daffi_fan_wait (fan, BOARD_PATIENCE_MS));
    daffi_fan_destroy (&fan);
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 2);

    fan = daffi_fan_open (scene.caller, "slow", DAFFI_ARGS (), NULL, &error);
    CHECK (fan != NULL);
    CHECK_OK (fan_taken (fan, 256 * KIB, BOARD_PATIENCE_MS));
    board_wait (BOARD_STARTED, 2);
    int taken = 1;
    while (!fan_taken (fan, 256 * KIB, 0))
        taken++;
    CHECK_EQ_INT (taken, 16);
    daffi_fan_destroy (&fan);
    board_wait (BOARD_FREED, SIZES + 2 + taken);
    board_add (BOARD_GATE, 1);
    scene_stop (&scene);
    CHECK_EQ_INT (board_read (BOARD_FREED), SIZES + 2 + taken);
}
