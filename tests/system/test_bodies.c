//  SPDX-License-Identifier: MPL-2.0
//  Large bodies: whole both ways, bounded, and given back exactly once.

#include <stdlib.h>
#include <string.h>

#include "place.h"

enum { KIB = 1024, MIB = 1024 * 1024 };

static uint8_t *pattern (size_t size)
{
    uint8_t *data = malloc (size + 1);
    CHECK (data != NULL);
    serve_pattern (data, size);
    return data;
}

static void check_weight (const daffi_value_t *value, const uint8_t *data, size_t size)
{
    daffi_value_t item;
    uint64_t number = 0;
    CHECK_OK (daffi_value_item (value, 0, &item));
    CHECK_OK (daffi_value_get_uint (&item, &number));
    CHECK_EQ_UINT (number, size);
    CHECK_OK (daffi_value_item (value, 1, &item));
    CHECK_OK (daffi_value_get_uint (&item, &number));
    CHECK_EQ_UINT (number, serve_sum (data, size));
}

static void check_there (daffi_global_t *caller, size_t size)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    uint8_t *data = pattern (size);
    CHECK_FINE (daffi_call (caller, "weigh",
                            DAFFI_ARGS (daffi_value_binary (data, size)), NULL, &result,
                            &error),
                error);
    check_weight (daffi_result_value (result), data, size);
    daffi_result_destroy (&result);
    free (data);
}

static void check_back (daffi_global_t *caller, const char *function, size_t size)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    const void *came;
    size_t came_size;
    uint8_t *data = pattern (size);
    CHECK_FINE (daffi_call (caller, function, DAFFI_ARGS ((uint64_t)size), NULL,
                            &result, &error),
                error);
    CHECK_OK (daffi_value_get_bytes (daffi_result_value (result), &came, &came_size));
    CHECK_EQ_UINT (came_size, size);
    CHECK (memcmp (came, data, size) == 0);
    daffi_result_destroy (&result);
    free (data);
}

SYSTEM_TEST ("bodies of every size arrive whole, both ways")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    const size_t sizes[] = {0,
                            1,
                            31,
                            32,
                            255,
                            256,
                            8 * KIB - 16,
                            8 * KIB,
                            8 * KIB + 16,
                            64 * KIB - 1,
                            64 * KIB,
                            65 * KIB,
                            MIB,
                            16 * MIB,
                            63 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_there (caller, sizes[i]);
        check_back (caller, "fill", sizes[i]);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a body over 64 MiB is TOO_BIG both ways, and nothing else is harmed")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    uint8_t *data = pattern (65 * (size_t)MIB);
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_call (caller, "weigh",
                              DAFFI_ARGS (daffi_value_binary (data, 65 * (size_t)MIB)),
                              NULL, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_cast (caller, "weigh",
                              DAFFI_ARGS (daffi_value_binary (data, 65 * (size_t)MIB)),
                              NULL, &error));
    free (data);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_call (caller, "fill", DAFFI_ARGS (65 * MIB),
                                             NULL, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (error.process, "server");
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("large bodies of several calls at once do not mix")
{
    enum { COUNT = 12 };
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *calls[COUNT];
    uint8_t *data = pattern (2 * MIB);
    for (int i = 0; i < COUNT; i++) {
        size_t size = (size_t)i * 180001 + 3;
        calls[i] = daffi_call_start (caller, "weigh",
                                     DAFFI_ARGS (daffi_value_binary (data, size)), NULL,
                                     &error);
        CHECK (calls[i] != NULL);
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        check_weight (daffi_future_value (calls[i]), data, (size_t)i * 180001 + 3);
        daffi_future_destroy (&calls[i]);
    }
    free (data);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

static daffi_future_t *take (daffi_global_t *caller, const char *function, size_t size,
                             daffi_error_t *error)
{
    return daffi_call_start_take (caller, function, DAFFI_ARGS ("before"),
                                  pattern (size), size, serve_free, NULL, NULL, error);
}

SYSTEM_TEST ("bytes that are taken are freed exactly once, however the call ends")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    int freed = 0;
    const size_t sizes[] = {0, 10, 20 * KIB, 5 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *expected = pattern (sizes[i]);
        daffi_future_t *call = take (caller, "weigh", sizes[i], &error);
        CHECK (call != NULL);
        CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
        check_weight (daffi_future_value (call), expected, sizes[i]);
        daffi_future_destroy (&call);
        board_wait (BOARD_FREED, ++freed);
        free (expected);

        call = take (caller, "fail", sizes[i], &error);
        CHECK_STATUS (DAFFI_TYPE, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
        daffi_future_destroy (&call);
        board_wait (BOARD_FREED, ++freed);

        CHECK (take (caller, "bad name", sizes[i], &error) == NULL);
        board_wait (BOARD_FREED, ++freed);

        call = take (caller, "hold", sizes[i], &error);
        daffi_future_destroy (&call);
        board_wait (BOARD_FREED, ++freed);
    }
    CHECK (take (caller, "weigh", 65 * (size_t)MIB, &error) == NULL);
    CHECK_STATUS (DAFFI_TOO_BIG, error.status);
    board_wait (BOARD_FREED, ++freed);
    daffi_global_stop (caller);
    CHECK (take (caller, "weigh", MIB, &error) == NULL);
    CHECK_STATUS (DAFFI_STOPPED, error.status);
    board_wait (BOARD_FREED, ++freed);
    board_add (BOARD_GATE, 1);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
    CHECK_EQ_INT (board_read (BOARD_FREED), freed);
}

SYSTEM_TEST ("bytes that are replied by reference arrive whole and are freed once")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    const size_t sizes[] = {0, 10, 20 * KIB, 5 * MIB};
    for (int i = 0; i < 4; i++) {
        check_back (caller, "take", sizes[i]);
        board_wait (BOARD_FREED, i + 1);
    }
    daffi_error_t error;
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_call (caller, "take", DAFFI_ARGS (65 * MIB),
                                             NULL, NULL, &error));
    board_wait (BOARD_FREED, 5);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
    CHECK_EQ_INT (board_read (BOARD_FREED), 5);
}
