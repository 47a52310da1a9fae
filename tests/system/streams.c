//  SPDX-License-Identifier: MPL-2.0
//  The caller's side of a stream, with checks.

#include "streams.h"

daffi_stream_t *stream_begin_with (daffi_global_t *caller, const char *function,
                                   daffi_args_t args,
                                   const daffi_call_options_t *options)
{
    daffi_error_t error;
    daffi_stream_t *stream =
        daffi_stream_open (caller, function, args, options, &error);
    if (!stream)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return stream;
}

daffi_stream_t *stream_begin (daffi_global_t *caller, const char *function,
                              daffi_args_t args)
{
    return stream_begin_with (caller, function, args,
                              DAFFI_CALL (.timeout_ms = 120000));
}

void stream_send_int (daffi_stream_t *stream, int64_t number)
{
    daffi_error_t error;
    CHECK_FINE (daffi_stream_send (stream, number, BOARD_PATIENCE_MS, &error), error);
}

int64_t stream_receive_int (daffi_stream_t *stream)
{
    daffi_error_t error;
    int64_t number = -1;
    daffi_result_t *item = NULL;
    CHECK_FINE (daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
    daffi_result_destroy (&item);
    return number;
}

void stream_check_no_item (daffi_stream_t *stream, daffi_status_t expected)
{
    daffi_error_t error;
    daffi_result_t *item = NULL;
    CHECK_STATUS (expected,
                  daffi_stream_receive (stream, BOARD_PATIENCE_MS, &item, &error));
    CHECK (item == NULL);
}

//  The call has ended well with this number, and stays so.
void stream_check_result (daffi_stream_t *stream, int64_t expected)
{
    daffi_error_t error;
    int64_t number = -1;
    CHECK_FINE (daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error), error);
    CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
    CHECK_EQ_INT (number, expected);
    stream_check_no_item (stream, DAFFI_END);
}

void stream_check_fails (daffi_stream_t *stream, daffi_status_t expected)
{
    daffi_error_t error;
    CHECK_STATUS (expected, daffi_stream_wait (stream, BOARD_PATIENCE_MS, &error));
    CHECK (daffi_stream_value (stream) == NULL);
    CHECK (error.text[0] != '\0');
    stream_check_no_item (stream, expected);
    CHECK_STATUS (DAFFI_END, daffi_stream_send (stream, 1, 0, &error));
}
