//  SPDX-License-Identifier: MPL-2.0
//  How the program ends: exit codes and the text that goes with them.
//
//  A switch without default: a status that is added to the library makes the compiler
//  ask which exit code it means.

#include "exits.h"

#include <stdarg.h>
#include <stdio.h>

daffi_exit_t daffi_problem_set (daffi_problem_t *self, daffi_exit_t code,
                                const char *format, ...)
{
    va_list args;
    va_start (args, format);
    vsnprintf (self->text, sizeof self->text, format, args);
    va_end (args);
    self->code = code;
    return code;
}

daffi_exit_t daffi_exit_of (daffi_status_t status)
{
    switch (status) {
    case DAFFI_OK:
        return DAFFI_EXIT_OK;
    case DAFFI_CANCELLED:
    case DAFFI_FAILED:
    case DAFFI_TYPE:
    case DAFFI_PROCESS_LOST:
    case DAFFI_CRASHED:
    case DAFFI_LIMIT:
    case DAFFI_FORBIDDEN:
        return DAFFI_EXIT_FAILED;
    case DAFFI_INVALID:
    case DAFFI_TOO_BIG:
    case DAFFI_EXISTS:
    case DAFFI_BAD_PAYLOAD:
        return DAFFI_EXIT_USAGE;
    case DAFFI_ENDPOINT:
    case DAFFI_NOT_CONNECTED:
    case DAFFI_CONTROLLER_LOST:
        return DAFFI_EXIT_ENDPOINT;
    case DAFFI_NO_PROCESS:
    case DAFFI_NO_FUNCTION:
    case DAFFI_NOT_FOUND:
    case DAFFI_NO_PAYLOAD:
        return DAFFI_EXIT_NOT_THERE;
    case DAFFI_PENDING:
    case DAFFI_TIMEOUT:
        return DAFFI_EXIT_TIMEOUT;
    case DAFFI_REFUSED:
    case DAFFI_NAME_TAKEN:
        return DAFFI_EXIT_REFUSED;
    case DAFFI_BUSY:
    case DAFFI_DRAINING:
        return DAFFI_EXIT_BUSY;
    case DAFFI_NO_MEMORY:
    case DAFFI_SYSTEM:
    case DAFFI_INTERNAL:
    case DAFFI_STOPPED:
    case DAFFI_PROTOCOL:
    case DAFFI_UNSUPPORTED:
    case DAFFI_DEADLOCK:
    case DAFFI_END:
        return DAFFI_EXIT_INTERNAL;
    }
    return DAFFI_EXIT_INTERNAL;
}

const char *daffi_exit_advice (daffi_status_t status, bool folder)
{
    return status == DAFFI_ENDPOINT && folder
               ? "\n  another folder: --unix-sock-path DIR"
               : "";
}

void daffi_exits_print (FILE *out)
{
#define PRINT(name, number, text) fprintf (out, "  %d  %s\n", number, text);
    DAFFI_EXIT_MAP (PRINT)
#undef PRINT
}
