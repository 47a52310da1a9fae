//  SPDX-License-Identifier: MPL-2.0
//  daffi tasks, as far as daffi ls needs it.

#ifndef DAFFI_CLI_TASKS_H
#define DAFFI_CLI_TASKS_H

#include "command.h"

//  The tasks of a process, or all.
daffi_exit_t daffi_tasks_show (daffi_cli_t *self, const char *process);

#endif
