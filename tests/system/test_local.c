//  SPDX-License-Identifier: MPL-2.0
//  Functions that only their own process calls, and calls that are made from there.

#include "place.h"

enum { HOUR_MS = 3600000 };

//  ask_long (): watch (1), for as long as somebody waits for it.
static daffi_status_t ask_long (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_error_t error;
    return daffi_call (daffi_request_global (request), "watch", DAFFI_ARGS (1),
                       DAFFI_CALL (.timeout_ms = HOUR_MS), NULL, &error);
}

SYSTEM_TEST ("a local call that is cancelled cancels what was called from there")
{
    daffi_error_t error;
    const daffi_function_t functions[] = {
        {.name = "ask-long", .callback = ask_long, .local = true},
        *serve_find ("watch"),
        {.name = NULL}};
    daffi_global_t *both = START (at, .init_controller = true, .functions = functions);
    daffi_future_t *call =
        call_begin (both, "ask-long", DAFFI_ARGS (), DAFFI_CALL (.timeout_ms = -1));
    board_wait (BOARD_STARTED, 1);
    daffi_future_cancel (call);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    board_wait (BOARD_CANCELLED, 1);
    daffi_future_destroy (&call);
    daffi_global_destroy (&both);
}

//  ask_later (name): how a call of it ends that shall run in an hour.
static daffi_status_t ask_later (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_error_t error = {0};
    const char *name;
    CHECK_OK (daffi_request_string (request, 0, &name));
    daffi_status_t status =
        daffi_call (daffi_request_global (request), name, DAFFI_ARGS (1),
                    DAFFI_CALL (.eta_ms = HOUR_MS), NULL, &error);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    return daffi_request_reply (request, (int)status);
}

SYSTEM_TEST ("a call for after the deadline of where it is made is refused at once")
{
    daffi_function_t here = *serve_find ("run");
    here.name = "run-here";
    here.local = true;
    const daffi_function_t functions[] = {{.name = "ask-later", .callback = ask_later},
                                          *serve_find ("run"),
                                          here,
                                          {.name = NULL}};
    daffi_global_t *both = START (at, .init_controller = true, .functions = functions);
    CHECK_CALL_INT (both, "ask-later", DAFFI_ARGS ("run"), DAFFI_INVALID);
    CHECK_CALL_INT (both, "ask-later", DAFFI_ARGS ("run-here"), DAFFI_INVALID);
    CHECK_EQ_INT (board_runs (1), 0);
    daffi_global_destroy (&both);
}
