//  SPDX-License-Identifier: MPL-2.0
//  Log lines to standard error, each in one write, so that lines of several threads and
//  processes do not mix.
//
//  The library logs from its actors, so a reader that has stopped (a pager, a full
//  pipe) must not stop them: what cannot be written at once is dropped and counted.

#include "logging.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 2048
};  //  less than PIPE_BUF: then a pipe takes all or nothing

static const char *level_name (daffi_log_level_t level)
{
    switch (level) {
    case DAFFI_LOG_ERROR:
        return "ERROR";
    case DAFFI_LOG_WARNING:
        return "WARNING";
    case DAFFI_LOG_INFO:
        return "INFO";
    case DAFFI_LOG_DEBUG:
        return "DEBUG";
    }
    return "UNKNOWN";
}

static bool writable (void)
{
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll (&fd, 1, 0) == 1 && (fd.revents & POLLOUT);
}

//  Of `size` bytes, ended by a newline whatever they were.
static bool write_line (char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 127)
            line[i] = '?';
    line[size] = '\n';
    return writable () && write (STDERR_FILENO, line, size + 1) > 0;
}

static size_t format_line (char *line, daffi_log_level_t level, const char *id,
                           const char *text)
{
    struct timespec now;
    struct tm utc;
    char when[32];
    clock_gettime (CLOCK_REALTIME, &now);
    gmtime_r (&now.tv_sec, &utc);
    strftime (when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    int size = snprintf (line, LINE_MAX_BYTES, "%s.%03ldZ %s %s%s%s", when,
                         now.tv_nsec / 1000000, level_name (level), id,
                         text[0] ? " " : "", text);
    return size < LINE_MAX_BYTES ? (size_t)size : LINE_MAX_BYTES - 1;
}

void daffi_logging_write (void *arg, daffi_log_level_t level, const char *id,
                          const char *text)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static unsigned long dropped;
    const daffi_logging_t *self = arg;
    if (level > self->level)
        return;
    char line[LINE_MAX_BYTES + 1];
    pthread_mutex_lock (&mutex);
    if (dropped) {
        char count[64];
        snprintf (count, sizeof count, "count=%lu", dropped);
        if (write_line (line,
                        format_line (line, DAFFI_LOG_WARNING, "log.dropped", count)))
            dropped = 0;
    }
    if (dropped || !write_line (line, format_line (line, level, id, text)))
        dropped++;
    pthread_mutex_unlock (&mutex);
}

void daffi_logging_say (daffi_logging_t *self, daffi_log_level_t level, const char *id,
                        const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    daffi_logging_write (self, level, id, text);
}
