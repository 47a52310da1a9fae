//  SPDX-License-Identifier: MPL-2.0
//  Slow readers: who waits for them, what memory they cost, and the descriptors that
//  say when to go on.

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broadcasts.h"
#include "streams.h"

static bool readable (int fd, int timeout_ms)
{
    struct pollfd what = {.fd = fd, .events = POLLIN};
    return poll (&what, 1, timeout_ms) == 1;
}

SYSTEM_TEST ("a stream's descriptors say when there is room, an item, or the end")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *stream = stream_begin (scene.caller, "slow", DAFFI_ARGS ());
    int room = daffi_stream_send_fd (stream), news = daffi_stream_receive_fd (stream);
    CHECK (room >= 0 && news >= 0);
    CHECK (readable (room, BOARD_PATIENCE_MS));
    int64_t sent = 0;
    while (!daffi_stream_send (stream, sent, 0, &error))
        sent++;
    CHECK_EQ_INT (sent, STREAM_WINDOW);
    CHECK (!readable (room, 0) && !readable (news, 0));
    board_add (BOARD_GATE, 1);
    CHECK (readable (room, BOARD_PATIENCE_MS));
    CHECK_FINE (daffi_stream_send (stream, sent++, 0, &error), error);
    daffi_stream_send_end (stream);
    CHECK (readable (news, BOARD_PATIENCE_MS));
    stream_check_result (stream, sent);
    CHECK (readable (room, 0) && readable (news, 0));
    daffi_stream_destroy (&stream);
    stream = stream_begin (scene.caller, "count", DAFFI_ARGS (2));
    CHECK (readable (daffi_stream_receive_fd (stream), BOARD_PATIENCE_MS));
    CHECK_EQ_INT (stream_receive_int (stream), 0);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("a broadcast's descriptor is readable while there is a reply to take")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_held);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    int news = daffi_broadcast_fd (all);
    CHECK (readable (news, BOARD_PATIENCE_MS));
    CHECK_OK (daffi_broadcast_next (all, 0, &reply, &error));
    CHECK_EQ_STR (reply->process, "a");
    board_wait (BOARD_STARTED, 1);
    CHECK (!readable (news, 0));
    board_add (BOARD_GATE, 1);
    CHECK (readable (news, BOARD_PATIENCE_MS));
    CHECK_OK (daffi_broadcast_next (all, 0, &reply, &error));
    CHECK_EQ_STR (reply->process, "b");
    CHECK (readable (news, BOARD_PATIENCE_MS));
    broadcast_check_ends (all, DAFFI_END);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

//  --- memory -------------------------------------------------------------------------

//  AddressSanitizer keeps what was freed from being used again, 256 MiB of it.
#if defined __SANITIZE_ADDRESS__
#define QUARANTINE (256 * (size_t)MIB)
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define QUARANTINE (256 * (size_t)MIB)
#endif
#endif
#ifndef QUARANTINE
#define QUARANTINE 0
#endif

static size_t resident_bytes (void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    CHECK (file && fscanf (file, "%lu %lu", &size, &resident) == 2);
    fclose (file);
    return resident * (size_t)sysconf (_SC_PAGESIZE);
}

//  Yields as fast as it may: n items of that size, each counted on the board.
static daffi_status_t gush (daffi_request_t *request, void *arg)
{
    int64_t n, size;
    static const uint8_t data[64 * 1024];
    daffi_status_t status = daffi_request_read (request, &n, &size);
    (void)arg;
    for (int64_t i = 0; !status && i < n; i++) {
        status = daffi_request_yield (request, daffi_value_binary (data, (size_t)size));
        board_add (BOARD_OTHER, status == DAFFI_OK);
    }
    return status;
}

static daffi_stream_t *gush_begin (const scene_t *scene, int64_t items, int64_t size)
{
    return stream_begin (scene->caller, "gush", DAFFI_ARGS (items, size));
}

static void take_one (daffi_stream_t *stream)
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    CHECK_FINE (daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error), error);
    daffi_result_destroy (&item);
}

//  Controller, function and reader are all in this process, so its memory is that of
//  the whole way. The producer is never asked to be slow, and could send all of its
//  items, 256 MiB, in the time that the reader takes for one.
SYSTEM_TEST (
    "memory stays flat while a reader takes an item only when its source stands still")
{
    enum { ITEMS = 4096, ITEM = 64 * 1024, WINDOW_BYTES = 4 * MIB, READ = 300 };
    const daffi_function_t functions[] = {{.name = "gush", .callback = gush}, {0}};
    scene_t scene = scene_of (at, functions);
    size_t before = resident_bytes ();
    daffi_stream_t *stream = gush_begin (&scene, ITEMS, ITEM);
    int most = 0;
    size_t largest = 0;
    for (int read = 0; read < READ; read++) {
        take_one (stream);
        //  the producer goes on until it has no credit
        int yielded = board_read (BOARD_OTHER), last = -1;
        for (int quiet = 0; quiet < 3; quiet = yielded == last ? quiet + 1 : 0) {
            last = yielded;
            poll (NULL, 0, 1);
            yielded = board_read (BOARD_OTHER);
        }
        int ahead = yielded - read - 1;
        most = ahead > most ? ahead : most;
        size_t now = resident_bytes ();
        largest = now > largest ? now : largest;
    }
    //  never more than a window was on the way, and it was full
    CHECK (most <= WINDOW_BYTES / ITEM + 1);
    CHECK (most >= WINDOW_BYTES / ITEM / 2);
    CHECK (board_read (BOARD_OTHER) < ITEMS / 2);
    //  a window at each hop, and what allocators and sockets keep
    if (largest > before)
        CHECK (largest - before < 64 * (size_t)MIB + QUARANTINE);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

//  What an item takes its source at most, in microseconds: with a reader who reads, and
//  in the best of some rounds, since other programs run as well.
static double quick_us (const scene_t *scene, int64_t size)
{
    enum { ROUNDS = 10, ITEMS = 1000 };
    double best = 1e9;
    daffi_stream_t *stream = gush_begin (scene, ROUNDS * ITEMS, size);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start_us = clock_us ();
        for (int i = 0; i < ITEMS; i++)
            take_one (stream);
        double own = (double)(clock_us () - start_us) / ITEMS;
        best = own < best ? own : best;
    }
    stream_check_no_item (stream, DAFFI_END);
    daffi_stream_destroy (&stream);
    return best;
}

SYSTEM_TEST ("memory stays flat while a reader is 1,000 times slower than its source")
{
    enum { SIZE = 1024, ITEMS = 1000000, SLOWER = 1000, TIME_MS = 1500, READ_MIN = 24 };
    const daffi_function_t functions[] = {{.name = "gush", .callback = gush}, {0}};
    scene_t scene = scene_of (at, functions);
    int pace_ms = 1 + (int)(quick_us (&scene, SIZE) * SLOWER / 1000);
    int reads = TIME_MS / pace_ms > READ_MIN ? TIME_MS / pace_ms : READ_MIN;
    int before = board_read (BOARD_OTHER), most = 0;
    size_t resident = resident_bytes (), largest = 0;
    daffi_stream_t *stream = gush_begin (&scene, ITEMS, SIZE);
    for (int read = 1; read <= reads; read++) {
        take_one (stream);
        poll (NULL, 0, pace_ms);
        int ahead = board_read (BOARD_OTHER) - before - read;
        most = ahead > most ? ahead : most;
        size_t now = resident_bytes ();
        largest = now > largest ? now : largest;
    }
    //  it was a window ahead and no more, where it could have sent 24,000 items at
    //  least
    CHECK (most <= STREAM_WINDOW + 1);
    CHECK (most >= STREAM_WINDOW / 2);
    if (largest > resident)
        CHECK (largest - resident < 8 * (size_t)MIB + QUARANTINE);
    daffi_stream_destroy (&stream);
    scene_stop (&scene);
}

SYSTEM_TEST ("a slow reader slows its own source and nobody else")
{
    daffi_error_t error;
    scene_t scene = scene_of (at, stream_functions);
    daffi_stream_t *slow = stream_begin (scene.caller, "endless", DAFFI_ARGS ());
    CHECK_EQ_INT (stream_receive_int (slow), 0);
    //  with a full window unread, others between the same two processes flow
    daffi_stream_t *quick = stream_begin (scene.caller, "count", DAFFI_ARGS (20000));
    for (int64_t i = 0; i < 20000; i++)
        CHECK_EQ_INT (stream_receive_int (quick), i);
    stream_check_result (quick, 20000);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_wait (slow, 0, &error));
    CHECK_EQ_INT (stream_receive_int (slow), 1);
    daffi_stream_destroy (&quick);
    daffi_stream_destroy (&slow);
    board_wait (BOARD_CANCELLED, 1);
    scene_stop (&scene);
}
