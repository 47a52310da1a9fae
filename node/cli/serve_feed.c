//  SPDX-License-Identifier: MPL-2.0
//  The items that a caller sends, as lines to a program's standard input.

#include "serve_feed.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

enum { LOOK_MS = 100 };  //  how often it looks whether the program is over

//  False: nobody reads it any more.
static bool write_all (daffi_serve_feed_t *self, const char *text, size_t size)
{
    while (size && !atomic_load (&self->over)) {
        struct pollfd fd = {.fd = *self->fd, .events = POLLOUT};
        ssize_t written =
            poll (&fd, 1, LOOK_MS) > 0 ? write (*self->fd, text, size) : 0;
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        text += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return size == 0;
}

static bool write_item (daffi_serve_feed_t *self, const daffi_value_t *item)
{
    const void *bytes;
    size_t size;
    daffi_keep_t keep = {NULL};
    const char *text;
    if (!daffi_value_get_bytes (item, &bytes, &size))
        text = bytes;
    else {
        text = daffi_json_text (&keep, item);
        size = strlen (text);
    }
    bool written = write_all (self, text, size) && write_all (self, "\n", 1);
    daffi_keep_done (&keep);
    return written;
}

static void *feed (void *arg)
{
    daffi_serve_feed_t *self = arg;
    daffi_value_t item;
    daffi_status_t status = DAFFI_PENDING;
    while (status == DAFFI_PENDING && !atomic_load (&self->over)) {
        status = daffi_request_receive (self->request, LOOK_MS, &item);
        if (!status)
            status = write_item (self, &item) ? DAFFI_PENDING : DAFFI_END;
    }
    close (*self->fd);
    *self->fd = -1;
    return NULL;
}

void daffi_serve_feed_start (daffi_serve_feed_t *self, daffi_request_t *request,
                             int *fd)
{
    self->request = request;
    self->fd = fd;
    atomic_init (&self->over, false);
    self->started = pthread_create (&self->thread, NULL, feed, self) == 0;
    if (!self->started) {
        close (*fd);
        *fd = -1;
    }
}

void daffi_serve_feed_end (daffi_serve_feed_t *self)
{
    atomic_store (&self->over, true);
    if (self->started)
        pthread_join (self->thread, NULL);
}
