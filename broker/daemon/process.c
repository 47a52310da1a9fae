//  SPDX-License-Identifier: MPL-2.0
//  What belongs to the process as a whole and therefore to the program, not the
//  library.

#include "process.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

//  Whoever starts us with a closed standard descriptor would have the first socket take
//  its number, and log lines would be sent to a peer.
static void open_standard_descriptors (void)
{
    int fd;
    do
        fd = open ("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close (fd);
}

//  A block of MiB that malloc maps and unmaps for each message costs more in page
//  faults than the copy of the message: 30 % of the rate at 1 MiB. So such blocks come
//  from the heap (32 MiB is the most that glibc takes as this threshold), and up to the
//  size of some of the largest messages stays in it when it is free.
static void keep_freed_memory (void)
{
#ifdef __GLIBC__
    mallopt (M_MMAP_THRESHOLD, 32 << 20);
    mallopt (M_TRIM_THRESHOLD, 256 << 20);
#endif
}

//  Each session is a descriptor, and the usual soft limit is 1,024: it stands for
//  programs that use select (2), which this one does not.
static void raise_descriptor_limit (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit (RLIMIT_NOFILE, &limit);
    }
}

int daffi_process_prepare (void)
{
    open_standard_descriptors ();
    keep_freed_memory ();
    raise_descriptor_limit ();
    //  A log or a ready line that nobody reads any more is no reason to die.
    signal (SIGPIPE, SIG_IGN);

    sigset_t wanted;
    sigemptyset (&wanted);
    sigaddset (&wanted, SIGTERM);
    sigaddset (&wanted, SIGINT);
    sigaddset (&wanted, SIGHUP);
    if (sigprocmask (SIG_BLOCK, &wanted, NULL) < 0)
        return -1;
    return signalfd (-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

int daffi_process_signal (int signal_fd)
{
    struct signalfd_siginfo info;
    ssize_t size = read (signal_fd, &info, sizeof info);
    return size == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
