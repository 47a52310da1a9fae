//  SPDX-License-Identifier: MPL-2.0
//  Streams: who waits for whom.

#include "streams.h"

SYSTEM_TEST ("a function that nobody reads is stopped after 512 items, or 4 MiB")
{
    static const struct {
        uint64_t size;
        int64_t items;
    } cases[] = {{1, STREAM_WINDOW},
                 {8 * 1024, STREAM_WINDOW},  //  with its head more than 8 KiB
                 {100 * 1024, 41},           //  the last one goes below zero
                 {MIB, 4},                   //
                 {5 * (uint64_t)MIB, 1}};    //  one larger item goes alone
    scene_t scene = scene_of (at, stream_functions);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        daffi_stream_t *stream =
            stream_begin (scene.caller, "fill_window", DAFFI_ARGS (cases[i].size));
        daffi_error_t error;
        int64_t number = -1;
        CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
        CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
        CHECK_EQ_INT (number, cases[i].items);
        //  and all of them can still be read
        for (int64_t k = 0; k < number; k++) {
            const void *data;
            size_t size;
            daffi_result_t *item = NULL;
            CHECK_FINE (daffi_stream_receive (stream, 0, &item, &error), error);
            CHECK_OK (daffi_value_get_bytes (daffi_result_value (item), &data, &size));
            CHECK_EQ_UINT (size, cases[i].size);
            daffi_result_destroy (&item);
        }
        stream_check_no_item (stream, DAFFI_END);
        daffi_stream_destroy (&stream);
    }
    scene_stop (&scene);
}

SYSTEM_TEST ("a caller that sends to a slow function is stopped after 512 items")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "slow", DAFFI_ARGS ());
    stream_send_int (stream, 0);
    int64_t sent = 1;
    board_wait (BOARD_STARTED, 1);
    while (!daffi_stream_send (stream, sent, 0, &error))
        sent++;
    CHECK_STATUS (DAFFI_PENDING, error.status);
    CHECK_EQ_INT (sent, STREAM_WINDOW);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_send (stream, sent, 20, &error));
    board_add (BOARD_GATE, 1);
    for (; sent < 10 * STREAM_WINDOW; sent++)
        stream_send_int (stream, sent);
    daffi_stream_send_end (stream);
    stream_check_result (stream, 10 * STREAM_WINDOW);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("nothing can be sent to a function that does not read at all")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "three", DAFFI_ARGS ());
    CHECK_EQ_INT (stream_receive_int (stream), 0);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_send (stream, 1, 0, &error));
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_send (stream, 1, 20, &error));
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    scene_stop (&scene);
}

SYSTEM_TEST ("a wait for an item ends at its timeout")
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "mirror", DAFFI_ARGS ());
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_receive (stream, 0, &item, &error));
    int64_t start_ms = clock_ms ();
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_receive (stream, 30, &item, &error));
    CHECK (clock_ms () - start_ms >= 30);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_wait (stream, 0, &error));
    CHECK (item == NULL);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}
