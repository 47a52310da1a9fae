//  SPDX-License-Identifier: MPL-2.0
//  daffi call --stream: lines of standard input go in, items come out.

#ifndef DAFFI_CLI_CALL_STREAM_H
#define DAFFI_CLI_CALL_STREAM_H

#include "command.h"

//  `sends`: standard input is sent; `strings`: its lines are strings, not JSON.
daffi_exit_t daffi_call_stream (daffi_cli_t *self, daffi_args_t args,
                                const daffi_call_options_t *how, bool sends,
                                bool strings);

#endif
