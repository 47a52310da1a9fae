//  SPDX-License-Identifier: MPL-2.0
//  Questions to the controller and to nodes, and what their answers hold.

#ifndef DAFFI_CLI_ASK_H
#define DAFFI_CLI_ASK_H

#include "command.h"

//  Calls `function` at `process` (NULL: at the controller). The result is the caller's
//  to destroy; on a problem it says so.
daffi_exit_t daffi_ask (daffi_cli_t *self, const char *process, const char *function,
                        daffi_args_t args, daffi_result_t **result);

//  What stands under a key of a map: 0, false or "" where there is nothing. Texts are
//  kept.
uint64_t daffi_map_number (const daffi_value_t *map, const char *key);
bool daffi_map_bool (const daffi_value_t *map, const char *key);
const char *daffi_map_text (daffi_cli_t *self, const daffi_value_t *map,
                            const char *key);
const char *daffi_value_kept (daffi_cli_t *self, const daffi_value_t *value);

#endif
