//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts: who answers, who fails, who dies, who is late, and how it ends.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "place.h"

static daffi_broadcast_t *begin (daffi_global_t *caller, const char *function,
                                 daffi_args_t args,
                                 const daffi_broadcast_options_t *options)
{
    daffi_error_t error;
    daffi_broadcast_t *all =
        daffi_broadcast_start (caller, function, args, options, &error);
    if (!all)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return all;
}

static void wait_for (daffi_broadcast_t *all)
{
    daffi_error_t error;
    CHECK_FINE (daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error), error);
}

static const daffi_reply_t *reply_of (daffi_broadcast_t *all, const char *process)
{
    const daffi_reply_t *reply = daffi_broadcast_find (all, process);
    if (!reply)
        daffi_test_fail (__FILE__, __LINE__, "%s has not replied", process);
    CHECK_EQ_STR (reply->process, process);
    return reply;
}

static void check_reply (daffi_broadcast_t *all, const char *process,
                         daffi_status_t status, daffi_executed_t executed)
{
    const daffi_reply_t *reply = reply_of (all, process);
    if (reply->status != status)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s (%s), not %s", process,
                         daffi_status_name (reply->status), reply->text,
                         daffi_status_name (status));
    CHECK_EQ_INT (reply->executed, executed);
    CHECK ((reply->value != NULL) == (status == DAFFI_OK));
    CHECK ((reply->text[0] != '\0') == (status != DAFFI_OK));
}

static void check_ends (daffi_broadcast_t *all, daffi_status_t expected)
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    CHECK_STATUS (expected,
                  daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK (reply == NULL);
    CHECK_STATUS (expected,
                  daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
}

//  --- functions that differ from process to process ----------------------------------

static daffi_status_t quick (daffi_request_t *request, void *arg)
{
    return daffi_request_reply_value (request, daffi_value_string (arg));
}

static daffi_status_t bad (daffi_request_t *request, void *arg)
{
    return daffi_request_fail_with (request, DAFFI_TYPE, "%s cannot", (char *)arg);
}

static daffi_status_t held (daffi_request_t *request, void *arg)
{
    board_add (BOARD_STARTED, 1);
    if (!board_reaches (BOARD_GATE, 1, BOARD_PATIENCE_MS))
        return daffi_request_fail (request, "nobody opened the gate");
    return quick (request, arg);
}

//  Offers `ask`, which is this callback.
static daffi_global_t *offer (place_t *at, const char *name, daffi_callback_fn *ask)
{
    daffi_function_t functions[] = {
        {.name = "ask", .callback = ask, .arg = (void *)(uintptr_t)name},
        {.name = NULL}};
    return START (at, .process_name = name, .functions = functions);
}

static daffi_global_t *offer_watch (place_t *at, const char *name)
{
    return offer (at, name, serve_find ("watch")->callback);
}

//  --- answers ------------------------------------------------------------------------

SYSTEM_TEST ("every provider answers a broadcast once, under its name")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = server_start (at, "a");
    daffi_global_t *b = server_start (at, "b");
    daffi_global_t *c = server_start (at, "c");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "who", 3);
    daffi_broadcast_t *all = begin (caller, "who", DAFFI_ARGS (), NULL);
    wait_for (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    const char *names[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        const daffi_reply_t *reply = reply_of (all, names[i]);
        check_reply (all, names[i], DAFFI_OK, DAFFI_EXECUTED_YES);
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
    check_ends (all, DAFFI_END);
    daffi_broadcast_destroy (&all);
    CHECK (all == NULL);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&c);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("replies come as they are given, and one that fails loses no other")
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer (at, "a", quick);
    daffi_global_t *b = offer (at, "b", held);
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "ask", 2);
    daffi_broadcast_t *all = begin (caller, "ask", DAFFI_ARGS (), NULL);
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
    check_ends (all, DAFFI_END);
    daffi_broadcast_destroy (&all);

    daffi_global_t *c = offer (at, "c", bad);
    wait_for_providers (caller, "ask", 3);
    all = begin (caller, "ask", DAFFI_ARGS (), NULL);
    wait_for (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    check_reply (all, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    check_reply (all, "c", DAFFI_TYPE, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (reply_of (all, "c")->text, "c cannot");
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&c);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("one that is killed is told of by name, and the others answer")
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = server_start (at, "a");
    process_t doomed = PROCESS (at, "worker", "name=doomed");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "hold", 2);
    daffi_broadcast_t *all = begin (caller, "hold", DAFFI_ARGS (5), NULL);
    board_wait (BOARD_STARTED, 2);
    process_kill (&doomed);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "doomed");
    check_reply (all, "doomed", DAFFI_PROCESS_LOST, DAFFI_EXECUTED_MAYBE);
    board_add (BOARD_GATE, 1);
    wait_for (all);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 2);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a deadline names those who have not answered, and cancels them")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer (at, "a", quick);
    daffi_global_t *b = offer_watch (at, "b");
    daffi_global_t *c = offer_watch (at, "c");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "ask", 3);
    daffi_broadcast_t *all =
        begin (caller, "ask", DAFFI_ARGS (), DAFFI_BROADCAST (.timeout_ms = 1500));
    wait_for (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    check_reply (all, "b", DAFFI_TIMEOUT, DAFFI_EXECUTED_MAYBE);
    check_reply (all, "c", DAFFI_TIMEOUT, DAFFI_EXECUTED_MAYBE);
    board_wait (BOARD_CANCELLED, 2);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&c);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("stop after the first success: the others are cancelled and told of")
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer_watch (at, "a");
    daffi_global_t *b = offer (at, "b", held);
    daffi_global_t *c = offer_watch (at, "c");
    daffi_global_t *d = offer (at, "d", bad);
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "ask", 4);
    daffi_broadcast_t *all =
        begin (caller, "ask", DAFFI_ARGS (), DAFFI_BROADCAST (.stop_after = 1));
    board_wait (BOARD_STARTED, 3);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "d");
    board_add (BOARD_GATE, 1);
    wait_for (all);
    check_reply (all, "a", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
    check_reply (all, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    check_reply (all, "c", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
    check_reply (all, "d", DAFFI_TYPE, DAFFI_EXECUTED_YES);
    //  their cancel fds have become readable
    board_wait (BOARD_CANCELLED, 2);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&c);
    daffi_global_destroy (&d);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("stop after k successes, and not before")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer (at, "a", quick);
    daffi_global_t *b = offer_watch (at, "b");
    daffi_global_t *c = offer (at, "c", held);
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "ask", 3);
    daffi_broadcast_t *all =
        begin (caller, "ask", DAFFI_ARGS (), DAFFI_BROADCAST (.stop_after = 2));
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "a");
    board_wait (BOARD_STARTED, 2);
    CHECK_STATUS (DAFFI_PENDING, daffi_broadcast_wait (all, 50, &error));
    CHECK_EQ_INT (board_read (BOARD_CANCELLED), 0);
    board_add (BOARD_GATE, 1);
    wait_for (all);
    check_reply (all, "b", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
    check_reply (all, "c", DAFFI_OK, DAFFI_EXECUTED_YES);
    board_wait (BOARD_CANCELLED, 1);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&c);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a broadcast that nobody can answer says so, and bad ones do not begin")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    daffi_broadcast_t *all = begin (caller, "ask", DAFFI_ARGS (), NULL);
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 0);
    check_ends (all, DAFFI_NO_FUNCTION);
    daffi_broadcast_destroy (&all);
    CHECK (!daffi_broadcast_start (caller, "bad/name", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (!daffi_broadcast_start (
        caller, "ask", DAFFI_ARGS (daffi_value_raw ("\xc1", 1)), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    daffi_global_stop (caller);
    CHECK (!daffi_broadcast_start (caller, "ask", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_STOPPED, error.status);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a provider that joins later is not asked")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer (at, "a", held);
    daffi_global_t *caller = caller_start (at);
    daffi_broadcast_t *all = begin (caller, "ask", DAFFI_ARGS (), NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_global_t *b = offer (at, "b", quick);
    wait_for_providers (caller, "ask", 2);
    board_add (BOARD_GATE, 1);
    wait_for (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 1);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a process that offers the function asks itself too")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = server_start (at, "a");
    daffi_global_t *b = server_start (at, "b");
    wait_for_providers (a, "who", 2);
    daffi_broadcast_t *all = begin (a, "who", DAFFI_ARGS (), NULL);
    wait_for (all);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    check_reply (all, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&hub);
}

//  --- the caller's end ---------------------------------------------------------------

SYSTEM_TEST ("a broadcast that is destroyed is cancelled everywhere")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer_watch (at, "a");
    daffi_global_t *b = offer_watch (at, "b");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "ask", 2);
    daffi_broadcast_t *all = begin (caller, "ask", DAFFI_ARGS (), NULL);
    board_wait (BOARD_STARTED, 2);
    daffi_broadcast_destroy (&all);
    board_wait (BOARD_CANCELLED, 2);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&hub);
}

//  A process that broadcasts and waits: --role broadcaster. Before the roles of
//  roles.c, which knows it not.
static const char *word (int argc, char **argv, const char *key)
{
    size_t size = strlen (key);
    for (int i = 3; i < argc; i++)
        if (strncmp (argv[i], key, size) == 0 && argv[i][size] == '=')
            return argv[i] + size + 1;
    return NULL;
}

__attribute__ ((constructor (1000))) static void be_broadcaster (int argc, char **argv)
{
    daffi_error_t error;
    if (argc < 3 || strcmp (argv[1], "--role") != 0 ||
        strcmp (argv[2], "broadcaster") != 0)
        return;
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    board_join (word (argc, argv, "board"));
    const char *port = word (argc, argv, "port");
    daffi_options_t options = {.process_name = "broadcaster",
                               .unix_sock_path = word (argc, argv, "folder"),
                               .connect_timeout_ms = BOARD_PATIENCE_MS};
    if (port) {
        options.host = "127.0.0.1";
        options.port = (uint16_t)atoi (port);
    }
    daffi_global_t *global = daffi_global_new (&options, &error);
    CHECK (global != NULL);
    daffi_broadcast_t *all = begin (global, "ask", DAFFI_ARGS (), NULL);
    printf ("ready\n");
    fflush (stdout);
    wait_for (all);
    exit (EXIT_FAILURE);
}

SYSTEM_TEST ("a caller that is killed is cancelled everywhere")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer_watch (at, "a");
    daffi_global_t *b = offer_watch (at, "b");
    wait_for_providers (a, "ask", 2);
    process_t caller = PROCESS (at, "broadcaster", "name=broadcaster");
    board_wait (BOARD_STARTED, 2);
    process_kill (&caller);
    board_wait (BOARD_CANCELLED, 2);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("replies that came stay readable when the controller is lost")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *a = offer (at, "a", quick);
    daffi_global_t *b = offer_watch (at, "b");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "ask", 2);
    daffi_broadcast_t *all = begin (caller, "ask", DAFFI_ARGS (), NULL);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    board_wait (BOARD_STARTED, 1);
    process_kill (&broker);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                  daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    check_ends (all, DAFFI_CONTROLLER_LOST);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 1);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (reply->process, "a");
    board_wait (BOARD_CANCELLED, 1);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
}

SYSTEM_TEST ("a node that stops ends its broadcasts with STOPPED, and is told by none")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = offer (at, "a", quick);
    daffi_global_t *b = offer_watch (at, "b");
    daffi_global_t *caller =
        START (at, .process_name = "caller", .drain_timeout_ms = 50);
    wait_for_providers (caller, "ask", 2);
    daffi_broadcast_t *all = begin (caller, "ask", DAFFI_ARGS (), NULL);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    board_wait (BOARD_STARTED, 1);
    daffi_global_stop (caller);
    check_ends (all, DAFFI_STOPPED);
    check_reply (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    board_wait (BOARD_CANCELLED, 1);
    daffi_global_destroy (&caller);
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&hub);
}

//  --- bodies, and many ---------------------------------------------------------------

SYSTEM_TEST (
    "a large argument reaches every provider whole, and large results come back")
{
    enum { SIZE = 1 << 20 };
    daffi_value_t item;
    uint64_t number = 0;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = server_start (at, "a");
    process_t b = PROCESS (at, "worker", "name=b");
    daffi_global_t *c = server_start (at, "c");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "weigh", 3);
    uint8_t *data = malloc (SIZE);
    CHECK (data != NULL);
    serve_pattern (data, SIZE);
    daffi_broadcast_t *all =
        begin (caller, "weigh", DAFFI_ARGS (daffi_value_binary (data, SIZE)), NULL);
    wait_for (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    for (size_t i = 0; i < 3; i++) {
        const daffi_reply_t *reply = daffi_broadcast_reply (all, i);
        CHECK_OK (reply->status);
        CHECK_OK (daffi_value_item (reply->value, 1, &item));
        CHECK_OK (daffi_value_get_uint (&item, &number));
        CHECK_EQ_UINT (number, serve_sum (data, SIZE));
    }
    daffi_broadcast_destroy (&all);
    all = begin (caller, "take", DAFFI_ARGS (SIZE), NULL);
    wait_for (all);
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
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&c);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("broadcasts and calls at once do not mix")
{
    enum { COUNT = 30 };
    daffi_broadcast_t *all[COUNT];
    daffi_future_t *calls[COUNT];
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *a = server_start (at, "a");
    daffi_global_t *b = server_start (at, "b");
    daffi_global_t *caller = caller_start (at);
    wait_for_providers (caller, "run", 2);
    for (int i = 0; i < COUNT; i++) {
        all[i] = begin (caller, "run", DAFFI_ARGS (i), NULL);
        calls[i] =
            daffi_call_start (caller, "run", DAFFI_ARGS (1000 + i), NULL, &error);
        CHECK (calls[i] != NULL);
    }
    for (int i = 0; i < COUNT; i++) {
        int64_t number = -1;
        wait_for (all[i]);
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
    daffi_global_destroy (&caller);
    daffi_global_destroy (&a);
    daffi_global_destroy (&b);
    daffi_global_destroy (&hub);
}
