//  SPDX-License-Identifier: MPL-2.0
//  daffi call --stream: lines of standard input go in, items come out.

#ifndef DAFFI_CLI_CALL_STREAM_H
#define DAFFI_CLI_CALL_STREAM_H

#include "command.h"

//  Takes the stream, or NULL and why there is none. `sends`: standard input is sent;
//  `strings`: its lines are strings, not JSON.
daffi_exit_t daffi_call_stream (daffi_cli_t *self, daffi_stream_t *opened,
                                const daffi_error_t *why, bool sends, bool strings);

#endif
