//  SPDX-License-Identifier: MPL-2.0
//  Telling the service manager how far we are: one datagram to $NOTIFY_SOCKET, as
//  sd_notify (3) says.

#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

bool daffi_notify (const char *state)
{
    const char *path = getenv ("NOTIFY_SOCKET");
    if (!path || !path[0])
        return true;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen (path);
    if ((path[0] != '/' && path[0] != '@') || size >= sizeof address.sun_path) {
        errno = EINVAL;
        return false;
    }
    memcpy (address.sun_path, path, size);
    //  @ stands for the abstract namespace, whose names begin with NUL.
    if (path[0] == '@')
        address.sun_path[0] = '\0';

    int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    socklen_t address_size =
        (socklen_t)(offsetof (struct sockaddr_un, sun_path) + size);
    ssize_t sent = sendto (fd, state, strlen (state), MSG_NOSIGNAL,
                           (const struct sockaddr *)&address, address_size);
    int reason = errno;
    close (fd);
    errno = reason;
    return sent >= 0;
}
