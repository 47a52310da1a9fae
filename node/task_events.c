//  SPDX-License-Identifier: MPL-2.0
//  What a program is told of its tasks. A subscription of its own beside that of
//  presence (events.c), through the same lane of the executor.

#include <stdlib.h>

#include "alloc.h"
#include "daffi_tasks.h"
#include "global.h"
#include "inside.h"

struct daffi_task_job {
    daffi_job_t job;
    daffi_global_t *global;
    daffi_task_subscription_t *subscription;
    unsigned number;
    daffi_task_event_fn *on_event;
    void *arg;
    daffi_task_event_t event;  //  its texts stand in the fields below
    char uuid[DAFFI_UUID_SIZE];
    char function[DAFFI_NAME_MAX + 1];
    char owner[DAFFI_NAME_MAX + 1];
    char process[DAFFI_NAME_MAX + 1];
    char text[DAFFI_TEXT_MAX + 1];
};
typedef struct daffi_task_job task_job_t;

static void run_job (daffi_job_t *job)
{
    task_job_t *self = daffi_container (job, task_job_t, job);
    //  who has unsubscribed hears no more of what was on its way
    if (self->number == atomic_load (&self->subscription->asked))
        self->on_event (self->global, &self->event, self->arg);
    atomic_fetch_sub (&self->subscription->pending, 1);
    free (self);
}

static task_job_t *new_job (daffi_node_t *self, daffi_task_event_type_t type)
{
    daffi_task_subscription_t *subscription = &self->task_subscription;
    task_job_t *job = daffi_new (sizeof *job);
    job->job.run = run_job;
    job->job.lane = &self->lifecycle;
    job->global = self->options.global;
    job->subscription = subscription;
    job->number = subscription->number;
    job->on_event = subscription->on_event;
    job->arg = subscription->arg;
    job->event.type = type;
    job->event.uuid = job->uuid;
    job->event.function = job->function;
    job->event.owner = job->owner;
    job->event.process = job->process;
    job->event.text = job->text;
    return job;
}

static void push (daffi_node_t *self, task_job_t *job)
{
    atomic_fetch_add (&self->task_subscription.pending, 1);
    daffi_executor_push (self->executor, &job->job);
}

//  --- reading ------------------------------------------------------------------------

static void read_text (const daffi_value_t *map, const char *key, char *out,
                       size_t size)
{
    daffi_value_t value;
    daffi_text_t text = daffi_text ("", 0);
    if (!daffi_value_find (map, key, &value))
        text = daffi_value_text_of (&value);
    size_t length = text.size < size ? text.size : size - 1;
    if (length)
        memcpy (out, text.data, length);
    out[length] = 0;
}

static int64_t read_number (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    int64_t number = 0;
    if (daffi_value_find (map, key, &value) || daffi_value_get_int (&value, &number))
        return 0;
    return number;
}

static void read_event (const daffi_value_t *map, task_job_t *job)
{
    read_text (map, "uuid", job->uuid, sizeof job->uuid);
    read_text (map, "function", job->function, sizeof job->function);
    read_text (map, "owner", job->owner, sizeof job->owner);
    read_text (map, "process", job->process, sizeof job->process);
    read_text (map, "text", job->text, sizeof job->text);
    int64_t status = read_number (map, "status");
    job->event.due_ms = read_number (map, "due_ms");
    job->event.status = status ? daffi_status_from_wire ((uint64_t)status) : DAFFI_OK;
    job->event.executed = (daffi_executed_t)read_number (map, "executed");
}

bool daffi_task_events_event (daffi_node_t *self, const daffi_header_t *header,
                              const daffi_body_t *body)
{
    daffi_task_subscription_t *subscription = &self->task_subscription;
    daffi_value_t map;
    if (!subscription->id || header->id != subscription->id)
        return false;
    if (subscription->behind || daffi_value_unpack (body->data, body->size, &map) ||
        map.kind != DAFFI_KIND_MAP)
        return true;
    int64_t type = read_number (&map, "type");
    if (type < DAFFI_TASK_EVENT_LOST || type > DAFFI_TASK_EVENT_ENDED)
        return true;
    if (atomic_load (&subscription->pending) >= DAFFI_EVENTS_MAX) {
        subscription->behind = true;
        return true;
    }
    task_job_t *job = new_job (self, (daffi_task_event_type_t)type);
    read_event (&map, job);
    push (self, job);
    return true;
}

//  --- subscribing --------------------------------------------------------------------

static void ask (daffi_node_t *self, uint64_t id)
{
    daffi_header_t header = {.type = DAFFI_RECORD_SUBSCRIBE,
                             .id = id,
                             .name = daffi_text_of ("$sys.tasks"),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    if (self->task_subscription.everybody)
        header.present = DAFFI_OPT_ALL;
    self->task_subscription.id = id;
    self->task_subscription.behind = false;
    if (self->link.welcomed)
        daffi_node_send (self, &header, &nothing, DAFFI_NEVER, false);
}

void daffi_task_events_connected (daffi_node_t *self)
{
    if (!self->task_subscription.on_event)
        return;
    if (self->link.number > 1)
        push (self, new_job (self, DAFFI_TASK_EVENT_LOST));
    ask (self, ++self->last_id);
}

void daffi_task_events_catch_up (daffi_node_t *self)
{
    daffi_task_subscription_t *subscription = &self->task_subscription;
    if (!subscription->behind || atomic_load (&subscription->pending) > 0)
        return;
    push (self, new_job (self, DAFFI_TASK_EVENT_LOST));
    subscription->behind = false;
}

typedef struct {
    daffi_mail_t mail;
    daffi_task_event_fn *on_event;
    void *arg;
    bool everybody;
    unsigned number;
} subscribe_t;

void daffi_task_events_subscribe (daffi_node_t *self, daffi_mail_t *mail)
{
    subscribe_t *subscribe = daffi_container (mail, subscribe_t, mail);
    daffi_task_subscription_t *subscription = &self->task_subscription;
    subscription->on_event = subscribe->on_event;
    subscription->arg = subscribe->arg;
    subscription->everybody = subscribe->everybody;
    subscription->number = subscribe->number;
    free (subscribe);
    ask (self, subscription->on_event ? ++self->last_id : 0);
}

daffi_status_t daffi_node_subscribe_tasks (daffi_node_t *self, bool everybody,
                                           daffi_task_event_fn *on_event, void *arg,
                                           daffi_error_t *error)
{
    subscribe_t *subscribe = daffi_new (sizeof *subscribe);
    subscribe->mail.kind = DAFFI_MAIL_SUBSCRIBE_TASKS;
    subscribe->on_event = on_event;
    subscribe->arg = arg;
    subscribe->everybody = everybody;
    subscribe->number = atomic_fetch_add (&self->task_subscription.asked, 1) + 1;
    if (daffi_mailbox_post (&self->mailbox, &subscribe->mail.link))
        return DAFFI_OK;
    atomic_fetch_sub (&self->task_subscription.asked, 1);
    free (subscribe);
    return daffi_fail (error, DAFFI_STOPPED, "the node has stopped");
}

daffi_status_t daffi_global_subscribe_tasks (daffi_global_t *self, bool everybody,
                                             daffi_task_event_fn *on_event, void *arg,
                                             daffi_error_t *error)
{
    daffi_node_t *node = daffi_global_node (self, error);
    return node ? daffi_node_subscribe_tasks (node, everybody, on_event, arg, error)
                : DAFFI_INVALID;
}
