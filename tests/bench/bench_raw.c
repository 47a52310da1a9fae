//  SPDX-License-Identifier: MPL-2.0
//  Raw libzmq: what the three processes of the comparison share.
//
//  The context is never terminated: the processes end by a signal, and nothing of
//  theirs outlives them.
#include "bench_raw.h"

#include <errno.h>

daffi_status_t bench_raw_fail (daffi_error_t *error, const char *what)
{
    if (errno == EAGAIN)
        return bench_fail (error, DAFFI_TIMEOUT, "%s: nothing came", what);
    return bench_fail (error, DAFFI_SYSTEM, "%s: %s", what, zmq_strerror (errno));
}

daffi_status_t bench_raw_open (bench_raw_t *self, int type, daffi_error_t *error)
{
    self->context = zmq_ctx_new ();
    self->socket = self->context ? zmq_socket (self->context, type) : NULL;
    if (!self->socket)
        return bench_raw_fail (error, "zmq_socket");
    //  The default of 1,000 messages would drop at the ROUTER, or block elsewhere.
    int unlimited = 0, none = 0;
    zmq_setsockopt (self->socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt (self->socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt (self->socket, ZMQ_LINGER, &none, sizeof none);
    return DAFFI_OK;
}

void bench_raw_wait (bench_raw_t *self, int timeout_ms)
{
    zmq_setsockopt (self->socket, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms);
}
