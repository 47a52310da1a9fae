//  SPDX-License-Identifier: MPL-2.0
//  What happens to a socket's connections, as libzmq tells it (zmq_socket_monitor(3)).

#ifndef DAFFI_MONITOR_H
#define DAFFI_MONITOR_H

#include <stdbool.h>

#include "daffi_status.h"

typedef struct {
    void *watched;
    void *pair;  //  NULL: closed
    int fd;  //  readable, edge by edge, when daffi_monitor_next () may have something
} daffi_monitor_t;

//  `events` as in zmq_socket_monitor(3).
DAFFI_MUST_USE daffi_status_t daffi_monitor_open (daffi_monitor_t *self, void *context,
                                                  void *socket, int events,
                                                  daffi_error_t *error);
void daffi_monitor_close (daffi_monitor_t *self);

//  The next event, and its value: for most the connection's file descriptor.
bool daffi_monitor_next (daffi_monitor_t *self, int *event, int *value);

#endif
