//  SPDX-License-Identifier: MPL-2.0
//  Globals of this process at one place, and what the tests wait for there.

#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void place_init (place_t *self, bool tcp)
{
    memset (self, 0, sizeof *self);
    self->tcp = tcp;
    snprintf (self->folder, sizeof self->folder, "%s/socket", test_tmpdir ());
    snprintf (self->board, sizeof self->board, "%s", board_open ());
}

daffi_options_t place_options (const place_t *self, const daffi_options_t *options)
{
    daffi_options_t out = *options;
    if (self->tcp) {
        out.host = "127.0.0.1";
        out.port = self->port;
    } else {
        out.unix_sock_path = self->folder;
    }
    return out;
}

daffi_global_t *place_start (place_t *self, const daffi_options_t *options)
{
    daffi_error_t error;
    daffi_options_t all = place_options (self, options);
    if (!all.connect_timeout_ms && !all.without_node)
        all.connect_timeout_ms = BOARD_PATIENCE_MS;
    daffi_global_t *global = daffi_global_new (&all, &error);
    if (!global)
        daffi_test_fail (__FILE__, __LINE__, "daffi_global_new: %s: %s",
                         daffi_status_name (error.status), error.text);
    if (self->tcp && !self->port)
        self->port = (uint16_t)atoi (strrchr (daffi_global_endpoint (global), ':') + 1);
    return global;
}

daffi_global_t *hub_start (place_t *self)
{
    return START (self, .init_controller = true, .without_node = true, .settle_ms = -1);
}

daffi_global_t *server_start (place_t *self, const char *name)
{
    return START (self, .process_name = name, .functions = serve_functions);
}

daffi_global_t *caller_start (place_t *self)
{
    return START (self, .process_name = "caller");
}

void wait_for_process (daffi_global_t *global, const char *name)
{
    daffi_error_t error;
    CHECK_FINE (daffi_global_wait_process (global, name, BOARD_PATIENCE_MS, &error),
                error);
}

void wait_for_function (daffi_global_t *global, const char *name)
{
    daffi_error_t error;
    CHECK_FINE (daffi_global_wait_function (global, name, BOARD_PATIENCE_MS, &error),
                error);
}

size_t count_providers (daffi_global_t *global, const char *function)
{
    daffi_error_t error;
    size_t count = 0;
    daffi_callbacks_t *all = daffi_global_registered_callbacks (global, &error);
    for (size_t i = 0; all && i < all->count; i++)
        count += strcmp (all->items[i].function, function) == 0;
    daffi_callbacks_destroy (&all);
    return count;
}

//  There is no event for "as many as"; each look is an answer of the controller.
void wait_for_providers (daffi_global_t *global, const char *function, size_t count)
{
    int64_t end_ms = clock_ms () + BOARD_PATIENCE_MS;
    while (count_providers (global, function) != count)
        if (clock_ms () > end_ms)
            daffi_test_fail (__FILE__, __LINE__, "%zu processes offer %s, not %zu",
                             count_providers (global, function), function, count);
}

daffi_future_t *call_begin (daffi_global_t *caller, const char *function,
                            daffi_args_t args, const daffi_call_options_t *options)
{
    daffi_error_t error;
    daffi_future_t *call = daffi_call_start (caller, function, args, options, &error);
    if (!call)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return call;
}

void check_int (const char *file, int line, daffi_status_t status, int64_t actual,
                int64_t expected, const daffi_error_t *error)
{
    if (status)
        daffi_test_fail (file, line, "the call failed: %s: %s",
                         daffi_status_name (status), error->text);
    daffi_test_eq_int (file, line, "the result", actual, "what was expected", expected);
}
