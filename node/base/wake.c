//  SPDX-License-Identifier: MPL-2.0
//  An eventfd: how one thread wakes another that sleeps in poll ().

#include "wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int daffi_wake_open (void)
{
    return eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void daffi_wake_close (int *fd_p)
{
    if (*fd_p >= 0)
        close (*fd_p);
    *fd_p = -1;
}

void daffi_wake_signal (int fd)
{
    uint64_t one = 1;
    while (write (fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

void daffi_wake_clear (int fd)
{
    uint64_t count;
    while (read (fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}
