//  SPDX-License-Identifier: MPL-2.0
//  The functions that the tests call, in this process or in another.
//
//      echo (x)           x
//      add (a, b)         a + b
//      who ()             the process that runs it
//      caller ()          the process that calls it
//      pid ()             getpid ()
//      fail (status, t)   fails with that status and text
//      run (n)            n, and notes on the board that n was run
//      hold (n, gate)     as run, but only once BOARD_GATE has come to `gate`
//      watch (n)          as run, but ends when it is cancelled
//      left ()            milliseconds to its deadline
//      relay (f, x)       the result of f (x), called from within
//      depth (n)          n calls, each within the other
//      fill (n)           a binary of n bytes
//      take (n)           the same, by reference
//      weigh (bytes)      size and sum of the bytes

#ifndef DAFFI_SYSTEM_SERVE_H
#define DAFFI_SYSTEM_SERVE_H

#include <daffi.h>

extern const daffi_function_t serve_functions[];
const daffi_function_t *serve_find (const char *name);

//  What fill () sends.
void serve_pattern (uint8_t *data, size_t size);
uint64_t serve_sum (const uint8_t *data, size_t size);
void serve_free (void *data, void *hint);

//  on_init, on_node_connect and on_node_disconnect that count on the board.
void serve_on_init (daffi_global_t *global, void *arg);
void serve_on_connect (daffi_global_t *global, void *arg);
void serve_on_disconnect (daffi_global_t *global, void *arg);

#endif
