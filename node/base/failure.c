//  SPDX-License-Identifier: MPL-2.0
//  Filling in a daffi_error_t.

#include "failure.h"

#include <stdarg.h>
#include <stdio.h>

daffi_status_t daffi_fail (daffi_error_t *error, daffi_status_t status,
                           const char *format, ...)
{
    if (!error)
        return status;
    error->status = status;
    error->executed = DAFFI_EXECUTED_NO;
    error->process[0] = 0;
    error->function[0] = 0;
    va_list args;
    va_start (args, format);
    vsnprintf (error->text, sizeof error->text, format, args);
    va_end (args);
    return status;
}

daffi_status_t daffi_status_from_wire (uint64_t number)
{
    bool known =
        number <= DAFFI_FORBIDDEN && number != DAFFI_OK && number != DAFFI_PENDING;
    return known ? (daffi_status_t)number : DAFFI_FAILED;
}
