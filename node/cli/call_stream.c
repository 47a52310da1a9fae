//  SPDX-License-Identifier: MPL-2.0
//  daffi call --stream: lines of standard input go in, items come out.
//
//  Both at once, so that a function which answers line by line is not waited for at the
//  end: sending has a thread of its own. It is told to stop through a descriptor, for
//  it may wait for a line that never comes.

#include "call_stream.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arguments.h"
#include "input.h"
#include "json.h"
#include "output.h"

typedef struct {
    daffi_stream_t *stream;
    daffi_lines_t lines;
    bool strings;
    int refused_fd;    //  readable: a line could not be sent
    size_t line;       //  its number
    char number[128];  //  and why: this one fits into no value
} sender_t;

static bool send_line (sender_t *self, const char *line, size_t size)
{
    daffi_keep_t keep = {NULL};
    daffi_value_t item = daffi_value_of_bytes (line, size);
    const char *number = NULL;
    self->line++;
    if (!self->strings &&
        daffi_json_read (&keep, line, size, &item, &number) == DAFFI_JSON_NUMBER) {
        snprintf (self->number, sizeof self->number, "%s", number);
        eventfd_write (self->refused_fd, 1);
    }
    bool sent =
        !number && !daffi_stream_send_value (self->stream, item, DAFFI_FOREVER, NULL);
    daffi_keep_done (&keep);
    return sent;
}

static void *send_lines (void *arg)
{
    sender_t *self = arg;
    const char *line;
    size_t size;
    while (daffi_lines_next (&self->lines, &line, &size))
        if (!send_line (self, line, size))
            break;
    //  where a line could not be sent the call is cancelled, not ended
    if (!self->number[0])
        daffi_stream_send_end (self->stream);
    return NULL;
}

//  False: a line was refused.
static bool until_item (const sender_t *self)
{
    struct pollfd fds[2] = {
        {.fd = daffi_stream_receive_fd (self->stream), .events = POLLIN},
        {.fd = self->refused_fd, .events = POLLIN}};
    while (poll (fds, 2, -1) < 0 && errno == EINTR)
        continue;
    return !fds[1].revents;
}

//  PENDING: a line was refused; OK: an item could not be printed.
static daffi_status_t receive (daffi_cli_t *self, sender_t *sender,
                               daffi_error_t *error)
{
    daffi_status_t status;
    daffi_result_t *item;
    for (;;) {
        status = daffi_stream_receive (sender->stream, 0, &item, error);
        if (status == DAFFI_PENDING && until_item (sender))
            continue;
        if (status)
            return status;
        daffi_print_value (self, daffi_result_value (item), false);
        daffi_result_destroy (&item);
        if (fflush (stdout) || ferror (stdout))
            return DAFFI_OK;
    }
}

static daffi_exit_t refused (daffi_cli_t *self, const sender_t *sender)
{
    daffi_exit_t code = daffi_number_refused (self, sender->number);
    return daffi_problem_set (
        &self->problem, code, "line %zu of standard input: %s", sender->line,
        daffi_keep_text (&self->keep, self->problem.text, strlen (self->problem.text)));
}

daffi_exit_t daffi_call_stream (daffi_cli_t *self, daffi_stream_t *opened,
                                const daffi_error_t *why, bool sends, bool strings)
{
    daffi_error_t error;
    pthread_t thread;
    DAFFI_AUTO (daffi_stream) *stream = opened;
    if (!stream)
        return daffi_cli_failed (self, why);
    sender_t sender = {
        .stream = stream,
        .lines = {.fd = STDIN_FILENO, .stop_fd = eventfd (0, EFD_CLOEXEC)},
        .strings = strings,
        .refused_fd = eventfd (0, EFD_CLOEXEC)};
    sends = sends && sender.lines.stop_fd >= 0 &&
            pthread_create (&thread, NULL, send_lines, &sender) == 0;
    if (!sends)
        daffi_stream_send_end (stream);
    daffi_status_t status = receive (self, &sender, &error);
    if (sends) {
        eventfd_write (sender.lines.stop_fd, 1);
        pthread_join (thread, NULL);
        daffi_lines_done (&sender.lines);
    }
    close (sender.lines.stop_fd);
    close (sender.refused_fd);
    if (status == DAFFI_OK)
        return DAFFI_EXIT_INTERNAL;
    if (status == DAFFI_PENDING)
        return refused (self, &sender);
    if (status != DAFFI_END)
        return daffi_cli_failed (self, &error);
    daffi_print_value (self, daffi_stream_value (stream), false);
    return DAFFI_EXIT_OK;
}
