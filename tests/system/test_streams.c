//  SPDX-License-Identifier: MPL-2.0
//  Streams: the items, their order, and what may be one.

#include <stdlib.h>

#include "streams.h"

enum { MANY = 100000 };

SYSTEM_TEST ("100,000 items go up in order, and the result comes at the end")
{
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "sum", DAFFI_ARGS ());
    for (int64_t i = 0; i < MANY; i++)
        stream_send_int (stream, i);
    daffi_stream_send_end (stream);
    daffi_stream_send_end (stream);
    stream_check_no_item (stream, DAFFI_END);
    CHECK_EQ_STR (daffi_stream_process (stream), "server");
    int64_t number = 0;
    CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
    CHECK_EQ_INT (number, (int64_t)MANY * (MANY - 1) / 2);
    daffi_stream_destroy (&stream);
    CHECK (stream == NULL);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("100,000 items come down in order, and the result at the end")
{
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "count", DAFFI_ARGS (MANY));
    for (int64_t i = 0; i < MANY; i++)
        CHECK_EQ_INT (stream_receive_int (stream), i);
    stream_check_no_item (stream, DAFFI_END);
    stream_check_result (stream, MANY);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

//  How many items the loop saw: 0, 1, 2 … It leaves after `most`.
static int64_t count_each (daffi_stream_t *stream, int64_t most, int64_t timeout_ms)
{
    int64_t seen = 0, number;
    DAFFI_STREAM_EACH (item, stream, timeout_ms) {
        CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
        CHECK_EQ_INT (number, seen);
        if (++seen == most)
            break;
    }
    return seen;
}

SYSTEM_TEST ("a loop over the items ends with the stream, its error, or its patience")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "count", DAFFI_ARGS (2000));
    CHECK_EQ_INT (count_each (stream, -1, BOARD_PATIENCE_MS), 2000);
    stream_check_result (stream, 2000);
    daffi_stream_destroy (&stream);
    stream = stream_begin (scene.caller, "three_and_fail", DAFFI_ARGS ());
    CHECK_EQ_INT (count_each (stream, -1, BOARD_PATIENCE_MS), 3);
    stream_check_fails (stream, DAFFI_TYPE);
    daffi_stream_destroy (&stream);
    stream = stream_begin (scene.caller, "endless", DAFFI_ARGS ());
    CHECK_EQ_INT (count_each (stream, 1000, BOARD_PATIENCE_MS), 1000);
    CHECK_EQ_INT (stream_receive_int (stream), 1000);
    daffi_stream_destroy (&stream);
    stream = stream_begin (scene.caller, "mirror", DAFFI_ARGS ());
    stream_send_int (stream, 0);
    CHECK_EQ_INT (stream_receive_int (stream), 0);
    CHECK_EQ_INT (count_each (stream, -1, 20), 0);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_wait (stream, 0, &error));
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("items go both ways at once: one thread that sends what it may, and reads")
{
    enum { COUNT = 20000 };
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "mirror", DAFFI_ARGS ());
    int64_t sent = 0, came = 0;
    while (came < COUNT) {
        while (sent < COUNT && !daffi_stream_send (stream, sent, 0, &error))
            sent++;
        if (sent == COUNT)
            daffi_stream_send_end (stream);
        //  nothing has gone out yet: there is nothing that could come back
        if (sent == came) {
            stream_send_int (stream, sent++);
            continue;
        }
        CHECK_EQ_INT (stream_receive_int (stream), came);
        came++;
    }
    stream_check_result (stream, COUNT);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

static void check_mirrored (daffi_stream_t *stream, daffi_value_t value)
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    CHECK_FINE (daffi_stream_send_value (stream, value, BOARD_PATIENCE_MS, &error),
                error);
    CHECK_FINE (daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error), error);
    CHECK (daffi_value_equal (daffi_result_value (item), &value));
    daffi_result_destroy (&item);
}

SYSTEM_TEST ("an item may be any value, of any size")
{
    static const size_t sizes[] = {0,           1,         100,     8 * 1024 - 1,
                                   8 * 1024,    64 * 1024, MIB - 1, MIB,
                                   2 * MIB + 3, 20 * MIB,  5};
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "mirror", DAFFI_ARGS ());
    check_mirrored (stream, daffi_value_nil ());
    check_mirrored (stream, DAFFI_VALUE (true));
    check_mirrored (stream, DAFFI_VALUE (-5));
    check_mirrored (stream, DAFFI_VALUE (UINT64_MAX));
    check_mirrored (stream, DAFFI_VALUE (0.5));
    check_mirrored (stream, DAFFI_VALUE ("text"));
    check_mirrored (stream, DAFFI_ARRAY (1, "two", DAFFI_ARRAY ()));
    check_mirrored (stream, DAFFI_MAP ("k", 1, "l", DAFFI_MAP ("m", 2.5)));
    check_mirrored (stream, daffi_value_raw ("\x92\x01\xa1x", 4));
    uint8_t *data = malloc (20 * MIB);
    CHECK (data != NULL);
    serve_pattern (data, 20 * MIB);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_mirrored (stream, daffi_value_binary (data, sizes[i]));
    free (data);
    daffi_stream_send_end (stream);
    stream_check_result (stream, 9 + sizeof sizes / sizeof *sizes);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("what is no item is refused, and the stream goes on")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "sum", DAFFI_ARGS ());
    stream_send_int (stream, 0);
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_stream_send_value (stream, daffi_value_raw ("\xc1", 1),
                                           BOARD_PATIENCE_MS, &error));
    uint8_t *data = calloc (1, 65 * (size_t)MIB);
    CHECK (data != NULL);
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_stream_send_value (stream,
                                           daffi_value_binary (data, 65 * (size_t)MIB),
                                           BOARD_PATIENCE_MS, &error));
    free (data);
    stream_send_int (stream, 1);
    daffi_stream_send_end (stream);
    CHECK_STATUS (DAFFI_INVALID, daffi_stream_send (stream, 2, 0, &error));
    stream_check_no_item (stream, DAFFI_END);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("several streams at once do not mix, with calls between them")
{
    enum { STREAMS = 8, ITEMS = 500 };
    daffi_stream_t *streams[STREAMS];
    scene_t scene = scene_of (at, stream_functions);
    daffi_global_t *other = server_start (at, "other");
    for (int i = 0; i < STREAMS; i++)
        streams[i] =
            stream_begin (scene.caller, i % 2 ? "count" : "mirror", DAFFI_ARGS (ITEMS));
    for (int k = 0; k < ITEMS; k++) {
        for (int i = 0; i < STREAMS; i += 2)
            stream_send_int (streams[i], k * 10 + i);
        for (int i = 0; i < STREAMS; i++)
            CHECK_EQ_INT (stream_receive_int (streams[i]), i % 2 ? k : k * 10 + i);
        if (k % 50 == 0)
            CHECK_CALL_INT (scene.caller, "add", DAFFI_ARGS (k, 1), k + 1);
    }
    for (int i = 0; i < STREAMS; i++) {
        daffi_stream_send_end (streams[i]);
        stream_check_result (streams[i], ITEMS);
        daffi_stream_destroy (&streams[i]);
    }
    daffi_global_destroy (&other);
    scene_stop (&scene);
}

SYSTEM_TEST ("a process may stream to itself")
{
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.servers[0], "mirror", DAFFI_ARGS ());
    for (int64_t i = 0; i < 1000; i++) {
        stream_send_int (stream, i);
        CHECK_EQ_INT (stream_receive_int (stream), i);
    }
    daffi_stream_send_end (stream);
    stream_check_result (stream, 1000);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

//  --- calls that are no streams ------------------------------------------------------

static void check_probe (const daffi_value_t *value, bool is_stream,
                         const int64_t *statuses)
{
    daffi_value_t item;
    bool found = !is_stream;
    CHECK_OK (daffi_value_item (value, 0, &item));
    CHECK_OK (daffi_value_get_bool (&item, &found));
    CHECK_EQ_INT (found, is_stream);
    for (size_t i = 0; i < 3; i++) {
        int64_t status = -1;
        CHECK_OK (daffi_value_item (value, i + 1, &item));
        CHECK_OK (daffi_value_get_int (&item, &status));
        CHECK_EQ_INT (status, statuses[i]);
    }
}

SYSTEM_TEST (
    "a function that was called without a stream has none to read or to yield to")
{
    const int64_t plain[] = {DAFFI_END, DAFFI_INVALID, DAFFI_INVALID};
    const int64_t stream_of[] = {DAFFI_PENDING, DAFFI_OK, DAFFI_INVALID};
    const int64_t forbidden[] = {DAFFI_DEADLOCK, DAFFI_DEADLOCK, DAFFI_DEADLOCK};
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    const char *const names[] = {"probe", "probe_inline"};
    for (int i = 0; i < 2; i++) {
        daffi_result_t *result = NULL;
        CHECK_FINE (
            daffi_call (scene.caller, names[i], DAFFI_ARGS (), NULL, &result, &error),
            error);
        check_probe (daffi_result_value (result), false, plain);
        daffi_result_destroy (&result);
        daffi_stream_t *stream = stream_begin (scene.caller, names[i], DAFFI_ARGS ());
        CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
        check_probe (daffi_stream_value (stream), true, i ? forbidden : stream_of);
        daffi_stream_destroy (&stream);
    }
    scene_stop (&scene);
}

SYSTEM_TEST ("a function that takes no notice of its stream is an ordinary call")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_stream_t *stream = stream_begin (caller, "add", DAFFI_ARGS (2, 3));
    daffi_stream_send_end (stream);
    int64_t number = 0;
    CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
    CHECK_EQ_INT (number, 5);
    daffi_stream_destroy (&stream);
    stream = stream_begin (caller, "add", DAFFI_ARGS (2));
    CHECK_STATUS (DAFFI_TYPE, daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
    daffi_stream_destroy (&stream);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}
