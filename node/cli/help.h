//  SPDX-License-Identifier: MPL-2.0
//  --help, made of the tables.

#ifndef DAFFI_CLI_HELP_H
#define DAFFI_CLI_HELP_H

#include "command.h"

void daffi_help_program (void);
//  What stands behind the command's name: its words and [option…].
const char *daffi_help_usage (const daffi_command_t *command, daffi_keep_t *keep);
void daffi_help_command (const daffi_command_t *command, const char *program);

#endif
