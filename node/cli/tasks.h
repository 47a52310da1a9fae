//  SPDX-License-Identifier: MPL-2.0
//  Showing tasks, for daffi tasks and daffi ls.

#ifndef DAFFI_CLI_TASKS_H
#define DAFFI_CLI_TASKS_H

#include "command.h"

//  The tasks of a process, or all.
daffi_exit_t daffi_tasks_show (daffi_cli_t *self, const char *process);
//  One, with its last runs; where that fails nothing was said yet.
daffi_status_t daffi_tasks_info (daffi_cli_t *self, const char *uuid,
                                 daffi_error_t *error);

//  The first characters of a uuid that is scheduled become the whole of it; anything
//  else stays as it is. On a problem it says so: several begin with them.
daffi_exit_t daffi_tasks_find (daffi_cli_t *self, const char **word);

#endif
