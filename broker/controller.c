//  SPDX-License-Identifier: MPL-2.0
//  The controller's life: it listens before its actor begins, and lets go of everything
//  after the actor has ended.

#include "controller.h"

#include <stdlib.h>

#include "alloc.h"
#include "clock.h"
#include "context.h"
#include "failure.h"
#include "inside.h"

enum { KEEPALIVE_S = 15 };

static void out_store (void *context, uint64_t ticket, daffi_row_change_t change,
                       const daffi_row_t *row)
{
    daffi_controller_t *self = context;
    daffi_keeper_put (&self->keeper, ticket, change, row);
}

static daffi_status_t start_core (daffi_controller_t *self, daffi_error_t *error)
{
    const daffi_controller_options_t *options = &self->options;
    daffi_core_options_t core = {
        .output = daffi_traffic_output (self),
        .tasks = {options->store ? out_store : NULL, daffi_keeper_zone},
        .log = self->options.log,
        .name = self->options.name,
        .settle_ms = self->options.settle_ms,
        .heartbeat_ms = self->options.heartbeat_ms,
        .heartbeat_timeout_ms = self->options.heartbeat_timeout_ms};
    self->core = daffi_core_new (&core, daffi_clock_ms ());
    return daffi_keeper_open (&self->keeper, self->core, &self->log, options->store,
                              options->store_lazy, error);
}

static daffi_status_t open_router (daffi_controller_t *self, daffi_error_t *error)
{
    self->router = daffi_socket_new (self->context, ZMQ_ROUTER, error);
    if (!self->router)
        return DAFFI_SYSTEM;
    daffi_socket_set (self->router, ZMQ_ROUTER_MANDATORY, 1);
    daffi_socket_set (self->router, ZMQ_BACKLOG, 1024);
    //  a peer behind a cut cable must not hold its descriptor for ever
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE, 1);
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_S);
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_S);
    daffi_socket_set (self->router, ZMQ_TCP_KEEPALIVE_CNT, 3);
    daffi_status_t status = daffi_monitor_open (
        &self->monitor, self->context, self->router, ZMQ_EVENT_DISCONNECTED, error);
    if (!status && self->endpoint.is_ipc) {
        uid_t uid = geteuid ();
        zmq_setsockopt (self->router, ZMQ_IPC_FILTER_UID, &uid, sizeof uid);
        status = daffi_sockfile_claim (&self->sockfile, &self->endpoint, error);
    }
    return status ? status : daffi_endpoint_bind (&self->endpoint, self->router, error);
}

daffi_controller_t *daffi_controller_new (const daffi_controller_options_t *options,
                                          daffi_error_t *error)
{
    daffi_controller_t *self = daffi_new (sizeof *self);
    self->options = *options;
    self->log = options->log;
    self->endpoint = options->endpoint;
    self->sockfile.lock = -1;
    self->mailbox.fd = -1;
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->answered, NULL);
    daffi_message_init (&self->message);
    daffi_peers_init (&self->peers);
    if (daffi_mailbox_init (&self->mailbox))
        daffi_fail (error, DAFFI_SYSTEM, "no descriptor is left; raise ulimit -n");
    else if (!daffi_context_acquire (&self->context, error) &&
             !open_router (self, error) && !start_core (self, error)) {
        daffi_context_spare_signals ();
        self->actor = zactor_new (daffi_controller_actor, self);
    }
    if (!self->actor)
        daffi_controller_destroy (&self);
    else
        daffi_log (&self->log, DAFFI_LOG_INFO, "controller.ready", "endpoint=%s",
                   self->endpoint.text);
    return self;
}

void daffi_controller_destroy (daffi_controller_t **self_p)
{
    daffi_controller_t *self = *self_p;
    if (!self)
        return;
    if (self->mailbox.fd >= 0)
        daffi_mailbox_close (&self->mailbox);
    zactor_destroy (&self->actor);
    daffi_controller_shake_hands (self);
    if (self->mailbox.fd >= 0) {
        daffi_controller_read_mails (self);
        daffi_mailbox_done (&self->mailbox);
    }
    daffi_core_destroy (&self->core);
    daffi_keeper_close (&self->keeper);
    daffi_peers_done (&self->peers);
    daffi_message_done (&self->message);
    daffi_monitor_close (&self->monitor);
    daffi_socket_close (&self->router);
    daffi_sockfile_release (&self->sockfile);
    if (self->context)
        daffi_context_release ();
    pthread_cond_destroy (&self->answered);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

const char *daffi_controller_endpoint (const daffi_controller_t *self)
{
    return self->endpoint.text;
}
