//  SPDX-License-Identifier: MPL-2.0
//  An eventfd (eventfd(2)): how one thread wakes another that sleeps in poll ().

#ifndef DAFFI_WAKE_H
#define DAFFI_WAKE_H

#include "daffi_status.h"

//  A descriptor that is not readable yet, or -1 and errno.
int daffi_wake_open (void);
void daffi_wake_close (int *fd_p);  //  -1 is fine
void daffi_wake_signal (int fd);
void daffi_wake_clear (int fd);

#endif
