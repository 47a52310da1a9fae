//  SPDX-License-Identifier: MPL-2.0
//  Child processes: start, talk in lines, stop, always with a time limit.
//
//  A child's stdin and stdout are pipes to the benchmark. It dies with its parent
//  whatever way that one ends, and is killed where it does not stop in time.
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <sys/types.h>

#include "bench_base.h"

#define BENCH_LINE_MAX 512

typedef struct {
    pid_t pid;  //  0 = not running
    int in_fd;  //  its stdin, -1 = closed
    int out_fd;
    int stop_signal;  //  0 = it stops when its stdin ends
    char title[48];   //  for messages
    char line[BENCH_LINE_MAX];
    size_t line_size;
} bench_child_t;

typedef struct {
    const char *title;
    char *const *argv;     //  argv[0] is the file, found without a look at PATH
    const char *log_path;  //  where stdout and stderr go; NULL: pipe, and the parent's
    int stop_signal;
} bench_child_options_t;

daffi_status_t bench_child_start (bench_child_t *self,
                                  const bench_child_options_t *options,
                                  daffi_error_t *error) DAFFI_MUST_USE;

daffi_status_t bench_child_send (bench_child_t *self, const char *line,
                                 daffi_error_t *error) DAFFI_MUST_USE;

//  The next line, without its end. A line "error TEXT", the end of the child and the
//  end of the time are failures.
daffi_status_t bench_child_read (bench_child_t *self, int64_t timeout_ms,
                                 char line[BENCH_LINE_MAX],
                                 daffi_error_t *error) DAFFI_MUST_USE;

//  Has it ended? Says how.
bool bench_child_ended (bench_child_t *self, daffi_error_t *error);

//  CPU time that it has used so far, all threads, in ns; 0 where it is not known.
int64_t bench_child_cpu_ns (const bench_child_t *self);

//  Stops it in good order, or kills it after a while: then false. Fine where it never
//  started.
bool bench_child_stop (bench_child_t *self);

//  SIGINT and SIGTERM end every wait with DAFFI_CANCELLED from here on.
void bench_child_watch_signals (void);
bool bench_child_interrupted (void);

#endif
