//  SPDX-License-Identifier: MPL-2.0
//  One ZeroMQ context for all Globals of the process.

#include "context.h"

#include <czmq.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <zmq.h>

#include "bounds.h"
#include "entropy.h"
#include "failure.h"

enum {
    SOCKETS_MAX = 65535,  //  libzmq's own bound; the default of 1,023 is soon reached
    QUEUE_MESSAGES = 64   //  a message is a packet of up to 96 KiB or a large body
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *shared;
static unsigned references;

daffi_status_t daffi_context_acquire (void **context, daffi_error_t *error)
{
    pthread_mutex_lock (&lock);
    if (!shared) {
        shared = zmq_ctx_new ();
        if (shared) {
            zmq_ctx_set (shared, ZMQ_MAX_SOCKETS, SOCKETS_MAX);
            //  after libzmq's own seeding: reconnect jitter and routing ids use rand ()
            daffi_entropy_seed_rand ();
        }
    }
    if (shared)
        references++;
    *context = shared;
    pthread_mutex_unlock (&lock);
    if (!*context)
        return daffi_fail (error, DAFFI_SYSTEM, "no ZeroMQ context: %s",
                           zmq_strerror (zmq_errno ()));
    return DAFFI_OK;
}

void daffi_context_release (void)
{
    pthread_mutex_lock (&lock);
    void *last = --references ? NULL : shared;
    if (last)
        shared = NULL;
    pthread_mutex_unlock (&lock);
    if (last)
        while (zmq_ctx_term (last) && zmq_errno () == EINTR)
            continue;
}

void daffi_socket_set (void *socket, int option, int value)
{
    zmq_setsockopt (socket, option, &value, sizeof value);
}

int daffi_socket_get (void *socket, int option)
{
    int value = 0;
    size_t size = sizeof value;
    //  a signal must not make us miss that there is something
    while (zmq_getsockopt (socket, option, &value, &size) && zmq_errno () == EINTR)
        continue;
    return value;
}

void *daffi_socket_new (void *context, int type, daffi_error_t *error)
{
    void *socket = zmq_socket (context, type);
    if (!socket) {
        daffi_fail (error, DAFFI_SYSTEM,
                    "no ZeroMQ socket: %s; raise the limit of open "
                    "files (ulimit -n)",
                    zmq_strerror (zmq_errno ()));
        return NULL;
    }
    daffi_socket_set (socket, ZMQ_LINGER, DAFFI_LINGER_MS);
    daffi_socket_set (socket, ZMQ_SNDHWM, QUEUE_MESSAGES);
    daffi_socket_set (socket, ZMQ_RCVHWM, QUEUE_MESSAGES);
    daffi_socket_set (socket, ZMQ_HANDSHAKE_IVL, DAFFI_HANDSHAKE_TIMEOUT_MS);
    int64_t message_max = DAFFI_BODY_MAX + DAFFI_FRAME_SLACK;
    zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max);
    return socket;
}

void daffi_socket_close (void **socket_p)
{
    if (*socket_p)
        zmq_close (*socket_p);
    *socket_p = NULL;
}

//  --- signals ------------------------------------------------------------------------

static void restore_if_changed (int number, const struct sigaction *before)
{
    struct sigaction after;
    sigaction (number, NULL, &after);
    if (after.sa_handler != before->sa_handler)
        sigaction (number, before, NULL);
}

static void first_pipe (void)
{
    struct sigaction interrupt, terminate;
    sigaction (SIGINT, NULL, &interrupt);
    sigaction (SIGTERM, NULL, &terminate);
    zsock_t *probe = zsock_new (ZMQ_PAIR);
    zsock_destroy (&probe);
    restore_if_changed (SIGINT, &interrupt);
    restore_if_changed (SIGTERM, &terminate);
}

void daffi_context_spare_signals (void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once (&once, first_pipe);
}
