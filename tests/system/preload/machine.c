//  SPDX-License-Identifier: MPL-2.0
//  A machine whose clock is set and whose disk fails, for one process: LD_PRELOAD.
//
//  The kernel has a namespace for every clock but the one that people set, and a disk
//  whose fsync () fails needs root and a device of its own. Here the test says what
//  happens, in the file that DAFFI_MACHINE names, and root is not needed.

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "machine_words.h"

static machine_words_t *words (void)
{
    static _Atomic (machine_words_t *) mapped;
    machine_words_t *self = atomic_load (&mapped);
    const char *path = getenv ("DAFFI_MACHINE");
    if (self || !path)
        return self;
    int fd = open (path, O_RDWR | O_CLOEXEC);
    void *memory = mmap (NULL, sizeof *self, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || memory == MAP_FAILED)
        abort ();  //  a test that changes nothing would prove nothing
    close (fd);
    atomic_store (&mapped, memory);
    return memory;
}

//  libc's own function of that name.
static void *real (const char *name)
{
    void *found = dlsym (RTLD_NEXT, name);
    if (!found)
        abort ();
    return found;
}

int clock_gettime (clockid_t clock, struct timespec *out)
{
    static int (*next) (clockid_t, struct timespec *);
    machine_words_t *self = words ();
    if (!next)
        *(void **)&next = real ("clock_gettime");
    int result = next (clock, out);
    if (self && clock == CLOCK_BOOTTIME)
        atomic_fetch_add (&self->boot_reads, 1);
    if (!self || clock != CLOCK_REALTIME)
        return result;
    long long shift_ms = atomic_load (&self->wall_shift_ms);
    out->tv_sec += shift_ms / 1000;
    return result;
}

//  True: errno is set, and the call fails.
static int fails (atomic_int *error)
{
    machine_words_t *self = words ();
    int number = atomic_load (error);
    if (!number)
        return 0;
    atomic_fetch_add (&self->failed, 1);
    errno = number;
    return 1;
}

static int sync_file (const char *name, int fd)
{
    int (*next) (int);
    machine_words_t *self = words ();
    *(void **)&next = real (name);
    return self && fails (&self->sync_error) ? -1 : next (fd);
}

int fsync (int fd)
{
    return sync_file ("fsync", fd);
}

int fdatasync (int fd)
{
    return sync_file ("fdatasync", fd);
}

static ssize_t write_file (const char *name, int fd, const void *data, size_t size,
                           off_t at)
{
    ssize_t (*next) (int, const void *, size_t, off_t);
    machine_words_t *self = words ();
    *(void **)&next = real (name);
    return self && fails (&self->write_error) ? -1 : next (fd, data, size, at);
}

ssize_t pwrite (int fd, const void *data, size_t size, off_t at)
{
    return write_file ("pwrite", fd, data, size, at);
}

ssize_t pwrite64 (int fd, const void *data, size_t size, off64_t at)
{
    return write_file ("pwrite64", fd, data, size, at);
}
