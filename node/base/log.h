//  SPDX-License-Identifier: MPL-2.0
//  Log lines on their way to whoever asked for them.

#ifndef DAFFI_LOG_H
#define DAFFI_LOG_H

#include "daffi.h"

typedef struct {
    daffi_log_fn *write;  //  NULL: silence
    void *arg;
    daffi_log_level_t level;
} daffi_log_t;

//  `format` gives key=value text; the id is stable and never formatted.
void daffi_log (const daffi_log_t *self, daffi_log_level_t level, const char *id,
                const char *format, ...) DAFFI_PRINTF (4, 5);

#endif
