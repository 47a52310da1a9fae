//  SPDX-License-Identifier: MPL-2.0
//  What a child of the runner says while it runs a call, and what is done about it.
//
//  It is believed in nothing but the outcome of its own call: whatever it says can only
//  spoil that.

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "isolated.h"
#include "writer.h"

enum {
    OUTPUT_MAX = 16 << 10,  //  bytes of output and log lines of one call
    LINE_MAX = 512,
    LARGE = 1 << 20  //  an item that is not copied often
};

//  What is left of the bytes that a call may bring into the log.
static size_t room_of (const daffi_isolated_t *self)
{
    return OUTPUT_MAX - self->printed;
}

static void log_text (daffi_isolated_t *self, int64_t level)
{
    size_t size = self->heard.data.size;
    size = size > LINE_MAX ? LINE_MAX : size;
    if (level < DAFFI_LOG_ERROR || level > DAFFI_LOG_DEBUG)
        level = DAFFI_LOG_INFO;
    if (size >= room_of (self))
        return;
    self->printed += size + 1;
    daffi_log (&self->payloads->log, (daffi_log_level_t)level, "payload.says",
               "hash=%s function=%s text=%.*s", self->held->payload->hash_text,
               self->function, (int)size, (const char *)self->heard.data.data);
}

void daffi_isolated_read_output (daffi_isolated_t *self)
{
    enum { READS = 64 };  //  as much as a pipe holds: it may be filled again and again
    char text[1024];
    ssize_t size;
    for (int i = 0;
         i < READS && (size = read (self->child->output, text, sizeof text)) > 0; i++) {
        size_t room = room_of (self);
        size_t shown = (size_t)size < room ? (size_t)size : room;
        self->printed += shown;
        for (char *line = text, *end = text + shown; line < end;) {
            char *stop = memchr (line, '\n', (size_t)(end - line));
            size_t length = (size_t)((stop ? stop : end) - line);
            if (length)
                daffi_log (&self->payloads->log, DAFFI_LOG_INFO, "payload.output",
                           "hash=%s function=%s text=%.*s",
                           self->held->payload->hash_text, self->function, (int)length,
                           line);
            line += length + 1;
        }
    }
}

static void answer_result (daffi_isolated_t *self)
{
    daffi_value_t value =
        daffi_value_raw (self->heard.data.data, self->heard.data.size);
    self->status = daffi_request_reply_value (self->request, value);
    if (self->status)
        self->status =
            daffi_request_fail (self->request, "the payload's answer is not one value");
}

static void answer_error (daffi_isolated_t *self, const daffi_said_t *said, bool ran)
{
    daffi_status_t status =
        said->a > 0 ? daffi_status_from_wire ((uint64_t)said->a) : DAFFI_FAILED;
    if (status == DAFFI_NO_PAYLOAD)
        status = DAFFI_FAILED;
    self->request->ran = ran;
    int size = self->heard.data.size > DAFFI_TEXT_MAX ? DAFFI_TEXT_MAX
                                                      : (int)self->heard.data.size;
    if (size)
        self->status = daffi_request_fail_with (self->request, status, "%.*s", size,
                                                (const char *)self->heard.data.data);
    else
        self->status = daffi_request_fail_with (self->request, status, "%s",
                                                daffi_status_text (status));
}

//  --- streams ------------------------------------------------------------------------

//  Nobody has the other end of its socket any more, which the runner has until it is
//  dead.
static bool gone (const daffi_isolated_t *self)
{
    struct pollfd end = {.fd = self->child->socket};
    return poll (&end, 1, 0) == 1 && (end.revents & POLLHUP);
}

//  Until when the caller of the function is waited for.
static int64_t end_of (const daffi_isolated_t *self, int64_t timeout_ms)
{
    int64_t now_ms = daffi_clock_ms ();
    bool sooner = timeout_ms >= 0 &&
                  (self->kill_ms == DAFFI_NEVER || timeout_ms < self->kill_ms - now_ms);
    return sooner ? now_ms + timeout_ms : self->kill_ms;
}

//  In steps: meanwhile the child may die, reach a limit or its deadline.
static int64_t step_of (int64_t end_ms, int64_t step_ms)
{
    int64_t left = end_ms == DAFFI_NEVER ? step_ms : end_ms - daffi_clock_ms ();
    return left < 0 ? 0 : left < step_ms ? left : step_ms;
}

static bool goes_on (daffi_isolated_t *self, int64_t end_ms)
{
    return (end_ms == DAFFI_NEVER || daffi_clock_ms () < end_ms) &&
           daffi_isolated_watch (self) && !gone (self);
}

static void give_item (daffi_isolated_t *self, int64_t timeout_ms)
{
    daffi_value_t item;
    daffi_buffer_t out;
    daffi_status_t status;
    int64_t end_ms = end_of (self, timeout_ms);
    daffi_buffer_init (&out);
    do
        status = daffi_request_receive (
            self->request, step_of (end_ms, DAFFI_ISOLATED_STEP_MS), &item);
    while (status == DAFFI_PENDING && goes_on (self, end_ms));
    if (!status && (daffi_write_value (&out, &item) || out.failed))
        status = DAFFI_NO_MEMORY;
    if (status)
        daffi_buffer_clear (&out);
    (void)daffi_isolated_say (self, DAFFI_SAY_ITEM, status, 0, &out);
    daffi_buffer_done (&out);
}

static void take_item (daffi_isolated_t *self, int64_t timeout_ms)
{
    daffi_value_t item = daffi_value_raw (self->heard.data.data, self->heard.data.size);
    daffi_status_t status;
    const daffi_buffer_t nothing = {.size = 0};
    int64_t end_ms = end_of (self, timeout_ms);
    //  each step copies the item
    int64_t step_ms = DAFFI_ISOLATED_STEP_MS * (item.size > LARGE ? 10 : 1);
    do
        status =
            daffi_request_yield_value (self->request, item, step_of (end_ms, step_ms));
    while (status == DAFFI_PENDING && goes_on (self, end_ms));
    (void)daffi_isolated_say (self, DAFFI_SAY_YIELDED, status, 0, &nothing);
}

//  --- loading ------------------------------------------------------------------------

//  Its number is what the kernel says of the sender, once: the child's word is nothing.
static void started (daffi_isolated_t *self)
{
    if (!self->child->pid && self->heard.pid)
        daffi_child_started (self->child, self->heard.pid);
}

//  Counts once. Foreign code may have said it, and gained a line in the log.
static void loaded (daffi_isolated_t *self)
{
    if (self->child->loaded || !self->child->pid)
        return;
    self->child->loaded = true;
    daffi_log (&self->payloads->log, DAFFI_LOG_INFO, "payload.loaded", "hash=%s pid=%d",
               self->held->payload->hash_text, self->child->pid);
}

//  --- one message --------------------------------------------------------------------

daffi_talk_t daffi_isolated_obey (daffi_isolated_t *self)
{
    const daffi_said_t *said = &self->heard.said;
    switch ((int)said->type) {
    case DAFFI_SAY_LOADED:
        loaded (self);
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_REFUSED:
        answer_error (self, said, false);
        daffi_log (&self->payloads->log, DAFFI_LOG_WARNING, "payload.not_loaded",
                   "hash=%s text=%s", self->held->payload->hash_text,
                   self->request->text);
        return DAFFI_TALK_DONE;
    case DAFFI_SAY_IDLE:
        return DAFFI_TALK_AGAIN;
    case DAFFI_SAY_RESULT:
        answer_result (self);
        return DAFFI_TALK_DONE;
    case DAFFI_SAY_ERROR:
        answer_error (self, said, !said->b);
        return DAFFI_TALK_DONE;
    case DAFFI_SAY_RECEIVE:
        give_item (self, said->a);
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_YIELD:
        take_item (self, said->a);
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_PROGRESS:
        (void)daffi_request_progress (self->request, (uint64_t)said->a,
                                      (uint64_t)said->b, NULL);
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_LOG:
        log_text (self, said->a);
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_CRASH:
        self->crash = (int)said->a;
        self->crash_reason = (int)said->b;
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_FORBIDDEN:
        self->forbidden = true;
        self->call_number = said->a;
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_STARTED:
        started (self);
        return DAFFI_TALK_GOES_ON;
    case DAFFI_SAY_EXITED:
        self->exited = true;
        self->wait_status = (int)said->a;
        return DAFFI_TALK_LOST;
    default:
        return DAFFI_TALK_LOST;
    }
}
