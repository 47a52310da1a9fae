//  SPDX-License-Identifier: MPL-2.0
//  A child of the runner: shuts itself in, loads the payload, and runs one call after
//  the other until nobody wants it any more.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "elf_look.h"
#include "hosted.h"
#include "loader.h"
#include "runner.h"
#include "writer.h"

enum { BODY_MAX = 64 << 20, FD = DAFFI_CHILD_SOCKET };

typedef struct {
    daffi_hosted_t hosted;  //  first
    int64_t deadline_ms;    //  -1: none
    bool cancelled;
    bool answered;
    daffi_heard_t item;  //  the last one that was received
    daffi_buffer_t out;
    daffi_buffer_t answer;  //  told when the function has returned: it may crash yet
    int failed;             //  the answer is the text of an error
} here_t;

static here_t *here (daffi_payload_call_t *call)
{
    return (here_t *)call;
}

static int64_t now_ms (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

//  The node is gone: nobody is left to work for.
static void say (daffi_say_t type, int64_t a, int64_t b, const void *data, size_t size)
{
    if (!daffi_say (FD, type, a, b, data, size))
        _exit (0);
}

//  --- the table ----------------------------------------------------------------------

static int pack (daffi_buffer_t *out, const daffi_value_t *value)
{
    daffi_buffer_clear (out);
    daffi_status_t status = daffi_write_value (out, value);
    if (!status && out->failed)
        status = DAFFI_NO_MEMORY;
    return (int)(!status && out->size > BODY_MAX ? DAFFI_TOO_BIG : status);
}

static int reply (daffi_payload_call_t *call, const daffi_value_t *value)
{
    here_t *self = here (call);
    if (self->answered)
        return DAFFI_EXISTS;
    int status = pack (&self->answer, value);
    self->answered = !status;
    return status;
}

static int fail (daffi_payload_call_t *call, const char *text, size_t size)
{
    here_t *self = here (call);
    if (self->answered)
        return DAFFI_FAILED;
    daffi_buffer_clear (&self->answer);
    daffi_buffer_append (&self->answer, text,
                         size > DAFFI_TEXT_MAX ? DAFFI_TEXT_MAX : size);
    self->answered = true;
    self->failed = DAFFI_FAILED;
    return DAFFI_FAILED;
}

//  Waits for an answer of this type; a cancel may come before it.
static int64_t hear (here_t *self, daffi_say_t type, daffi_heard_t *heard)
{
    for (;;) {
        int got = daffi_hear (FD, false, heard, BODY_MAX);
        if (got < 0)
            _exit (0);
        if (got == 0)
            continue;
        if (heard->said.type == DAFFI_SAY_CANCEL)
            self->cancelled = true;
        else if (heard->said.type == (uint32_t)type)
            return heard->said.a;
    }
}

static bool cancelled (daffi_payload_call_t *call)
{
    here_t *self = here (call);
    daffi_heard_t heard;
    daffi_heard_init (&heard);
    while (!self->cancelled && daffi_hear (FD, true, &heard, BODY_MAX) == 1)
        self->cancelled = heard.said.type == DAFFI_SAY_CANCEL;
    daffi_heard_done (&heard);
    return self->cancelled;
}

static int64_t time_left (daffi_payload_call_t *call)
{
    here_t *self = here (call);
    if (self->deadline_ms < 0)
        return -1;
    int64_t left = self->deadline_ms - now_ms ();
    return left > 0 ? left : 0;
}

static void progress (daffi_payload_call_t *call, uint64_t done, uint64_t total)
{
    (void)call;
    say (DAFFI_SAY_PROGRESS, (int64_t)done, (int64_t)total, NULL, 0);
}

static void log_line (daffi_payload_call_t *call, int level, const char *text,
                      size_t size)
{
    (void)call;
    say (DAFFI_SAY_LOG, level, 0, text, size > 512 ? 512 : size);
}

static int receive (daffi_payload_call_t *call, int64_t timeout_ms, daffi_value_t *item)
{
    here_t *self = here (call);
    say (DAFFI_SAY_RECEIVE, timeout_ms, 0, NULL, 0);
    int status = (int)hear (self, DAFFI_SAY_ITEM, &self->item);
    return status ? status
                  : (int)daffi_value_unpack (self->item.data.data, self->item.data.size,
                                             item);
}

static int yield (daffi_payload_call_t *call, const daffi_value_t *item,
                  int64_t timeout_ms)
{
    here_t *self = here (call);
    daffi_heard_t nothing;
    int status = pack (&self->out, item);
    if (status)
        return status;
    say (DAFFI_SAY_YIELD, timeout_ms, 0, self->out.data, self->out.size);
    daffi_heard_init (&nothing);
    status = (int)hear (self, DAFFI_SAY_YIELDED, &nothing);
    daffi_heard_done (&nothing);
    return status;
}

static daffi_payload_host_t table;

static void make_table (void)
{
    static const daffi_payload_host_t own = {.reply = reply,
                                             .fail = fail,
                                             .cancelled = cancelled,
                                             .time_left = time_left,
                                             .progress = progress,
                                             .log = log_line,
                                             .receive = receive,
                                             .yield = yield};
    daffi_hosted_table (&table, &own);
}

//  --- one call -----------------------------------------------------------------------

static void run (const daffi_library_t *library, const daffi_heard_t *heard)
{
    const daffi_said_t *said = &heard->said;
    const daffi_buffer_t *data = &heard->data;
    here_t call = {.hosted = {.call = {&table}, .stream = said->b != 0},
                   .deadline_ms = said->a < 0 ? -1 : now_ms () + said->a};
    const char *text = (const char *)data->data;
    size_t name = strnlen (text, data->size) + 1;
    size_t head = name < data->size
                      ? name + strnlen (text + name, data->size - name) + 1
                      : data->size;
    if (head >= data->size ||
        daffi_value_unpack (data->data + head, data->size - head, &call.hosted.args)) {
        say (DAFFI_SAY_ERROR, DAFFI_PROTOCOL, 1, "malformed", 9);
        return;
    }
    call.hosted.function = text;
    call.hosted.caller = text + name;
    daffi_payload_fn *function = daffi_library_find (library, daffi_text_of (text));
    if (!function) {
        static const char missing[] = "the payload has no such function";
        say (DAFFI_SAY_ERROR, DAFFI_NO_FUNCTION, 1, missing, sizeof missing - 1);
        return;
    }
    daffi_heard_init (&call.item);
    daffi_buffer_init (&call.out);
    daffi_buffer_init (&call.answer);
    daffi_memory_refused = 0;
    int status = function (&call.hosted.call);
    daffi_value_t nil = daffi_value_nil ();
    if (!call.answered && !status)
        (void)reply (&call.hosted.call, &nil);
    if (!call.answered)
        call.failed = status;
    say (call.failed ? DAFFI_SAY_ERROR : DAFFI_SAY_RESULT, call.failed, 0,
         call.answer.data, call.answer.size);
    daffi_buffer_done (&call.answer);
    daffi_heard_done (&call.item);
    daffi_buffer_done (&call.out);
    daffi_hosted_done (&call.hosted);
}

//  --- loading ------------------------------------------------------------------------

static _Noreturn void refuse (daffi_status_t status, const char *text)
{
    say (DAFFI_SAY_REFUSED, status, 0, text, strlen (text));
    _exit (0);
}

static void load (daffi_library_t *library, daffi_elf_t *elf)
{
    struct stat status;
    daffi_error_t error;
    if (fstat (DAFFI_CHILD_IMAGE, &status))
        refuse (DAFFI_SYSTEM, "the image cannot be read");
    void *bytes = mmap (NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE,
                        DAFFI_CHILD_IMAGE, 0);
    if (bytes == MAP_FAILED)
        refuse (DAFFI_LIMIT, "the payload does not fit the memory limit");
    if (daffi_elf_look (bytes, (size_t)status.st_size, elf, &error) ||
        daffi_library_open (library, DAFFI_CHILD_IMAGE, elf, &error))
        refuse (error.status, error.text);
}

static void set_patience (uint32_t idle_ms)
{
    struct timeval patience = {.tv_sec = idle_ms / 1000,
                               .tv_usec = (idle_ms % 1000) * 1000};
    (void)setsockopt (FD, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static _Noreturn void serve (const daffi_library_t *library)
{
    daffi_heard_t heard;
    daffi_heard_init (&heard);
    for (;;) {
        int got = daffi_hear (FD, false, &heard, BODY_MAX + 1024);
        if (got == 0)
            say (DAFFI_SAY_IDLE, 0, 0, NULL, 0);
        if (got <= 0)
            _exit (0);
        if (heard.said.type == DAFFI_SAY_CALL)
            run (library, &heard);
    }
}

void daffi_child_main (const daffi_limits_t *limits, pid_t runner)
{
    static daffi_elf_t elf;
    daffi_library_t library;
    char text[128] = "";
    //  before any foreign code: so the node knows whose time it counts
    say (DAFFI_SAY_STARTED, 0, 0, NULL, 0);
    set_patience (limits->idle_ms);
    daffi_faults_watch ();
    const char *failed = daffi_sandbox_close (limits, runner);
    if (failed) {
        snprintf (text, sizeof text, "%s is needed to run payloads isolated", failed);
        refuse (DAFFI_REFUSED, text);
    }
    make_table ();
    load (&library, &elf);
    if ((failed = daffi_sandbox_seal ()))
        refuse (DAFFI_REFUSED, failed);
    say (DAFFI_SAY_LOADED, 0, 0, NULL, 0);
    serve (&library);
}
