//  SPDX-License-Identifier: MPL-2.0
//  Streams in the tests: the functions that they go to, and the caller's side of them.
//
//      sum ()            the sum of what comes, which must be 0, 1, 2 ...
//      count (n)         yields 0 to n - 1
//      mirror ()         yields what comes
//      fill_window (n)   yields items of n bytes while there is credit, and how many
//      take_some (n)     receives n items
//      slow ()           receives one, waits for BOARD_GATE, receives the others
//      endless ()        yields until it is cancelled
//      listen_on ()      receives until it is cancelled
//      three ()          yields three, and waits until it is cancelled
//      three_and_fail () yields three, and fails
//      probe ()          what receiving and yielding return; probe_inline the same

#ifndef DAFFI_SYSTEM_STREAMS_H
#define DAFFI_SYSTEM_STREAMS_H

#include "scene.h"

enum { STREAM_WINDOW = 512, MIB = 1 << 20 };

extern const daffi_function_t stream_functions[];

daffi_stream_t *stream_begin_with (daffi_global_t *caller, const char *function,
                                   daffi_args_t args,
                                   const daffi_call_options_t *options);
daffi_stream_t *stream_begin (daffi_global_t *caller, const char *function,
                              daffi_args_t args);
void stream_send_int (daffi_stream_t *stream, int64_t number);
int64_t stream_receive_int (daffi_stream_t *stream);

//  The next is no item, but the end or an error.
void stream_check_no_item (daffi_stream_t *stream, daffi_status_t expected);
//  The call has ended well with this number, and stays so.
void stream_check_result (daffi_stream_t *stream, int64_t expected);
void stream_check_fails (daffi_stream_t *stream, daffi_status_t expected);

#endif
