//  SPDX-License-Identifier: MPL-2.0
//  Registering and unregistering callbacks, and what others see of it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

static daffi_status_t answer (daffi_request_t *request, void *arg)
{
    return daffi_request_reply (request, (const char *)arg);
}

static char first_text[] = "first";
static char second_text[] = "second";

static void check_text (daffi_global_t *caller, const char *function,
                        const char *expected)
{
    daffi_error_t error;
    char *text = NULL;
    CHECK_FINE (daffi_call_string (caller, function, DAFFI_ARGS (), &text, &error),
                error);
    CHECK_EQ_STR (text, expected);
    free (text);
}

static void check_gone (daffi_global_t *caller, const char *function)
{
    daffi_error_t error;
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_call (caller, function, DAFFI_ARGS (), NULL, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
}

SYSTEM_TEST ("a function is called whether it was registered before or after the start")
{
    daffi_error_t error;
    const daffi_function_t functions[] = {
        {.name = "before", .callback = answer, .arg = first_text}, {.name = NULL}};
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .functions = functions);
    daffi_global_t *caller = caller_start (at);
    check_text (caller, "before", "first");
    CHECK_FINE (daffi_global_register (server, "after", answer, second_text, &error),
                error);
    wait_for_function (caller, "after");
    check_text (caller, "after", "second");

    //  and while it is stopped
    daffi_global_stop (server);
    CHECK_FINE (daffi_global_register (server, "between", answer, first_text, &error),
                error);
    CHECK_FINE (daffi_global_unregister (server, "before", &error), error);
    CHECK_FINE (daffi_global_start (server, &error), error);
    check_text (caller, "between", "first");
    check_text (caller, "after", "second");
    check_gone (caller, "before");
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a function has aliases, and one that is taken refuses the whole")
{
    daffi_error_t error;
    const char *const aliases[] = {"other", "third.name", NULL};
    const char *const clash[] = {"fresh", "third.name", NULL};
    daffi_global_t *both =
        START (at, .process_name = "both", .init_controller = true, .settle_ms = -1);
    CHECK_FINE (daffi_global_register_function (both,
                                                &(daffi_function_t){.name = "first",
                                                                    .callback = answer,
                                                                    .arg = first_text,
                                                                    .aliases = aliases},
                                                &error),
                error);
    wait_for_function (both, "third.name");
    check_text (both, "first", "first");
    check_text (both, "other", "first");
    check_text (both, "third.name", "first");

    daffi_function_t second = {
        .name = "second", .callback = answer, .arg = second_text, .aliases = clash};
    CHECK_STATUS (DAFFI_EXISTS, daffi_global_register_function (both, &second, &error));
    CHECK (strstr (error.text, "third.name") != NULL);
    check_gone (both, "second");
    check_gone (both, "fresh");

    //  one name goes, the others stay
    CHECK_FINE (daffi_global_unregister (both, "other", &error), error);
    wait_for_providers (both, "other", 0);
    check_gone (both, "other");
    check_text (both, "first", "first");
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("a duplicate is refused unless it is to replace")
{
    daffi_error_t error;
    daffi_global_t *both =
        START (at, .process_name = "both", .init_controller = true, .settle_ms = -1);
    CHECK_FINE (daffi_global_register (both, "f", answer, first_text, &error), error);
    CHECK_STATUS (DAFFI_EXISTS,
                  daffi_global_register (both, "f", answer, second_text, &error));
    CHECK (strstr (error.text, "replace") != NULL);
    wait_for_function (both, "f");
    check_text (both, "f", "first");
    daffi_function_t again = {.name = "f",
                              .callback = answer,
                              .arg = second_text,
                              .signature = "() -> str",
                              .replace = true};
    CHECK_FINE (daffi_global_register_function (both, &again, &error), error);
    check_text (both, "f", "second");
    CHECK_EQ_UINT (count_providers (both, "f"), 1);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("bad names, no callback and too long a signature are refused")
{
    daffi_error_t error;
    char longest[DAFFI_NAME_MAX + 2], signature[2000];
    memset (longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memset (signature, 's', sizeof signature - 1);
    signature[sizeof signature - 1] = '\0';
    daffi_global_t *both = START (at, .init_controller = true);
    const char *const bad[] = {"",     NULL,   "two words", "$sys.functions",
                               "$own", longest};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_global_register (both, bad[i], answer, NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_register (both, "f", NULL, NULL, &error));
    daffi_function_t wordy = {.name = "f", .callback = answer, .signature = signature};
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_global_register_function (both, &wordy, &error));
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_global_unregister (both, "f", &error));
    CHECK_STATUS (DAFFI_NOT_FOUND,
                  daffi_global_unregister (both, "$node.ping", &error));
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("a node offers 4,096 functions and no more")
{
    daffi_error_t error;
    char name[32];
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server");
    int count = 0;
    daffi_status_t status = DAFFI_OK;
    while (!status && count < 5000) {
        snprintf (name, sizeof name, "function-%d", count);
        status = daffi_global_register (server, name, answer, first_text, &error);
        count += !status;
    }
    CHECK_STATUS (DAFFI_TOO_BIG, status);
    //  the node's own are not among them
    CHECK_EQ_INT (count, 4096);
    snprintf (name, sizeof name, "function-%d", count - 1);
    daffi_global_t *caller = caller_start (at);
    wait_for_function (caller, name);
    check_text (caller, name, "first");
    daffi_global_stop (server);
    CHECK_FINE (daffi_global_start (server, &error), error);
    check_text (caller, name, "first");
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a local function is called by its own process only, and shown to nobody")
{
    daffi_error_t error;
    const daffi_function_t functions[] = {
        {.name = "mine", .callback = answer, .arg = first_text, .local = true},
        {.name = "ours", .callback = answer, .arg = second_text},
        {.name = NULL}};
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server =
        START (at, .process_name = "server", .functions = functions);
    daffi_global_t *caller = caller_start (at);
    check_text (server, "mine", "first");
    check_gone (caller, "mine");
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_call (caller, "mine", DAFFI_ARGS (),
                              DAFFI_CALL (.process = "server"), NULL, &error));
    CHECK_EQ_UINT (count_providers (caller, "mine"), 0);
    CHECK_EQ_UINT (count_providers (caller, "ours"), 1);
    CHECK_FINE (daffi_global_unregister (server, "mine", &error), error);
    check_gone (server, "mine");
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST (
    "unregistering leaves the calls that run, and refuses those that come later")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *call =
        daffi_call_start (caller, "hold", DAFFI_ARGS (7), NULL, &error);
    CHECK (call != NULL);
    board_wait (BOARD_STARTED, 1);
    CHECK_FINE (daffi_global_unregister (server, "hold", &error), error);
    wait_for_providers (caller, "hold", 0);
    check_gone (caller, "hold");
    board_add (BOARD_GATE, 1);
    int64_t result = 0;
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_future_value (call), &result));
    CHECK_EQ_INT (result, 7);
    daffi_future_destroy (&call);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

static void check_row (const daffi_callbacks_t *all, size_t index, const char *process,
                       const char *function, const char *signature)
{
    CHECK (index < all->count);
    CHECK_EQ_STR (all->items[index].process, process);
    CHECK_EQ_STR (all->items[index].function, function);
    CHECK_EQ_STR (all->items[index].signature, signature);
}

SYSTEM_TEST ("registered_callbacks tells process, function and signature, in order")
{
    daffi_error_t error;
    const daffi_function_t z[] = {
        {.name = "zeta", .callback = answer, .signature = "() -> str"},
        {.name = "alpha", .callback = answer},
        {.name = NULL}};
    const daffi_function_t a[] = {{.name = "zeta", .callback = answer}, {.name = NULL}};
    daffi_global_t *hub = hub_start (at);
    daffi_callbacks_t *all = daffi_global_registered_callbacks (hub, &error);
    CHECK (all != NULL && all->count == 0);
    daffi_callbacks_destroy (&all);
    CHECK (all == NULL);
    daffi_callbacks_destroy (&all);

    daffi_global_t *late = START (at, .process_name = "z-process", .functions = z);
    daffi_global_t *early = START (at, .process_name = "a-process", .functions = a);
    daffi_global_t *const who[] = {hub, late, early};
    for (size_t i = 0; i < 3; i++) {
        all = daffi_global_registered_callbacks (who[i], &error);
        CHECK (all != NULL);
        CHECK_EQ_UINT (all->count, 3);
        check_row (all, 0, "a-process", "zeta", "");
        check_row (all, 1, "z-process", "alpha", "");
        check_row (all, 2, "z-process", "zeta", "() -> str");
        daffi_callbacks_destroy (&all);
    }
    daffi_global_stop (hub);
    CHECK (daffi_global_registered_callbacks (hub, &error) == NULL);
    CHECK_STATUS (DAFFI_STOPPED, error.status);
    daffi_global_destroy (&early);
    daffi_global_destroy (&late);
    daffi_global_destroy (&hub);
}
