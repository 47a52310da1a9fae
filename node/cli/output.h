//  SPDX-License-Identifier: MPL-2.0
//  Values on standard output, as a person or a pipe wants them.

#ifndef DAFFI_CLI_OUTPUT_H
#define DAFFI_CLI_OUTPUT_H

#include "command.h"

//  A line: a string or a binary as it is, nil as nothing, else JSON. With --json always
//  JSON. `raw`: no newline is added.
void daffi_print_value (daffi_cli_t *self, const daffi_value_t *value, bool raw);

#endif
