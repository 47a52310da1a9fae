//  SPDX-License-Identifier: MPL-2.0
//  What the tests of function transfer share: payloads, and a process that takes them.

#ifndef DAFFI_SYSTEM_SHIPPING_H
#define DAFFI_SYSTEM_SHIPPING_H

#include <daffi_transfer.h>

//  tests/payloads/NAME.c, as it was built.
const char *payload_path (const char *name);
daffi_payload_t *payload_open (const char *name);

//  A node in a UNIX socket's folder: "taker" with the controller, and a caller. The log
//  of the taker is kept.
typedef struct {
    char folder[100];
    daffi_global_t *taker;
    daffi_global_t *caller;
} shipping_t;

void shipping_start (shipping_t *self, const daffi_transfer_options_t *options);
void shipping_stop (shipping_t *self);

//  How many lines of the taker's log had this id, and hold this text ("" = any).
int shipping_logged (const char *id, const char *text);

//  Calls and returns the status; *number is the integer result, if it is one.
daffi_status_t ship_int (shipping_t *self, const daffi_payload_t *payload,
                         const char *function, daffi_args_t args, int64_t *number,
                         daffi_error_t *error);

#endif
