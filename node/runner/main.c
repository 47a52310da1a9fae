//  SPDX-License-Identifier: MPL-2.0
//  daffi-runner: forks a child for each piece of foreign code that its node wants run.
//
//  A fork of this small process costs a fraction of one of the node, and it has no
//  threads, no sockets of the node and nothing to hide. It stays single-threaded and
//  does nothing but fork, kill and wait; when its node goes, it goes with all its
//  children.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daffi_status.h"
#include "runner.h"

enum { CONTROL = 3, CHILDREN_MAX = 1024 };

typedef struct {
    int64_t id;
    pid_t pid;   //  0: free
    int socket;  //  the child's end: the last word on it is ours
} child_t;

static child_t children[CHILDREN_MAX];

static child_t *find (int64_t id)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid && children[i].id == id)
            return &children[i];
    return NULL;
}

static child_t *free_place (void)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (!children[i].pid)
            return &children[i];
    return NULL;
}

//  --- forking ------------------------------------------------------------------------

//  The child's descriptors get the numbers that it knows. On the way they are above
//  those, wherever they came in.
static bool arrange (const int *fds)
{
    int high[DAFFI_SAY_FDS];
    for (int i = 0; i < DAFFI_SAY_FDS; i++)
        if ((high[i] = fcntl (fds[i], F_DUPFD, DAFFI_CHILD_IMAGE + 1)) < 0)
            return false;
    return dup2 (high[0], DAFFI_CHILD_SOCKET) >= 0 &&
           dup2 (high[1], DAFFI_CHILD_IMAGE) >= 0 &&
           dup2 (high[2], STDOUT_FILENO) >= 0 && dup2 (high[2], STDERR_FILENO) >= 0 &&
           !close_range (DAFFI_CHILD_IMAGE + 1, ~0U, 0);
}

static _Noreturn void become_child (const daffi_limits_t *limits, const int *fds,
                                    pid_t runner)
{
    sigset_t none;
    int socket = fds[0];
    if (!arrange (fds)) {
        char text[128];
        snprintf (text, sizeof text,
                  "the runner cannot set up a child: %s; see ulimit -n",
                  strerror (errno));
        (void)daffi_say (socket, DAFFI_SAY_REFUSED, DAFFI_SYSTEM, 0, text,
                         strlen (text));
        _exit (1);
    }
    sigemptyset (&none);
    sigprocmask (SIG_SETMASK, &none, NULL);
    daffi_child_main (limits, runner);
}

//  Where the child has left no room for it, the end of the socket must do: the runner
//  waits for nobody.
static void last_word (int socket, int status)
{
    (void)daffi_say_now (socket, DAFFI_SAY_EXITED, status);
    close (socket);
}

static void spawn (int64_t id, const daffi_limits_t *limits, int *fds)
{
    child_t *child = free_place ();
    pid_t runner = getpid ();
    pid_t pid = child && fds[2] >= 0 ? fork () : -1;
    if (pid == 0)
        become_child (limits, fds, runner);
    if (pid > 0) {
        *child = (child_t){id, pid, fds[0]};
        fds[0] = -1;
    } else if (fds[0] >= 0) {
        last_word (fds[0], -1);
        fds[0] = -1;
    }
    for (int i = 0; i < DAFFI_SAY_FDS; i++)
        if (fds[i] >= 0)
            close (fds[i]);
}

//  --- the loop -----------------------------------------------------------------------

static void reap (void)
{
    int status;
    pid_t pid;
    while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < CHILDREN_MAX; i++)
            if (children[i].pid == pid) {
                last_word (children[i].socket, status);
                children[i].pid = 0;
            }
}

//  False: the node is gone.
static bool obey (void)
{
    daffi_said_t said;
    daffi_limits_t limits;
    int fds[DAFFI_SAY_FDS];
    memset (&limits, 0, sizeof limits);
    if (daffi_hear_fds (CONTROL, &said, &limits, sizeof limits, fds) < 0)
        return false;
    child_t *child = find (said.a);
    if (said.type == DAFFI_SAY_SPAWN)
        spawn (said.a, &limits, fds);
    else if (said.type == DAFFI_SAY_KILL && child)
        kill (child->pid, SIGKILL);
    return true;
}

static void kill_all (void)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid)
            kill (children[i].pid, SIGKILL);
    while (waitpid (-1, NULL, 0) > 0)
        continue;
}

static bool sits_on_socket (void)
{
    return fcntl (CONTROL, F_GETFD) >= 0;
}

int main (int argc, char **argv)
{
    (void)argv;
    sigset_t signals;
    if (argc != 2 || strcmp (argv[1], "--of-a-node") != 0 || !sits_on_socket ()) {
        fprintf (stderr,
                 "daffi-runner is started by a node that runs payloads isolated "
                 "(daffi_transfer.h); it is no program for people\n");
        return 2;
    }
    setsid ();
    if (close_range (CONTROL + 1, ~0U, 0))
        return 1;
    sigemptyset (&signals);
    sigaddset (&signals, SIGCHLD);
    sigprocmask (SIG_SETMASK, &signals, NULL);
    int deaths = signalfd (-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    fcntl (CONTROL, F_SETFD, FD_CLOEXEC);
    if (deaths < 0 || !daffi_say (CONTROL, DAFFI_SAY_READY, daffi_sandbox_landlock (),
                                  daffi_sandbox_seccomp (), NULL, 0))
        return 1;
    for (bool on = true; on;) {
        struct pollfd waiting[] = {{.fd = CONTROL, .events = POLLIN},
                                   {.fd = deaths, .events = POLLIN}};
        if (poll (waiting, 2, -1) < 0 && errno != EINTR)
            break;
        struct signalfd_siginfo info;
        while (read (deaths, &info, sizeof info) == (ssize_t)sizeof info)
            continue;
        reap ();
        if (waiting[0].revents)
            on = obey ();
    }
    kill_all ();
    return 0;
}
