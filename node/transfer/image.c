//  SPDX-License-Identifier: MPL-2.0
//  A payload as a memory file, which the loader can open.
//
//  It is sealed: a child that holds a descriptor of it changes nothing for the next
//  one.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "failure.h"
#include "loader.h"
#include "payload.h"

int daffi_image_new (const void *data, size_t size, daffi_error_t *error)
{
    int fd = memfd_create ("daffi-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && daffi_file_write_all (fd, data, size) &&
        !fcntl (fd, F_ADD_SEALS,
                F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
        return fd;
    daffi_fail (error, DAFFI_SYSTEM, "no memory file for the payload: %s",
                strerror (errno));
    if (fd >= 0)
        close (fd);
    return -1;
}
