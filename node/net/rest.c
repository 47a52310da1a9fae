//  SPDX-License-Identifier: MPL-2.0
//  How an actor sleeps.

#include "rest.h"

#include <poll.h>

#include "clock.h"
#include "context.h"

void daffi_rest_init (daffi_rest_t *self, daffi_mailbox_t *mailbox, zsock_t *pipe,
                      void *socket)
{
    *self = (daffi_rest_t){.mailbox = mailbox,
                           .pipe = pipe,
                           .pipe_fd = zsock_fd (pipe),
                           .socket = socket,
                           .socket_fd = daffi_socket_get (socket, ZMQ_FD),
                           .monitor = -1,
                           .other = -1};
}

int daffi_rest_time (int64_t next_ms)
{
    if (next_ms == DAFFI_NEVER)
        return -1;
    int64_t left = next_ms - daffi_clock_ms ();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

bool daffi_rest (daffi_rest_t *self, bool more, int64_t next_ms)
{
    struct pollfd fds[] = {{.fd = self->mailbox->fd, .events = POLLIN},
                           {.fd = self->pipe_fd, .events = POLLIN},
                           {.fd = self->monitor, .events = POLLIN},
                           {.fd = self->other, .events = POLLIN},
                           {.fd = self->socket_fd, .events = POLLIN}};
    //  sending may have eaten the edge that told of a message (zmq_getsockopt(3),
    //  ZMQ_FD)
    more = more || (self->socket &&
                    (daffi_socket_get (self->socket, ZMQ_EVENTS) & ZMQ_POLLIN) != 0);
    bool sleep = daffi_mailbox_may_sleep (self->mailbox) && !more;
    int timeout_ms = sleep ? daffi_rest_time (next_ms) : 0;
    if (self->lead)
        pthread_mutex_unlock (self->lead);
    int woke = poll (fds, sizeof fds / sizeof fds[0], timeout_ms);
    if (self->lead)
        pthread_mutex_lock (self->lead);
    daffi_mailbox_awake (self->mailbox, fds[0].revents != 0);
    self->monitor_woke = fds[2].revents != 0;
    self->other_woke = fds[3].revents != 0;
    //  What a connection brought before it broke was there before the monitor knew. And
    //  with the clock the socket is asked whatever it told: who watches it in our place
    //  may stand still.
    self->socket_woke =
        more || fds[4].revents != 0 || self->monitor_woke || (sleep && woke == 0);
    return !fds[1].revents || !(zsock_events (self->pipe) & ZMQ_POLLIN);
}

bool daffi_rest_ended (zsock_t *pipe)
{
    return (zsock_events (pipe) & ZMQ_POLLIN) != 0;
}

void daffi_rest_end (zsock_t *pipe)
{
    char *term = zstr_recv (pipe);
    zstr_free (&term);
}
