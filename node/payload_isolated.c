//  SPDX-License-Identifier: MPL-2.0
//  Payload functions that run in a child of the runner: the talk between the child and
//  the request that it answers, and what is made of a child that does not come back.
//
//  The worker thread that runs the request talks to the child itself, so a call costs
//  two wake-ups and no thread of its own.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "payloads.h"
#include "runner.h"
#include "writer.h"

enum {
    BODY_MAX = 64 << 20,
    CANCEL_GRACE_MS = 100,  //  for a function that looks whether it was cancelled
    STEP_MS = 100,          //  at most so long without a look at the child
    OUTPUT_MAX = 16 << 10,  //  bytes of output that a call may log
    ATTEMPTS = 3            //  kept children may end just when they are wanted
};

typedef enum { GOES_ON, DONE, LOST, AGAIN } outcome_t;

typedef struct {
    daffi_payloads_t *payloads;
    daffi_held_t *held;
    daffi_child_t *child;
    daffi_request_t *request;
    const char *function;
    int64_t deadline_ms;
    int64_t kill_ms;  //  DAFFI_NEVER, or when it is killed
    int64_t cpu_end_ms;
    bool cancelled;
    bool killed;
    bool over_cpu;
    bool forbidden;
    int64_t call_number;
    int crash;  //  signal that the child told of, with its reason
    int crash_reason;
    bool exited;
    int wait_status;
    size_t printed;
    daffi_status_t status;  //  what the callback returns
    daffi_buffer_t data;
} run_t;

static const char *hash_of (const run_t *self)
{
    return self->held->payload->hash_text;
}

//  --- what it says -------------------------------------------------------------------

static void log_text (run_t *self, int64_t level, const char *id)
{
    if (level < DAFFI_LOG_ERROR || level > DAFFI_LOG_DEBUG)
        level = DAFFI_LOG_INFO;
    daffi_log (&self->payloads->log, (daffi_log_level_t)level, id,
               "hash=%s function=%s text=%.*s", hash_of (self), self->function,
               (int)(self->data.size > 512 ? 512 : self->data.size),
               (const char *)self->data.data);
}

//  Lines that the payload printed, up to a bound; the rest is dropped.
static void read_output (run_t *self)
{
    char text[1024];
    ssize_t size;
    while ((size = read (self->child->output, text, sizeof text)) > 0) {
        size_t room = OUTPUT_MAX - self->printed;
        size_t shown = (size_t)size < room ? (size_t)size : room;
        self->printed += shown;
        for (char *line = text, *end = text + shown; line < end;) {
            char *stop = memchr (line, '\n', (size_t)(end - line));
            size_t length = (size_t)((stop ? stop : end) - line);
            if (length)
                daffi_log (&self->payloads->log, DAFFI_LOG_INFO, "payload.output",
                           "hash=%s function=%s text=%.*s", hash_of (self),
                           self->function, (int)length, line);
            line += length + 1;
        }
    }
}

static void answer_result (run_t *self)
{
    daffi_value_t value = daffi_value_raw (self->data.data, self->data.size);
    self->status = daffi_request_reply_value (self->request, value);
    if (self->status)
        self->status =
            daffi_request_fail (self->request, "the payload's answer is not one value");
}

static void answer_error (run_t *self, const daffi_said_t *said, bool ran)
{
    daffi_status_t status =
        said->a > 0 ? daffi_status_from_wire ((uint64_t)said->a) : DAFFI_FAILED;
    if (status == DAFFI_NO_PAYLOAD)
        status = DAFFI_FAILED;
    self->request->ran = ran;
    int size = self->data.size > DAFFI_TEXT_MAX ? DAFFI_TEXT_MAX : (int)self->data.size;
    if (size)
        self->status = daffi_request_fail_with (self->request, status, "%.*s", size,
                                                (const char *)self->data.data);
    else
        self->status = daffi_request_fail_with (self->request, status, "%s",
                                                daffi_status_text (status));
}

//  --- streams ------------------------------------------------------------------------

//  Waits in steps, so that the child's deadline is kept.
static int64_t step_of (const run_t *self, int64_t timeout_ms)
{
    int64_t left =
        self->kill_ms == DAFFI_NEVER ? timeout_ms : self->kill_ms - daffi_clock_ms ();
    if (left < 0 && self->kill_ms != DAFFI_NEVER)
        return 0;
    return timeout_ms < 0 || (left >= 0 && left < timeout_ms) ? left : timeout_ms;
}

static void give_item (run_t *self, int64_t timeout_ms)
{
    daffi_value_t item;
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_status_t status =
        daffi_request_receive (self->request, step_of (self, timeout_ms), &item);
    if (!status && (daffi_write_value (&out, &item) || out.failed))
        status = DAFFI_NO_MEMORY;
    (void)daffi_say (self->child->socket, DAFFI_SAY_ITEM, status, 0, out.data,
                     status ? 0 : out.size);
    daffi_buffer_done (&out);
}

static void take_item (run_t *self, int64_t timeout_ms)
{
    daffi_value_t item = daffi_value_raw (self->data.data, self->data.size);
    daffi_status_t status =
        daffi_request_yield_value (self->request, item, step_of (self, timeout_ms));
    (void)daffi_say (self->child->socket, DAFFI_SAY_YIELDED, status, 0, NULL, 0);
}

//  --- one message --------------------------------------------------------------------

static outcome_t obey (run_t *self, const daffi_said_t *said)
{
    switch ((int)said->type) {
    case DAFFI_SAY_LOADED:
        self->child->pid = (int)said->a;
        daffi_log (&self->payloads->log, DAFFI_LOG_INFO, "payload.loaded",
                   "hash=%s pid=%d", hash_of (self), self->child->pid);
        return GOES_ON;
    case DAFFI_SAY_REFUSED:
        answer_error (self, said, false);
        daffi_log (&self->payloads->log, DAFFI_LOG_WARNING, "payload.not_loaded",
                   "hash=%s text=%s", hash_of (self), self->request->text);
        return DONE;
    case DAFFI_SAY_IDLE:
        return AGAIN;
    case DAFFI_SAY_RESULT:
        answer_result (self);
        return DONE;
    case DAFFI_SAY_ERROR:
        answer_error (self, said, !said->b);
        return DONE;
    case DAFFI_SAY_RECEIVE:
        give_item (self, said->a);
        return GOES_ON;
    case DAFFI_SAY_YIELD:
        take_item (self, said->a);
        return GOES_ON;
    case DAFFI_SAY_PROGRESS:
        daffi_log (&self->payloads->log, DAFFI_LOG_DEBUG, "payload.progress",
                   "hash=%s function=%s done=%lld total=%lld", hash_of (self),
                   self->function, (long long)said->a, (long long)said->b);
        return GOES_ON;
    case DAFFI_SAY_LOG:
        log_text (self, said->a, "payload.says");
        return GOES_ON;
    case DAFFI_SAY_CRASH:
        self->crash = (int)said->a;
        self->crash_reason = (int)said->b;
        return GOES_ON;
    case DAFFI_SAY_FORBIDDEN:
        self->forbidden = true;
        self->call_number = said->a;
        return GOES_ON;
    case DAFFI_SAY_EXITED:
        self->exited = true;
        self->wait_status = (int)said->a;
        return LOST;
    default:
        return LOST;
    }
}

//  --- waiting ------------------------------------------------------------------------

static void end_it (run_t *self)
{
    if (!self->killed)
        daffi_runner_kill (self->payloads->runner, self->child);
    self->killed = true;
}

//  Deadline, cancellation and CPU time.
static void watch (run_t *self)
{
    int64_t now_ms = daffi_clock_ms ();
    if (!self->cancelled && daffi_request_cancelled (self->request)) {
        self->cancelled = true;
        (void)daffi_say (self->child->socket, DAFFI_SAY_CANCEL, 0, 0, NULL, 0);
        if (now_ms + CANCEL_GRACE_MS < self->kill_ms)
            self->kill_ms = now_ms + CANCEL_GRACE_MS;
    }
    if (now_ms >= self->kill_ms)
        end_it (self);
    if (!self->killed && self->child->pid) {
        int64_t used_ms = daffi_child_cpu_ms (self->child);
        if (!self->cpu_end_ms)
            self->cpu_end_ms = used_ms + self->payloads->policy.options.child_cpu_ms;
        self->over_cpu = used_ms >= self->cpu_end_ms;
        if (self->over_cpu)
            end_it (self);
    }
}

static int patience (const run_t *self)
{
    int64_t left =
        self->kill_ms == DAFFI_NEVER ? STEP_MS : self->kill_ms - daffi_clock_ms ();
    return left < 0 || self->killed ? STEP_MS
           : left < STEP_MS         ? (int)left + 1
                                    : STEP_MS;
}

static outcome_t talk (run_t *self)
{
    daffi_said_t said;
    int cancel_fd = daffi_request_cancel_fd (self->request);
    for (outcome_t outcome = GOES_ON; outcome == GOES_ON;) {
        struct pollfd waiting[] = {
            {.fd = self->child->socket, .events = POLLIN},
            {.fd = self->child->output, .events = POLLIN},
            {.fd = self->cancelled ? -1 : cancel_fd, .events = POLLIN}};
        int ready = poll (waiting, 3, patience (self));
        if (waiting[1].revents & POLLIN)
            read_output (self);
        if (ready <= 0 || waiting[2].revents || self->kill_ms != DAFFI_NEVER)
            watch (self);
        if (!waiting[0].revents)
            continue;
        if (daffi_hear (self->child->socket, false, &said, &self->data, BODY_MAX) < 0)
            return LOST;
        outcome = obey (self, &said);
        if (outcome != GOES_ON)
            return outcome;
    }
    return LOST;
}

//  --- what became of it --------------------------------------------------------------

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

static daffi_status_t explain_signal (const run_t *self, int number,
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
    if (number == SIGXFSZ)
        return daffi_fail (error, DAFFI_LIMIT, "it wanted to write to a file");
    return daffi_fail (error, DAFFI_CRASHED, "signal %d (%s)", number,
                       strsignal (number));
}

static daffi_status_t explain (const run_t *self, daffi_error_t *error)
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
        return daffi_fail (error, DAFFI_CRASHED, "its child is lost with the runner");
    if (WIFSIGNALED (self->wait_status))
        return explain_signal (self, WTERMSIG (self->wait_status), error);
    if (self->wait_status == -1)
        return daffi_fail (error, DAFFI_BUSY, "the runner could not start a child");
    return daffi_fail (error, DAFFI_CRASHED, "it called exit (%d)",
                       WEXITSTATUS (self->wait_status));
}

static void answer_loss (run_t *self)
{
    daffi_error_t error;
    self->status = explain (self, &error);
    bool cause = self->status == DAFFI_CRASHED || self->status == DAFFI_LIMIT ||
                 self->status == DAFFI_FORBIDDEN;
    if (cause)
        atomic_fetch_add (&self->held->crashes, 1);
    daffi_log (&self->payloads->log, DAFFI_LOG_WARNING,
               cause ? "payload.crashed" : "payload.killed",
               "hash=%s function=%s caller=%s status=%s text=%s", hash_of (self),
               self->function, daffi_request_caller (self->request),
               daffi_status_name (self->status), error.text);
    (void)daffi_request_fail_with (self->request, self->status, "%s", error.text);
}

//  --- one call -----------------------------------------------------------------------

static bool send_call (run_t *self, daffi_value_t args)
{
    const char *caller = daffi_request_caller (self->request);
    int64_t left = daffi_request_time_left (self->request);
    daffi_buffer_clear (&self->data);
    daffi_buffer_append (&self->data, self->function, strlen (self->function) + 1);
    daffi_buffer_append (&self->data, caller, strlen (caller) + 1);
    return !daffi_write_value (&self->data, &args) && !self->data.failed &&
           daffi_say (self->child->socket, DAFFI_SAY_CALL, left,
                      daffi_request_is_stream (self->request), self->data.data,
                      self->data.size);
}

static outcome_t attempt (run_t *self, daffi_value_t args, daffi_error_t *error)
{
    daffi_runner_t *runner = self->payloads->runner;
    if (daffi_runner_fetch (runner, self->held, daffi_request_caller (self->request),
                            &self->child, error)) {
        self->status = daffi_payloads_refuse (self->request, error);
        return DONE;
    }
    bool was_used = self->child->used;
    self->child->used = true;
    //  a child that cannot be sent to has said why
    bool sent = send_call (self, args);
    outcome_t outcome = talk (self);
    read_output (self);
    if (outcome == LOST && !sent && was_used && self->exited)
        outcome = AGAIN;
    //  the runner died with a child that had not loaded anything
    if (outcome == LOST && !self->exited && !self->child->pid && !self->killed)
        outcome = AGAIN;
    if (outcome == LOST)
        answer_loss (self);
    bool keep = outcome == DONE && self->child->pid && !self->killed &&
                !self->payloads->policy.options.fresh_child;
    daffi_runner_give_back (runner, self->child, keep);
    return outcome;
}

daffi_status_t daffi_payload_run_isolated (daffi_payloads_t *self, daffi_held_t *held,
                                           const char *function, daffi_value_t args,
                                           daffi_request_t *request)
{
    daffi_error_t error;
    run_t run = {.payloads = self,
                 .held = held,
                 .request = request,
                 .function = function,
                 .kill_ms = DAFFI_NEVER};
    int64_t left = daffi_request_time_left (request);
    if (left >= 0)
        run.kill_ms = daffi_clock_ms () + left;
    daffi_buffer_init (&run.data);
    outcome_t outcome = AGAIN;
    for (int i = 0; i < ATTEMPTS && outcome == AGAIN; i++) {
        run.exited = run.killed = run.cancelled = false;
        run.cpu_end_ms = 0;
        outcome = attempt (&run, args, &error);
    }
    if (outcome == AGAIN) {
        daffi_fail (&error, DAFFI_BUSY, "no child of the runner takes the call");
        run.status = daffi_payloads_refuse (request, &error);
    }
    daffi_buffer_done (&run.data);
    return run.status;
}
