//  SPDX-License-Identifier: MPL-2.0
//  The bare router: what nodes that only live cost where libzmq alone has them.
//
//  A ROUTER with the controller's socket options that answers each HELLO and each PING
//  with as many bytes as the controller does, and keeps nothing. What the controller
//  takes beyond this is daffi's own.
#include <stdio.h>
#include <string.h>

#include "bench_raw.h"
#include "bench_role.h"

enum {
    QUEUE_MESSAGES = 128,
    BACKLOG = 1024,
    PING_MAX = 16,  //  a longer message is a HELLO
    WELCOME_BYTES = 160,
    PONG_BYTES = 22
};

static void set (void *socket, int option, int value)
{
    zmq_setsockopt (socket, option, &value, sizeof value);
}

static daffi_status_t open_router (bench_raw_t *self, const char *endpoint,
                                   daffi_error_t *error)
{
    if (bench_raw_open (self, ZMQ_ROUTER, error))
        return error->status;
    set (self->socket, ZMQ_SNDHWM, QUEUE_MESSAGES);
    set (self->socket, ZMQ_RCVHWM, QUEUE_MESSAGES);
    set (self->socket, ZMQ_ROUTER_MANDATORY, 1);
    set (self->socket, ZMQ_BACKLOG, BACKLOG);
    return zmq_bind (self->socket, endpoint) ? bench_raw_fail (error, "zmq_bind")
                                             : DAFFI_OK;
}

//  False: the socket is no more.
static bool answer (void *socket)
{
    //  bench_idle waits for the word in its WELCOME
    static const char welcome[WELCOME_BYTES] = "epoch", pong[PONG_BYTES];
    uint8_t id[8], record[512];
    int id_size = zmq_recv (socket, id, sizeof id, 0);
    int size = id_size < 0 ? -1 : zmq_recv (socket, record, sizeof record, 0);
    if (size < 0 || id_size > (int)sizeof id)
        return false;
    bool hello = size > PING_MAX;
    return zmq_send (socket, id, (size_t)id_size, ZMQ_SNDMORE) >= 0 &&
           zmq_send (socket, hello ? welcome : pong, hello ? WELCOME_BYTES : PONG_BYTES,
                     0) >= 0;
}

int bench_bare_router (const bench_role_t *role)
{
    daffi_error_t error;
    bench_raw_t raw = {0};
    char line[280];
    if (open_router (&raw, role->endpoint, &error))
        return bench_role_error (&error);
    snprintf (line, sizeof line, "ready %s", role->endpoint);
    bench_role_say (line);
    while (answer (raw.socket))
        continue;
    bench_raw_fail (&error, "bare router");
    return bench_role_error (&error);
}
