//  SPDX-License-Identifier: MPL-2.0
//  Streams: how they end on either side, and an end that is said before they begin.

#include <signal.h>

#include "streams.h"

//  --- ends ---------------------------------------------------------------------------

SYSTEM_TEST ("a caller that stops reading is seen by the function that yields")
{
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "endless", DAFFI_ARGS ());
    for (int64_t i = 0; i < 1000; i++)
        CHECK_EQ_INT (stream_receive_int (stream), i);
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    scene_stop (&scene);
}

SYSTEM_TEST ("a caller that stops sending is seen by the function that receives")
{
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "listen_on", DAFFI_ARGS ());
    for (int64_t i = 0; i < 100; i++)
        stream_send_int (stream, i);
    board_wait (BOARD_OTHER, 100);
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    scene_stop (&scene);
}

SYSTEM_TEST ("a function that ends early tells its sender, and the result is there")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "take_some", DAFFI_ARGS (10));
    daffi_status_t status;
    int64_t sent = 0;
    while (!(status = daffi_stream_send (stream, sent, BOARD_PATIENCE_MS, &error)))
        sent++;
    CHECK_STATUS (DAFFI_END, status);
    CHECK_STATUS (DAFFI_END, error.status);
    CHECK (sent >= 10);
    daffi_stream_send_end (stream);
    stream_check_result (stream, 10);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("a function that fails after some items: all of them come, and then why")
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream =
        stream_begin (scene.caller, "three_and_fail", DAFFI_ARGS ());
    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ_INT (stream_receive_int (stream), i);
    CHECK_STATUS (DAFFI_TYPE,
                  daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error));
    CHECK_EQ_STR (error.text, "no fourth");
    CHECK_EQ_STR (error.process, "server");
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    stream_check_fails (stream, DAFFI_TYPE);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("a function that is not there ends the stream at once")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "nothing", DAFFI_ARGS ());
    CHECK_STATUS (DAFFI_END, daffi_stream_send (stream, 1, BOARD_PATIENCE_MS, &error));
    stream_check_fails (stream, DAFFI_NO_FUNCTION);
    daffi_stream_destroy (&stream);
    CHECK (!daffi_stream_open (scene.caller, "bad/name", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    scene_stop (&scene);
}

SYSTEM_TEST ("a function that is killed: what it yielded comes, and then PROCESS_LOST")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t doomed = PROCESS (at, "streamer", "name=streamer");
    daffi_stream_t *down = stream_begin (caller, "three", DAFFI_ARGS ());
    daffi_stream_t *up = stream_begin (caller, "slow", DAFFI_ARGS ());
    stream_send_int (up, 0);
    board_wait (BOARD_STARTED, 2);
    CHECK_EQ_INT (stream_receive_int (down), 0);
    //  an answer that comes behind what was yielded: it has arrived
    CHECK_FINE (daffi_call (caller, "$node.ping", DAFFI_ARGS (),
                            DAFFI_CALL (.process = "streamer"), NULL, &error),
                error);
    process_kill (&doomed);
    daffi_status_t status;
    while (!(status = daffi_stream_send (up, 1, BOARD_PATIENCE_MS, &error)))
        continue;
    CHECK_STATUS (DAFFI_END, status);
    stream_check_fails (up, DAFFI_PROCESS_LOST);
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_stream_wait (down, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK_EQ_STR (error.process, "streamer");
    CHECK_EQ_INT (stream_receive_int (down), 1);
    CHECK_EQ_INT (stream_receive_int (down), 2);
    stream_check_fails (down, DAFFI_PROCESS_LOST);
    daffi_stream_destroy (&up);
    daffi_stream_destroy (&down);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "a function whose process stands still is lost after the heartbeat's timeout")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t stopped = PROCESS (at, "streamer", "name=streamer");
    daffi_stream_t *down = stream_begin (caller, "three", DAFFI_ARGS ());
    daffi_stream_t *up = stream_begin (caller, "listen_on", DAFFI_ARGS ());
    stream_send_int (up, 0);
    board_wait (BOARD_OTHER, 1);
    board_wait (BOARD_STARTED, 2);
    process_freeze (&stopped);
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_stream_wait (up, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_STR (error.process, "streamer");
    stream_check_fails (up, DAFFI_PROCESS_LOST);
    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ_INT (stream_receive_int (down), i);
    stream_check_fails (down, DAFFI_PROCESS_LOST);
    //  and once it goes on it learns that nobody waits any more
    process_signal (&stopped, SIGCONT);
    board_wait (BOARD_CANCELLED, 2);
    daffi_stream_destroy (&up);
    daffi_stream_destroy (&down);
    process_stop (&stopped);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "a caller that is killed, or stands still, is seen by both kinds of functions")
{
    scene_t scene = scene_of (at, stream_functions);
    for (int kill = 0; kill < 2; kill++) {
        int seen = board_read (BOARD_CANCELLED), items = board_read (BOARD_OTHER);
        process_t doomed = PROCESS (at, "feeder", "name=feeder");
        //  "listen_on" has read an item, and "endless" has filled its window
        board_wait (BOARD_OTHER, items + 1);
        if (kill)
            process_kill (&doomed);
        else
            process_freeze (&doomed);
        board_wait (BOARD_CANCELLED, seen + 2);
        if (!kill)
            process_kill (&doomed);
    }
    scene_stop (&scene);
}

SYSTEM_TEST ("a controller that is killed ends the stream on both sides")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = stream_functions);
    daffi_global_t *caller = caller_start (at);
    daffi_stream_t *down = stream_begin (caller, "three", DAFFI_ARGS ());
    daffi_stream_t *up = stream_begin (caller, "listen_on", DAFFI_ARGS ());
    stream_send_int (up, 0);
    board_wait (BOARD_OTHER, 1);
    board_wait (BOARD_STARTED, 2);
    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ_INT (stream_receive_int (down), i);
    process_kill (&broker);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                  daffi_stream_wait (up, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    stream_check_fails (up, DAFFI_CONTROLLER_LOST);
    stream_check_fails (down, DAFFI_CONTROLLER_LOST);
    board_wait (BOARD_CANCELLED, 2);
    daffi_stream_destroy (&up);
    daffi_stream_destroy (&down);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
}

SYSTEM_TEST ("a deadline counts for the whole stream, and is seen on both sides")
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    daffi_status_t status;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin_with (scene.caller, "endless", DAFFI_ARGS (),
                                                DAFFI_CALL (.timeout_ms = 300));
    while (!(status = daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error)))
        daffi_result_destroy (&item);
    CHECK_STATUS (DAFFI_TIMEOUT, status);
    stream_check_fails (stream, DAFFI_TIMEOUT);
    board_wait (BOARD_CANCELLED, 1);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("a node that stops ends its streams, on either side")
{
    scene_t scene = {.hub = hub_start (at)};
    scene.servers[0] = START (at, .process_name = "server",
                              .functions = stream_functions, .drain_timeout_ms = 50);
    scene.caller = caller_start (at);
    daffi_global_t *other = START (at, .process_name = "other", .drain_timeout_ms = 50);
    daffi_stream_t *stream = stream_begin (other, "endless", DAFFI_ARGS ());
    daffi_stream_t *down = stream_begin_with (
        scene.caller, "endless", DAFFI_ARGS (),
        DAFFI_CALL (.process = "server", .timeout_ms = DAFFI_FOREVER));
    CHECK_EQ_INT (stream_receive_int (stream), 0);
    CHECK_EQ_INT (stream_receive_int (down), 0);
    daffi_global_stop (other);
    daffi_error_t error;
    CHECK_STATUS (DAFFI_STOPPED, daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
    CHECK_STATUS (DAFFI_END, daffi_stream_send (stream, 1, BOARD_PATIENCE_MS, &error));
    board_wait (BOARD_CANCELLED, 1);
    daffi_global_destroy (&other);
    daffi_stream_destroy (&stream);
    //  the function's process stops in its turn
    daffi_global_destroy (&scene.servers[0]);
    daffi_status_t status = daffi_stream_wait (down, BOARD_PATIENCE_MS, &error);
    CHECK (status == DAFFI_STOPPED || status == DAFFI_PROCESS_LOST);
    daffi_stream_destroy (&down);
    scene_stop (&scene);
}

//  --- before it begins ---------------------------------------------------------------

SYSTEM_TEST ("an end that is said before there is a controller reaches the function")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_destroy (&hub);
    daffi_options_t options =
        place_options (at, DAFFI_OPTIONS (.process_name = "early"));
    daffi_error_t error;
    daffi_global_t *early = daffi_global_new (&options, &error);
    CHECK (early != NULL);
    daffi_stream_t *stream = stream_begin (early, "sum", DAFFI_ARGS ());
    daffi_stream_send_end (stream);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_wait (stream, 50, &error));
    //  the function must be there when the call arrives: it is not tried again
    hub = START (at, .init_controller = true, .without_node = true, .settle_ms = 30000);
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = stream_functions);
    stream_check_result (stream, 0);
    daffi_stream_destroy (&stream);
    daffi_global_destroy (&early);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "an end that is said while the call waits for a place reaches the function")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server",
                                    .functions = stream_functions, .capacity = 1);
    daffi_global_t *caller = caller_start (at);
    daffi_stream_t *first = stream_begin (caller, "slow", DAFFI_ARGS ());
    stream_send_int (first, 0);
    board_wait (BOARD_STARTED, 1);
    daffi_stream_t *second = stream_begin (caller, "sum", DAFFI_ARGS ());
    daffi_stream_send_end (second);
    daffi_stream_send_end (first);
    board_add (BOARD_GATE, 1);
    stream_check_result (first, 1);
    stream_check_result (second, 0);
    daffi_stream_destroy (&first);
    daffi_stream_destroy (&second);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}
