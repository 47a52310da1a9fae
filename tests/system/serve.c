//  SPDX-License-Identifier: MPL-2.0
//  The functions that the tests call.

#include "serve.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"

//  --- plain ones -------------------------------------------------------------------

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    daffi_value_t value;
    (void)arg;
    daffi_status_t status = daffi_request_value (request, 0, &value);
    return status ? status : daffi_request_reply_value (request, value);
}

static daffi_status_t add (daffi_request_t *request, void *arg)
{
    int64_t a, b;
    (void)arg;
    if (daffi_request_int (request, 0, &a) || daffi_request_int (request, 1, &b))
        return daffi_request_fail_with (request, DAFFI_TYPE, "add wants two integers");
    return daffi_request_reply (request, a + b);
}

static daffi_status_t who (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (
        request, daffi_global_process_name (daffi_request_global (request)));
}

static daffi_status_t caller (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, daffi_request_caller (request));
}

static daffi_status_t pid (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, (int64_t)getpid ());
}

static daffi_status_t fail (daffi_request_t *request, void *arg)
{
    int64_t status;
    const char *text;
    (void)arg;
    if (daffi_request_int (request, 0, &status) ||
        daffi_request_string (request, 1, &text))
        return DAFFI_TYPE;
    return daffi_request_fail_with (request, (daffi_status_t)status, "%s", text);
}

//  --- those that leave a mark on the board -----------------------------------------

static int64_t begin (daffi_request_t *request)
{
    int64_t number = -1;
    if (daffi_request_int (request, 0, &number))
        number = -1;
    board_ran (number);
    board_add (BOARD_STARTED, 1);
    return number;
}

static daffi_status_t end (daffi_request_t *request, int64_t number)
{
    daffi_status_t status = daffi_request_reply (request, number);
    board_add (BOARD_ENDED, 1);
    return status;
}

static daffi_status_t run (daffi_request_t *request, void *arg)
{
    (void)arg;
    return end (request, begin (request));
}

static daffi_status_t hold (daffi_request_t *request, void *arg)
{
    int64_t gate = 1;
    (void)arg;
    if (daffi_request_count (request) > 1 && daffi_request_int (request, 1, &gate))
        return DAFFI_TYPE;
    int64_t number = begin (request);
    if (!board_reaches (BOARD_GATE, (int)gate, BOARD_PATIENCE_MS))
        return daffi_request_fail (request, "nobody opened the gate");
    return end (request, number);
}

static daffi_status_t watch (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t number = begin (request);
    struct pollfd fd = {.fd = daffi_request_cancel_fd (request), .events = POLLIN};
    if (poll (&fd, 1, BOARD_PATIENCE_MS) != 1 || !daffi_request_cancelled (request))
        return daffi_request_fail (request, "nobody cancelled it");
    board_add (BOARD_CANCELLED, 1);
    return end (request, number);
}

//  --- deadlines, and calls from within ---------------------------------------------

static daffi_status_t left (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, daffi_request_time_left (request));
}

static daffi_status_t pass_on (daffi_request_t *request, daffi_status_t status,
                               daffi_result_t *result, const daffi_error_t *error)
{
    if (status)
        return daffi_request_fail_with (request, status, "%s", error->text);
    status = daffi_request_reply_value (request, *daffi_result_value (result));
    daffi_result_destroy (&result);
    return status;
}

static daffi_status_t relay (daffi_request_t *request, void *arg)
{
    const char *function;
    daffi_value_t value = daffi_value_nil ();
    daffi_result_t *result = NULL;
    daffi_error_t error;
    (void)arg;
    if (daffi_request_string (request, 0, &function))
        return DAFFI_TYPE;
    (void)!daffi_request_value (request, 1, &value);
    daffi_status_t status = daffi_call (daffi_request_global (request), function,
                                        DAFFI_ARGS (value), NULL, &result, &error);
    return pass_on (request, status, result, &error);
}

static daffi_status_t depth (daffi_request_t *request, void *arg)
{
    int64_t number, below;
    daffi_error_t error;
    (void)arg;
    if (daffi_request_int (request, 0, &number))
        return DAFFI_TYPE;
    if (number <= 0)
        return daffi_request_reply (request, 0);
    daffi_status_t status = daffi_call_int (daffi_request_global (request), "depth",
                                            DAFFI_ARGS (number - 1), &below, &error);
    return status ? daffi_request_fail_with (request, status, "%s", error.text)
                  : daffi_request_reply (request, below + 1);
}

//  --- bytes ------------------------------------------------------------------------

void serve_pattern (uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

uint64_t serve_sum (const uint8_t *data, size_t size)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = sum * 1099511628211u + data[i];
    return sum;
}

void serve_free (void *data, void *hint)
{
    (void)hint;
    free (data);
    board_add (BOARD_FREED, 1);
}

static daffi_status_t fill (daffi_request_t *request, void *arg)
{
    uint64_t size;
    if (daffi_request_uint (request, 0, &size))
        return DAFFI_TYPE;
    uint8_t *data = malloc (size + 1);
    if (!data)
        return DAFFI_NO_MEMORY;
    serve_pattern (data, size);
    if (arg)
        return daffi_request_reply_take (request, data, size, serve_free, NULL);
    daffi_status_t status =
        daffi_request_reply_value (request, daffi_value_binary (data, size));
    free (data);
    return status;
}

static daffi_status_t weigh (daffi_request_t *request, void *arg)
{
    const void *data;
    size_t size;
    (void)arg;
    //  the last argument: what goes by reference comes after the others
    if (daffi_request_bytes (request, daffi_request_count (request) - 1, &data, &size))
        return DAFFI_TYPE;
    return daffi_request_reply_value (
        request, DAFFI_ARRAY ((uint64_t)size, serve_sum (data, size)));
}

//  --- the table --------------------------------------------------------------------

static char by_reference[] = "take";

const daffi_function_t serve_functions[] = {
    {.name = "echo", .callback = echo, .signature = "(any) -> any"},
    {.name = "add", .callback = add, .signature = "(int, int) -> int"},
    {.name = "who", .callback = who},
    {.name = "caller", .callback = caller},
    {.name = "pid", .callback = pid},
    {.name = "fail", .callback = fail},
    {.name = "run", .callback = run},
    {.name = "hold", .callback = hold},
    {.name = "watch", .callback = watch},
    {.name = "left", .callback = left},
    {.name = "relay", .callback = relay},
    {.name = "depth", .callback = depth},
    {.name = "fill", .callback = fill},
    {.name = "take", .callback = fill, .arg = by_reference},
    {.name = "weigh", .callback = weigh},
    {.name = NULL},
};

const daffi_function_t *serve_find (const char *name)
{
    for (const daffi_function_t *function = serve_functions; function->name; function++)
        if (strcmp (function->name, name) == 0)
            return function;
    return NULL;
}

//  --- lifecycle --------------------------------------------------------------------

void serve_on_init (daffi_global_t *global, void *arg)
{
    (void)global, (void)arg;
    board_add (BOARD_INIT, 1);
}

void serve_on_connect (daffi_global_t *global, void *arg)
{
    (void)global, (void)arg;
    board_add (BOARD_CONNECTED, 1);
}

void serve_on_disconnect (daffi_global_t *global, void *arg)
{
    (void)global, (void)arg;
    board_add (BOARD_DISCONNECTED, 1);
}
