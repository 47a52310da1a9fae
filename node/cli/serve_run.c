//  SPDX-License-Identifier: MPL-2.0
//  One call of a served program: from the arguments to the answer.
//
//  What the caller gives goes to its standard input, what it prints is the result, its
//  exit status says whether that counts. A call that is cancelled, or that nobody waits
//  for any more, is told SIGTERM and two seconds later SIGKILL, with all that it
//  started.

#include "serve_run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "json.h"
#include "serve_feed.h"

enum {
    OUTPUT_MAX = 64 << 20,  //  what a controller takes
    GRACE_MS = 2000         //  between SIGTERM and SIGKILL
};

typedef struct {
    const daffi_serve_run_t *serve;
    daffi_request_t *request;
    daffi_child_t child;
    daffi_keep_t keep;
    const char *input;  //  what is left of it
    size_t input_size;
    char *output;
    size_t output_size;
    size_t output_room;
    bool exited;
    bool stopped;   //  told to end
    bool too_much;  //  more than a result may be
    daffi_status_t yielded;
} run_t;

//  --- what goes in -----------------------------------------------------------------

//  One argument that is text or bytes goes as it is, anything else as JSON.
static void make_input (run_t *self)
{
    size_t count = daffi_request_count (self->request);
    const void *bytes;
    daffi_value_t value;
    if (self->serve->args || !count || daffi_request_is_stream (self->request))
        return;
    if (count == 1 &&
        !daffi_request_bytes (self->request, 0, &bytes, &self->input_size)) {
        self->input = bytes;
        return;
    }
    daffi_value_t *items = daffi_keep (&self->keep, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        if (!daffi_request_value (self->request, i, &value))
            items[i] = value;
    daffi_value_t all = count == 1 ? items[0] : daffi_value_array (items, count);
    const char *text = daffi_json_text (&self->keep, &all);
    self->input = daffi_keep_format (&self->keep, "%s\n", text);
    self->input_size = strlen (self->input);
}

//  The command, and the arguments behind it where that is wished. NULL: one of them
//  holds a NUL byte, which no argument can.
static char **make_command (run_t *self)
{
    const daffi_serve_run_t *serve = self->serve;
    size_t count = serve->args ? daffi_request_count (self->request) : 0;
    char **argv =
        daffi_keep (&self->keep, (serve->command_count + count + 1) * sizeof *argv);
    memcpy (argv, serve->command, serve->command_count * sizeof *argv);
    for (size_t i = 0; i < count; i++) {
        const void *bytes;
        size_t size;
        daffi_value_t value;
        char **place = &argv[serve->command_count + i];
        if (!daffi_request_bytes (self->request, i, &bytes, &size)) {
            if (memchr (bytes, '\0', size))
                return NULL;
            *place = daffi_keep_text (&self->keep, bytes, size);
        } else if (!daffi_request_value (self->request, i, &value)) {
            const char *text = daffi_json_text (&self->keep, &value);
            *place = daffi_keep_text (&self->keep, text, strlen (text));
        }
    }
    return argv;
}

static char **make_environment (run_t *self)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **all = daffi_keep (&self->keep, (count + 3) * sizeof *all);
    memcpy (all, environ, count * sizeof *all);
    all[count] = daffi_keep_format (&self->keep, "DAFFI_FUNCTION=%s",
                                    daffi_request_function (self->request));
    all[count + 1] = daffi_keep_format (&self->keep, "DAFFI_CALLER=%s",
                                        daffi_request_caller (self->request));
    return all;
}

static void write_input (run_t *self)
{
    ssize_t written = write (self->child.in, self->input, self->input_size);
    if (written > 0) {
        self->input += written;
        self->input_size -= (size_t)written;
    }
    //  one that does not read all of it is nobody's mistake: `head` is like that
    bool broken = written < 0 && errno != EAGAIN && errno != EINTR;
    if (broken || !self->input_size) {
        close (self->child.in);
        self->child.in = -1;
    }
}

//  --- what comes out ---------------------------------------------------------------

//  Whole lines become items; `over`: also what has no newline behind it.
static void yield_lines (run_t *self, bool over)
{
    size_t from = 0;
    while (from < self->output_size && !self->yielded) {
        const char *line = self->output + from;
        const char *end = memchr (line, '\n', self->output_size - from);
        if (!end && !over)
            break;
        size_t size = end ? (size_t)(end - line) : self->output_size - from;
        self->yielded = daffi_request_yield_value (
            self->request, daffi_value_of_bytes (line, size), DAFFI_FOREVER);
        from += size + (end != NULL);
    }
    if (from) {
        self->output_size -= from;
        memmove (self->output, self->output + from, self->output_size);
    }
}

static bool make_room (run_t *self)
{
    if (self->output_size < self->output_room)
        return true;
    size_t room = self->output_room ? 2 * self->output_room : 65536;
    char *more = room <= 2 * OUTPUT_MAX ? realloc (self->output, room) : NULL;
    if (!more)
        return false;
    self->output = more;
    self->output_room = room;
    return true;
}

static void stop (run_t *self, bool at_once)
{
    self->stopped = true;
    daffi_child_stop (&self->child, at_once);
}

static void read_output (run_t *self)
{
    while (self->child.out >= 0) {
        if (!make_room (self) || self->output_size > OUTPUT_MAX) {
            self->too_much = true;
            stop (self, true);
            return;
        }
        ssize_t got = read (self->child.out, self->output + self->output_size,
                            self->output_room - self->output_size);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            close (self->child.out);
            self->child.out = -1;
            return;
        }
        self->output_size += (size_t)got;
        if (daffi_request_is_stream (self->request))
            yield_lines (self, false);
    }
}

//  --- the run ----------------------------------------------------------------------

static void step (run_t *self, int cancel_fd)
{
    daffi_child_t *child = &self->child;
    struct pollfd fds[5] = {
        {.fd = self->input_size ? child->in : -1, .events = POLLOUT},
        {.fd = child->out, .events = POLLIN},
        {.fd = child->err, .events = POLLIN},
        {.fd = child->exited_fd, .events = POLLIN},
        {.fd = self->stopped ? -1 : cancel_fd, .events = POLLIN}};
    int ready = poll (fds, 5, self->stopped ? GRACE_MS : -1);
    if (ready == 0)
        stop (self, true);
    if (ready <= 0)
        return;
    if (fds[0].revents)
        write_input (self);
    if (fds[1].revents)
        read_output (self);
    if (fds[2].revents)
        daffi_child_listen (child);
    if (fds[4].revents || (self->yielded && !self->stopped))
        stop (self, false);
    //  what it left behind may hold its standard output open, and is not waited for
    if (fds[3].revents || (child->exited_fd < 0 && child->out < 0)) {
        read_output (self);
        self->exited = true;
    }
}

static daffi_status_t answer (run_t *self, bool success, const char *how)
{
    if (self->too_much)
        return daffi_request_fail_with (self->request, DAFFI_TOO_BIG,
                                        "it printed more than 64 MiB");
    if (daffi_request_cancelled (self->request))
        return daffi_request_fail_with (self->request, DAFFI_CANCELLED, "%s", how);
    if (!success)
        return daffi_request_fail (self->request, "%s", how);
    if (daffi_request_is_stream (self->request))
        return daffi_request_reply_value (self->request, daffi_value_nil ());
    return daffi_request_reply_value (
        self->request, daffi_value_of_bytes (self->output, self->output_size));
}

static daffi_status_t run (run_t *self)
{
    char how[512];
    daffi_serve_feed_t feed;
    char **argv = make_command (self);
    if (!argv)
        return daffi_request_fail_with (self->request, DAFFI_INVALID,
                                        "an argument holds a NUL byte");
    make_input (self);
    if (!daffi_child_start (&self->child, argv, make_environment (self)))
        return daffi_request_fail (self->request, "cannot run %s: %s", argv[0],
                                   strerror (errno));
    bool stream = daffi_request_is_stream (self->request);
    if (stream)
        daffi_serve_feed_start (&feed, self->request, &self->child.in);
    else if (!self->input_size)
        write_input (self);
    int cancel_fd = daffi_request_cancel_fd (self->request);
    while (!self->exited)
        step (self, cancel_fd);
    if (stream)
        daffi_serve_feed_end (&feed);
    if (stream && !self->yielded)
        yield_lines (self, true);
    bool success = daffi_child_end (&self->child, how, sizeof how);
    return answer (self, success, how);
}

daffi_status_t daffi_serve_run (daffi_request_t *request, void *arg)
{
    const daffi_serve_run_t *serve = arg;
    run_t self = {.serve = serve, .request = request};
    daffi_status_t status;
    if (serve->stream != daffi_request_is_stream (request))
        status = daffi_request_fail_with (
            request, DAFFI_INVALID,
            serve->stream ? "it is served as a stream: call it with --stream"
                          : "it is not served as a stream: serve it with --stream");
    else
        status = run (&self);
    free (self.output);
    daffi_keep_done (&self.keep);
    return status;
}
