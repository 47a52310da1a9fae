//  SPDX-License-Identifier: MPL-2.0
//  What this program is where it was started with --role: a process of a test.
//
//  worker       offers the functions of serve.h, until its standard input ends
//  streamer     offers those of streams.h
//  caller       begins `count` calls of `function` and keeps them
//  broadcaster  broadcasts "ask" and waits
//
//  A constructor and not main (), which belongs to the harness.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "broadcasts.h"
#include "place.h"
#include "streams.h"

typedef struct {
    int argc;
    char **argv;
} words_t;

static const char *word (const words_t *self, const char *key)
{
    size_t size = strlen (key);
    for (int i = 3; i < self->argc; i++)
        if (strncmp (self->argv[i], key, size) == 0 && self->argv[i][size] == '=')
            return self->argv[i] + size + 1;
    return NULL;
}

static int number (const words_t *self, const char *key)
{
    const char *text = word (self, key);
    return text ? atoi (text) : 0;
}

static daffi_options_t options_of (const words_t *self)
{
    daffi_options_t options = {.process_name = word (self, "name"),
                               .port = (uint16_t)number (self, "port"),
                               .unix_sock_path = word (self, "folder"),
                               .init_controller = number (self, "controller"),
                               .workers = (uint32_t)number (self, "workers"),
                               .capacity = (uint32_t)number (self, "capacity"),
                               .takeover = number (self, "takeover"),
                               .heartbeat_ms = number (self, "heartbeat"),
                               .heartbeat_timeout_ms = number (self, "timeout"),
                               .drain_timeout_ms = number (self, "drain"),
                               .settle_ms = number (self, "settle"),
                               .functions = serve_functions};
    if (options.port)
        options.host = "127.0.0.1";
    if (number (self, "counted")) {
        options.on_init = serve_on_init;
        options.on_node_connect = serve_on_connect;
        options.on_node_disconnect = serve_on_disconnect;
    }
    if (!number (self, "early"))
        options.connect_timeout_ms = BOARD_PATIENCE_MS;
    return options;
}

static void say_ready (void)
{
    printf ("ready\n");
    fflush (stdout);
}

static void until_told (void)
{
    char byte;
    while (read (STDIN_FILENO, &byte, 1) > 0)
        continue;
}

static daffi_global_t *start (const daffi_options_t *options)
{
    daffi_error_t error;
    daffi_global_t *global = daffi_global_new (options, &error);
    if (!global) {
        fprintf (stderr, "role: %s\n", error.text);
        exit (EXIT_FAILURE);
    }
    return global;
}

static void serve_until_told (const daffi_options_t *options)
{
    daffi_global_t *global = start (options);
    say_ready ();
    until_told ();
    daffi_global_destroy (&global);
}

static void be_worker (const words_t *words)
{
    daffi_function_t chosen[2] = {{.name = NULL}, {.name = NULL}};
    daffi_options_t options = options_of (words);
    const char *only = word (words, "only");
    if (only) {
        chosen[0] = *serve_find (only);
        chosen[0].max_running = (uint32_t)number (words, "max_running");
        options.functions = chosen;
    }
    serve_until_told (&options);
}

static void be_streamer (const words_t *words)
{
    daffi_options_t options = options_of (words);
    options.functions = stream_functions;
    serve_until_told (&options);
}

static void be_broadcaster (const words_t *words)
{
    daffi_options_t options = options_of (words);
    options.functions = NULL;
    daffi_global_t *global = start (&options);
    daffi_broadcast_t *all = broadcast_begin (global, "ask", DAFFI_ARGS (), NULL);
    say_ready ();
    broadcast_wait (all);
    exit (EXIT_FAILURE);
}

//  A stream that it feeds, and one that it does not read.
static void be_feeder (const words_t *words)
{
    daffi_options_t options = options_of (words);
    options.functions = NULL;
    daffi_global_t *global = start (&options);
    daffi_stream_t *up = stream_begin (global, "listen_on", DAFFI_ARGS ());
    daffi_stream_t *down = stream_begin (global, "endless", DAFFI_ARGS ());
    CHECK_EQ_INT (stream_receive_int (down), 0);
    stream_send_int (up, 0);
    say_ready ();
    until_told ();
    daffi_stream_destroy (&up);
    daffi_stream_destroy (&down);
    daffi_global_destroy (&global);
}

static void be_caller (const words_t *words)
{
    enum { CALLS_MAX = 4096 };
    static daffi_future_t *calls[CALLS_MAX];
    daffi_error_t error;
    daffi_options_t options = options_of (words);
    options.functions = NULL;
    daffi_global_t *global = start (&options);
    int count = number (words, "count");
    for (int i = 0; i < count && i < CALLS_MAX; i++) {
        calls[i] = daffi_call_start (global, word (words, "function"), DAFFI_ARGS (i),
                                     NULL, &error);
        board_add (calls[i] ? BOARD_CALLED : BOARD_FAILED, 1);
    }
    say_ready ();
    until_told ();
    for (int i = 0; i < CALLS_MAX; i++)
        daffi_future_destroy (&calls[i]);
    daffi_global_destroy (&global);
}

__attribute__ ((constructor)) static void take_role (int argc, char **argv)
{
    words_t words = {argc, argv};
    if (argc < 3 || strcmp (argv[1], "--role") != 0)
        return;
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    board_join (word (&words, "board"));
    if (strcmp (argv[2], "worker") == 0)
        be_worker (&words);
    else if (strcmp (argv[2], "streamer") == 0)
        be_streamer (&words);
    else if (strcmp (argv[2], "caller") == 0)
        be_caller (&words);
    else if (strcmp (argv[2], "feeder") == 0)
        be_feeder (&words);
    else if (strcmp (argv[2], "broadcaster") == 0)
        be_broadcaster (&words);
    else
        exit (EXIT_FAILURE);
    exit (EXIT_SUCCESS);
}
