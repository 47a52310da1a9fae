//  SPDX-License-Identifier: MPL-2.0
//  Standard input, as a whole or line by line.

#include "input.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 64 << 20 };  //  what a controller takes

//  Room for more; false where it is too much.
static bool grow (char **data, size_t *room, size_t size)
{
    if (size < *room)
        return true;
    if (size > BODY_MAX)
        return false;
    size_t more = *room ? 2 * *room : 65536;
    char *larger = realloc (*data, more);
    if (!larger)
        return false;
    *data = larger;
    *room = more;
    return true;
}

daffi_exit_t daffi_input_all (daffi_cli_t *self, const void **data, size_t *size)
{
    char *bytes = NULL;
    size_t room = 0, used = 0;
    ssize_t got = 1;
    while (got > 0 && grow (&bytes, &room, used)) {
        do
            got = read (STDIN_FILENO, bytes + used, room - used);
        while (got < 0 && errno == EINTR);
        used += got > 0 ? (size_t)got : 0;
    }
    int reason = errno;
    *data = daffi_keep_text (&self->keep, bytes, used);
    *size = used;
    free (bytes);
    if (got > 0)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_USAGE,
                                  "standard input is larger than 64 MiB\n"
                                  "  send it in pieces, with --stream");
    if (got < 0)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_INTERNAL,
                                  "cannot read standard input: %s", strerror (reason));
    return DAFFI_EXIT_OK;
}

//  False: nothing more is to be had.
static bool fill (daffi_lines_t *self)
{
    struct pollfd fds[2] = {{.fd = self->fd, .events = POLLIN},
                            {.fd = self->stop_fd, .events = POLLIN}};
    if (poll (fds, 2, -1) < 0)
        return errno == EINTR;
    if (fds[1].revents || !grow (&self->data, &self->room, self->size))
        return false;
    ssize_t got = read (self->fd, self->data + self->size, self->room - self->size);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    self->size += (size_t)got;
    return got > 0;
}

bool daffi_lines_next (daffi_lines_t *self, const char **line, size_t *size)
{
    size_t searched = self->taken;
    for (;;) {
        const char *from = self->data ? self->data + searched : NULL;
        const char *end = from ? memchr (from, '\n', self->size - searched) : NULL;
        if (end || (self->ended && self->size > self->taken)) {
            *line = self->data + self->taken;
            *size = end ? (size_t)(end - *line) : self->size - self->taken;
            self->taken = end ? (size_t)(end - self->data) + 1 : self->size;
            return true;
        }
        if (self->ended)
            return false;
        if (self->taken && self->data) {
            self->size -= self->taken;
            memmove (self->data, self->data + self->taken, self->size);
            self->taken = 0;
        }
        searched = self->size;
        self->ended = !fill (self);
    }
}

void daffi_lines_done (daffi_lines_t *self)
{
    free (self->data);
    self->data = NULL;
}
