//  SPDX-License-Identifier: MPL-2.0
//  Bytes from one socket to the other, until the cable is cut.

#include "cable.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un unix_name (const char *folder)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    CHECK ((size_t)snprintf (name.sun_path, sizeof name.sun_path, "%s/.sock", folder) <
           sizeof name.sun_path);
    return name;
}

static int connect_to (const place_t *hub)
{
    int fd = socket (hub->tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in tcp = {.sin_family = AF_INET,
                              .sin_port = htons (hub->port),
                              .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    struct sockaddr_un local = unix_name (hub->folder);
    CHECK (fd >= 0);
    CHECK (hub->tcp ? connect (fd, (const struct sockaddr *)&tcp, sizeof tcp) == 0
                    : connect (fd, (const struct sockaddr *)&local, sizeof local) == 0);
    return fd;
}

static void drop (cable_t *self, size_t wire)
{
    close (self->wires[wire][0]);
    close (self->wires[wire][1]);
    memcpy (self->wires[wire], self->wires[--self->count], sizeof self->wires[wire]);
}

static void carry (cable_t *self, size_t wire, int from)
{
    char bytes[4096];
    ssize_t size = recv (self->wires[wire][from], bytes, sizeof bytes, 0);
    if (size <= 0 ||
        send (self->wires[wire][!from], bytes, (size_t)size, MSG_NOSIGNAL) != size)
        drop (self, wire);
}

static void turn (cable_t *self)
{
    struct pollfd fds[1 + 2 * CABLE_WIRES] = {{.fd = self->listener, .events = POLLIN}};
    for (size_t i = 0; i < 2 * self->count; i++)
        fds[1 + i] = (struct pollfd){.fd = self->wires[i / 2][i % 2], .events = POLLIN};
    size_t count = 2 * self->count;
    poll (fds, 1 + count, 5);
    //  from the last one: a dropped wire's place is taken by the last one
    for (size_t i = count; i-- > 0 && !atomic_load (&self->cut);)
        if (fds[1 + i].revents && i / 2 < self->count &&
            self->wires[i / 2][i % 2] == fds[1 + i].fd)
            carry (self, i / 2, (int)(i % 2));
    if (fds[0].revents && self->count < CABLE_WIRES && !atomic_load (&self->cut)) {
        self->wires[self->count][0] = accept (self->listener, NULL, NULL);
        self->wires[self->count][1] = connect_to (self->hub);
        self->count++;
    }
}

static void *run (void *arg)
{
    cable_t *self = arg;
    bool was_cut = false;
    while (!atomic_load (&self->over)) {
        bool cut = atomic_load (&self->cut);
        while (was_cut && !cut && self->count)
            drop (self, self->count - 1);
        was_cut = cut;
        if (cut)
            poll (NULL, 0, 1);
        else
            turn (self);
    }
    return NULL;
}

void cable_lay (cable_t *self, const place_t *hub)
{
    memset (self, 0, sizeof *self);
    self->hub = hub;
    self->far = *hub;
    self->far.tcp = false;
    snprintf (self->far.folder, sizeof self->far.folder, "%s/cable", test_tmpdir ());
    struct sockaddr_un name = unix_name (self->far.folder);
    self->listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (mkdir (self->far.folder, 0700) == 0);
    CHECK (self->listener >= 0 &&
           bind (self->listener, (const struct sockaddr *)&name, sizeof name) == 0 &&
           listen (self->listener, CABLE_WIRES) == 0);
    CHECK (pthread_create (&self->thread, NULL, run, self) == 0);
}

void cable_cut (cable_t *self)
{
    atomic_store (&self->cut, true);
}

void cable_mend (cable_t *self)
{
    atomic_store (&self->cut, false);
}

void cable_remove (cable_t *self)
{
    atomic_store (&self->over, true);
    pthread_join (self->thread, NULL);
    while (self->count)
        drop (self, self->count - 1);
    close (self->listener);
}
