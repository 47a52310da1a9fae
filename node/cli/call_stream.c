//  SPDX-License-Identifier: MPL-2.0
//  daffi call --stream: lines of standard input go in, items come out.
//
//  Both at once, so that a function which answers line by line is not waited for at the
//  end: sending has a thread of its own. It is told to stop through a descriptor, for
//  it may wait for a line that never comes.

#include "call_stream.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "input.h"
#include "json.h"
#include "output.h"

typedef struct {
    daffi_stream_t *stream;
    daffi_lines_t lines;
    bool strings;
} sender_t;

static daffi_status_t send_line (sender_t *self, const char *line, size_t size)
{
    daffi_keep_t keep = {NULL};
    daffi_value_t item;
    if (self->strings || !daffi_json_read (&keep, line, size, &item))
        item = daffi_value_of_bytes (line, size);
    daffi_status_t status =
        daffi_stream_send_value (self->stream, item, DAFFI_FOREVER, NULL);
    daffi_keep_done (&keep);
    return status;
}

static void *send_lines (void *arg)
{
    sender_t *self = arg;
    const char *line;
    size_t size;
    while (daffi_lines_next (&self->lines, &line, &size))
        if (send_line (self, line, size))
            break;
    daffi_stream_send_end (self->stream);
    return NULL;
}

static daffi_status_t receive (daffi_cli_t *self, daffi_stream_t *stream,
                               daffi_error_t *error)
{
    daffi_status_t status;
    daffi_result_t *item;
    while (!(status = daffi_stream_receive (stream, DAFFI_FOREVER, &item, error))) {
        daffi_print_value (self, daffi_result_value (item), false);
        fflush (stdout);
        daffi_result_destroy (&item);
    }
    return status;
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
        .strings = strings};
    sends = sends && sender.lines.stop_fd >= 0 &&
            pthread_create (&thread, NULL, send_lines, &sender) == 0;
    if (!sends)
        daffi_stream_send_end (stream);
    daffi_status_t status = receive (self, stream, &error);
    if (sends) {
        eventfd_write (sender.lines.stop_fd, 1);
        pthread_join (thread, NULL);
        daffi_lines_done (&sender.lines);
    }
    close (sender.lines.stop_fd);
    if (status != DAFFI_END)
        return daffi_cli_failed (self, &error);
    daffi_print_value (self, daffi_stream_value (stream), false);
    return DAFFI_EXIT_OK;
}
