//  SPDX-License-Identifier: MPL-2.0
//  Log lines on their way to whoever asked for them.

#include "log.h"

#include <stdarg.h>
#include <stdio.h>

void daffi_log (const daffi_log_t *self, daffi_log_level_t level, const char *id,
                const char *format, ...)
{
    if (!self->write || level > self->level)
        return;
    char text[1024];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    self->write (self->arg, level, id, text);
}
