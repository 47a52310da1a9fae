//  SPDX-License-Identifier: MPL-2.0
//  A Global as a plain zactor.
//
//  The actor's thread turns the Global's descriptor into wake-ups on the pipe: one, and
//  then no other until the program has taken it and dispatched. Signals are all that
//  passes through the pipe; work goes through the Global's own queues.

#include "daffi_czmq.h"

#include <poll.h>

enum { WAKE = 1, TAKEN = 2 };

//  $TERM, or that the last wake-up was taken. False: the actor shall end.
static bool read_pipe (zsock_t *pipe, bool *awaited)
{
    while (zsock_events (pipe) & ZMQ_POLLIN) {
        zmsg_t *message = zmsg_recv (pipe);
        bool taken = zmsg_signal (message) == TAKEN;
        zmsg_destroy (&message);
        if (!taken)
            return false;
        *awaited = false;
    }
    return true;
}

static void serve (zsock_t *pipe, daffi_global_t *global)
{
    bool awaited = false;
    int work = global ? daffi_global_fd (global) : -1;
    while (read_pipe (pipe, &awaited)) {
        struct pollfd fds[] = {{.fd = zsock_fd (pipe), .events = POLLIN},
                               {.fd = awaited ? -1 : work, .events = POLLIN}};
        poll (fds, sizeof fds / sizeof fds[0], -1);
        if (!fds[1].revents)
            continue;
        zsock_signal (pipe, WAKE);
        awaited = true;
    }
}

void daffi_czmq_actor (zsock_t *pipe, void *args_)
{
    daffi_czmq_args_t *args = args_;
    daffi_global_t *global = daffi_global_new (args->options, args->error);
    args->global = global;
    zsock_signal (pipe, 0);
    serve (pipe, global);
    daffi_global_destroy (&global);
}

size_t daffi_czmq_dispatch (zsock_t *pipe, daffi_global_t *global)
{
    bool woken = false;
    while (zsock_events (pipe) & ZMQ_POLLIN) {
        zmsg_t *message = zmsg_recv (pipe);
        woken = zmsg_signal (message) == WAKE || woken;
        zmsg_destroy (&message);
    }
    size_t count = global ? daffi_global_dispatch (global, 0) : 0;
    if (woken)
        zsock_signal (pipe, TAKEN);
    return count;
}
