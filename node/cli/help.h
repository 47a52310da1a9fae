//  SPDX-License-Identifier: MPL-2.0
//  --help, made of the tables.

#ifndef DAFFI_CLI_HELP_H
#define DAFFI_CLI_HELP_H

#include "command.h"

void daffi_help_program (void);
void daffi_help_command (const daffi_command_t *command, const char *program);

#endif
