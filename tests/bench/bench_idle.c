//  SPDX-License-Identifier: MPL-2.0
//  Very many nodes that do nothing but live.
//
//  ZMTP 3.0 (rfc.zeromq.org/spec/23) with the NULL mechanism; PROTOCOL.md has the
//  records. What the controller sends is read and thrown away.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_idle.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ROOM            512
#define WELCOME_WAIT_MS 10000

typedef struct {
    uint8_t bytes[ROOM];
    size_t size;
} text_t;

static void add (text_t *self, const void *bytes, size_t size)
{
    if (self->size + size > ROOM)
        abort ();
    memcpy (self->bytes + self->size, bytes, size);
    self->size += size;
}

static void add_byte (text_t *self, unsigned byte)
{
    uint8_t one = (uint8_t)byte;
    add (self, &one, 1);
}

//  A msgpack string of less than 32 bytes.
static void add_string (text_t *self, const char *string)
{
    add_byte (self, 0xa0 | (unsigned)strlen (string));
    add (self, string, strlen (string));
}

static void add_greeting (text_t *self)
{
    uint8_t greeting[64] = {[0] = 0xff, [9] = 0x7f, [10] = 3};
    memcpy (greeting + 12, "NULL", 4);
    add (self, greeting, sizeof greeting);
    static const char ready[] = "\5READY\13Socket-Type\0\0\0\6DEALER";
    add_byte (self, 0x04);
    add_byte (self, sizeof ready - 1);
    add (self, ready, sizeof ready - 1);
}

static void add_hello (text_t *self, size_t number)
{
    char name[32];
    uint8_t incarnation[16] = {1};
    text_t body = {.size = 0}, record = {.size = 0};
    memcpy (incarnation + 8, &number, sizeof number);
    snprintf (name, sizeof name, "idle-%zu", number);
    add_byte (&body, 0x83);
    add_string (&body, "min");
    add_byte (&body, 1);
    add_string (&body, "max");
    add_byte (&body, 1);
    add_string (&body, "incarnation");
    add (&body, "\xc4\x10", 2);
    add (&body, incarnation, sizeof incarnation);
    add (&record, "\x96\x01\x01\xc0", 4);
    add_string (&record, name);
    add_byte (&record, 0xc0);
    add_byte (&record, (unsigned)body.size);  //  under 128: a fixint
    add (&record, body.bytes, body.size);
    add_byte (self, 0);
    add_byte (self, (unsigned)record.size);
    add (self, record.bytes, record.size);
}

static daffi_status_t connect_one (const char *path, size_t number, int *out,
                                   daffi_error_t *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    text_t text = {.size = 0};
    add_greeting (&text);
    if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof address) ||
        send (fd, text.bytes, text.size, MSG_NOSIGNAL) != (ssize_t)text.size) {
        bench_fail (error, DAFFI_SYSTEM, "idle node %zu: %s", number, strerror (errno));
        if (fd >= 0)
            close (fd);
        return error->status;
    }
    *out = fd;
    return DAFFI_OK;
}

//  Reads until there is this word, which stands in just what is waited for.
static daffi_status_t await_word (int fd, const char *word, daffi_error_t *error)
{
    char bytes[1024];
    size_t size = 0;
    while (!memmem (bytes, size, word, strlen (word))) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        ssize_t got = poll (&item, 1, WELCOME_WAIT_MS) == 1 && size < sizeof bytes
                          ? recv (fd, bytes + size, sizeof bytes - size, 0)
                          : -1;
        if (got <= 0)
            return bench_fail (error, DAFFI_REFUSED,
                               "an idle node was not welcomed: more than the limits of "
                               "open files allow?");
        size += (size_t)got;
    }
    return DAFFI_OK;
}

//  Not before libzmq's READY: what comes earlier breaks the handshake.
static daffi_status_t say_hello (int fd, size_t number, daffi_error_t *error)
{
    text_t text = {.size = 0};
    add_hello (&text, number);
    if (await_word (fd, "READY", error))
        return error->status;
    if (send (fd, text.bytes, text.size, MSG_NOSIGNAL) != (ssize_t)text.size)
        return bench_fail (error, DAFFI_SYSTEM, "idle node %zu: %s", number,
                           strerror (errno));
    return DAFFI_OK;
}

//  Some nodes at once: their connections wait together.
static daffi_status_t greet (const bench_idle_t *self, size_t first,
                             daffi_error_t *error)
{
    for (size_t i = first; i < self->count; i++)
        if (say_hello (self->fds[i], i, error))
            return error->status;
    for (size_t i = first; i < self->count; i++)
        if (await_word (self->fds[i], "epoch", error))
            return error->status;
    return DAFFI_OK;
}

static void allow_files (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit (RLIMIT_NOFILE, &limit);
    }
}

daffi_status_t bench_idle_grow (bench_idle_t *self, const char *socket, size_t count,
                                daffi_error_t *error)
{
    enum { TOGETHER = 64 };  //  less than what waits to be accepted
    allow_files ();
    int *grown = realloc (self->fds, count * sizeof *grown);
    if (!grown)
        return bench_fail (error, DAFFI_NO_MEMORY, "no memory");
    self->fds = grown;
    while (self->count < count) {
        size_t first = self->count;
        for (size_t i = 0; i < TOGETHER && self->count < count; i++) {
            if (connect_one (socket, self->count, &self->fds[self->count], error))
                return error->status;
            self->count++;
        }
        if (greet (self, first, error))
            return error->status;
    }
    return DAFFI_OK;
}

static void beat (int fd)
{
    //  a frame of 7 bytes: [16, 1, nil, nil, nil, 0]
    static const uint8_t ping[] = {0, 7, 0x96, 0x10, 1, 0xc0, 0xc0, 0xc0, 0};
    char trash[4096];
    (void)!send (fd, ping, sizeof ping, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (recv (fd, trash, sizeof trash, MSG_DONTWAIT) > 0)
        ;
}

void bench_idle_live (bench_idle_t *self, double seconds)
{
    enum { SLICES = 100 };  //  of a second
    int64_t begin_ns = bench_clock_ns ();
    for (int slice = 0; slice < (int)(seconds * SLICES); slice++) {
        int64_t due_ns = begin_ns + (int64_t)slice * (1000000000 / SLICES);
        int64_t left_ms = (due_ns - bench_clock_ns ()) / 1000000;
        if (left_ms > 0)
            poll (NULL, 0, (int)left_ms);
        for (size_t i = (size_t)(slice % SLICES); i < self->count; i += SLICES)
            beat (self->fds[i]);
    }
}

size_t bench_idle_alive (bench_idle_t *self)
{
    size_t alive = 0;
    char byte;
    for (size_t i = 0; i < self->count; i++)
        alive += recv (self->fds[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK) != 0;
    return alive;
}

void bench_idle_done (bench_idle_t *self)
{
    for (size_t i = 0; i < self->count; i++)
        close (self->fds[i]);
    free (self->fds);
    memset (self, 0, sizeof *self);
}
