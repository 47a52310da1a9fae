//  SPDX-License-Identifier: MPL-2.0
//  One run of a program: what goes into it, what comes out of it, and its end.
//
//  posix_spawn and not fork: other threads run here, and their locks would be copied.

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_one (int *fd)
{
    if (*fd >= 0)
        close (*fd);
    *fd = -1;
}

static int spawn (pid_t *pid, char *const *argv, char *const *environment,
                  const int theirs[3])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    sigemptyset (&none);
    sigemptyset (&usual);
    sigaddset (&usual, SIGPIPE);
    posix_spawn_file_actions_init (&actions);
    posix_spawnattr_init (&attributes);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2 (&actions, theirs[i], i);
    posix_spawnattr_setsigmask (&attributes, &none);
    posix_spawnattr_setsigdefault (&attributes, &usual);
    posix_spawnattr_setpgroup (&attributes, 0);
    posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETPGROUP |
                                               POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF);
    int reason = posix_spawnp (pid, argv[0], &actions, &attributes, argv, environment);
    posix_spawnattr_destroy (&attributes);
    posix_spawn_file_actions_destroy (&actions);
    return reason;
}

bool daffi_child_start (daffi_child_t *self, char *const *argv,
                        char *const *environment)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    *self = (daffi_child_t){.in = -1, .out = -1, .err = -1, .exited_fd = -1};
    int reason = 0;
    if (pipe2 (in, O_CLOEXEC) || pipe2 (out, O_CLOEXEC) || pipe2 (err, O_CLOEXEC))
        reason = errno;
    const int theirs[3] = {in[0], out[1], err[1]};
    if (!reason)
        reason = spawn (&self->pid, argv, environment, theirs);
    close_one (&in[0]);
    close_one (&out[1]);
    close_one (&err[1]);
    self->in = in[1];
    self->out = out[0];
    self->err = err[0];
    if (!reason) {
        self->exited_fd = pidfd_open (self->pid, 0);
        for (int *fd = (int[]){self->in, self->out, self->err, -1}; *fd >= 0; fd++)
            fcntl (*fd, F_SETFL, O_NONBLOCK);
        return true;
    }
    close_one (&self->in);
    close_one (&self->out);
    close_one (&self->err);
    errno = reason;
    return false;
}

//  The last line that is not empty.
static void keep_line (daffi_child_t *self, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n') {
            self->line_over = true;
            continue;
        }
        if (self->line_over)
            self->said_size = 0;
        self->line_over = false;
        if (self->said_size < sizeof self->said)
            self->said[self->said_size++] = text[i];
    }
}

void daffi_child_listen (daffi_child_t *self)
{
    char text[4096];
    ssize_t got;
    while ((got = read (self->err, text, sizeof text)) > 0) {
        keep_line (self, text, (size_t)got);
        if (write (STDERR_FILENO, text, (size_t)got) < 0)
            continue;  //  nobody looks on
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        close_one (&self->err);
}

void daffi_child_stop (daffi_child_t *self, bool at_once)
{
    kill (-self->pid, at_once ? SIGKILL : SIGTERM);
}

bool daffi_child_end (daffi_child_t *self, char *text, size_t size)
{
    int status = 0;
    close_one (&self->in);
    while (waitpid (self->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (self->err >= 0)
        daffi_child_listen (self);
    close_one (&self->out);
    close_one (&self->err);
    close_one (&self->exited_fd);
    int shown = (int)self->said_size;
    if (WIFSIGNALED (status))
        snprintf (text, size, "killed by signal %d (%s)%s%.*s", WTERMSIG (status),
                  strsignal (WTERMSIG (status)), shown ? ": " : "", shown, self->said);
    else
        snprintf (text, size, "exit status %d%s%.*s", WEXITSTATUS (status),
                  shown ? ": " : "", shown, self->said);
    return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}
