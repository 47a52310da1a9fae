//  SPDX-License-Identifier: MPL-2.0
//  One call of a payload function in a child of the runner: what the files that carry
//  it out share.

#ifndef DAFFI_ISOLATED_H
#define DAFFI_ISOLATED_H

#include "payloads.h"
#include "runner.h"

enum {
    DAFFI_ISOLATED_BODY_MAX = 64 << 20,
    DAFFI_ISOLATED_STEP_MS = 100  //  at most so long without a look at the child
};

typedef enum {
    DAFFI_TALK_GOES_ON,
    DAFFI_TALK_DONE,
    DAFFI_TALK_LOST,  //  the child does not come back
    DAFFI_TALK_AGAIN  //  it ended before the call began: another one may take it
} daffi_talk_t;

typedef struct {
    daffi_payloads_t *payloads;
    daffi_held_t *held;
    daffi_child_t *child;
    daffi_request_t *request;
    const char *function;
    int64_t kill_ms;     //  DAFFI_NEVER, or when it is killed
    int64_t killed_ms;   //  when it was
    int64_t watched_ms;  //  when its limits were looked at last
    int64_t cpu_end_ms;
    bool cancelled;
    bool told;    //  the child, that it was cancelled
    bool saying;  //  half of a message has been sent
    bool mute;    //  it has closed its output
    bool killed;
    bool over_cpu;
    bool forbidden;
    int64_t call_number;
    int crash;  //  signal that the child told of, with its reason
    int crash_reason;
    bool exited;
    int wait_status;
    size_t printed;         //  bytes of output and of log lines that were shown
    daffi_status_t status;  //  what the callback returns
    daffi_heard_t heard;
} daffi_isolated_t;

//  --- payload_isolated.c -------------------------------------------------------------

//  To the child, which may take its time, until that is killed.
bool daffi_isolated_say (daffi_isolated_t *self, daffi_say_t type, int64_t a, int64_t b,
                         const daffi_buffer_t *data);

//  Looks at its deadline, cancellation and CPU time. False: it is killed.
bool daffi_isolated_watch (daffi_isolated_t *self);

//  --- payload_says.c -----------------------------------------------------------------

//  Does what the message in `heard` asks for, or notes what it tells.
daffi_talk_t daffi_isolated_obey (daffi_isolated_t *self);
//  Lines that the payload printed go to the log, up to a bound; the rest is dropped.
void daffi_isolated_read_output (daffi_isolated_t *self);

//  --- payload_loss.c -----------------------------------------------------------------

//  Answers for a child that did not: a crash, a limit, a forbidden call, its deadline.
void daffi_isolated_answer_loss (daffi_isolated_t *self);

#endif
