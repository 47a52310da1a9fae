//  SPDX-License-Identifier: MPL-2.0
//  What the C end of the matrix offers.

#include <stdatomic.h>
#include <time.h>

#include "peer.h"

static atomic_int running, noticed;

uint32_t peer_checksum (const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint32_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

static daffi_status_t add (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t a, b;
    if (daffi_request_int (request, 0, &a) || daffi_request_int (request, 1, &b))
        return daffi_request_fail (request, "add wants two integers");
    return daffi_request_reply (request, a + b);
}

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (request, 0, &value);
    return status ? status : daffi_request_reply (request, value);
}

//  What has come, as this language sees it.
static daffi_status_t kind (daffi_request_t *request, void *arg)
{
    (void)arg;
    static const char *const names[] = {"nil",    "bool",   "int",   "int", "double",
                                        "string", "binary", "array", "map"};
    daffi_value_t value;
    daffi_status_t status = daffi_request_value (request, 0, &value);
    if (status)
        return status;
    return daffi_request_reply (
        request, value.kind <= DAFFI_KIND_MAP ? names[value.kind] : "another");
}

static daffi_status_t checksum (daffi_request_t *request, void *arg)
{
    (void)arg;
    const void *data;
    size_t size;
    daffi_status_t status = daffi_request_bytes (request, 0, &data, &size);
    return status ? status : daffi_request_reply (request, peer_checksum (data, size));
}

static daffi_status_t fail (daffi_request_t *request, void *arg)
{
    (void)arg;
    const char *text;
    if (daffi_request_string (request, 0, &text))
        return daffi_request_fail (request, "fail wants a text");
    return daffi_request_fail (request, "broken: %s", text);
}

static daffi_status_t total (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t sum = 0, number;
    daffi_value_t item;
    daffi_status_t status;
    while (!(status = daffi_request_receive (request, PEER_TIMEOUT_MS, &item)))
        if (!daffi_value_get_int (&item, &number))
            sum += number;
    return status == DAFFI_END ? daffi_request_reply (request, sum) : status;
}

//  Yields 0 to n - 1, and says so where the caller lets go.
static daffi_status_t count (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t n;
    daffi_status_t status = daffi_request_int (request, 0, &n);
    for (int64_t i = 0; i < n && !status; i++)
        status = daffi_request_yield (request, i);
    noticed += status == DAFFI_CANCELLED;
    return status ? status : daffi_request_reply (request, "done");
}

static daffi_status_t twice (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t number;
    daffi_value_t item;
    daffi_status_t status;
    while (!(status = daffi_request_receive (request, PEER_TIMEOUT_MS, &item)))
        if (daffi_value_get_int (&item, &number) ||
            daffi_request_yield (request, 2 * number))
            return daffi_request_fail (request, "could not go on");
    return status == DAFFI_END ? daffi_request_reply (request, "doubled") : status;
}

//  Until it is cancelled.
static daffi_status_t slow (daffi_request_t *request, void *arg)
{
    (void)arg;
    struct timespec pause = {.tv_nsec = 2000000};
    running++;
    for (int i = 0; i < PEER_TIMEOUT_MS / 2 && !daffi_request_cancelled (request); i++)
        nanosleep (&pause, NULL);
    running--;
    noticed += daffi_request_cancelled (request);
    return daffi_request_fail (request, "it took too long");
}

static daffi_status_t counter (daffi_request_t *request, void *arg)
{
    atomic_int *number = arg;
    return daffi_request_reply (request, (int)*number);
}

static daffi_status_t name (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (
        request, daffi_global_process_name (daffi_request_global (request)));
}

const daffi_function_t peer_functions[] = {
    {.name = "add", .callback = add},
    {.name = "echo", .callback = echo},
    {.name = "kind", .callback = kind},
    {.name = "checksum", .callback = checksum},
    {.name = "fail", .callback = fail},
    {.name = "total", .callback = total},
    {.name = "count", .callback = count},
    {.name = "twice", .callback = twice},
    {.name = "slow", .callback = slow},
    {.name = "running", .callback = counter, .arg = &running},
    {.name = "noticed", .callback = counter, .arg = &noticed},
    {.name = "name", .callback = name},
    {0}};
