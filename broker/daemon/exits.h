//  SPDX-License-Identifier: MPL-2.0
//  How the program ends: one table of exit codes, and what it says when it gives up.
//
//  The numbers are those of daffi-broker and of every command of daffi, so that a
//  script can treat all alike.

#ifndef DAFFI_EXITS_H
#define DAFFI_EXITS_H

#include <stdbool.h>
#include <stdio.h>

#include "daffi_status.h"

//  name, exit code, text
#define DAFFI_EXIT_MAP(X)                                                           \
    X (OK, 0, "ended as it was asked to")                                           \
    X (FAILED, 1, "the function failed, or was cancelled, or its process is lost")  \
    X (USAGE, 2,                                                                    \
       "an option or argument is unknown, has a bad value or contradicts another")  \
    X (ENDPOINT, 3, "no controller can be reached; or the endpoint cannot be used") \
    X (NOT_THERE, 4, "no such process, function, call or task")                     \
    X (TIMEOUT, 5, "timed out")                                                     \
    X (REFUSED, 6, "not allowed, or the name is taken")                             \
    X (BUSY, 7, "busy or draining: it was not run, try again later")                \
    X (CONFIGURATION, 8,                                                            \
       "not as configured: environment, configuration file, open network")          \
    X (INTERNAL, 9, "the operating system refused, or a mistake of daffi")

#define DAFFI_EXIT_ENUM(name, number, text) DAFFI_EXIT_##name = number,
typedef enum { DAFFI_EXIT_MAP (DAFFI_EXIT_ENUM) } daffi_exit_t;
#undef DAFFI_EXIT_ENUM

//  Why the program cannot go on: what, why, and what to do, in lines for a person.
typedef struct {
    daffi_exit_t code;
    char text[2048];
} daffi_problem_t;

//  Returns `code`, so that a function can end with it. A text that is too long is cut.
daffi_exit_t daffi_problem_set (daffi_problem_t *self, daffi_exit_t code,
                                const char *format, ...) DAFFI_PRINTF (3, 4);

//  The exit code for what the library said.
daffi_exit_t daffi_exit_of (daffi_status_t status);

//  What to type next where an endpoint cannot be used, as a line behind the reason; ""
//  where nothing helps. `folder`: it is a UNIX socket.
const char *daffi_exit_advice (daffi_status_t status, bool folder);

//  The table, a line a code.
void daffi_exits_print (FILE *out);

#endif
