//  SPDX-License-Identifier: MPL-2.0
//  The node's side of the runner.
//
//  The runner is started with posix_spawn, which does not copy the node's memory,
//  before the node has anything to lose by it, and again where it has died.

#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "failure.h"

enum {
    START_TIMEOUT_MS = 5000,
    END_TIMEOUT_MS = 2000,
    ASK_TIMEOUT_S = 5,
    SEND_STEP_MS = 100,  //  at most so long without a look at deadlines
    TIRED_STEP_MS = 10   //  so often its CPU time is looked at: the limit of its life
                         //  has seconds of room
};

struct daffi_runner {
    const daffi_transfer_policy_t *policy;
    daffi_log_t log;
    pthread_mutex_t lock;
    char path[4096];
    pid_t pid;
    int control;  //  -1: it does not run
    int64_t last_id;
    uint32_t count;     //  children, kept ones included
    daffi_list_t kept;  //  the one that waits longest first
};

//  --- starting -----------------------------------------------------------------------

static daffi_status_t greet (daffi_runner_t *self, daffi_error_t *error)
{
    daffi_said_t said;
    int fds[DAFFI_SAY_FDS];
    uint8_t none[8];
    struct pollfd waiting = {.fd = self->control, .events = POLLIN};
    if (poll (&waiting, 1, START_TIMEOUT_MS) != 1)
        return daffi_fail (error, DAFFI_SYSTEM,
                           "%.80s was silent for %d s after its start; name "
                           "daffi-runner by .runner_path or $DAFFI_RUNNER",
                           self->path, START_TIMEOUT_MS / 1000);
    if (daffi_hear_fds (self->control, &said, none, sizeof none, fds) < 0 ||
        said.type != DAFFI_SAY_READY)
        return daffi_fail (error, DAFFI_SYSTEM,
                           "%.80s ended or is no daffi-runner; name that by "
                           ".runner_path or $DAFFI_RUNNER",
                           self->path);
    bool whole = said.a > 0 && said.b;
    daffi_log (&self->log, whole ? DAFFI_LOG_INFO : DAFFI_LOG_WARNING,
               "payload.protection", "landlock=%lld seccomp=%s runner=%s",
               (long long)said.a, said.b ? "yes" : "no", self->path);
    if (!whole && !self->policy->options.weak_ok)
        return daffi_fail (error, DAFFI_REFUSED,
                           "this kernel has no %s, so payloads cannot be isolated; set "
                           ".weak_ok to go on without",
                           said.a > 0 ? "seccomp" : "Landlock");
    return DAFFI_OK;
}

static bool ends_within (int pid, int timeout_ms)
{
    struct pollfd waiting = {.fd = (int)syscall (SYS_pidfd_open, pid, 0),
                             .events = POLLIN};
    bool ended = waiting.fd >= 0 && poll (&waiting, 1, timeout_ms) == 1;
    if (waiting.fd >= 0)
        close (waiting.fd);
    return ended;
}

//  Locked, or alone. It kills its children when its control socket is closed; where it
//  does not even do that in time, they end with it.
static void end (daffi_runner_t *self, int timeout_ms)
{
    if (self->control >= 0)
        close (self->control);
    self->control = -1;
    if (!self->pid)
        return;
    if (!ends_within (self->pid, timeout_ms))
        kill (self->pid, SIGKILL);
    while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    self->pid = 0;
}

//  Locked, or alone.
static daffi_status_t start (daffi_runner_t *self, daffi_error_t *error)
{
    int pair[2];
    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return daffi_fail (error, DAFFI_SYSTEM, "no socket for the runner: %s",
                           strerror (errno));
    //  dup2 onto itself would keep the close-on-exec flag
    int theirs = fcntl (pair[1], F_DUPFD_CLOEXEC, 10);
    int why = errno;
    close (pair[1]);
    self->control = pair[0];
    struct timeval patience = {.tv_sec = ASK_TIMEOUT_S};
    (void)setsockopt (pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    daffi_status_t status =
        theirs < 0 ? daffi_fail (error, DAFFI_SYSTEM,
                                 "no descriptor for the runner: %s; see ulimit -n",
                                 strerror (why))
                   : daffi_runner_spawn (self->path, theirs, &self->pid, error);
    if (theirs >= 0)
        close (theirs);
    if (!status)
        status = greet (self, error);
    if (status)
        end (self, 0);
    return status;
}

daffi_runner_t *daffi_runner_new (const daffi_transfer_policy_t *policy,
                                  const daffi_log_t *log, daffi_error_t *error)
{
    daffi_runner_t *self = daffi_new (sizeof *self);
    self->policy = policy;
    self->log = *log;
    self->control = -1;
    daffi_list_init (&self->kept);
    pthread_mutex_init (&self->lock, NULL);
    if (daffi_runner_find (policy->options.runner_path, self->path, sizeof self->path,
                           error) ||
        start (self, error))
        daffi_runner_destroy (&self);
    return self;
}

//  --- children -----------------------------------------------------------------------

//  Locked.
static void destroy_child (daffi_runner_t *self, daffi_child_t *child)
{
    daffi_link_remove (&child->link);
    close (child->socket);
    close (child->output);
    daffi_held_unref (child->held);
    free (child);
    self->count--;
}

//  Locked. It may have ended already.
static void end_child (daffi_runner_t *self, daffi_child_t *child)
{
    if (self->control >= 0)
        (void)daffi_say (self->control, DAFFI_SAY_KILL, child->id, 0, NULL, 0);
    destroy_child (self, child);
}

void daffi_runner_destroy (daffi_runner_t **self_p)
{
    daffi_runner_t *self = *self_p;
    if (!self)
        return;
    DAFFI_LIST_EACH (&self->kept, link, follower)
        destroy_child (self, daffi_container (link, daffi_child_t, link));
    end (self, END_TIMEOUT_MS);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

//  Nothing may wait on a kept child's socket: what does is its end.
static bool lives (const daffi_child_t *child)
{
    struct pollfd waiting = {.fd = child->socket, .events = POLLIN};
    return poll (&waiting, 1, 0) == 0;
}

//  What is left of its life may not suffice for one more call.
static bool tired (const daffi_runner_t *self, daffi_child_t *child)
{
    int64_t call_ms = self->policy->options.child_cpu_ms, now_ms = daffi_clock_ms ();
    if (now_ms < child->looked_ms + TIRED_STEP_MS)
        return false;
    if (daffi_child_cpu_ms (child) >= (DAFFI_CHILD_LIFE_CALLS - 1) * call_ms)
        return true;
    child->looked_ms = now_ms;
    return false;
}

//  Locked. Those that have ended meanwhile, and those that talk though nobody asked.
static void sweep (daffi_runner_t *self)
{
    DAFFI_LIST_EACH (&self->kept, link, follower) {
        daffi_child_t *child = daffi_container (link, daffi_child_t, link);
        if (!lives (child) || tired (self, child))
            end_child (self, child);
    }
}

//  Locked.
static daffi_child_t *take_kept (daffi_runner_t *self, const daffi_held_t *held,
                                 const char *caller)
{
    DAFFI_LIST_EACH (&self->kept, link, follower) {
        daffi_child_t *child = daffi_container (link, daffi_child_t, link);
        if (child->held != held || strcmp (child->caller, caller) != 0 ||
            !lives (child) || tired (self, child))
            continue;
        daffi_link_remove (link);
        return child;
    }
    sweep (self);
    return NULL;
}

//  Locked.
static daffi_status_t make_room (daffi_runner_t *self, daffi_error_t *error)
{
    if (self->count < self->policy->options.children_max)
        return DAFFI_OK;
    daffi_link_t *oldest = daffi_list_first (&self->kept);
    if (!oldest)
        return daffi_fail (error, DAFFI_BUSY,
                           "%u payload functions run isolated already",
                           (unsigned)self->count);
    end_child (self, daffi_container (oldest, daffi_child_t, link));
    return DAFFI_OK;
}

//  Locked. Sends the request, and starts the runner anew if it has died.
static bool ask (daffi_runner_t *self, const daffi_child_t *child, const int *fds,
                 daffi_error_t *error)
{
    const daffi_transfer_options_t *options = &self->policy->options;
    daffi_limits_t limits = {.memory_bytes = options->child_memory_bytes,
                             .cpu_ms = options->child_cpu_ms,
                             .files_max = options->child_files_max,
                             .idle_ms = options->child_idle_ms,
                             .weak_ok = options->weak_ok};
    for (int attempt = 0; attempt < 2; attempt++) {
        if (self->control < 0 && start (self, error))
            return false;
        if (daffi_say_fds (self->control, DAFFI_SAY_SPAWN, child->id, &limits,
                           sizeof limits, fds, DAFFI_SAY_FDS))
            return true;
        end (self, 0);
        daffi_log (&self->log, DAFFI_LOG_ERROR, "payload.runner_lost", "path=%s",
                   self->path);
    }
    daffi_fail (error, DAFFI_SYSTEM, "the runner does not answer");
    return false;
}

//  Its first word says who it is, and nobody waits long for a short call.
static void set_up_socket (int fd)
{
    struct timeval patience = {.tv_usec = SEND_STEP_MS * 1000};
    struct timeval brief = {.tv_usec = DAFFI_CHILD_SHORT_MS * 1000};
    int on = 1;
    (void)setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
    (void)setsockopt (fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

void daffi_child_started (daffi_child_t *self, int pid)
{
    int off = 0;
    self->pid = pid;
    (void)setsockopt (self->socket, SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
}

static void close_pair (int *pair)
{
    close (pair[0]);
    close (pair[1]);
}

//  Locked.
static daffi_child_t *new_child (daffi_runner_t *self, daffi_held_t *held,
                                 const char *caller, daffi_error_t *error)
{
    int sockets[2], output[2];
    int image = daffi_held_image (held, error);
    if (image < 0)
        return NULL;
    if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) {
        daffi_fail (error, DAFFI_SYSTEM, "no socket: %s", strerror (errno));
        return NULL;
    }
    if (pipe2 (output, O_CLOEXEC)) {
        daffi_fail (error, DAFFI_SYSTEM, "no pipe: %s", strerror (errno));
        close_pair (sockets);
        return NULL;
    }
    (void)fcntl (output[0], F_SETFL, O_NONBLOCK);
    set_up_socket (sockets[0]);
    daffi_child_t *child = daffi_new (sizeof *child);
    child->id = ++self->last_id;
    child->socket = sockets[0];
    child->output = output[0];
    child->cpu = -1;
    const int fds[DAFFI_SAY_FDS] = {sockets[1], image, output[1]};
    bool asked = ask (self, child, fds, error);
    close (sockets[1]);
    close (output[1]);
    if (!asked) {
        close (sockets[0]);
        close (output[0]);
        free (child);
        return NULL;
    }
    atomic_fetch_add (&held->refs, 1);
    child->held = held;
    daffi_name_copy (child->caller, daffi_text_of (caller));
    self->count++;
    return child;
}

daffi_status_t daffi_runner_fetch (daffi_runner_t *self, daffi_held_t *held,
                                   const char *caller, daffi_child_t **out,
                                   daffi_error_t *error)
{
    pthread_mutex_lock (&self->lock);
    *out = take_kept (self, held, caller);
    daffi_status_t status = DAFFI_OK;
    if (!*out) {
        status = make_room (self, error);
        if (!status && !(*out = new_child (self, held, caller, error)))
            status = DAFFI_SYSTEM;
    }
    pthread_mutex_unlock (&self->lock);
    return status;
}

void daffi_runner_give_back (daffi_runner_t *self, daffi_child_t *child, bool keep)
{
    pthread_mutex_lock (&self->lock);
    if (keep)
        daffi_list_append (&self->kept, &child->link);
    else
        end_child (self, child);
    pthread_mutex_unlock (&self->lock);
}

void daffi_runner_kill (daffi_runner_t *self, const daffi_child_t *child)
{
    pthread_mutex_lock (&self->lock);
    if (self->control >= 0)
        (void)daffi_say (self->control, DAFFI_SAY_KILL, child->id, 0, NULL, 0);
    pthread_mutex_unlock (&self->lock);
}

void daffi_runner_forget (daffi_runner_t *self, const daffi_held_t *held)
{
    pthread_mutex_lock (&self->lock);
    DAFFI_LIST_EACH (&self->kept, link, follower) {
        daffi_child_t *child = daffi_container (link, daffi_child_t, link);
        if (child->held == held)
            end_child (self, child);
    }
    pthread_mutex_unlock (&self->lock);
}
