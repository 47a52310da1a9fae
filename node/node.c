//  SPDX-License-Identifier: MPL-2.0
//  The node, as other threads see it: made, started, stopped, asked how it stands; and
//  what its actor's files share: the socket, sending, alarms.

#include "node.h"

#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "context.h"
#include "failure.h"
#include "inside.h"

enum {
    RECONNECT_MIN_MS = 25,  //  the first attempt comes at random between these two, so
    RECONNECT_MAX_MS = 75,  //  that many nodes do not come back at the same time
    RECONNECT_LIMIT_MS = 500
};

//  --- sending and time ---------------------------------------------------------------

void daffi_node_send (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    self->link.spoke_ms = self->now_ms;
    if (!daffi_outbox_append (&self->outbox, header, body, deadline_ms, self->now_ms,
                              control))
        self->link.choked = true;
}

void daffi_node_send_plain (daffi_node_t *self, daffi_record_type_t type, uint64_t id,
                            bool control)
{
    daffi_header_t header = {.type = (uint8_t)type, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    daffi_node_send (self, &header, &nothing, DAFFI_NEVER, control);
}

void daffi_alarm_set (daffi_node_t *self, daffi_alarm_t *alarm, int64_t due_ms)
{
    daffi_wheel_arm (&self->wheel, &alarm->timer, due_ms);
}

//  --- state, as other threads see it -------------------------------------------------

void daffi_node_set_state (daffi_node_t *self, daffi_state_t state,
                           const daffi_error_t *why)
{
    pthread_mutex_lock (&self->lock);
    self->state = state;
    if (why)
        self->why = *why;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->lock);
}

daffi_state_t daffi_node_state (daffi_node_t *self, daffi_error_t *why)
{
    pthread_mutex_lock (&self->lock);
    daffi_state_t state = self->state;
    if (why && (state == DAFFI_STATE_CONNECTING || state == DAFFI_STATE_REFUSED))
        *why = self->why;
    pthread_mutex_unlock (&self->lock);
    return state;
}

daffi_status_t daffi_node_wait_connected (daffi_node_t *self, int64_t timeout_ms,
                                          daffi_error_t *error)
{
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};
    daffi_status_t status = DAFFI_OK;
    pthread_mutex_lock (&self->lock);
    while (self->state == DAFFI_STATE_CONNECTING ||
           self->state == DAFFI_STATE_REFUSED) {
        if (end_ms == DAFFI_NEVER)
            pthread_cond_wait (&self->changed, &self->lock);
        else if (pthread_cond_timedwait (&self->changed, &self->lock, &end))
            break;
    }
    if (self->state == DAFFI_STATE_REFUSED)
        status = daffi_fail (error, self->why.status, "%s", self->why.text);
    else if (self->state == DAFFI_STATE_CONNECTING)
        status =
            daffi_fail (error, DAFFI_TIMEOUT,
                        "no controller answered at %s within %lld ms; is it running?",
                        self->endpoint.text, (long long)timeout_ms);
    else if (self->state != DAFFI_STATE_CONNECTED)
        status = daffi_fail (error, DAFFI_STOPPED, "the node was stopped");
    pthread_mutex_unlock (&self->lock);
    return status;
}

//  TCP would keep a connection that leads nowhere (a cable that was cut) for minutes.
void daffi_node_reconnect (daffi_node_t *self)
{
    daffi_error_t error;
    zmq_disconnect (self->dealer, self->endpoint.text);
    if (daffi_endpoint_connect (&self->endpoint, self->dealer, &error))
        daffi_log (&self->log, DAFFI_LOG_ERROR, "node.not_reconnecting", "text=%s",
                   error.text);
}

static daffi_status_t open_dealer (daffi_node_t *self, daffi_error_t *error)
{
    uint16_t jitter;
    daffi_entropy_fill (&jitter, sizeof jitter);
    self->dealer = daffi_socket_new (self->context, ZMQ_DEALER, error);
    if (!self->dealer)
        return DAFFI_SYSTEM;
    //  what was meant for a controller that is gone must not reach the next one
    daffi_socket_set (self->dealer, ZMQ_IMMEDIATE, 1);
    daffi_socket_set (self->dealer, ZMQ_RECONNECT_IVL,
                      RECONNECT_MIN_MS +
                          jitter % (RECONNECT_MAX_MS - RECONNECT_MIN_MS));
    daffi_socket_set (self->dealer, ZMQ_RECONNECT_IVL_MAX, RECONNECT_LIMIT_MS);
    //  No ZMQ_HEARTBEAT_IVL: libzmq 4.3 aborts the controller where a PING of ours
    //  waits behind its high-water mark when we die, and aborts us where the controller
    //  dies while we are behind ("Assertion failed: !_io_error"). Our own PINGs do the
    //  work.
    daffi_status_t status = daffi_monitor_open (
        &self->monitor, self->context, self->dealer,
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED, error);
    if (!status)
        status = daffi_endpoint_connect (&self->endpoint, self->dealer, error);
    if (status) {
        daffi_monitor_close (&self->monitor);
        daffi_socket_close (&self->dealer);
    }
    return status;
}

//  --- life ---------------------------------------------------------------------------

//  Under the lock of the functions, which orders the mails as it does the changes.
static void post_offer (void *context, const daffi_offer_body_t *offer, bool offered)
{
    daffi_offers_post (context, offered ? DAFFI_MAIL_ADD : DAFFI_MAIL_REMOVE, offer);
}

daffi_node_t *daffi_node_new (const daffi_node_options_t *options, daffi_error_t *error)
{
    pthread_condattr_t monotonic;
    uint64_t seeds[2];
    daffi_node_t *self = daffi_new (sizeof *self);
    self->options = *options;
    self->log = options->log;
    self->born_ms = daffi_clock_ms ();
    daffi_name_copy (self->name, daffi_text_of (options->name));
    daffi_entropy_fill (seeds, sizeof seeds);
    pthread_mutex_init (&self->lock, NULL);
    daffi_lead_init (&self->lead);
    pthread_condattr_init (&monotonic);
    pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init (&self->changed, &monotonic);
    pthread_condattr_destroy (&monotonic);
    daffi_functions_init (&self->functions);
    daffi_functions_watch (&self->functions, post_offer, self);
    daffi_lane_init (&self->lifecycle, 1, NULL);
    daffi_message_init (&self->message);
    daffi_list_init (&self->unsent);
    daffi_list_init (&self->sent);
    daffi_list_init (&self->resting);
    daffi_list_init (&self->shipments);
    daffi_list_init (&self->running);
    daffi_list_init (&self->late_offers);
    daffi_list_init (&self->finished);
    self->future_pool = daffi_future_pool ();
    daffi_table_init (&self->futures, seeds[0]);
    daffi_table_init (&self->tokens, seeds[1]);
    self->phase = DAFFI_NODE_CLOSED;
    self->state = DAFFI_STATE_STOPPED;
    self->mailbox.fd = -1;
    self->executor = daffi_executor_new (options->workers, error);
    if (!self->executor || daffi_mailbox_init (&self->mailbox) ||
        daffi_context_acquire (&self->context, error)) {
        daffi_node_destroy (&self);
        return NULL;
    }
    daffi_mailbox_close (&self->mailbox);
    daffi_own_register (self);
    self->payloads =
        daffi_payloads_new (self, options->transfer, self->name, &self->log, error);
    if (!self->payloads) {
        daffi_node_destroy (&self);
        return NULL;
    }
    return self;
}

void daffi_node_destroy (daffi_node_t **self_p)
{
    daffi_node_t *self = *self_p;
    if (!self)
        return;
    zactor_destroy (&self->actor);
    daffi_node_shake_hands (self);
    daffi_lead_take_alone (&self->lead);
    daffi_lead_give (&self->lead);
    daffi_executor_destroy (&self->executor);
    if (self->mailbox.fd >= 0)
        daffi_mailbox_done (&self->mailbox);
    daffi_offers_forget (self);
    daffi_functions_done (&self->functions);
    daffi_payloads_destroy (&self->payloads);
    daffi_message_done (&self->message);
    daffi_table_done (&self->futures);
    daffi_table_done (&self->tokens);
    if (self->context)
        daffi_context_release ();
    daffi_pool_close (self->future_pool);
    daffi_lead_done (&self->lead);
    pthread_cond_destroy (&self->changed);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}

//  With the lead, without an actor.
static daffi_status_t begin_life (daffi_node_t *self, const daffi_endpoint_t *endpoint,
                                  daffi_error_t *error)
{
    self->endpoint = *endpoint;
    daffi_payloads_connects (self->payloads, endpoint->is_ipc ? endpoint->path : "");
    daffi_status_t status = open_dealer (self, error);
    if (status)
        return status;
    daffi_lead_open (&self->lead, self->dealer);
    //  a new life: whoever knew the old one must not take it for this one
    daffi_entropy_fill (self->incarnation, sizeof self->incarnation);
    uint32_t number = self->link.number;
    memset (&self->link, 0, sizeof self->link);
    self->link.number = number;
    daffi_outbox_init (&self->outbox, self->dealer, NULL, &self->parcels);
    self->now_ms = daffi_clock_ms ();
    daffi_wheel_init (&self->wheel, self->now_ms);
    self->phase = DAFFI_NODE_RUNNING;
    daffi_error_t why;
    daffi_fail (&why, DAFFI_NOT_CONNECTED, "no controller answers at %s yet",
                endpoint->text);
    daffi_node_set_state (self, DAFFI_STATE_CONNECTING, &why);
    return DAFFI_OK;
}

daffi_status_t daffi_node_start (daffi_node_t *self, const daffi_endpoint_t *endpoint,
                                 daffi_error_t *error)
{
    zactor_destroy (&self->actor);
    daffi_node_shake_hands (self);
    daffi_lead_take_alone (&self->lead);
    daffi_status_t status = begin_life (self, endpoint, error);
    daffi_lead_give (&self->lead);
    if (status)
        return status;
    daffi_mailbox_open (&self->mailbox);
    //  before the actor tells anything, and not before a call can be made
    if (!self->begun)
        daffi_events_lifecycle (self, DAFFI_LIFECYCLE_INIT);
    self->begun = true;
    daffi_context_spare_signals ();
    self->actor = zactor_new (daffi_node_actor, self);
    return DAFFI_OK;
}

daffi_status_t daffi_node_register (daffi_node_t *self,
                                    const daffi_function_t *functions, size_t count,
                                    daffi_error_t *error)
{
    return daffi_functions_add_all (&self->functions, functions, count, error);
}

daffi_status_t daffi_node_unregister_group (daffi_node_t *self, const char *group,
                                            daffi_error_t *error)
{
    size_t count =
        group ? daffi_functions_remove_group (&self->functions, daffi_text_of (group))
              : 0;
    return count ? DAFFI_OK
                 : daffi_fail (error, DAFFI_NOT_FOUND,
                               "no function of the group '%.150s' is registered",
                               group ? group : "");
}

daffi_status_t daffi_node_unregister (daffi_node_t *self, const char *name,
                                      daffi_error_t *error)
{
    return daffi_functions_remove (&self->functions, name, error);
}

daffi_executor_t *daffi_node_executor (daffi_node_t *self)
{
    return self->executor;
}

bool daffi_node_inside (const daffi_node_t *self)
{
    return daffi_executor_inside (self->executor);
}
