//  SPDX-License-Identifier: MPL-2.0
//  Payload functions that run in a child of the runner: one call, from the child that
//  is fetched for it to its answer.
//
//  The worker thread that runs the request talks to the child itself, so a call costs
//  two wake-ups and no thread of its own. Most calls are short, so at first the thread
//  just waits for the answer, near the child: a wake-up across processors costs more
//  than all the rest. What takes longer gets them all, and its deadline, its
//  cancellation and its limits are watched.

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "failure.h"
#include "isolated.h"
#include "spin.h"
#include "writer.h"

enum {
    CANCEL_GRACE_MS = 100,  //  for a function that looks whether it was cancelled
    KILL_GRACE_MS = 2000,   //  for the runner to tell that it has killed
    STEP_MS = DAFFI_ISOLATED_STEP_MS,
    ATTEMPTS = 3  //  kept children may end just when they are wanted
};

//  --- waiting ------------------------------------------------------------------------

static void end_it (daffi_isolated_t *self)
{
    if (self->killed)
        return;
    self->killed = true;
    self->killed_ms = daffi_clock_ms ();
    daffi_runner_kill (self->payloads->runner, self->child);
}

static void watch_cpu (daffi_isolated_t *self)
{
    int64_t used_ms = daffi_child_cpu_ms (self->child);
    if (!self->cpu_end_ms)
        self->cpu_end_ms = used_ms + self->payloads->policy.options.child_cpu_ms;
    self->over_cpu = used_ms >= self->cpu_end_ms;
    if (self->over_cpu)
        end_it (self);
}

//  Deadline, cancellation and CPU time.
static void watch (daffi_isolated_t *self)
{
    int64_t now_ms = daffi_clock_ms ();
    if (!self->cancelled && daffi_request_cancelled (self->request)) {
        self->cancelled = true;
        if (now_ms + CANCEL_GRACE_MS < self->kill_ms)
            self->kill_ms = now_ms + CANCEL_GRACE_MS;
    }
    if (self->cancelled && !self->told && !self->saying) {
        self->told = true;
        (void)daffi_say_now (self->child->socket, DAFFI_SAY_CANCEL, 0);
    }
    if (now_ms >= self->kill_ms)
        end_it (self);
    bool due = !self->cpu_end_ms || now_ms >= self->watched_ms + STEP_MS;
    if (due && !self->killed && self->child->pid) {
        self->watched_ms = now_ms;
        watch_cpu (self);
    }
}

bool daffi_isolated_watch (daffi_isolated_t *self)
{
    watch (self);
    return !self->killed;
}

static bool go_on_saying (void *arg)
{
    return daffi_isolated_watch (arg);
}

bool daffi_isolated_say (daffi_isolated_t *self, daffi_say_t type, int64_t a, int64_t b,
                         const daffi_buffer_t *data)
{
    daffi_said_t head = {(uint32_t)type, 0, a, b};
    self->saying = true;
    bool said = daffi_say_patiently (self->child->socket, &head, data->data, data->size,
                                     go_on_saying, self);
    self->saying = false;
    return said;
}

static int patience (const daffi_isolated_t *self)
{
    int64_t left =
        self->kill_ms == DAFFI_NEVER ? STEP_MS : self->kill_ms - daffi_clock_ms ();
    return left < 0 || self->killed ? STEP_MS
           : left < STEP_MS         ? (int)left + 1
                                    : STEP_MS;
}

//  One message, if there is a whole one.
static daffi_talk_t hear (daffi_isolated_t *self, bool dontwait)
{
    self->heard.who = !self->child->pid;
    int got = daffi_hear (self->child->socket, dontwait, &self->heard,
                          DAFFI_ISOLATED_BODY_MAX);
    return got < 0    ? DAFFI_TALK_LOST
           : got == 0 ? DAFFI_TALK_GOES_ON
                      : daffi_isolated_obey (self);
}

//  The runner owes the end of a child that was to be killed.
static bool overdue (const daffi_isolated_t *self)
{
    return self->killed && daffi_clock_ms () >= self->killed_ms + KILL_GRACE_MS;
}

static daffi_talk_t talk (daffi_isolated_t *self)
{
    daffi_talk_t outcome = DAFFI_TALK_GOES_ON;
    int cancel_fd = daffi_request_cancel_fd (self->request);
    while (outcome == DAFFI_TALK_GOES_ON) {
        struct pollfd waiting[] = {
            {.fd = self->child->socket, .events = POLLIN},
            {.fd = self->mute ? -1 : self->child->output, .events = POLLIN},
            {.fd = self->cancelled ? -1 : cancel_fd, .events = POLLIN}};
        (void)poll (waiting, 3, patience (self));
        if (waiting[1].revents & POLLIN)
            daffi_isolated_read_output (self);
        else if (waiting[1].revents)
            self->mute = true;
        watch (self);
        if (waiting[0].revents)
            outcome = hear (self, true);
        if (outcome == DAFFI_TALK_GOES_ON && overdue (self))
            outcome = DAFFI_TALK_LOST;
    }
    return outcome;
}

//  Its first milliseconds: the socket has a timeout of that much.
static daffi_talk_t talk_shortly (daffi_isolated_t *self)
{
    daffi_talk_t outcome = DAFFI_TALK_GOES_ON;
    int64_t end_ms = daffi_clock_ms () + DAFFI_CHILD_SHORT_MS;
    if (self->kill_ms == DAFFI_NEVER || self->kill_ms > end_ms)
        do
            outcome = hear (self, false);
        while (outcome == DAFFI_TALK_GOES_ON && daffi_clock_ms () < end_ms);
    return outcome;
}

//  --- one call -----------------------------------------------------------------------

static bool send_call (daffi_isolated_t *self, daffi_value_t args)
{
    const char *caller = daffi_request_caller (self->request);
    int64_t left = daffi_request_time_left (self->request);
    daffi_buffer_t *data = &self->heard.data;
    self->heard.partial = false;
    daffi_buffer_clear (data);
    daffi_buffer_append (data, self->function, strlen (self->function) + 1);
    daffi_buffer_append (data, caller, strlen (caller) + 1);
    return !daffi_write_value (data, &args) && !data->failed &&
           daffi_isolated_say (self, DAFFI_SAY_CALL, left,
                               daffi_request_is_stream (self->request), data);
}

//  Sends the call and waits for its outcome. Whether it is quicker to hold this thread
//  on the child's processor depends on what else the machine does, so each thread
//  learns it, as it learns whether to spin.
static daffi_talk_t ask (daffi_isolated_t *self, daffi_value_t args, bool *sent)
{
    static _Thread_local daffi_spin_t learnt;
    daffi_near_t near;
    int64_t begin_us = daffi_clock_us ();
    bool hold = daffi_spin_budget (&learnt, DAFFI_SPIN_AUTO, true, 2) > 0;
    bool together = daffi_child_come_near (self->child, hold, &near);
    *sent = send_call (self, args);
    //  a child that cannot be sent to has said why
    daffi_talk_t outcome = *sent && together ? talk_shortly (self) : DAFFI_TALK_GOES_ON;
    if (together)
        daffi_child_part (self->child, &near, outcome == DAFFI_TALK_GOES_ON);
    if (together && outcome == DAFFI_TALK_DONE)
        daffi_spin_learn (&learnt, hold, daffi_clock_us () - begin_us);
    return outcome == DAFFI_TALK_GOES_ON ? talk (self) : outcome;
}

static daffi_talk_t attempt (daffi_isolated_t *self, daffi_value_t args,
                             daffi_error_t *error)
{
    daffi_runner_t *runner = self->payloads->runner;
    if (daffi_runner_fetch (runner, self->held, daffi_request_caller (self->request),
                            &self->child, error)) {
        self->status = daffi_payloads_refuse (self->request, error);
        return DAFFI_TALK_DONE;
    }
    bool sent, was_used = self->child->used;
    self->child->used = true;
    daffi_talk_t outcome = ask (self, args, &sent);
    daffi_isolated_read_output (self);
    if (outcome == DAFFI_TALK_LOST && !sent && was_used && self->exited)
        outcome = DAFFI_TALK_AGAIN;
    //  the runner died with a child that had not loaded anything
    if (outcome == DAFFI_TALK_LOST && !self->exited && !self->child->loaded &&
        !self->killed)
        outcome = DAFFI_TALK_AGAIN;
    if (outcome == DAFFI_TALK_LOST)
        daffi_isolated_answer_loss (self);
    bool keep = outcome == DAFFI_TALK_DONE && self->child->loaded && !self->killed &&
                !self->payloads->policy.options.fresh_child;
    daffi_runner_give_back (runner, self->child, keep);
    return outcome;
}

daffi_status_t daffi_payload_run_isolated (daffi_payloads_t *self, daffi_held_t *held,
                                           const char *function, daffi_value_t args,
                                           daffi_request_t *request)
{
    daffi_error_t error;
    daffi_isolated_t run = {.payloads = self,
                            .held = held,
                            .request = request,
                            .function = function,
                            .kill_ms = DAFFI_NEVER};
    int64_t left = daffi_request_time_left (request);
    if (left >= 0)
        run.kill_ms = daffi_clock_ms () + left;
    daffi_heard_init (&run.heard);
    daffi_talk_t outcome = DAFFI_TALK_AGAIN;
    for (int i = 0; i < ATTEMPTS && outcome == DAFFI_TALK_AGAIN; i++) {
        run.exited = run.killed = run.cancelled = run.told = run.mute = false;
        run.cpu_end_ms = run.watched_ms = 0;
        outcome = attempt (&run, args, &error);
    }
    if (outcome == DAFFI_TALK_AGAIN) {
        daffi_fail (&error, DAFFI_BUSY, "no child of the runner takes the call");
        run.status = daffi_payloads_refuse (request, &error);
    }
    daffi_heard_done (&run.heard);
    return run.status;
}
