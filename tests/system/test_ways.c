//  SPDX-License-Identifier: MPL-2.0
//  When and where calls run: etas, priorities, limits, progress, broadcasts to some,
//  casts by key, and what is refused.

#include <poll.h>
#include <string.h>

#include "place.h"

static daffi_status_t report (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_status_t status = daffi_request_progress (request, 3, 10, "page %d", 3);
    board_wait (BOARD_GATE, 1);
    return status;
}

static const daffi_function_t limited[] = {
    {.name = "one", .callback = report, .max_running = 1, .doc = "One at a time."},
    {.name = "report", .callback = report},
    {.name = "typed", .callback = report, .signature = "(int, string?, ...int) -> nil"},
    {.name = "mine", .callback = report, .local = true},
    {0}};

SYSTEM_TEST ("a report of progress reaches the caller while the function runs")
{
    daffi_error_t error;
    daffi_progress_t progress;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .functions = limited);
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *call =
        daffi_call_start (caller, "report", DAFFI_ARGS (), NULL, &error);
    CHECK (call);
    int64_t end_ms = clock_ms () + BOARD_PATIENCE_MS;
    while (daffi_future_progress (call, &progress) && clock_ms () < end_ms)
        poll (NULL, 0, 1);
    CHECK_OK (daffi_future_progress (call, &progress));
    CHECK (progress.done == 3 && progress.total == 10);
    CHECK_EQ_STR (progress.text, "page 3");
    CHECK_EQ_STR (progress.process, "server");
    CHECK_EQ_INT (daffi_future_state (call), DAFFI_FUTURE_RUNNING);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_INT (daffi_future_state (call), DAFFI_FUTURE_DONE);
    daffi_future_destroy (&call);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "a call with an eta runs no earlier, and is cancelled before without a run")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    int64_t begin_ms = clock_ms ();
    CHECK_FINE (daffi_call (caller, "run", DAFFI_ARGS (1), DAFFI_CALL (.eta_ms = 60),
                            NULL, &error),
                error);
    CHECK (clock_ms () - begin_ms >= 60);
    daffi_future_t *call = daffi_call_start (caller, "run", DAFFI_ARGS (2),
                                             DAFFI_CALL (.eta_ms = 3600000), &error);
    CHECK (call);
    daffi_future_cancel (call);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_INT (board_runs (2), 0);
    daffi_future_destroy (&call);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a signature is held against the arguments before the function runs")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .functions = limited);
    daffi_global_t *caller = caller_start (at);
    const daffi_args_t wrong[] = {DAFFI_ARGS (), DAFFI_ARGS ("x"), DAFFI_ARGS (1, 2),
                                  DAFFI_ARGS (1, "x", 3, "y")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_STATUS (DAFFI_TYPE, daffi_call_void (caller, "typed", wrong[i], &error));
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    }
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_call_void (caller, "typed", DAFFI_ARGS (1), &error), error);
    CHECK_FINE (daffi_call_void (caller, "typed",
                                 DAFFI_ARGS (1, daffi_value_nil (), 3, 4), &error),
                error);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("documentation and limits of functions are shown to others")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .functions = limited);
    daffi_global_t *caller = caller_start (at);
    daffi_callbacks_t *all = daffi_global_registered_callbacks (caller, &error);
    CHECK (all && all->count == 3);
    CHECK_EQ_STR (all->items[0].function, "one");
    CHECK_EQ_STR (all->items[0].doc, "One at a time.");
    CHECK_EQ_UINT (all->items[0].max_running, 1);
    CHECK_EQ_STR (all->items[1].doc, "");
    daffi_callbacks_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a broadcast to named processes and to a group asks these and no others")
{
    daffi_error_t error;
    static const char *const names[] = {"r.1", "gone", "r.1", NULL};
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *first = server_start (at, "r.1");
    daffi_global_t *second = server_start (at, "r.2");
    daffi_global_t *third = server_start (at, "other");
    daffi_global_t *caller = caller_start (at);
    daffi_broadcast_t *all = daffi_broadcast_start (
        caller, "who", DAFFI_ARGS (), DAFFI_BROADCAST (.processes = names), &error);
    CHECK (all);
    CHECK_FINE (daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 2);
    CHECK_OK (daffi_broadcast_find (all, "r.1")->status);
    CHECK_STATUS (DAFFI_NO_PROCESS, daffi_broadcast_find (all, "gone")->status);
    daffi_broadcast_destroy (&all);
    all = daffi_broadcast_start (caller, "who", DAFFI_ARGS (),
                                 DAFFI_BROADCAST (.group = "r"), &error);
    CHECK (all);
    CHECK_FINE (daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 2);
    CHECK (!daffi_broadcast_find (all, "other"));
    daffi_broadcast_destroy (&all);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&third);
    daffi_global_destroy (&second);
    daffi_global_destroy (&first);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "streams, broadcasts and casts of a local name, and wrong times, are refused")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .functions = limited);
    CHECK (!daffi_stream_open (server, "mine", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (!daffi_broadcast_start (server, "mine", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_cast (server, "mine", DAFFI_ARGS (), NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_cast (server, "one", DAFFI_ARGS (),
                                             DAFFI_CALL (.eta_ms = 5), &error));
    CHECK (!daffi_call_start (server, "one", DAFFI_ARGS (), DAFFI_CALL (.priority = 10),
                              &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}
