//  SPDX-License-Identifier: MPL-2.0
//  Log lines to standard error: "2026-01-31T12:00:00.123Z INFO id key=value".

#ifndef DAFFI_LOGGING_H
#define DAFFI_LOGGING_H

#include "daffi.h"

typedef struct {
    daffi_log_level_t level;  //  what is less important is not written
} daffi_logging_t;

//  A daffi_log_fn, whose arg is a daffi_logging_t. From any thread.
void daffi_logging_write (void *arg, daffi_log_level_t level, const char *id,
                          const char *text);

//  The program's own lines.
void daffi_logging_say (daffi_logging_t *self, daffi_log_level_t level, const char *id,
                        const char *format, ...) DAFFI_PRINTF (4, 5);

#endif
