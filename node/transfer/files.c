//  SPDX-License-Identifier: MPL-2.0
//  Small files, whole: read with a limit, written so that nobody ever sees half of one.

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"
#include "payload.h"

enum { PART_NAME_MAX = 48 };  //  ".PID-NUMBER.part"

static daffi_status_t complain (const char *path, daffi_error_t *error)
{
    return daffi_fail (error, DAFFI_SYSTEM, "%.150s: %s", path, strerror (errno));
}

static daffi_status_t read_all (int fd, const char *path, size_t limit,
                                daffi_buffer_t *out, daffi_error_t *error)
{
    enum { STEP = 64 << 10 };
    for (;;) {
        uint8_t *room = daffi_buffer_reserve (out, STEP);
        if (!room)
            return daffi_fail (error, DAFFI_NO_MEMORY, "no memory for %.150s", path);
        ssize_t size = read (fd, room, STEP);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return complain (path, error);
        if (size == 0)
            return DAFFI_OK;
        daffi_buffer_commit (out, (size_t)size);
        if (out->size > limit)
            return daffi_fail (error, DAFFI_TOO_BIG, "%.150s has more than %zu bytes",
                               path, limit);
    }
}

daffi_status_t daffi_file_read (const char *path, size_t limit, daffi_buffer_t *out,
                                daffi_error_t *error)
{
    struct stat status;
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return complain (path, error);
    daffi_status_t verdict;
    if (fstat (fd, &status))
        verdict = complain (path, error);
    else if (!S_ISREG (status.st_mode))
        verdict = daffi_fail (error, DAFFI_SYSTEM, "%.150s is no regular file", path);
    else
        verdict = read_all (fd, path, limit, out, error);
    close (fd);
    return verdict;
}

bool daffi_file_write_all (int fd, const void *data, size_t size)
{
    const uint8_t *cursor = data;
    while (size) {
        ssize_t written = write (fd, cursor, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        cursor += written;
        size -= (size_t)written;
    }
    return true;
}

//  A file that no other thread and no other process writes to. One of that name may be
//  left over from a process that ended over it.
static int open_beside (const char *path, unsigned mode, char *beside, size_t capacity)
{
    static atomic_uint number;
    int fd;
    do {
        snprintf (beside, capacity, "%s.%ld-%u.part", path, (long)getpid (),
                  atomic_fetch_add (&number, 1));
        fd = open (beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    } while (fd < 0 && errno == EEXIST);
    return fd;
}

daffi_status_t daffi_file_write (const char *path, const void *data, size_t size,
                                 unsigned mode, daffi_error_t *error)
{
    char beside[4096];
    if (strlen (path) + PART_NAME_MAX >= sizeof beside)
        return daffi_fail (error, DAFFI_INVALID, "the path is too long");
    int fd = open_beside (path, mode, beside, sizeof beside);
    if (fd < 0)
        return complain (beside, error);
    bool written = daffi_file_write_all (fd, data, size);
    if (close (fd) || !written || rename (beside, path)) {
        daffi_status_t status = complain (path, error);
        unlink (beside);
        return status;
    }
    return DAFFI_OK;
}
