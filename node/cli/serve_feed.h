//  SPDX-License-Identifier: MPL-2.0
//  The items that a caller sends, as lines to a program's standard input.

#ifndef DAFFI_CLI_SERVE_FEED_H
#define DAFFI_CLI_SERVE_FEED_H

#include <pthread.h>
#include <stdatomic.h>

#include "daffi.h"

typedef struct {
    daffi_request_t *request;
    int *fd;  //  closed and set to -1 at the end of the items
    atomic_bool over;
    bool started;
    pthread_t thread;
} daffi_serve_feed_t;

//  In a thread of its own: the callback's is busy with what the program prints.
void daffi_serve_feed_start (daffi_serve_feed_t *self, daffi_request_t *request,
                             int *fd);
//  The program has ended.
void daffi_serve_feed_end (daffi_serve_feed_t *self);

#endif
