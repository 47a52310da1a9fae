//  SPDX-License-Identifier: MPL-2.0
//  What belongs to the process as a whole and therefore to the program, not the
//  library.

#ifndef DAFFI_PROCESS_H
#define DAFFI_PROCESS_H

#include <signal.h>

//  Before the first thread: standard descriptors, allocator, limit of descriptors, and
//  SIGTERM, SIGINT and SIGHUP blocked in this and all later threads. Returns the
//  descriptor that tells these signals, or -1 with errno.
int daffi_process_prepare (void);

//  The next signal, or 0 where none is there.
int daffi_process_signal (int signal_fd);

#endif
