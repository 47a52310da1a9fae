//  SPDX-License-Identifier: MPL-2.0
//  Notices when the memory limit bites: without this a bomb would look like any crash.
//
//  The payload's malloc is this one, since the program comes first in the order of
//  symbol look-up; it hands on to glibc's under the names that it has for that.

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daffi_status.h"
#include "runner.h"

//  glibc names the parameters otherwise, and a number is what the system call gives.
//  NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
//  NOLINTBEGIN(performance-no-int-to-ptr)

volatile int daffi_memory_refused;

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *memory, size_t size);

static void *noted (void *memory)
{
    if (!memory)
        daffi_memory_refused = 1;
    return memory;
}

DAFFI_EXPORT void *malloc (size_t size)
{
    return noted (__libc_malloc (size));
}

DAFFI_EXPORT void *calloc (size_t count, size_t size)
{
    return noted (__libc_calloc (count, size));
}

DAFFI_EXPORT void *realloc (void *memory, size_t size)
{
    void *grown = __libc_realloc (memory, size);
    return size ? noted (grown) : grown;
}

DAFFI_EXPORT void *mmap (void *address, size_t size, int protection, int flags, int fd,
                         off_t offset)
{
    void *memory =
        (void *)syscall (SYS_mmap, address, size, protection, flags, fd, offset);
    if (memory == MAP_FAILED)
        daffi_memory_refused = 1;
    return memory;
}

//  NOLINTEND(performance-no-int-to-ptr)
//  NOLINTEND(readability-inconsistent-declaration-parameter-name)
