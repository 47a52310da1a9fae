//  SPDX-License-Identifier: MPL-2.0
//  What looks on until it is interrupted.
//
//  A handler and a descriptor, not blocked signals: until there is a connection Ctrl-C
//  shall end the program at once, and the threads of the library exist by then.

#include "follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int end_fd = -1;

void daffi_follow_end (void)
{
    (void)!write (end_fd, &(uint64_t){1}, sizeof (uint64_t));
}

static void on_signal (int number)
{
    (void)number;
    int before = errno;
    daffi_follow_end ();
    errno = before;
}

daffi_exit_t daffi_follow_begin (daffi_cli_t *self, const daffi_options_t *more)
{
    const struct sigaction action = {.sa_handler = on_signal,
                                     .sa_flags = (int)SA_RESETHAND};
    daffi_exit_t code = daffi_cli_connect (self, more);
    if (code)
        return code;
    end_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (end_fd < 0)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_INTERNAL, "eventfd: %s",
                                  strerror (errno));
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    return DAFFI_EXIT_OK;
}

static bool wait_for (int fd, int64_t time_ms)
{
    struct pollfd fds[2] = {{.fd = end_fd, .events = POLLIN},
                            {.fd = fd, .events = POLLIN}};
    int timeout_ms = time_ms > INT32_MAX ? INT32_MAX : (int)time_ms;
    while (poll (fds, 2, timeout_ms) < 0 && errno == EINTR)
        continue;  //  a signal of ours: the descriptor tells
    return !fds[0].revents;
}

bool daffi_follow_until (int fd)
{
    return wait_for (fd, -1);
}

bool daffi_follow_pause (int64_t time_ms)
{
    return wait_for (-1, time_ms);
}

//  --- a controller that goes -------------------------------------------------------

bool daffi_follow_away (const daffi_cli_t *self, daffi_exit_t code)
{
    return code == DAFFI_EXIT_ENDPOINT ||
           (code && daffi_global_state (self->global, NULL) == DAFFI_STATE_CONNECTING);
}

daffi_exit_t daffi_follow_return (daffi_cli_t *self)
{
    enum { STEP_MS = 50 };
    daffi_state_t state;
    daffi_error_t why;
    self->problem.text[0] = '\0';
    do {
        if (!daffi_follow_pause (STEP_MS))
            return DAFFI_EXIT_OK;
        state = daffi_global_state (self->global, &why);
    } while (state == DAFFI_STATE_CONNECTING);
    return state == DAFFI_STATE_REFUSED ? daffi_cli_failed (self, &why) : DAFFI_EXIT_OK;
}

//  --- looks ------------------------------------------------------------------------

static daffi_exit_t look_once (daffi_cli_t *self, daffi_follow_fn *look, void *arg)
{
    daffi_keep_t before = self->keep;
    if (daffi_global_state (self->global, NULL) == DAFFI_STATE_CONNECTING)
        return DAFFI_EXIT_ENDPOINT;
    daffi_exit_t code = look (self, arg);
    daffi_keep_back (&self->keep, before);
    if (!daffi_screen_end (&self->style) && !code)
        code = DAFFI_EXIT_INTERNAL;
    return code;
}

static daffi_exit_t wait_for_next (daffi_cli_t *self)
{
    char endpoint[256];
    daffi_cli_endpoint (self, endpoint, sizeof endpoint);
    fprintf (stderr, "%s: the controller at %s is away; waiting until it is back\n",
             self->program, endpoint);
    return daffi_follow_return (self);
}

daffi_exit_t daffi_follow_looks (daffi_cli_t *self, int64_t interval_ms, int64_t count,
                                 daffi_follow_fn *look, void *arg)
{
    daffi_exit_t code = DAFFI_EXIT_OK;
    int64_t looks = 0, pause_ms;
    do {
        code = look_once (self, look, arg);
        looks += !code;
        pause_ms = code ? 0 : interval_ms;
        if (daffi_follow_away (self, code))
            code = wait_for_next (self);
    } while (!code && (!count || looks < count) && daffi_follow_pause (pause_ms));
    return code;
}
