//  SPDX-License-Identifier: MPL-2.0
//  One call of a served program: from the arguments to the answer.

#ifndef DAFFI_CLI_SERVE_RUN_H
#define DAFFI_CLI_SERVE_RUN_H

#include "command.h"

typedef struct {
    char *const *command;  //  ended by NULL
    size_t command_count;
    bool stream;  //  by lines, both ways
    bool args;    //  the arguments go behind the command, not into it
} daffi_serve_run_t;

//  A callback whose arg is a daffi_serve_run_t.
daffi_status_t daffi_serve_run (daffi_request_t *request, void *arg);

#endif
