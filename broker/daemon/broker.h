//  SPDX-License-Identifier: MPL-2.0
//  The controller as a program: `daffi-broker`, and `daffi up`, which is the same.

#ifndef DAFFI_BROKER_H
#define DAFFI_BROKER_H

#include "exits.h"

//  `program`: how it is called in what it prints; static. argv[0] is not looked at.
//  Once a process. Blocks until the broker has ended.
daffi_exit_t daffi_broker_main (const char *program, int argc, char *const *argv);

#endif
