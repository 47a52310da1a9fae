//  SPDX-License-Identifier: MPL-2.0
//  What became of a child that did not answer, in words for the caller.

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "failure.h"
#include "isolated.h"

static const char *call_name (int64_t number)
{
    static const struct {
        long number;
        const char *name;
    } names[] = {{SYS_openat, "openat: it wanted to open a file"},
                 {SYS_socket, "socket: it wanted to open a socket"},
                 {SYS_execve, "execve: it wanted to start a program"},
                 {SYS_clone, "clone: it wanted to start a process"},
                 {SYS_kill, "kill: it wanted to signal a process"},
                 {SYS_tgkill, "tgkill: it wanted to signal a thread"},
                 {SYS_prlimit64, "prlimit64: it wanted to change a limit"},
                 {SYS_fcntl, "fcntl: it wanted more of a descriptor than is safe"},
                 {SYS_ptrace, "ptrace: it wanted to look into a process"},
                 {SYS_unlinkat, "unlinkat: it wanted to remove a file"},
                 {SYS_memfd_create, "memfd_create: it wanted to make a file"},
#ifdef SYS_fork
                 {SYS_fork, "fork: it wanted to start a process"},
                 {SYS_vfork, "vfork: it wanted to start a process"},
                 {SYS_open, "open: it wanted to open a file"},
                 {SYS_unlink, "unlink: it wanted to remove a file"}
#endif
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return names[i].name;
    return "see syscall(2)";
}

static daffi_status_t explain_signal (const daffi_isolated_t *self, int number,
                                      daffi_error_t *error)
{
    if (self->crash && self->crash_reason == DAFFI_CRASH_MEMORY)
        return daffi_fail (
            error, DAFFI_LIMIT, "over its memory limit of %llu MiB (signal %d)",
            (unsigned long long)self->payloads->policy.options.child_memory_bytes >> 20,
            number);
    if (self->crash && self->crash_reason == DAFFI_CRASH_STACK)
        return daffi_fail (error, DAFFI_CRASHED, "its stack overflowed (signal %d, %s)",
                           number, strsignal (number));
    if (number == SIGSYS)
        return daffi_fail (error, DAFFI_FORBIDDEN, "a forbidden system call");
    if (number == SIGXCPU)
        return daffi_fail (error, DAFFI_LIMIT, "over the CPU time of a process");
    if (number == SIGXFSZ)
        return daffi_fail (error, DAFFI_LIMIT, "it wanted to write to a file");
    return daffi_fail (error, DAFFI_CRASHED, "signal %d (%s)", number,
                       strsignal (number));
}

static daffi_status_t explain (const daffi_isolated_t *self, daffi_error_t *error)
{
    if (self->forbidden)
        return daffi_fail (error, DAFFI_FORBIDDEN, "forbidden system call %lld (%s)",
                           (long long)self->call_number, call_name (self->call_number));
    if (self->over_cpu)
        return daffi_fail (error, DAFFI_LIMIT, "over its limit of %u ms of CPU time",
                           (unsigned)self->payloads->policy.options.child_cpu_ms);
    if (self->killed && self->cancelled)
        return daffi_fail (error, DAFFI_CANCELLED, "killed after it was cancelled");
    if (self->killed)
        return daffi_fail (error, DAFFI_TIMEOUT, "killed at its deadline");
    if (!self->exited)
        return daffi_fail (error, DAFFI_CRASHED,
                           "its child broke off, or is lost with the runner");
    if (WIFSIGNALED (self->wait_status))
        return explain_signal (self, WTERMSIG (self->wait_status), error);
    if (self->wait_status == -1)
        return daffi_fail (error, DAFFI_BUSY, "the runner could not start a child");
    return daffi_fail (error, DAFFI_CRASHED, "it called exit (%d)",
                       WEXITSTATUS (self->wait_status));
}

void daffi_isolated_answer_loss (daffi_isolated_t *self)
{
    daffi_error_t error;
    self->status = explain (self, &error);
    bool cause = self->status == DAFFI_CRASHED || self->status == DAFFI_LIMIT ||
                 self->status == DAFFI_FORBIDDEN;
    if (cause)
        atomic_fetch_add (&self->held->crashes, 1);
    daffi_log (&self->payloads->log, DAFFI_LOG_WARNING,
               cause ? "payload.crashed" : "payload.killed",
               "hash=%s function=%s caller=%s status=%s text=%s",
               self->held->payload->hash_text, self->function,
               daffi_request_caller (self->request), daffi_status_name (self->status),
               error.text);
    (void)daffi_request_fail_with (self->request, self->status, "%s", error.text);
}
