//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts in the tests: what is asked, and what is checked of the replies.

#include "broadcasts.h"

daffi_broadcast_t *broadcast_begin (daffi_global_t *caller, const char *function,
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

void broadcast_wait (daffi_broadcast_t *all)
{
    daffi_error_t error;
    CHECK_FINE (daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error), error);
}

const daffi_reply_t *broadcast_reply (daffi_broadcast_t *all, const char *process)
{
    const daffi_reply_t *reply = daffi_broadcast_find (all, process);
    if (!reply)
        daffi_test_fail (__FILE__, __LINE__, "%s has not replied", process);
    CHECK_EQ_STR (reply->process, process);
    return reply;
}

void broadcast_check (daffi_broadcast_t *all, const char *process,
                      daffi_status_t status, daffi_executed_t executed)
{
    const daffi_reply_t *reply = broadcast_reply (all, process);
    if (reply->status != status)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s (%s), not %s", process,
                         daffi_status_name (reply->status), reply->text,
                         daffi_status_name (status));
    CHECK_EQ_INT (reply->executed, executed);
    CHECK ((reply->value != NULL) == (status == DAFFI_OK));
    CHECK ((reply->text[0] != '\0') == (status != DAFFI_OK));
}

void broadcast_check_ends (daffi_broadcast_t *all, daffi_status_t expected)
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    CHECK_STATUS (expected,
                  daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK (reply == NULL);
    CHECK_STATUS (expected,
                  daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
}

//  --- what is asked ------------------------------------------------------------------

daffi_status_t ask_quick (daffi_request_t *request, void *arg)
{
    return daffi_request_reply_value (request, daffi_value_string (arg));
}

daffi_status_t ask_bad (daffi_request_t *request, void *arg)
{
    return daffi_request_fail_with (request, DAFFI_TYPE, "%s cannot", (char *)arg);
}

daffi_status_t ask_held (daffi_request_t *request, void *arg)
{
    board_add (BOARD_STARTED, 1);
    if (!board_reaches (BOARD_GATE, 1, BOARD_PATIENCE_MS))
        return daffi_request_fail (request, "nobody opened the gate");
    return ask_quick (request, arg);
}

//  Ends when it is cancelled.
daffi_status_t ask_watch (daffi_request_t *request, void *arg)
{
    (void)arg;
    return serve_find ("watch")->callback (request, NULL);
}
