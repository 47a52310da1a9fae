//  SPDX-License-Identifier: MPL-2.0
//  Inside callbacks: calls further on, inline, limits, deadlines, event loops.

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

static void finish (daffi_future_t **call)
{
    daffi_error_t error;
    CHECK_FINE (daffi_future_wait (*call, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (call);
}

//  --- calls further on -------------------------------------------------------------

SYSTEM_TEST ("a callback calls the next process, which calls the next")
{
    daffi_global_t *hub = hub_start (at);
    const daffi_function_t last[] = {*serve_find ("who"), {.name = NULL}};
    const daffi_function_t first[] = {*serve_find ("relay"), {.name = NULL}};
    daffi_global_t *end = START (at, .process_name = "end", .functions = last);
    daffi_global_t *middle = START (at, .process_name = "middle", .functions = first);
    daffi_global_t *caller = caller_start (at);
    daffi_error_t error;
    char *name = NULL;
    CHECK_FINE (daffi_call_string (caller, "relay", DAFFI_ARGS ("who"), &name, &error),
                error);
    CHECK_EQ_STR (name, "end");
    free (name);
    //  an error comes through with its status
    CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_call (caller, "relay", DAFFI_ARGS ("nobody"),
                                                 NULL, NULL, &error));
    CHECK_EQ_STR (error.process, "middle");
    daffi_global_destroy (&caller);
    daffi_global_destroy (&middle);
    daffi_global_destroy (&end);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("recursion goes deeper than the pool has threads")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *one =
        START (at, .process_name = "one", .workers = 1, .functions = serve_functions);
    daffi_global_t *two =
        START (at, .process_name = "two", .workers = 2, .functions = serve_functions);
    CHECK_CALL_INT (one, "depth", DAFFI_ARGS (60), 60);
    CHECK_CALL_INT (two, "depth", DAFFI_ARGS (60), 60);
    daffi_global_destroy (&two);
    daffi_global_destroy (&one);
    daffi_global_destroy (&hub);
}

//  --- inline -----------------------------------------------------------------------

static daffi_status_t wait_inline (daffi_request_t *request, void *arg)
{
    daffi_global_t *global = daffi_request_global (request);
    daffi_error_t error;
    (void)arg;
    if (daffi_call (global, "add", DAFFI_ARGS (1, 2), NULL, NULL, &error) !=
        DAFFI_DEADLOCK)
        return daffi_request_fail (request, "a call did not say DEADLOCK");
    if (daffi_global_wait_process (global, "x", 1000, &error) != DAFFI_DEADLOCK)
        return daffi_request_fail (request, "a wait did not say DEADLOCK");
    daffi_future_t *call =
        daffi_call_start (global, "add", DAFFI_ARGS (1, 2), NULL, &error);
    if (!call)
        return daffi_request_fail (request, "a call could not begin: %s", error.text);
    daffi_status_t status = daffi_future_wait (call, 1000, &error);
    daffi_future_destroy (&call);
    return status == DAFFI_DEADLOCK
               ? daffi_request_reply (request, 1)
               : daffi_request_fail (request, "a future did not say DEADLOCK");
}

SYSTEM_TEST ("an inline callback answers, and what would wait there says DEADLOCK")
{
    const daffi_function_t functions[] = {
        {.name = "add", .callback = serve_find ("add")->callback, .run_inline = true},
        {.name = "wait", .callback = wait_inline, .run_inline = true},
        {.name = NULL}};
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = functions);
    daffi_global_t *caller = caller_start (at);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (20, 22), 42);
    CHECK_CALL_INT (caller, "wait", DAFFI_ARGS (), 1);
    CHECK_CALL_INT (server, "add", DAFFI_ARGS (1, 1), 2);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

static void wait_in_done (daffi_future_t *future, void *arg)
{
    daffi_error_t error;
    (void)future;
    CHECK_STATUS (DAFFI_DEADLOCK,
                  daffi_call (arg, "add", DAFFI_ARGS (1, 2), NULL, NULL, &error));
    board_add (BOARD_DONE, 1);
}

SYSTEM_TEST ("on_done runs in the actor, so a call from it that waits says DEADLOCK")
{
    daffi_global_t *both =
        START (at, .init_controller = true, .functions = serve_functions);
    daffi_future_t *call = call_begin (both, "hold", DAFFI_ARGS (1), NULL);
    CHECK_OK (daffi_future_on_done (call, wait_in_done, both));
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_DONE, 1);
    finish (&call);
    daffi_global_destroy (&both);
}

//  --- how many at once -------------------------------------------------------------

static void check_at_once (daffi_global_t *caller, int running, int calls)
{
    enum { CALLS_MAX = 32 };
    daffi_future_t *futures[CALLS_MAX];
    CHECK (calls <= CALLS_MAX);
    for (int i = 0; i < calls; i++)
        futures[i] = call_begin (caller, "hold", DAFFI_ARGS (i), NULL);
    board_wait (BOARD_STARTED, running);
    //  the node has read all of them by the time it answers this
    daffi_error_t error;
    CHECK_FINE (daffi_call (caller, "$node.ping", DAFFI_ARGS (),
                            DAFFI_CALL (.process = "server"), NULL, &error),
                error);
    CHECK (!board_reaches (BOARD_STARTED, running + 1, 20));
    board_add (BOARD_GATE, 1);
    for (int i = 0; i < calls; i++)
        finish (&futures[i]);
}

SYSTEM_TEST ("as many callbacks run at once as there are workers")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .workers = 3,
                                    .functions = serve_functions);
    daffi_global_t *caller = caller_start (at);
    check_at_once (caller, 3, 10);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("max_running bounds one function, and leaves the others their workers")
{
    const daffi_function_t functions[] = {
        {.name = "hold", .callback = serve_find ("hold")->callback, .max_running = 2},
        *serve_find ("add"),
        {.name = NULL}};
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server =
        START (at, .process_name = "server", .workers = 8, .functions = functions);
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *more = call_begin (caller, "hold", DAFFI_ARGS (100), NULL);
    board_wait (BOARD_STARTED, 1);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    check_at_once (caller, 2, 10);
    finish (&more);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("what exceeds a node's capacity goes to whoever is free first")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *slow =
        START (at, .process_name = "slow", .capacity = 1, .functions = serve_functions);
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *held = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_future_t *waiting = call_begin (caller, "run", DAFFI_ARGS (2), NULL);
    daffi_global_t *quick = server_start (at, "quick");
    daffi_error_t error;
    CHECK_FINE (daffi_future_wait (waiting, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_STR (daffi_future_process (waiting), "quick");
    board_add (BOARD_GATE, 1);
    finish (&held);
    finish (&waiting);
    daffi_global_destroy (&quick);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&slow);
    daffi_global_destroy (&hub);
}

//  --- deadlines --------------------------------------------------------------------

SYSTEM_TEST ("a callback sees its deadline, and a call from within inherits it")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_error_t error;
    const char *const ways[] = {"left", "relay"};
    for (int i = 0; i < 2; i++) {
        int64_t left_ms = 0;
        daffi_result_t *result = NULL;
        CHECK_FINE (daffi_call (caller, ways[i], DAFFI_ARGS ("left"),
                                DAFFI_CALL (.timeout_ms = 7000), &result, &error),
                    error);
        CHECK_OK (daffi_value_get_int (daffi_result_value (result), &left_ms));
        CHECK (left_ms > 0 && left_ms <= 7000 + 20);
        daffi_result_destroy (&result);
        CHECK_FINE (daffi_call (caller, ways[i], DAFFI_ARGS ("left"),
                                DAFFI_CALL (.timeout_ms = DAFFI_FOREVER), &result,
                                &error),
                    error);
        CHECK_OK (daffi_value_get_int (daffi_result_value (result), &left_ms));
        //  within a call that has none, the default of 30 s holds
        CHECK (i == 0 ? left_ms == DAFFI_FOREVER : left_ms > 7020 && left_ms <= 30020);
        daffi_result_destroy (&result);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

static daffi_status_t detach (daffi_request_t *request, void *arg)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    (void)arg;
    daffi_status_t status =
        daffi_call (daffi_request_global (request), "left", DAFFI_ARGS (),
                    DAFFI_CALL (.detached = true), &result, &error);
    if (status)
        return daffi_request_fail (request, "%s", error.text);
    status = daffi_request_reply_value (request, *daffi_result_value (result));
    daffi_result_destroy (&result);
    return status;
}

SYSTEM_TEST ("a detached call from within has a deadline of its own")
{
    const daffi_function_t functions[] = {
        {.name = "detach", .callback = detach}, *serve_find ("left"), {.name = NULL}};
    daffi_global_t *both = START (at, .init_controller = true, .functions = functions);
    daffi_error_t error;
    daffi_result_t *result = NULL;
    int64_t left_ms = 0;
    CHECK_FINE (daffi_call (both, "detach", DAFFI_ARGS (),
                            DAFFI_CALL (.timeout_ms = 7000), &result, &error),
                error);
    CHECK_OK (daffi_value_get_int (daffi_result_value (result), &left_ms));
    CHECK (left_ms > 20000);
    daffi_result_destroy (&result);
    daffi_global_destroy (&both);
}

SYSTEM_TEST (
    "a timeout ends the call, cancels what runs, and what is called from there")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_error_t error;
    int64_t start_ms = clock_ms ();
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_call (caller, "watch", DAFFI_ARGS (1),
                              DAFFI_CALL (.timeout_ms = 60), NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    //  the controller's clock is known to half a round trip only
    CHECK (clock_ms () - start_ms >= 30);
    board_wait (BOARD_CANCELLED, 1);
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_call (caller, "relay", DAFFI_ARGS ("watch", 2),
                              DAFFI_CALL (.timeout_ms = 60), NULL, &error));
    board_wait (BOARD_CANCELLED, 2);

    daffi_future_t *call = call_begin (caller, "relay", DAFFI_ARGS ("watch", 3), NULL);
    board_wait (BOARD_STARTED, 3);
    daffi_future_destroy (&call);
    board_wait (BOARD_CANCELLED, 3);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a call whose deadline passes while it waits never runs")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    //  it waits at the node where the capacity allows it, and at the controller where
    //  not
    for (uint32_t capacity = 1; capacity <= 2; capacity++) {
        daffi_global_t *server =
            START (at, .process_name = "server", .workers = 1, .capacity = capacity,
                   .functions = serve_functions);
        daffi_future_t *held =
            call_begin (caller, "hold", DAFFI_ARGS (1, (int)capacity), NULL);
        board_wait (BOARD_STARTED, (int)capacity);
        CHECK_STATUS (DAFFI_TIMEOUT,
                      daffi_call (caller, "run", DAFFI_ARGS (50),
                                  DAFFI_CALL (.timeout_ms = 30), NULL, &error));
        board_add (BOARD_GATE, 1);
        finish (&held);
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
        daffi_global_destroy (&server);
    }
    CHECK_EQ_INT (board_runs (50), 0);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

//  --- answers ----------------------------------------------------------------------

static daffi_status_t answer_twice (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_status_t first = daffi_request_reply (request, 1);
    daffi_status_t second = daffi_request_reply (request, 2);
    (void)daffi_request_fail (request, "too late");
    return first == DAFFI_OK && second == DAFFI_EXISTS ? DAFFI_OK : DAFFI_INTERNAL;
}

static daffi_status_t say_nothing (daffi_request_t *request, void *arg)
{
    (void)request;
    return arg ? DAFFI_REFUSED : DAFFI_OK;
}

static daffi_status_t read_badly (daffi_request_t *request, void *arg)
{
    int64_t integer = 5;
    const char *text;
    const void *data;
    size_t size;
    daffi_value_t value;
    (void)arg;
    bool right =
        daffi_request_count (request) == 2 &&
        daffi_request_int (request, 0, &integer) == DAFFI_TYPE && integer == 5 &&
        daffi_request_string (request, 1, &text) == DAFFI_TYPE &&
        daffi_request_bytes (request, 1, &data, &size) == DAFFI_OK && size == 3 &&
        daffi_request_int (request, 2, &integer) == DAFFI_NOT_FOUND &&
        daffi_request_value (request, 9, &value) == DAFFI_NOT_FOUND &&
        strcmp (daffi_request_function (request), "badly") == 0;
    return right ? DAFFI_OK : DAFFI_INTERNAL;
}

static daffi_status_t reply_rubbish (daffi_request_t *request, void *arg)
{
    (void)arg;
    if (daffi_request_reply_value (request, daffi_value_raw ("\xc1", 1)) !=
        DAFFI_INVALID)
        return DAFFI_INTERNAL;
    //  a reply that was refused is none
    return daffi_request_reply (request, 3);
}

SYSTEM_TEST ("a callback answers once, or its status does, and bad reads say why")
{
    const daffi_function_t functions[] = {
        {.name = "twice", .callback = answer_twice},
        {.name = "nothing", .callback = say_nothing},
        {.name = "refuse", .callback = say_nothing, .arg = (void *)(uintptr_t)1},
        {.name = "badly", .callback = read_badly},
        {.name = "rubbish", .callback = reply_rubbish},
        {.name = NULL}};
    daffi_error_t error;
    daffi_result_t *result = NULL;
    daffi_global_t *both = START (at, .process_name = "both", .init_controller = true,
                                  .functions = functions);
    CHECK_CALL_INT (both, "twice", DAFFI_ARGS (), 1);
    CHECK_CALL_INT (both, "rubbish", DAFFI_ARGS (), 3);
    CHECK_FINE (daffi_call (both, "nothing", DAFFI_ARGS (), NULL, &result, &error),
                error);
    CHECK_EQ_INT (daffi_result_value (result)->kind, DAFFI_KIND_NIL);
    daffi_result_destroy (&result);
    CHECK_STATUS (DAFFI_REFUSED,
                  daffi_call (both, "refuse", DAFFI_ARGS (), NULL, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (error.text, daffi_status_text (DAFFI_REFUSED));
    CHECK_FINE (daffi_call_void (both, "badly",
                                 DAFFI_ARGS ("text", daffi_value_text ("a\0b", 3)),
                                 &error),
                error);
    daffi_global_destroy (&both);
}

//  --- event loops ------------------------------------------------------------------

SYSTEM_TEST ("with manual_dispatch callbacks run in the thread that dispatches")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *loop =
        START (at, .process_name = "loop", .manual_dispatch = true,
               .functions = serve_functions, .on_init = serve_on_init,
               .on_node_connect = serve_on_connect);
    daffi_global_t *caller = caller_start (at);
    struct pollfd fd = {.fd = daffi_global_fd (loop), .events = POLLIN};
    CHECK (fd.fd >= 0);
    CHECK_EQ_INT (board_read (BOARD_INIT), 0);
    while (board_read (BOARD_CONNECTED) == 0) {
        CHECK (poll (&fd, 1, BOARD_PATIENCE_MS) == 1);
        daffi_global_dispatch (loop, 0);
    }
    CHECK_EQ_INT (board_read (BOARD_INIT), 1);
    CHECK_EQ_INT (daffi_global_dispatch (loop, 0), 0);

    daffi_future_t *calls[3];
    for (int i = 0; i < 3; i++)
        calls[i] = call_begin (caller, "run", DAFFI_ARGS (i), NULL);
    CHECK_FINE (daffi_call (caller, "add", DAFFI_ARGS (1, 1),
                            DAFFI_CALL (.process = "ghost"), NULL,
                            &error) == DAFFI_NO_PROCESS
                    ? DAFFI_OK
                    : DAFFI_INTERNAL,
                error);
    CHECK_EQ_INT (board_read (BOARD_STARTED), 0);
    size_t ran = 0;
    while (ran < 3) {
        CHECK (poll (&fd, 1, BOARD_PATIENCE_MS) == 1);
        size_t count = daffi_global_dispatch (loop, 1);
        CHECK (count <= 1);
        ran += count;
        CHECK_EQ_INT (board_read (BOARD_ENDED), (int)ran);
    }
    CHECK_EQ_INT (daffi_global_dispatch (loop, 0), 0);
    for (int i = 0; i < 3; i++)
        finish (&calls[i]);
    CHECK_EQ_INT (daffi_global_fd (loop), fd.fd);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&loop);
    daffi_global_destroy (&hub);
}
