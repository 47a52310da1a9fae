//  SPDX-License-Identifier: MPL-2.0
//  The runner: a small process that a node starts, and that forks a child for foreign
//  code. This is what its files share.

#ifndef DAFFI_RUNNER_INSIDE_H
#define DAFFI_RUNNER_INSIDE_H

#include <stdint.h>
#include <sys/types.h>

#include "runner_wire.h"

enum { DAFFI_CHILD_SOCKET = 3, DAFFI_CHILD_IMAGE = 4 };

//  --- sandbox.c ----------------------------------------------------------------------

//  The kernel's Landlock ABI, 0 = none; and whether it has seccomp filters.
int daffi_sandbox_landlock (void);
int daffi_sandbox_seccomp (void);
//  Limits, rights and system calls as the loader needs them; the child ends with this
//  runner. NULL, or what failed.
const char *daffi_sandbox_close (const daffi_limits_t *limits, pid_t runner);
//  The loader is done: no file can be opened any more.
const char *daffi_sandbox_seal (void);

//  --- seccomp.c ----------------------------------------------------------------------

const char *daffi_seccomp_install (int loading);

//  --- memory.c -----------------------------------------------------------------------

//  The limit refused memory at least once.
extern volatile int daffi_memory_refused;

//  --- child.c ------------------------------------------------------------------------

//  The whole life of a child of this runner.
_Noreturn void daffi_child_main (const daffi_limits_t *limits, pid_t runner);

//  --- faults.c -----------------------------------------------------------------------

//  From here on a fatal signal is reported before it kills.
void daffi_faults_watch (void);

#endif
