//  SPDX-License-Identifier: MPL-2.0
//  From the ready line to the end: signals in, drain out.
//
//  The main thread reads signals all the time, so that a second one is heard while the
//  Global drains: stopping it and waiting for its end, which both block, have a thread
//  each.

#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "process.h"

typedef struct {
    const daffi_serve_t *serve;
    int stopped_fd;  //  readable once the Global has stopped
    pthread_t watcher;
    pthread_t stopper;
    bool stopping;
    bool has_stopper;
} state_t;

static void *watch (void *arg)
{
    const state_t *self = arg;
    daffi_global_join (self->serve->global, DAFFI_FOREVER);
    eventfd_write (self->stopped_fd, 1);
    return NULL;
}

static void *stop (void *arg)
{
    daffi_global_stop (arg);
    return NULL;
}

static void begin_drain (state_t *self, int signal_number)
{
    const daffi_serve_t *serve = self->serve;
    daffi_logging_say (serve->logging, DAFFI_LOG_INFO, "broker.draining", "signal=%s",
                       signal_number == SIGTERM ? "SIGTERM" : "SIGINT");
    self->stopping = true;
    serve->on_drain (serve->arg);
    self->has_stopper = pthread_create (&self->stopper, NULL, stop, serve->global) == 0;
    if (!self->has_stopper)
        daffi_global_stop (serve->global);
}

//  True: leave at once.
static bool on_signal (state_t *self, int signal_number)
{
    if (signal_number == SIGHUP) {
        daffi_logging_say (self->serve->logging, DAFFI_LOG_INFO, "broker.hangup",
                           "signal=SIGHUP ignored=yes");
        return false;
    }
    if (self->stopping)
        return true;
    begin_drain (self, signal_number);
    return false;
}

//  True: the Global has stopped; false: leave at once.
static bool wait_for_end (state_t *self)
{
    struct pollfd fds[2] = {{.fd = self->stopped_fd, .events = POLLIN},
                            {.fd = self->serve->signal_fd, .events = POLLIN}};
    for (;;) {
        if (poll (fds, 2, -1) < 0)
            continue;
        if (fds[0].revents)
            return true;
        int signal_number;
        while ((signal_number = daffi_process_signal (self->serve->signal_fd)))
            if (on_signal (self, signal_number))
                return false;
    }
}

daffi_served_t daffi_serve (const daffi_serve_t *self)
{
    //  Static: the watcher may outlive this function where we leave at once.
    static state_t state;
    state = (state_t){.serve = self};
    state.stopped_fd = eventfd (0, EFD_CLOEXEC);
    if (state.stopped_fd < 0 ||
        pthread_create (&state.watcher, NULL, watch, &state) != 0) {
        daffi_logging_say (self->logging, DAFFI_LOG_ERROR, "broker.no_thread",
                           "reason=\"%s\"", strerror (errno));
        return DAFFI_SERVED_BROKEN;
    }
    if (!wait_for_end (&state))
        return DAFFI_SERVED_AT_ONCE;
    pthread_join (state.watcher, NULL);
    if (state.has_stopper)
        pthread_join (state.stopper, NULL);
    close (state.stopped_fd);
    return state.stopping ? DAFFI_SERVED_DRAINED : DAFFI_SERVED_BROKEN;
}
