//  SPDX-License-Identifier: MPL-2.0
//  What happens to a socket's connections.

#include "monitor.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "context.h"
#include "entropy.h"
#include "failure.h"

daffi_status_t daffi_monitor_open (daffi_monitor_t *self, void *context, void *socket,
                                   int events, daffi_error_t *error)
{
    uint64_t number;
    char address[64];
    daffi_entropy_fill (&number, sizeof number);
    snprintf (address, sizeof address, "inproc://daffi-monitor-%016llx",
              (unsigned long long)number);
    self->watched = socket;
    self->pair = daffi_socket_new (context, ZMQ_PAIR, error);
    if (!self->pair)
        return DAFFI_SYSTEM;
    //  events must not be lost: a missed disconnect is a dead process not noticed
    daffi_socket_set (self->pair, ZMQ_RCVHWM, 0);
    if (zmq_socket_monitor (socket, address, events) ||
        zmq_connect (self->pair, address)) {
        daffi_monitor_close (self);
        return daffi_fail (error, DAFFI_SYSTEM, "no socket monitor: %s",
                           zmq_strerror (zmq_errno ()));
    }
    self->fd = daffi_socket_get (self->pair, ZMQ_FD);
    return DAFFI_OK;
}

void daffi_monitor_close (daffi_monitor_t *self)
{
    if (!self->pair)
        return;
    zmq_socket_monitor (self->watched, NULL, 0);
    daffi_socket_close (&self->pair);
}

//  Two frames: event (16 bits) and value (32 bits) in host order, then the address.
bool daffi_monitor_next (daffi_monitor_t *self, int *event, int *value)
{
    uint8_t frame[8];
    int size = zmq_recv (self->pair, frame, sizeof frame, ZMQ_DONTWAIT);
    if (size < 0)
        return false;
    uint16_t number = 0;
    int32_t with = 0;
    if (size >= 6) {
        memcpy (&number, frame, sizeof number);
        memcpy (&with, frame + 2, sizeof with);
    }
    while (daffi_socket_get (self->pair, ZMQ_RCVMORE))
        zmq_recv (self->pair, frame, sizeof frame, ZMQ_DONTWAIT);
    *event = number;
    *value = with;
    return true;
}
