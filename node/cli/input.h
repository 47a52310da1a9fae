//  SPDX-License-Identifier: MPL-2.0
//  Standard input, as a whole or line by line.

#ifndef DAFFI_CLI_INPUT_H
#define DAFFI_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"

//  All of it, kept. On a problem it says so.
daffi_exit_t daffi_input_all (daffi_cli_t *self, const void **data, size_t *size);

//  Line by line, given up when `stop_fd` becomes readable.
typedef struct {
    int fd;
    int stop_fd;  //  or -1
    char *data;
    size_t size;  //  read
    size_t room;
    size_t taken;  //  of it
    bool ended;
} daffi_lines_t;

//  False: no more lines come. *line is valid until the next call, and has no newline.
bool daffi_lines_next (daffi_lines_t *self, const char **line, size_t *size);
void daffi_lines_done (daffi_lines_t *self);

#endif
