//  SPDX-License-Identifier: MPL-2.0
//  Addresses into descriptors.
#include "chaos_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_un un;
} name_t;

static socklen_t name_of (const chaos_address_t *address, name_t *name)
{
    memset (name, 0, sizeof *name);
    if (address->port) {
        name->in.sin_family = AF_INET;
        name->in.sin_port = htons (address->port);
        name->in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
        return sizeof name->in;
    }
    name->un.sun_family = AF_UNIX;
    snprintf (name->un.sun_path, sizeof name->un.sun_path, "%s/.sock", address->folder);
    return sizeof name->un;
}

static int open_socket (const name_t *name)
{
    int on = 1;
    int fd =
        socket (name->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && name->any.sa_family == AF_INET) {
        setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    return fd;
}

int chaos_socket_listen (const chaos_address_t *address)
{
    name_t name;
    socklen_t size = name_of (address, &name);
    int fd = open_socket (&name);
    if (fd >= 0 && bind (fd, &name.any, size) == 0 && listen (fd, 128) == 0)
        return fd;
    int reason = errno;
    if (fd >= 0)
        close (fd);
    errno = reason;
    return -1;
}

int chaos_socket_accept (int listener)
{
    int on = 1;
    int fd = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)  //  fails on a UNIX socket, and need not succeed
        setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

int chaos_socket_connect (const chaos_address_t *address)
{
    name_t name;
    socklen_t size = name_of (address, &name);
    int fd = open_socket (&name);
    if (fd < 0 || connect (fd, &name.any, size) == 0 || errno == EINPROGRESS)
        return fd;
    close (fd);
    return -1;
}

uint16_t chaos_socket_free_port (void)
{
    name_t name;
    socklen_t size = sizeof name;
    chaos_address_t any = {.port = 1};
    name_of (&any, &name);
    name.in.sin_port = 0;
    int fd = open_socket (&name);
    bool bound = fd >= 0 && bind (fd, &name.any, sizeof name.in) == 0 &&
                 getsockname (fd, &name.any, &size) == 0;
    if (fd >= 0)
        close (fd);
    return bound ? ntohs (name.in.sin_port) : 0;
}
