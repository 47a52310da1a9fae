//  SPDX-License-Identifier: MPL-2.0
//  Other processes: the broker program, and this program in a role.
//
//  posix_spawn () and not fork (): a ZeroMQ context does not survive the latter.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "place.h"

enum { ARGUMENTS_MAX = 24 };

extern char **environ;

static process_t spawn (const char *path, const char *const *arguments)
{
    int in[2], out[2];
    posix_spawn_file_actions_t actions;
    CHECK (pipe2 (in, O_CLOEXEC) == 0 && pipe2 (out, O_CLOEXEC) == 0);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2 (&actions, out[1], STDOUT_FILENO);
    process_t self = {.in = in[1], .out = out[0]};
    int failed = posix_spawn (&self.pid, path, &actions, NULL, (char *const *)arguments,
                              environ);
    if (failed)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", path, strerror (failed));
    posix_spawn_file_actions_destroy (&actions);
    close (in[0]);
    close (out[1]);
    return self;
}

void process_read_line (const process_t *self, char *line, size_t capacity)
{
    size_t size = 0;
    while (size + 1 < capacity) {
        struct pollfd fd = {.fd = self->out, .events = POLLIN};
        if (poll (&fd, 1, BOARD_PATIENCE_MS) != 1 ||
            read (self->out, line + size, 1) != 1)
            daffi_test_fail (__FILE__, __LINE__, "process %d said nothing more",
                             self->pid);
        if (line[size] == '\n')
            break;
        size++;
    }
    line[size] = '\0';
}

//  --- starting -----------------------------------------------------------------------

static void append_all (const char **arguments, size_t *count,
                        const char *const *options)
{
    while (*options) {
        CHECK (*count < ARGUMENTS_MAX - 1);
        arguments[(*count)++] = *options++;
    }
    arguments[*count] = NULL;
}

process_t broker_start_with (place_t *self, const char *const *options)
{
    const char *broker = getenv ("DAFFI_BROKER");
    const char *arguments[ARGUMENTS_MAX] = {"daffi-broker", "--log-level", "error"};
    size_t count = 3;
    char port[16];
    char line[256];
    if (!broker)
        SKIP ("DAFFI_BROKER does not name the broker program");
    snprintf (port, sizeof port, "%u", self->port);
    const char *tcp[] = {"--host", "127.0.0.1", "--port", port, NULL};
    const char *ipc[] = {"--unix-sock-path", self->folder, NULL};
    append_all (arguments, &count, self->tcp ? tcp : ipc);
    append_all (arguments, &count, options);
    process_t process = spawn (broker, arguments);
    process_read_line (&process, line, sizeof line);
    CHECK (strstr (line, " ready at ") != NULL);
    if (self->tcp)
        self->port = (uint16_t)atoi (strrchr (line, ':') + 1);
    return process;
}

process_t process_start (const place_t *self, const char *role,
                         const char *const *options)
{
    char place[160];
    char board[160];
    char line[64];
    if (self->tcp)
        snprintf (place, sizeof place, "port=%u", self->port);
    else
        snprintf (place, sizeof place, "folder=%s", self->folder);
    snprintf (board, sizeof board, "board=%s", self->board);
    const char *arguments[ARGUMENTS_MAX] = {"role", "--role", role, place, board};
    size_t count = 5;
    append_all (arguments, &count, options);
    process_t process = spawn ("/proc/self/exe", arguments);
    for (const char *const *option = options; *option; option++)
        if (strcmp (*option, "early=1") == 0)
            return process;
    process_read_line (&process, line, sizeof line);
    CHECK_EQ_STR (line, "ready");
    return process;
}

//  --- ending -------------------------------------------------------------------------

void process_signal (const process_t *self, int number)
{
    CHECK (kill (self->pid, number) == 0);
}

void process_freeze (const process_t *self)
{
    int status = 0;
    process_signal (self, SIGSTOP);
    //  kill () returns before the last thread stands still
    CHECK (waitpid (self->pid, &status, WUNTRACED) == self->pid && WIFSTOPPED (status));
}

static void let_go (process_t *self)
{
    if (self->in >= 0)
        close (self->in);
    close (self->out);
    self->in = self->out = -1;
    self->pid = 0;
}

static int reap (const process_t *self)
{
    int status = 0;
    while (waitpid (self->pid, &status, 0) < 0)
        CHECK (errno == EINTR);
    return status;
}

void process_kill (process_t *self)
{
    process_signal (self, SIGKILL);
    reap (self);
    let_go (self);
}

void process_ask_to_stop (process_t *self)
{
    close (self->in);
    self->in = -1;
}

void process_await (process_t *self)
{
    int status = reap (self);
    if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
        daffi_test_fail (__FILE__, __LINE__, "process %d ended with status 0x%x",
                         self->pid, (unsigned)status);
    let_go (self);
}

void process_stop (process_t *self)
{
    process_ask_to_stop (self);
    process_await (self);
}

void broker_stop (process_t *self)
{
    process_signal (self, SIGTERM);
    process_await (self);
}
