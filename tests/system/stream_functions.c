//  SPDX-License-Identifier: MPL-2.0
//  The functions of the tests of streams.

#include <poll.h>
#include <stdlib.h>

#include "streams.h"

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

const daffi_function_t stream_functions[] = {
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
