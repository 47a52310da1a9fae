//  SPDX-License-Identifier: MPL-2.0
//  The socket monitor: it tells of a connection and of its end, with the descriptor
//  that messages of that connection carry.

#include "monitor.h"

#include <poll.h>
#include <zmq.h>

#include "context.h"
#include "message.h"
#include "test.h"

//  The descriptor tells of changes only, so it is looked first.
static void next_event (daffi_monitor_t *self, int expected, int *value)
{
    int event;
    struct pollfd fd = {.fd = self->fd, .events = POLLIN};
    while (!daffi_monitor_next (self, &event, value))
        CHECK (poll (&fd, 1, 30000) == 1);
    CHECK_EQ_INT (event, expected);
}

TEST ("a connection's beginning and end are told, with the descriptor of its messages")
{
    daffi_error_t error;
    void *context;
    char endpoint[64];
    size_t size = sizeof endpoint;
    int value = -1;
    CHECK_OK (daffi_context_acquire (&context, &error));
    void *router = daffi_socket_new (context, ZMQ_ROUTER, &error);
    void *dealer = daffi_socket_new (context, ZMQ_DEALER, &error);
    daffi_monitor_t here = {0}, there = {0};
    CHECK_OK (
        daffi_monitor_open (&here, context, router, ZMQ_EVENT_DISCONNECTED, &error));
    CHECK_OK (daffi_monitor_open (
        &there, context, dealer, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED,
        &error));
    CHECK (zmq_bind (router, "tcp://127.0.0.1:*") == 0);
    CHECK (zmq_getsockopt (router, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    CHECK (zmq_connect (dealer, endpoint) == 0);
    next_event (&there, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, &value);

    daffi_message_t message;
    daffi_message_init (&message);
    CHECK (zmq_send (dealer, "", 0, 0) == 0);
    zmq_pollitem_t item = {.socket = router, .events = ZMQ_POLLIN};
    CHECK (zmq_poll (&item, 1, 30000) == 1);
    CHECK_OK (daffi_message_receive (&message, router, true));
    int fd = daffi_message_fd (&message);
    CHECK (fd >= 0);

    daffi_monitor_close (&there);
    daffi_socket_close (&dealer);
    next_event (&here, ZMQ_EVENT_DISCONNECTED, &value);
    CHECK_EQ_INT (value, fd);
    daffi_message_done (&message);
    daffi_monitor_close (&here);
    daffi_monitor_close (&here);
    daffi_socket_close (&router);
    daffi_context_release ();
}
