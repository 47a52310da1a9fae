//  SPDX-License-Identifier: MPL-2.0
//  How the program ends: one table of exit codes, and what it says when it gives up.
//
//  The numbers are those of the `daffi` command line as well, so that a script can
//  treat both alike. 1, 4, 5 and 7 tell how a call ended and cannot happen here.

#ifndef DAFFI_EXITS_H
#define DAFFI_EXITS_H

#include "daffi_status.h"

//  name, exit code, text
#define DAFFI_EXIT_MAP(X)                                                              \
    X (OK, 0, "ended as it was asked to")                                              \
    X (USAGE, 2, "an option is unknown, has a bad value or contradicts another")       \
    X (ENDPOINT, 3, "the endpoint cannot be used: it is taken, not ours or not there") \
    X (REFUSED, 6, "not allowed")                                                      \
    X (CONFIGURATION, 8,                                                               \
       "not as configured: environment, open network, endpoint file")                  \
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

#endif
