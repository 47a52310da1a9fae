//  SPDX-License-Identifier: MPL-2.0
//  What looks on until it is interrupted: Ctrl-C ends it in good order, and a
//  controller that goes is waited for, as a new one takes its place.

#ifndef DAFFI_CLI_FOLLOW_H
#define DAFFI_CLI_FOLLOW_H

#include <stdint.h>

#include "command.h"

//  daffi_cli_connect (), and from then on SIGINT and SIGTERM ask for the end; the
//  second one ends the program at once.
daffi_exit_t daffi_follow_begin (daffi_cli_t *self, const daffi_options_t *more);

//  Both false: the end was asked for. until: what is to be read there, a negative one
//  is none; pause: so much time.
bool daffi_follow_until (int fd);
bool daffi_follow_pause (int64_t time_ms);

//  Asks for the end, from any thread: nobody can read what is printed.
void daffi_follow_end (void);

//  Whether what failed with this code failed because the controller is away.
bool daffi_follow_away (const daffi_cli_t *self, daffi_exit_t code);
//  Waits until one is there. On a problem it says so: the new one refuses this process.
//  It may return before, where the end was asked for.
daffi_exit_t daffi_follow_return (daffi_cli_t *self);

//  A look, with what the command makes of it.
typedef daffi_exit_t (daffi_follow_fn) (daffi_cli_t *self, void *arg);
//  Looks again and again, `count` times (0: until the end is asked for), each look on a
//  screen of its own where the output is a terminal; forgets what a look kept. A
//  controller that goes is told of on standard error.
daffi_exit_t daffi_follow_looks (daffi_cli_t *self, int64_t interval_ms, int64_t count,
                                 daffi_follow_fn *look, void *arg);

#endif
