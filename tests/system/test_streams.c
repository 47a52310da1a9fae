//  SPDX-License-Identifier: MPL-2.0
//  Streams: order, credit, and how they end on either side.

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "place.h"

enum { WINDOW = 64, MANY = 100000, MIB = 1 << 20 };

//  --- functions ----------------------------------------------------------------------

//  The sum of all that comes, in order: the items must be 0, 1, 2 …
static daffi_status_t sum (daffi_request_t *request, void *arg)
{
    daffi_value_t item;
    int64_t number, expected = 0, total = 0;
    daffi_status_t status;
    (void)arg;
    while (!(status = daffi_request_receive (request, DAFFI_FOREVER, &item))) {
        if (daffi_value_get_int (&item, &number) || number != expected++)
            return daffi_request_fail (request, "not the next number");
        total += number;
    }
    return status == DAFFI_END ? daffi_request_reply (request, total) : status;
}

//  0 to n - 1.
static daffi_status_t count (daffi_request_t *request, void *arg)
{
    int64_t n;
    (void)arg;
    if (daffi_request_int (request, 0, &n))
        return DAFFI_TYPE;
    for (int64_t i = 0; i < n; i++) {
        daffi_status_t status = daffi_request_yield (request, i);
        if (status)
            return status;
    }
    return daffi_request_reply (request, n);
}

//  Yields what it receives, and replies how much that was.
static daffi_status_t mirror (daffi_request_t *request, void *arg)
{
    daffi_value_t item;
    int64_t number = 0;
    daffi_status_t status;
    (void)arg;
    while (!(status = daffi_request_receive (request, DAFFI_FOREVER, &item))) {
        status = daffi_request_yield_value (request, item, DAFFI_FOREVER);
        if (status)
            return status;
        number++;
    }
    return status == DAFFI_END ? daffi_request_reply (request, number) : status;
}

//  Yields items of that size until there is no credit, and replies how many.
static daffi_status_t fill_window (daffi_request_t *request, void *arg)
{
    uint64_t size;
    daffi_status_t status = DAFFI_OK;
    (void)arg;
    if (daffi_request_uint (request, 0, &size))
        return DAFFI_TYPE;
    uint8_t *data = calloc (1, size + 1);
    int64_t number = 0;
    while (data && !status) {
        status =
            daffi_request_yield_value (request, daffi_value_binary (data, size), 0);
        number += status == DAFFI_OK;
    }
    free (data);
    return status == DAFFI_PENDING ? daffi_request_reply (request, number) : status;
}

//  Receives n items, and replies.
static daffi_status_t take_some (daffi_request_t *request, void *arg)
{
    int64_t n;
    daffi_value_t item;
    (void)arg;
    if (daffi_request_int (request, 0, &n))
        return DAFFI_TYPE;
    for (int64_t i = 0; i < n; i++)
        if (daffi_request_receive (request, DAFFI_FOREVER, &item))
            return DAFFI_FAILED;
    return daffi_request_reply (request, n);
}

//  Receives one item, then waits for the gate, then receives all others.
static daffi_status_t slow (daffi_request_t *request, void *arg)
{
    daffi_value_t item;
    int64_t number = 1;
    daffi_status_t status = daffi_request_receive (request, DAFFI_FOREVER, &item);
    (void)arg;
    board_add (BOARD_STARTED, 1);
    if (status || !board_reaches (BOARD_GATE, 1, BOARD_PATIENCE_MS))
        return DAFFI_FAILED;
    while (!(status = daffi_request_receive (request, DAFFI_FOREVER, &item)))
        number++;
    return status == DAFFI_END ? daffi_request_reply (request, number) : status;
}

static daffi_status_t ended (daffi_request_t *request, daffi_status_t status)
{
    if (status == DAFFI_CANCELLED && daffi_request_cancelled (request))
        board_add (BOARD_CANCELLED, 1);
    return status;
}

//  Yields without end, and notes that it was cancelled.
static daffi_status_t endless (daffi_request_t *request, void *arg)
{
    daffi_status_t status = DAFFI_OK;
    (void)arg;
    board_add (BOARD_STARTED, 1);
    for (int64_t i = 0; !status; i++)
        status = daffi_request_yield (request, i);
    return ended (request, status);
}

//  Receives without end, and notes that it was cancelled.
static daffi_status_t listen_on (daffi_request_t *request, void *arg)
{
    daffi_value_t item;
    daffi_status_t status = DAFFI_OK;
    (void)arg;
    board_add (BOARD_STARTED, 1);
    while (!status) {
        status = daffi_request_receive (request, DAFFI_FOREVER, &item);
        board_add (BOARD_OTHER, status == DAFFI_OK);
    }
    return ended (request, status);
}

//  Yields three items, and fails, or waits until it is cancelled.
static daffi_status_t three (daffi_request_t *request, void *arg)
{
    for (int64_t i = 0; i < 3; i++)
        if (daffi_request_yield (request, i))
            return DAFFI_FAILED;
    if (arg)
        return daffi_request_fail_with (request, DAFFI_TYPE, "no fourth");
    board_add (BOARD_STARTED, 1);
    struct pollfd fd = {.fd = daffi_request_cancel_fd (request), .events = POLLIN};
    poll (&fd, 1, BOARD_PATIENCE_MS);
    return ended (request, DAFFI_CANCELLED);
}

//  Whether it is a stream, and what receiving and yielding return.
static daffi_status_t probe (daffi_request_t *request, void *arg)
{
    daffi_value_t item;
    (void)arg;
    bool is_stream = daffi_request_is_stream (request);
    int64_t receive = daffi_request_receive (request, 0, &item);
    int64_t yield = daffi_request_yield_value (request, daffi_value_nil (), 0);
    int64_t raw = daffi_request_yield_value (request, daffi_value_raw ("\xc1", 1), 0);
    return daffi_request_reply_value (request,
                                      DAFFI_ARRAY (is_stream, receive, yield, raw));
}

static char fails[] = "fails";

static const daffi_function_t functions[] = {
    {.name = "sum", .callback = sum},
    {.name = "count", .callback = count},
    {.name = "mirror", .callback = mirror},
    {.name = "fill_window", .callback = fill_window},
    {.name = "take_some", .callback = take_some},
    {.name = "slow", .callback = slow},
    {.name = "endless", .callback = endless},
    {.name = "listen_on", .callback = listen_on},
    {.name = "three", .callback = three},
    {.name = "three_and_fail", .callback = three, .arg = fails},
    {.name = "probe", .callback = probe},
    {.name = "probe_inline", .callback = probe, .run_inline = true},
    {.name = NULL},
};

//  A process that offers them: --role streamer. Before the roles of roles.c, which
//  knows it not.
static const char *word (int argc, char **argv, const char *key)
{
    size_t size = strlen (key);
    for (int i = 3; i < argc; i++)
        if (strncmp (argv[i], key, size) == 0 && argv[i][size] == '=')
            return argv[i] + size + 1;
    return NULL;
}

__attribute__ ((constructor (1000))) static void be_streamer (int argc, char **argv)
{
    char byte;
    daffi_error_t error;
    if (argc < 3 || strcmp (argv[1], "--role") != 0 ||
        strcmp (argv[2], "streamer") != 0)
        return;
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    board_join (word (argc, argv, "board"));
    const char *port = word (argc, argv, "port");
    daffi_options_t options = {.process_name = "streamer",
                               .unix_sock_path = word (argc, argv, "folder"),
                               .connect_timeout_ms = BOARD_PATIENCE_MS,
                               .functions = functions};
    if (port) {
        options.host = "127.0.0.1";
        options.port = (uint16_t)atoi (port);
    }
    daffi_global_t *global = daffi_global_new (&options, &error);
    CHECK (global != NULL);
    printf ("ready\n");
    fflush (stdout);
    while (read (STDIN_FILENO, &byte, 1) > 0)
        continue;
    daffi_global_destroy (&global);
    exit (EXIT_SUCCESS);
}

//  --- the caller's side --------------------------------------------------------------

typedef struct {
    daffi_global_t *hub;
    daffi_global_t *server;
    daffi_global_t *caller;
} scene_t;

static scene_t open_scene (place_t *at)
{
    scene_t self = {.hub = hub_start (at)};
    self.server = START (at, .process_name = "server", .functions = functions);
    self.caller = caller_start (at);
    return self;
}

static void close_scene (scene_t *self)
{
    daffi_global_destroy (&self->caller);
    daffi_global_destroy (&self->server);
    daffi_global_destroy (&self->hub);
}

static daffi_stream_t *begin_with (daffi_global_t *caller, const char *function,
                                   daffi_args_t args,
                                   const daffi_call_options_t *options)
{
    daffi_error_t error;
    daffi_stream_t *stream =
        daffi_stream_open (caller, function, args, options, &error);
    if (!stream)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return stream;
}

static daffi_stream_t *begin (daffi_global_t *caller, const char *function,
                              daffi_args_t args)
{
    return begin_with (caller, function, args, DAFFI_CALL (.timeout_ms = 120000));
}

static void send_int (daffi_stream_t *stream, int64_t number)
{
    daffi_error_t error;
    CHECK_FINE (daffi_stream_send (stream, number, BOARD_PATIENCE_MS, &error), error);
}

static int64_t receive_int (daffi_stream_t *stream)
{
    daffi_error_t error;
    int64_t number = -1;
    daffi_result_t *item = NULL;
    CHECK_FINE (daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
    daffi_result_destroy (&item);
    return number;
}

static void check_no_item (daffi_stream_t *stream, daffi_status_t expected)
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    CHECK_STATUS (expected,
                  daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error));
    CHECK (item == NULL);
}

//  The call has ended well with this number, and stays so.
static void check_result (daffi_stream_t *stream, int64_t expected)
{
    daffi_error_t error;
    int64_t number = -1;
    CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
    CHECK_EQ_INT (number, expected);
    check_no_item (stream, DAFFI_END);
}

static void check_fails (daffi_stream_t *stream, daffi_status_t expected)
{
    daffi_error_t error;
    CHECK_STATUS (expected, daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
    CHECK (daffi_stream_value (stream) == NULL);
    CHECK (error.text[0] != '\0');
    check_no_item (stream, expected);
    CHECK_STATUS (DAFFI_END, daffi_stream_send (stream, 1, 0, &error));
}

//  --- items --------------------------------------------------------------------------

SYSTEM_TEST ("100,000 items go up in order, and the result comes at the end")
{
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "sum", DAFFI_ARGS ());
    for (int64_t i = 0; i < MANY; i++)
        send_int (stream, i);
    daffi_stream_send_end (stream);
    daffi_stream_send_end (stream);
    check_no_item (stream, DAFFI_END);
    CHECK_EQ_STR (daffi_stream_process (stream), "server");
    int64_t number = 0;
    CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
    CHECK_EQ_INT (number, (int64_t)MANY * (MANY - 1) / 2);
    daffi_stream_destroy (&stream);
    CHECK (stream == NULL);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("100,000 items come down in order, and the result at the end")
{
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "count", DAFFI_ARGS (MANY));
    for (int64_t i = 0; i < MANY; i++)
        CHECK_EQ_INT (receive_int (stream), i);
    check_no_item (stream, DAFFI_END);
    check_result (stream, MANY);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("items go both ways at once: one thread that sends what it may, and reads")
{
    enum { COUNT = 20000 };
    daffi_error_t error;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "mirror", DAFFI_ARGS ());
    int64_t sent = 0, came = 0;
    while (came < COUNT) {
        while (sent < COUNT && !daffi_stream_send (stream, sent, 0, &error))
            sent++;
        if (sent == COUNT)
            daffi_stream_send_end (stream);
        //  nothing has gone out yet: there is nothing that could come back
        if (sent == came) {
            send_int (stream, sent++);
            continue;
        }
        CHECK_EQ_INT (receive_int (stream), came);
        came++;
    }
    check_result (stream, COUNT);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
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
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "mirror", DAFFI_ARGS ());
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
    check_result (stream, 9 + sizeof sizes / sizeof *sizes);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("what is no item is refused, and the stream goes on")
{
    daffi_error_t error;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "sum", DAFFI_ARGS ());
    send_int (stream, 0);
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
    send_int (stream, 1);
    daffi_stream_send_end (stream);
    CHECK_STATUS (DAFFI_INVALID, daffi_stream_send (stream, 2, 0, &error));
    check_no_item (stream, DAFFI_END);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("several streams at once do not mix, with calls between them")
{
    enum { STREAMS = 8, ITEMS = 500 };
    daffi_stream_t *streams[STREAMS];
    scene_t scene = open_scene (at);
    daffi_global_t *other = server_start (at, "other");
    for (int i = 0; i < STREAMS; i++)
        streams[i] =
            begin (scene.caller, i % 2 ? "count" : "mirror", DAFFI_ARGS (ITEMS));
    for (int k = 0; k < ITEMS; k++) {
        for (int i = 0; i < STREAMS; i += 2)
            send_int (streams[i], k * 10 + i);
        for (int i = 0; i < STREAMS; i++)
            CHECK_EQ_INT (receive_int (streams[i]), i % 2 ? k : k * 10 + i);
        if (k % 50 == 0)
            CHECK_CALL_INT (scene.caller, "add", DAFFI_ARGS (k, 1), k + 1);
    }
    for (int i = 0; i < STREAMS; i++) {
        daffi_stream_send_end (streams[i]);
        check_result (streams[i], ITEMS);
        daffi_stream_destroy (&streams[i]);
    }
    daffi_global_destroy (&other);
    close_scene (&scene);
}

SYSTEM_TEST ("a process may stream to itself")
{
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.server, "mirror", DAFFI_ARGS ());
    for (int64_t i = 0; i < 1000; i++) {
        send_int (stream, i);
        CHECK_EQ_INT (receive_int (stream), i);
    }
    daffi_stream_send_end (stream);
    check_result (stream, 1000);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

//  --- credit -------------------------------------------------------------------------

SYSTEM_TEST ("a function that nobody reads is stopped after 64 items, or 1 MiB")
{
    static const struct {
        uint64_t size;
        int64_t items;
    } cases[] = {{1, WINDOW},
                 {16 * 1024, WINDOW},      //  with its head more than 16 KiB
                 {100 * 1024, 11},         //  the last one goes below zero
                 {MIB, 1},                 //
                 {5 * (uint64_t)MIB, 1}};  //  one larger item goes alone
    scene_t scene = open_scene (at);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        daffi_stream_t *stream =
            begin (scene.caller, "fill_window", DAFFI_ARGS (cases[i].size));
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
        check_no_item (stream, DAFFI_END);
        daffi_stream_destroy (&stream);
    }
    close_scene (&scene);
}

SYSTEM_TEST ("a caller that sends to a slow function is stopped after 64 items")
{
    daffi_error_t error;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "slow", DAFFI_ARGS ());
    send_int (stream, 0);
    int64_t sent = 1;
    board_wait (BOARD_STARTED, 1);
    while (!daffi_stream_send (stream, sent, 0, &error))
        sent++;
    CHECK_STATUS (DAFFI_PENDING, error.status);
    CHECK_EQ_INT (sent, WINDOW);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_send (stream, sent, 20, &error));
    board_add (BOARD_GATE, 1);
    for (; sent < 10 * WINDOW; sent++)
        send_int (stream, sent);
    daffi_stream_send_end (stream);
    check_result (stream, 10 * WINDOW);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("nothing can be sent to a function that does not read at all")
{
    daffi_error_t error;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "three", DAFFI_ARGS ());
    CHECK_EQ_INT (receive_int (stream), 0);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_send (stream, 1, 0, &error));
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_send (stream, 1, 20, &error));
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    close_scene (&scene);
}

SYSTEM_TEST ("a wait for an item ends at its timeout")
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "mirror", DAFFI_ARGS ());
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_receive (stream, 0, &item, &error));
    int64_t start_ms = clock_ms ();
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_receive (stream, 30, &item, &error));
    CHECK (clock_ms () - start_ms >= 30);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_wait (stream, 0, &error));
    CHECK (item == NULL);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

//  --- ends ---------------------------------------------------------------------------

SYSTEM_TEST ("a caller that stops reading is seen by the function that yields")
{
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "endless", DAFFI_ARGS ());
    for (int64_t i = 0; i < 1000; i++)
        CHECK_EQ_INT (receive_int (stream), i);
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    close_scene (&scene);
}

SYSTEM_TEST ("a caller that stops sending is seen by the function that receives")
{
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "listen_on", DAFFI_ARGS ());
    for (int64_t i = 0; i < 100; i++)
        send_int (stream, i);
    board_wait (BOARD_OTHER, 100);
    daffi_stream_destroy (&stream);
    board_wait (BOARD_CANCELLED, 1);
    close_scene (&scene);
}

SYSTEM_TEST ("a function that ends early tells its sender, and the result is there")
{
    daffi_error_t error;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "take_some", DAFFI_ARGS (10));
    daffi_status_t status;
    int64_t sent = 0;
    while (!(status = daffi_stream_send (stream, sent, BOARD_PATIENCE_MS, &error)))
        sent++;
    CHECK_STATUS (DAFFI_END, status);
    CHECK_STATUS (DAFFI_END, error.status);
    CHECK (sent >= 10);
    daffi_stream_send_end (stream);
    check_result (stream, 10);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("a function that fails after some items: all of them come, and then why")
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "three_and_fail", DAFFI_ARGS ());
    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ_INT (receive_int (stream), i);
    CHECK_STATUS (DAFFI_TYPE,
                  daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error));
    CHECK_EQ_STR (error.text, "no fourth");
    CHECK_EQ_STR (error.process, "server");
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    check_fails (stream, DAFFI_TYPE);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("a function that is not there ends the stream at once")
{
    daffi_error_t error;
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin (scene.caller, "nothing", DAFFI_ARGS ());
    CHECK_STATUS (DAFFI_END, daffi_stream_send (stream, 1, BOARD_PATIENCE_MS, &error));
    check_fails (stream, DAFFI_NO_FUNCTION);
    daffi_stream_destroy (&stream);
    CHECK (!daffi_stream_open (scene.caller, "bad/name", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    close_scene (&scene);
}

SYSTEM_TEST ("a function that is killed: what it yielded comes, and then PROCESS_LOST")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t doomed = PROCESS (at, "streamer", "name=streamer");
    daffi_stream_t *down = begin (caller, "three", DAFFI_ARGS ());
    daffi_stream_t *up = begin (caller, "slow", DAFFI_ARGS ());
    send_int (up, 0);
    board_wait (BOARD_STARTED, 2);
    CHECK_EQ_INT (receive_int (down), 0);
    process_kill (&doomed);
    daffi_status_t status;
    while (!(status = daffi_stream_send (up, 1, BOARD_PATIENCE_MS, &error)))
        continue;
    CHECK_STATUS (DAFFI_END, status);
    check_fails (up, DAFFI_PROCESS_LOST);
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_stream_wait (down, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK_EQ_STR (error.process, "streamer");
    CHECK_EQ_INT (receive_int (down), 1);
    CHECK_EQ_INT (receive_int (down), 2);
    check_fails (down, DAFFI_PROCESS_LOST);
    daffi_stream_destroy (&up);
    daffi_stream_destroy (&down);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a controller that is killed ends the stream on both sides")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = functions);
    daffi_global_t *caller = caller_start (at);
    daffi_stream_t *down = begin (caller, "three", DAFFI_ARGS ());
    daffi_stream_t *up = begin (caller, "listen_on", DAFFI_ARGS ());
    send_int (up, 0);
    board_wait (BOARD_OTHER, 1);
    board_wait (BOARD_STARTED, 2);
    for (int64_t i = 0; i < 3; i++)
        CHECK_EQ_INT (receive_int (down), i);
    process_kill (&broker);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                  daffi_stream_wait (up, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    check_fails (up, DAFFI_CONTROLLER_LOST);
    check_fails (down, DAFFI_CONTROLLER_LOST);
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
    scene_t scene = open_scene (at);
    daffi_stream_t *stream = begin_with (scene.caller, "endless", DAFFI_ARGS (),
                                         DAFFI_CALL (.timeout_ms = 300));
    while (!(status = daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error)))
        daffi_result_destroy (&item);
    CHECK_STATUS (DAFFI_TIMEOUT, status);
    check_fails (stream, DAFFI_TIMEOUT);
    board_wait (BOARD_CANCELLED, 1);
    daffi_stream_destroy (&stream);
    close_scene (&scene);
}

SYSTEM_TEST ("a node that stops ends its streams, on either side")
{
    scene_t scene = {.hub = hub_start (at)};
    scene.server = START (at, .process_name = "server", .functions = functions,
                          .drain_timeout_ms = 50);
    scene.caller = caller_start (at);
    daffi_global_t *other = START (at, .process_name = "other", .drain_timeout_ms = 50);
    daffi_stream_t *stream = begin (other, "endless", DAFFI_ARGS ());
    daffi_stream_t *down =
        begin_with (scene.caller, "endless", DAFFI_ARGS (),
                    DAFFI_CALL (.process = "server", .timeout_ms = DAFFI_FOREVER));
    CHECK_EQ_INT (receive_int (stream), 0);
    CHECK_EQ_INT (receive_int (down), 0);
    daffi_global_stop (other);
    daffi_error_t error;
    CHECK_STATUS (DAFFI_STOPPED, daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
    CHECK_STATUS (DAFFI_END, daffi_stream_send (stream, 1, BOARD_PATIENCE_MS, &error));
    board_wait (BOARD_CANCELLED, 1);
    daffi_global_destroy (&other);
    daffi_stream_destroy (&stream);
    //  the function's process stops in its turn
    daffi_global_destroy (&scene.server);
    daffi_status_t status = daffi_stream_wait (down, BOARD_PATIENCE_MS, &error);
    CHECK (status == DAFFI_STOPPED || status == DAFFI_PROCESS_LOST);
    daffi_stream_destroy (&down);
    close_scene (&scene);
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
    daffi_stream_t *stream = begin (early, "sum", DAFFI_ARGS ());
    daffi_stream_send_end (stream);
    CHECK_STATUS (DAFFI_PENDING, daffi_stream_wait (stream, 50, &error));
    //  the function must be there when the call arrives: it is not tried again
    hub = START (at, .init_controller = true, .without_node = true, .settle_ms = 30000);
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = functions);
    check_result (stream, 0);
    daffi_stream_destroy (&stream);
    daffi_global_destroy (&early);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "an end that is said while the call waits for a place reaches the function")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = functions, .capacity = 1);
    daffi_global_t *caller = caller_start (at);
    daffi_stream_t *first = begin (caller, "slow", DAFFI_ARGS ());
    send_int (first, 0);
    board_wait (BOARD_STARTED, 1);
    daffi_stream_t *second = begin (caller, "sum", DAFFI_ARGS ());
    daffi_stream_send_end (second);
    daffi_stream_send_end (first);
    board_add (BOARD_GATE, 1);
    check_result (first, 1);
    check_result (second, 0);
    daffi_stream_destroy (&first);
    daffi_stream_destroy (&second);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
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
    scene_t scene = open_scene (at);
    const char *const names[] = {"probe", "probe_inline"};
    for (int i = 0; i < 2; i++) {
        daffi_result_t *result = NULL;
        CHECK_FINE (
            daffi_call (scene.caller, names[i], DAFFI_ARGS (), NULL, &result, &error),
            error);
        check_probe (daffi_result_value (result), false, plain);
        daffi_result_destroy (&result);
        daffi_stream_t *stream = begin (scene.caller, names[i], DAFFI_ARGS ());
        CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
        check_probe (daffi_stream_value (stream), true, i ? forbidden : stream_of);
        daffi_stream_destroy (&stream);
    }
    close_scene (&scene);
}

SYSTEM_TEST ("a function that takes no notice of its stream is an ordinary call")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_stream_t *stream = begin (caller, "add", DAFFI_ARGS (2, 3));
    daffi_stream_send_end (stream);
    int64_t number = 0;
    CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
    CHECK_EQ_INT (number, 5);
    daffi_stream_destroy (&stream);
    stream = begin (caller, "add", DAFFI_ARGS (2));
    CHECK_STATUS (DAFFI_TYPE, daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
    daffi_stream_destroy (&stream);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}
