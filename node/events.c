//  SPDX-License-Identifier: MPL-2.0
//  What the program is told: its own connects and disconnects, and the others' comings
//  and goings.
//
//  All of it goes through one lane of the executor, so that it is seen one by one and
//  in order, and a subscriber that is slow delays nobody but itself.

#include <stdlib.h>

#include "alloc.h"
#include "inside.h"

//  --- lifecycle ----------------------------------------------------------------------

typedef struct {
    daffi_job_t job;
    daffi_global_t *global;
    daffi_lifecycle_fn *callback;
    void *arg;
} lifecycle_job_t;

static void run_lifecycle (daffi_job_t *job)
{
    lifecycle_job_t *self = daffi_container (job, lifecycle_job_t, job);
    self->callback (self->global, self->arg);
    free (self);
}

void daffi_events_lifecycle (daffi_node_t *self, daffi_lifecycle_t what)
{
    daffi_lifecycle_fn *const callbacks[] = {
        [DAFFI_LIFECYCLE_INIT] = self->options.on_init,
        [DAFFI_LIFECYCLE_CONNECT] = self->options.on_node_connect,
        [DAFFI_LIFECYCLE_DISCONNECT] = self->options.on_node_disconnect,
    };
    if (!callbacks[what])
        return;
    lifecycle_job_t *job = daffi_new (sizeof *job);
    job->job.run = run_lifecycle;
    job->job.lane = &self->lifecycle;
    job->global = self->options.global;
    job->callback = callbacks[what];
    job->arg = self->options.lifecycle_arg;
    daffi_executor_push (self->executor, &job->job);
}

//  --- events -------------------------------------------------------------------------

typedef struct {
    daffi_job_t job;
    daffi_global_t *global;
    daffi_event_fn *on_event;
    void *arg;
    daffi_subscription_t *subscription;
    unsigned number;
    daffi_event_type_t type;
    daffi_left_reason_t reason;
    char process[DAFFI_NAME_MAX + 1];
    char function[DAFFI_NAME_MAX + 1];
    char signature[];
} event_job_t;

static void run_event (daffi_job_t *job)
{
    event_job_t *self = daffi_container (job, event_job_t, job);
    daffi_event_t event = {
        .type = self->type,
        .process = self->process,
        .function = self->function[0] ? self->function : NULL,
        .signature = self->type == DAFFI_EVENT_FUNCTION_ADDED ? self->signature : NULL,
        .reason = self->reason};
    //  who has unsubscribed hears no more of what was on its way
    if (self->number == atomic_load (&self->subscription->asked))
        self->on_event (self->global, &event, self->arg);
    atomic_fetch_sub (&self->subscription->pending, 1);
    free (self);
}

static void push_event (daffi_node_t *self, const daffi_event_body_t *body)
{
    daffi_subscription_t *subscription = &self->subscription;
    event_job_t *job = daffi_new (sizeof *job + body->signature.size + 1);
    job->job.run = run_event;
    job->job.lane = &self->lifecycle;
    job->global = self->options.global;
    job->on_event = subscription->on_event;
    job->arg = subscription->arg;
    job->subscription = subscription;
    job->number = subscription->number;
    job->type = (daffi_event_type_t)body->type;
    job->reason = (daffi_left_reason_t)body->reason;
    daffi_name_copy (job->process, body->process);
    daffi_name_copy (job->function, body->function);
    if (body->signature.size)
        memcpy (job->signature, body->signature.data, body->signature.size);
    atomic_fetch_add (&subscription->pending, 1);
    daffi_executor_push (self->executor, &job->job);
}

static void push_lost (daffi_node_t *self)
{
    daffi_text_t none = daffi_text ("", 0);
    daffi_event_body_t lost = {
        .type = DAFFI_EVENT_LOST, .process = none, .function = none, .signature = none};
    push_event (self, &lost);
}

void daffi_events_event (daffi_node_t *self, const daffi_header_t *header,
                         const daffi_body_t *body)
{
    daffi_subscription_t *subscription = &self->subscription;
    daffi_event_body_t event;
    if (daffi_task_events_event (self, header, body))
        return;
    if (!subscription->id || header->id != subscription->id || subscription->behind)
        return;
    if (daffi_read_event (body->data, body->size, &event) || event.type == 0 ||
        event.type > DAFFI_EVENT_LOST || event.signature.size > DAFFI_SIGNATURE_MAX)
        return;
    if (atomic_load (&subscription->pending) >= DAFFI_EVENTS_MAX)
        subscription->behind = true;
    else
        push_event (self, &event);
}

//  With a fresh id: what is on its way under the old one does not count any more.
static void ask (daffi_node_t *self)
{
    self->subscription.id = ++self->last_id;
    self->subscription.behind = false;
    if (self->link.welcomed)
        daffi_node_send_plain (self, DAFFI_RECORD_SUBSCRIBE, self->subscription.id,
                               false);
}

void daffi_events_connected (daffi_node_t *self)
{
    if (!self->subscription.on_event)
        return;
    if (self->link.number > 1)
        push_lost (self);
    ask (self);
}

void daffi_events_catch_up (daffi_node_t *self)
{
    daffi_subscription_t *subscription = &self->subscription;
    if (!subscription->behind || atomic_load (&subscription->pending) > 0)
        return;
    push_lost (self);
    ask (self);
}

typedef struct {
    daffi_mail_t mail;
    daffi_event_fn *on_event;
    void *arg;
    unsigned number;
} subscribe_t;

void daffi_events_subscribe (daffi_node_t *self, daffi_mail_t *mail)
{
    subscribe_t *subscribe = daffi_container (mail, subscribe_t, mail);
    self->subscription.on_event = subscribe->on_event;
    self->subscription.arg = subscribe->arg;
    self->subscription.number = subscribe->number;
    free (subscribe);
    if (self->subscription.on_event) {
        ask (self);
        return;
    }
    self->subscription.id = 0;
    if (self->link.welcomed)
        daffi_node_send_plain (self, DAFFI_RECORD_SUBSCRIBE, 0, false);
}

daffi_status_t daffi_node_subscribe (daffi_node_t *self, daffi_event_fn *on_event,
                                     void *arg, daffi_error_t *error)
{
    subscribe_t *subscribe = daffi_new (sizeof *subscribe);
    subscribe->mail.kind = DAFFI_MAIL_SUBSCRIBE;
    subscribe->on_event = on_event;
    subscribe->arg = arg;
    subscribe->number = atomic_fetch_add (&self->subscription.asked, 1) + 1;
    if (daffi_mailbox_post (&self->mailbox, &subscribe->mail.link))
        return DAFFI_OK;
    atomic_fetch_sub (&self->subscription.asked, 1);
    free (subscribe);
    return daffi_fail (error, DAFFI_STOPPED, "the node has stopped");
}
