//  SPDX-License-Identifier: MPL-2.0
//  Child processes: start, talk in lines, stop, always with a time limit.
//
//  PR_SET_PDEATHSIG lets the kernel clean up where the benchmark itself cannot, and all
//  pipes are close-on-exec, so that no child keeps the stdin of another one open.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_TIMEOUT_MS 4000

static volatile sig_atomic_t interrupted;

static void on_signal (int number)
{
    (void)number;
    interrupted = 1;
}

void bench_child_watch_signals (void)
{
    struct sigaction action = {.sa_handler = on_signal};  //  no SA_RESTART: waits end
    sigaction (SIGINT, &action, NULL);
    sigaction (SIGTERM, &action, NULL);
    sigaction (SIGHUP, &action, NULL);
    signal (SIGPIPE, SIG_IGN);
}

bool bench_child_interrupted (void)
{
    return interrupted != 0;
}

//  Between fork and exec: async-signal-safe functions only.
static void become (const bench_child_options_t *options, int in_fd, int out_fd,
                    pid_t parent)
{
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    if (getppid () != parent)
        _exit (126);
    signal (SIGPIPE, SIG_DFL);
    dup2 (in_fd, STDIN_FILENO);
    dup2 (out_fd, STDOUT_FILENO);
    if (options->log_path)
        dup2 (out_fd, STDERR_FILENO);
    execv (options->argv[0], options->argv);
    _exit (127);
}

static void close_fd (int *fd)
{
    if (*fd >= 0)
        close (*fd);
    *fd = -1;
}

//  Makes the child's stdin and, unless it goes to a file, its stdout.
static bool open_pipes (const char *log_path, int in[2], int out[2])
{
    if (pipe2 (in, O_CLOEXEC))
        return false;
    if (!log_path)
        return pipe2 (out, O_CLOEXEC) == 0;
    out[1] = open (log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return out[1] >= 0;
}

daffi_status_t bench_child_start (bench_child_t *self,
                                  const bench_child_options_t *options,
                                  daffi_error_t *error)
{
    memset (self, 0, sizeof *self);
    snprintf (self->title, sizeof self->title, "%s", options->title);
    self->stop_signal = options->stop_signal;
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    bool opened = open_pipes (options->log_path, in, out);
    pid_t parent = getpid ();
    pid_t pid = opened ? fork () : -1;
    int reason = errno;
    if (pid == 0)
        become (options, in[0], out[1], parent);
    close_fd (&in[0]);
    close_fd (&out[1]);
    if (pid < 0) {
        close_fd (&in[1]);
        close_fd (&out[0]);
        return bench_fail (error, DAFFI_SYSTEM, "cannot start %s: %s", self->title,
                           strerror (reason));
    }
    self->pid = pid;
    self->in_fd = in[1];
    self->out_fd = out[0];
    return DAFFI_OK;
}

daffi_status_t bench_child_send (bench_child_t *self, const char *line,
                                 daffi_error_t *error)
{
    size_t size = strlen (line);
    if (write (self->in_fd, line, size) == (ssize_t)size)  //  under PIPE_BUF: at once
        return DAFFI_OK;
    if (bench_child_ended (self, error))
        return error->status;
    return bench_fail (error, DAFFI_SYSTEM, "cannot write to %s: %s", self->title,
                       strerror (errno));
}

//  Takes one whole line out of the buffer, if there is one.
static bool take_line (bench_child_t *self, char line[BENCH_LINE_MAX])
{
    char *end = memchr (self->line, '\n', self->line_size);
    if (!end && self->line_size == BENCH_LINE_MAX)
        end = self->line + BENCH_LINE_MAX - 1;  //  too long for us: cut
    if (!end)
        return false;
    size_t size = (size_t)(end - self->line);
    memcpy (line, self->line, size);
    line[size] = 0;
    self->line_size -= size + 1;
    memmove (self->line, end + 1, self->line_size);
    return true;
}

static daffi_status_t report_end (bench_child_t *self, daffi_error_t *error)
{
    for (int i = 0; i < 100; i++) {  //  its pipe closes a little before it is a zombie
        if (bench_child_ended (self, error))
            return error->status;
        poll (NULL, 0, 10);
    }
    return bench_fail (error, DAFFI_SYSTEM, "%s closed its output", self->title);
}

static daffi_status_t fill_line (bench_child_t *self, int64_t left_ms,
                                 daffi_error_t *error)
{
    struct pollfd item = {.fd = self->out_fd, .events = POLLIN};
    int ready = poll (&item, 1, (int)(left_ms > 0 ? left_ms : 0));
    if (interrupted)
        return bench_fail (error, DAFFI_CANCELLED, "interrupted");
    if (ready < 0 && errno == EINTR)
        return DAFFI_OK;
    if (ready == 0)
        return bench_fail (error, DAFFI_TIMEOUT, "%s does not answer", self->title);
    ssize_t size = read (self->out_fd, self->line + self->line_size,
                         sizeof self->line - self->line_size);
    if (size <= 0)
        return report_end (self, error);
    self->line_size += (size_t)size;
    return DAFFI_OK;
}

daffi_status_t bench_child_read (bench_child_t *self, int64_t timeout_ms,
                                 char line[BENCH_LINE_MAX], daffi_error_t *error)
{
    int64_t end_ns = bench_clock_ns () + timeout_ms * 1000000;
    while (!take_line (self, line)) {
        daffi_status_t status =
            fill_line (self, (end_ns - bench_clock_ns ()) / 1000000, error);
        if (status)
            return status;
    }
    if (strncmp (line, "error ", 6) == 0)
        return bench_fail (error, DAFFI_FAILED, "%s: %s", self->title, line + 6);
    return DAFFI_OK;
}

bool bench_child_ended (bench_child_t *self, daffi_error_t *error)
{
    int how;
    if (self->pid == 0 || waitpid (self->pid, &how, WNOHANG) != self->pid)
        return false;
    self->pid = 0;
    if (WIFSIGNALED (how))
        bench_fail (error, DAFFI_SYSTEM, "%s was ended by signal %d (%s)", self->title,
                    WTERMSIG (how), strsignal (WTERMSIG (how)));
    else if (WEXITSTATUS (how) == 127)
        bench_fail (error, DAFFI_SYSTEM, "%s cannot be run", self->title);
    else
        bench_fail (error, DAFFI_SYSTEM, "%s ended with exit code %d", self->title,
                    WEXITSTATUS (how));
    return true;
}

int64_t bench_child_cpu_ns (const bench_child_t *self)
{
    clockid_t clock;
    struct timespec used;
    if (self->pid == 0 || clock_getcpuclockid (self->pid, &clock) ||
        clock_gettime (clock, &used))
        return 0;
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

bool bench_child_stop (bench_child_t *self)
{
    if (self->title[0] == 0)
        return true;  //  never started
    close_fd (&self->in_fd);
    if (self->pid && self->stop_signal)
        kill (self->pid, self->stop_signal);
    daffi_error_t ignored;
    int64_t end_ns = bench_clock_ns () + STOP_TIMEOUT_MS * INT64_C (1000000);
    while (self->pid && !bench_child_ended (self, &ignored) &&
           bench_clock_ns () < end_ns)
        poll (NULL, 0, 1);
    bool in_time = self->pid == 0;
    if (!in_time) {
        kill (self->pid, SIGKILL);
        waitpid (self->pid, NULL, 0);
        self->pid = 0;
    }
    close_fd (&self->out_fd);
    self->title[0] = 0;
    return in_time;
}
