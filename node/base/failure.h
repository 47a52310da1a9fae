//  SPDX-License-Identifier: MPL-2.0
//  Filling in a daffi_error_t.

#ifndef DAFFI_FAILURE_H
#define DAFFI_FAILURE_H

#include <stdbool.h>

#include "daffi_status.h"

//  Sets status and text (executed = no, no names) where `error` is not NULL; returns
//  `status`, so that a function can end with it.
daffi_status_t daffi_fail (daffi_error_t *error, daffi_status_t status,
                           const char *format, ...) DAFFI_PRINTF (3, 4);

//  A status number that a peer sent: unknown ones become DAFFI_FAILED, and those that
//  are no failure of a call (OK, PENDING) too.
daffi_status_t daffi_status_from_wire (uint64_t number);

#endif
