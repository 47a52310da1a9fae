//  SPDX-License-Identifier: MPL-2.0
//  The UNIX socket's place in the file system.

#include "sockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "failure.h"

daffi_status_t daffi_sockfile_folder (const daffi_endpoint_t *endpoint,
                                      daffi_error_t *error)
{
    const char *folder = endpoint->folder;
    struct stat info;
    if (mkdir (folder, 0700) && errno != EEXIST)
        return daffi_fail (
            error, DAFFI_ENDPOINT,
            "cannot make the folder %s: %s; make it, or name another one "
            "with unix_sock_path or TMPDIR",
            folder, strerror (errno));
    if (stat (folder, &info))
        return daffi_fail (error, DAFFI_ENDPOINT, "cannot look at the folder %s: %s",
                           folder, strerror (errno));
    if (!S_ISDIR (info.st_mode))
        return daffi_fail (error, DAFFI_ENDPOINT,
                           "%s is not a folder; name another one with unix_sock_path",
                           folder);
    if (info.st_uid != geteuid ())
        return daffi_fail (
            error, DAFFI_ENDPOINT,
            "the folder %s belongs to uid %u and not to this user (uid %u); "
            "name a folder of your own with unix_sock_path",
            folder, (unsigned)info.st_uid, (unsigned)geteuid ());
    if (info.st_mode & S_IWOTH)
        return daffi_fail (error, DAFFI_ENDPOINT,
                           "everybody may write to the folder %s and could put another "
                           "socket there; chmod 700 it, or name another one with "
                           "unix_sock_path",
                           folder);
    return DAFFI_OK;
}

static void lock_path (const daffi_endpoint_t *endpoint, char *out, size_t capacity)
{
    snprintf (out, capacity, "%s/.lock", endpoint->folder);
}

//  The lock file that stands there now, locked; a predecessor may remove it while we
//  open it, so it is looked at again.
static int take_lock (const char *path)
{
    for (;;) {
        int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        struct stat held, there;
        if (fd < 0)
            return -1;
        if (flock (fd, LOCK_EX | LOCK_NB)) {
            int code = errno;
            close (fd);
            errno = code;
            return -1;
        }
        if (!fstat (fd, &held) && !stat (path, &there) && held.st_ino == there.st_ino)
            return fd;
        close (fd);
    }
}

static bool somebody_answers (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    int failed = connect (fd, (const struct sockaddr *)&address, sizeof address);
    bool answers = !failed || errno == EAGAIN || errno == EINPROGRESS;
    close (fd);
    return answers;
}

static daffi_status_t remove_dead_socket (const char *path, daffi_error_t *error)
{
    struct stat info;
    if (lstat (path, &info))
        return errno == ENOENT
                   ? DAFFI_OK
                   : daffi_fail (error, DAFFI_ENDPOINT, "cannot look at %s: %s", path,
                                 strerror (errno));
    if (!S_ISSOCK (info.st_mode))
        return daffi_fail (error, DAFFI_ENDPOINT,
                           "%s is there and is not a socket; move it away, or name "
                           "another folder with unix_sock_path",
                           path);
    if (somebody_answers (path))
        return daffi_fail (error, DAFFI_ENDPOINT,
                           "%s is in use: another program listens there", path);
    if (unlink (path) && errno != ENOENT)
        return daffi_fail (error, DAFFI_ENDPOINT,
                           "cannot remove the dead socket %s: %s", path,
                           strerror (errno));
    return DAFFI_OK;
}

daffi_status_t daffi_sockfile_claim (daffi_sockfile_t *self,
                                     const daffi_endpoint_t *endpoint,
                                     daffi_error_t *error)
{
    char path[DAFFI_IPC_PATH_MAX + 8];
    daffi_status_t status = daffi_sockfile_folder (endpoint, error);
    if (status)
        return status;
    lock_path (endpoint, path, sizeof path);
    int lock = take_lock (path);
    if (lock < 0 && errno == EWOULDBLOCK)
        return daffi_fail (
            error, DAFFI_ENDPOINT,
            "%s is in use: a controller runs there; connect a node to it, "
            "stop it, or name another folder with unix_sock_path",
            endpoint->path);
    if (lock < 0)
        return daffi_fail (error, DAFFI_ENDPOINT, "cannot lock %s: %s", path,
                           strerror (errno));
    status = remove_dead_socket (endpoint->path, error);
    if (status) {
        unlink (path);
        close (lock);
        return status;
    }
    self->lock = lock;
    self->endpoint = *endpoint;
    return DAFFI_OK;
}

void daffi_sockfile_release (daffi_sockfile_t *self)
{
    char path[DAFFI_IPC_PATH_MAX + 8];
    if (self->lock < 0)
        return;
    unlink (self->endpoint.path);
    lock_path (&self->endpoint, path, sizeof path);
    unlink (path);
    close (self->lock);
    self->lock = -1;
}
