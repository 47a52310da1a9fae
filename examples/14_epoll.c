//  SPDX-License-Identifier: MPL-2.0
//  14_epoll: a program of one thread that serves and calls from its own epoll loop.
//
//  manual_dispatch keeps daffi's threads out of the program's code: callbacks, on_done
//  and events run inside daffi_global_dispatch (), which the loop calls when the
//  Global's descriptor is readable.
//
//  RUN: ./14_epoll
//  OUTPUT:
//  | tick 1: square (3) = 9, run by the loop's own thread: yes
//  | tick 2: square (4) = 16, run by the loop's own thread: yes
//  | tick 3: square (5) = 25, run by the loop's own thread: yes
//  END

#include <daffi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

typedef struct {
    daffi_global_t *global;
    daffi_future_t *call;
    pthread_t loop;
    bool own_thread;
    bool waiting;  //  for on_done
    int ticks;
} program_t;

static daffi_status_t square (daffi_request_t *request, void *arg)
{
    program_t *self = arg;
    int64_t n;
    self->own_thread = pthread_equal (pthread_self (), self->loop);
    if (daffi_request_int (request, 0, &n))
        return DAFFI_TYPE;
    return daffi_request_reply (request, n * n);
}

static void on_done (daffi_future_t *call, void *arg)
{
    program_t *self = arg;
    int64_t result = 0;
    const daffi_value_t *value = daffi_future_value (call);
    bool own = self->own_thread && pthread_equal (pthread_self (), self->loop);
    if (value && !daffi_value_get_int (value, &result))
        printf ("tick %d: square (%d) = %lld, run by the loop's own thread: %s\n",
                self->ticks, self->ticks + 2, (long long)result, own ? "yes" : "no");
    self->waiting = false;
}

//  Begins the next call, once on_done has told of the one before: that may be later
//  than the future is done, since the loop has to dispatch it.
static daffi_status_t on_tick (program_t *self, int timer)
{
    uint64_t count;
    daffi_error_t error;
    if (read (timer, &count, sizeof count) < 0 || self->waiting)
        return DAFFI_OK;
    daffi_future_destroy (&self->call);
    self->call = daffi_call_start (self->global, "square",
                                   DAFFI_ARGS (++self->ticks + 2), NULL, &error);
    self->waiting = true;
    return self->call ? daffi_future_on_done (self->call, on_done, self) : error.status;
}

static daffi_status_t run (program_t *self, int loop, int timer)
{
    daffi_status_t status = DAFFI_OK;
    while (!status && (self->waiting || self->ticks < 3)) {
        struct epoll_event event;
        if (epoll_wait (loop, &event, 1, -1) < 1)
            continue;
        if (event.data.fd == timer)
            status = on_tick (self, timer);
        else
            daffi_global_dispatch (self->global, 0);
    }
    return status;
}

static int watch (int loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl (loop, EPOLL_CTL_ADD, fd, &event);
}

int main (void)
{
    daffi_error_t error;
    program_t self = {.loop = pthread_self ()};
    const struct itimerspec every = {{0, 5000000}, {0, 5000000}};
    const daffi_function_t functions[] = {
        {.name = "square", .callback = square, .arg = &self}, {0}};
    self.global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "loop", .init_controller = true,
                       .host = "127.0.0.1", .functions = functions,
                       .manual_dispatch = true),
        &error);
    if (!self.global)
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;
    int loop = epoll_create1 (EPOLL_CLOEXEC);
    int timer = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC);
    timerfd_settime (timer, 0, &every, NULL);
    bool failed = watch (loop, timer) || watch (loop, daffi_global_fd (self.global)) ||
                  run (&self, loop, timer);
    daffi_future_destroy (&self.call);
    daffi_global_destroy (&self.global);
    close (timer);
    close (loop);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
