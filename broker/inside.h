//  SPDX-License-Identifier: MPL-2.0
//  The inside of the controller, for its three files: its life (controller.c), its
//  turns (actor.c) and what goes in and out of its ROUTER (traffic.c). All but the
//  mails belongs to the actor.

#ifndef DAFFI_INSIDE_CONTROLLER_H
#define DAFFI_INSIDE_CONTROLLER_H

#include <czmq.h>
#include <pthread.h>

#include "controller.h"
#include "core.h"
#include "entropy.h"
#include "keeper.h"
#include "mailbox.h"
#include "message.h"
#include "monitor.h"
#include "peers.h"
#include "sockfile.h"

typedef enum {
    DAFFI_CONTROLLER_RUNNING,
    DAFFI_CONTROLLER_DRAINING,
    DAFFI_CONTROLLER_LEAVING,  //  has said GOODBYE; its peers are to hang up
    DAFFI_CONTROLLER_CLOSED
} daffi_controller_phase_t;

struct daffi_controller {
    zactor_t *actor;
    void *context;
    void *router;
    daffi_monitor_t monitor;
    daffi_mailbox_t mailbox;
    daffi_endpoint_t endpoint;
    daffi_sockfile_t sockfile;
    daffi_log_t log;
    daffi_controller_options_t options;
    daffi_core_t *core;
    daffi_keeper_t keeper;
    daffi_peers_t peers;
    daffi_message_t message;
    daffi_entropy_t entropy;
    int64_t now_ms;
    daffi_controller_phase_t phase;
    int64_t phase_end_ms;  //  DRAINING and LEAVING: the latest end
    pthread_mutex_t lock;  //  answers to other threads
    pthread_cond_t answered;
};

//  --- traffic.c ----------------------------------------------------------------------

//  How the core sends.
daffi_core_output_t daffi_traffic_output (daffi_controller_t *self);
//  Reads messages, at most as many as a turn allows. True: there may be more.
bool daffi_traffic_receive (daffi_controller_t *self);
//  Reads what the monitor tells of connections that broke.
void daffi_traffic_watch (daffi_controller_t *self);
//  Ends the sessions of those, once all that they had sent is read.
void daffi_traffic_lose_cut (daffi_controller_t *self);
//  And of those who were given up; in every turn, since while the socket is never empty
//  theirs would be the messages in it.
void daffi_traffic_lose_condemned (daffi_controller_t *self);
//  Gives the core room where peers have read again.
void daffi_traffic_feed_writable (daffi_controller_t *self);

//  --- actor.c ------------------------------------------------------------------------

zactor_fn daffi_controller_actor;
//  Also after its end: a mail that came too late is let go of.
void daffi_controller_read_mails (daffi_controller_t *self);
//  At the actor's end and after zactor_destroy (): the handshake within czmq is one
//  that ThreadSanitizer cannot see, a lock that both have held is.
void daffi_controller_shake_hands (daffi_controller_t *self);

#endif
