//  SPDX-License-Identifier: MPL-2.0
//  A file that belongs to this process and goes away with it.

#include "own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool daffi_own_file_adopt (daffi_own_file_t *self, const char *path)
{
    struct stat is;
    if (lstat (path, &is) < 0)
        return false;
    *self = (daffi_own_file_t){.path = path, .device = is.st_dev, .inode = is.st_ino};
    return true;
}

//  A folder cannot be replaced, and a link or a device (/dev/stdout) should not be.
static bool replaceable (const char *path)
{
    struct stat is;
    if (lstat (path, &is) < 0)
        return errno == ENOENT;
    errno = S_ISDIR (is.st_mode) ? EISDIR : EEXIST;
    return S_ISREG (is.st_mode);
}

static bool write_all (int fd, const char *line)
{
    char text[PATH_MAX];
    int size = snprintf (text, sizeof text, "%s\n", line);
    ssize_t written = write (fd, text, (size_t)size);
    if (written >= 0 && written < size)
        errno = ENOSPC;
    return written == size;
}

bool daffi_own_file_write (daffi_own_file_t *self, const char *path, const char *line)
{
    char temporary[PATH_MAX];
    if (!replaceable (path))
        return false;
    int size =
        snprintf (temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid ());
    if (size >= (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd =
        open (temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool done = write_all (fd, line);
    int reason = errno;
    if (close (fd) < 0 && done) {
        done = false;
        reason = errno;
    }
    //  Adopted under its first name: under the second it may be replaced at once.
    done = done && daffi_own_file_adopt (self, temporary);
    if (done && rename (temporary, path) < 0) {
        done = false;
        reason = errno;
    }
    self->path = done ? path : NULL;
    if (!done)
        unlink (temporary);
    errno = reason;
    return done;
}

void daffi_own_file_remove (daffi_own_file_t *self)
{
    struct stat is;
    if (self->path && lstat (self->path, &is) == 0 && is.st_dev == self->device &&
        is.st_ino == self->inode)
        unlink (self->path);
    self->path = NULL;
}
