//  SPDX-License-Identifier: MPL-2.0
//  How an actor sleeps: on its mailbox, its czmq pipe, its ZeroMQ socket and that
//  socket's monitor.

#ifndef DAFFI_REST_H
#define DAFFI_REST_H

#include <czmq.h>

#include "mailbox.h"

typedef struct {
    daffi_mailbox_t *mailbox;
    zsock_t *pipe;
    int pipe_fd;
    void *socket;           //  NULL: closed
    int socket_fd;          //  that tells of it; -1: closed
    pthread_mutex_t *lead;  //  given up while it sleeps; or NULL
    int monitor;            //  a descriptor; -1: none
    int other;              //  one more; -1: none
    //  out:
    bool monitor_woke;
    bool other_woke;
    bool socket_woke;  //  false: it has no message; asking it costs two system calls
} daffi_rest_t;

//  `socket` has its descriptor; there is no lead, no monitor and no other.
void daffi_rest_init (daffi_rest_t *self, daffi_mailbox_t *mailbox, zsock_t *pipe,
                      void *socket);

//  Until something may be there, or `next_ms` (daffi_clock_ms (), DAFFI_NEVER) has
//  come; does not sleep at all where there is `more` to do. False: the pipe has a
//  message, which is the actor's end.
bool daffi_rest (daffi_rest_t *self, bool more, int64_t next_ms);

//  The same time for poll ().
int daffi_rest_time (int64_t next_ms);

//  Whether the actor has been told to end before it first slept.
bool daffi_rest_ended (zsock_t *pipe);
//  Takes the message that told the actor to end.
void daffi_rest_end (zsock_t *pipe);

#endif
