//  SPDX-License-Identifier: MPL-2.0
//  The Global: the one place that sees both actors. It starts the controller before the
//  node and stops it after the node.
//
//  Stopping is a chain, since it may begin in a callback, where nobody can wait: the
//  node tells when it has stopped, which stops the controller, which tells that all is
//  over.

#include "global.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "controller.h"
#include "entropy.h"
#include "executor.h"
#include "failure.h"
#include "future.h"
#include "options.h"
#include "sockfile.h"

typedef enum { STARTING, RUNNING, STOPPING, STOPPED } phase_t;

struct daffi_global {
    daffi_options_t options;  //  strings are ours
    char name[DAFFI_NAME_MAX + 1];
    char endpoint[sizeof ((daffi_endpoint_t *)0)->text];
    daffi_node_t *node;              //  NULL: without
    daffi_controller_t *controller;  //  NULL: without, or never started
    pthread_mutex_t asking;          //  held to ask it, and to make another one
    pthread_mutex_t lock;
    pthread_cond_t changed;
    phase_t phase;
};

const char *daffi_version (void)
{
    return DAFFI_VERSION;
}

static void choose_name (daffi_global_t *self, const char *wished)
{
    uint64_t number;
    daffi_entropy_fill (&number, sizeof number);
    if (wished)
        daffi_name_copy (self->name, daffi_text_of (wished));
    else
        snprintf (self->name, sizeof self->name, "process-%016llx",
                  (unsigned long long)number);
}

static daffi_log_t log_of (const daffi_global_t *self)
{
    daffi_log_t log = {self->options.log, self->options.log_arg,
                       self->options.log_level};
    return log;
}

static uint32_t worker_count (const daffi_options_t *options)
{
    if (options->manual_dispatch)
        return 0;
    if (options->workers)
        return options->workers < 1024 ? options->workers : 1024;
    long cpus = sysconf (_SC_NPROCESSORS_ONLN);
    return cpus > 4 ? (uint32_t)cpus : 4;
}

//  Enough that no worker idles while the next call is on its way, on large pools too.
static uint32_t capacity_of (const daffi_options_t *options)
{
    enum { A_WORKER = DAFFI_CAPACITY_DEFAULT / 4 };
    uint32_t of_pool = worker_count (options) * A_WORKER;
    if (options->capacity)
        return options->capacity;
    return of_pool > DAFFI_CAPACITY_NODE ? of_pool : DAFFI_CAPACITY_NODE;
}

//  --- stopping -----------------------------------------------------------------------

static void set_phase (daffi_global_t *self, phase_t phase)
{
    pthread_mutex_lock (&self->lock);
    self->phase = phase;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->lock);
}

static void controller_stopped (void *arg)
{
    set_phase (arg, STOPPED);
}

static void node_stopped (void *arg)
{
    daffi_global_t *self = arg;
    if (self->controller)
        daffi_controller_stop (self->controller, self->options.drain_timeout_ms);
    else
        set_phase (self, STOPPED);
}

static void begin_stop (daffi_global_t *self)
{
    pthread_mutex_lock (&self->lock);
    //  a start in another thread: its actors are there in a moment, or it has failed
    while (self->phase == STARTING)
        pthread_cond_wait (&self->changed, &self->lock);
    bool begin = self->phase == RUNNING;
    if (begin)
        self->phase = STOPPING;
    pthread_mutex_unlock (&self->lock);
    if (!begin)
        return;
    if (self->node)
        daffi_node_stop (self->node, self->options.drain_timeout_ms);
    else
        daffi_controller_stop (self->controller, self->options.drain_timeout_ms);
}

daffi_status_t daffi_global_join (daffi_global_t *self, int64_t timeout_ms)
{
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};
    int failed = 0;
    //  in a callback of another Global, which what runs here may call
    daffi_executor_block ();
    pthread_mutex_lock (&self->lock);
    while (self->phase != STOPPED && failed != ETIMEDOUT)
        failed = end_ms == DAFFI_NEVER
                     ? pthread_cond_wait (&self->changed, &self->lock)
                     : pthread_cond_timedwait (&self->changed, &self->lock, &end);
    bool stopped = self->phase == STOPPED;
    pthread_mutex_unlock (&self->lock);
    daffi_executor_unblock ();
    return stopped ? DAFFI_OK : DAFFI_PENDING;
}

//  Without worker threads what still runs needs this one to end.
static void dispatch_until_stopped (daffi_global_t *self)
{
    while (daffi_global_join (self, 2) == DAFFI_PENDING)
        daffi_global_dispatch (self, 0);
}

//  By $node.drain. A controller is not stopped from outside: others need it.
static daffi_status_t drain_asked (void *arg)
{
    daffi_global_t *self = arg;
    if (self->options.init_controller)
        return DAFFI_REFUSED;
    begin_stop (self);
    return DAFFI_OK;
}

void daffi_global_stop (daffi_global_t *self)
{
    begin_stop (self);
    if (daffi_future_waiting_forbidden () ||
        (self->node && daffi_node_inside (self->node)))
        return;
    if (self->node && self->options.manual_dispatch)
        dispatch_until_stopped (self);
    else
        daffi_global_join (self, DAFFI_FOREVER);
}

//  --- starting -----------------------------------------------------------------------

static daffi_status_t start_controller (daffi_global_t *self,
                                        daffi_endpoint_t *endpoint,
                                        daffi_error_t *error)
{
    daffi_controller_options_t options = {.name = self->name,
                                          .endpoint = *endpoint,
                                          .log = log_of (self),
                                          .settle_ms = self->options.settle_ms,
                                          .heartbeat_ms = self->options.heartbeat_ms,
                                          .heartbeat_timeout_ms =
                                              self->options.heartbeat_timeout_ms,
                                          .store = self->options.store,
                                          .store_lazy = self->options.store_when_used,
                                          .on_stopped = controller_stopped,
                                          .on_stopped_arg = self};
    pthread_mutex_lock (&self->asking);
    daffi_controller_destroy (&self->controller);
    self->controller = daffi_controller_new (&options, error);
    pthread_mutex_unlock (&self->asking);
    if (!self->controller)
        return DAFFI_ENDPOINT;
    snprintf (endpoint->text, sizeof endpoint->text, "%s",
              daffi_controller_endpoint (self->controller));
    return DAFFI_OK;
}

static daffi_status_t start_node (daffi_global_t *self,
                                  const daffi_endpoint_t *endpoint,
                                  daffi_error_t *error)
{
    daffi_status_t status = DAFFI_OK;
    if (endpoint->is_ipc)
        status = daffi_sockfile_folder (endpoint, error);
    return status ? status : daffi_node_start (self->node, endpoint, error);
}

static daffi_status_t wait_connected (daffi_global_t *self, daffi_error_t *error)
{
    //  our own controller answers at once; another one may come later
    int64_t wait_ms = self->options.connect_timeout_ms;
    if (!wait_ms && self->controller)
        wait_ms = DAFFI_HELLO_TIMEOUT_MS;
    return wait_ms ? daffi_node_wait_connected (self->node, wait_ms, error) : DAFFI_OK;
}

//  The actors, or none of them.
static daffi_status_t start_actors (daffi_global_t *self, daffi_error_t *error)
{
    daffi_endpoint_t endpoint;
    daffi_status_t status = daffi_endpoint_resolve (&endpoint, &self->options, error);
    if (!status && self->options.init_controller)
        status = start_controller (self, &endpoint, error);
    if (status)
        return status;
    snprintf (self->endpoint, sizeof self->endpoint, "%s", endpoint.text);
    if (self->node)
        status = start_node (self, &endpoint, error);
    if (status) {
        pthread_mutex_lock (&self->asking);
        daffi_controller_destroy (&self->controller);
        pthread_mutex_unlock (&self->asking);
    }
    return status;
}

//  False: another thread is at it, or it runs.
static bool begin_start (daffi_global_t *self)
{
    pthread_mutex_lock (&self->lock);
    bool begin = self->phase == STOPPED;
    if (begin)
        self->phase = STARTING;
    pthread_mutex_unlock (&self->lock);
    return begin;
}

daffi_status_t daffi_global_start (daffi_global_t *self, daffi_error_t *error)
{
    if (!begin_start (self))
        return daffi_fail (error, DAFFI_EXISTS, "the Global is running; stop it first");
    daffi_status_t status = start_actors (self, error);
    set_phase (self, status ? STOPPED : RUNNING);
    if (!status && self->node)
        status = wait_connected (self, error);
    if (status)
        daffi_global_stop (self);
    return status;
}

static daffi_status_t make_node (daffi_global_t *self, const daffi_options_t *options,
                                 daffi_error_t *error)
{
    daffi_node_options_t node = {.global = self,
                                 .name = self->name,
                                 .log = log_of (self),
                                 .workers = worker_count (options),
                                 .capacity = capacity_of (options),
                                 .spin_us = self->options.spin_us,
                                 .takeover = options->takeover,
                                 .transfer = options->transfer,
                                 .heartbeat_ms = self->options.heartbeat_ms,
                                 .heartbeat_timeout_ms =
                                     self->options.heartbeat_timeout_ms,
                                 .on_init = options->on_init,
                                 .on_node_connect = options->on_node_connect,
                                 .on_node_disconnect = options->on_node_disconnect,
                                 .lifecycle_arg = options->lifecycle_arg,
                                 .on_stopped = node_stopped,
                                 .on_stopped_arg = self,
                                 .on_drain = drain_asked,
                                 .on_drain_arg = self};
    self->node = daffi_node_new (&node, error);
    if (!self->node)
        return DAFFI_SYSTEM;
    return daffi_node_register (self->node, options->functions,
                                daffi_functions_count (options->functions), error);
}

daffi_global_t *daffi_global_new (const daffi_options_t *options, daffi_error_t *error)
{
    static const daffi_options_t defaults;
    pthread_condattr_t monotonic;
    options = options ? options : &defaults;
    if (daffi_options_check (options, error))
        return NULL;
    daffi_global_t *self = daffi_new (sizeof *self);
    daffi_options_keep (&self->options, options);
    choose_name (self, options->process_name);
    self->phase = STOPPED;
    pthread_mutex_init (&self->lock, NULL);
    pthread_mutex_init (&self->asking, NULL);
    pthread_condattr_init (&monotonic);
    pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init (&self->changed, &monotonic);
    pthread_condattr_destroy (&monotonic);
    if ((!options->without_node && make_node (self, options, error)) ||
        daffi_global_start (self, error))
        daffi_global_destroy (&self);
    return self;
}

void daffi_global_destroy (daffi_global_t **self_p)
{
    daffi_global_t *self = *self_p;
    if (!self)
        return;
    if (daffi_global_join (self, 0) == DAFFI_PENDING)
        daffi_global_stop (self);
    daffi_node_destroy (&self->node);
    daffi_controller_destroy (&self->controller);
    pthread_cond_destroy (&self->changed);
    pthread_mutex_destroy (&self->asking);
    pthread_mutex_destroy (&self->lock);
    daffi_options_release (&self->options);
    free (self);
    *self_p = NULL;
}

//  --- looking ------------------------------------------------------------------------

const char *daffi_global_process_name (const daffi_global_t *self)
{
    return self->name;
}

bool daffi_global_is_controller (const daffi_global_t *self)
{
    return self->options.init_controller;
}

const char *daffi_global_endpoint (const daffi_global_t *self)
{
    return self->endpoint;
}

daffi_state_t daffi_global_state (daffi_global_t *self, daffi_error_t *why)
{
    if (self->node)
        return daffi_node_state (self->node, why);
    pthread_mutex_lock (&self->lock);
    phase_t phase = self->phase;
    pthread_mutex_unlock (&self->lock);
    return phase == STARTING   ? DAFFI_STATE_CONNECTING
           : phase == RUNNING  ? DAFFI_STATE_CONNECTED
           : phase == STOPPING ? DAFFI_STATE_STOPPING
                               : DAFFI_STATE_STOPPED;
}

daffi_node_t *daffi_global_node (daffi_global_t *self, daffi_error_t *error)
{
    if (!self->node)
        daffi_fail (error, DAFFI_INVALID,
                    "this Global runs a controller alone (without_node)");
    return self->node;
}

bool daffi_global_ask_controller (daffi_global_t *self, daffi_buffer_t *out)
{
    pthread_mutex_lock (&self->asking);
    bool told = self->controller && daffi_controller_functions (self->controller, out);
    pthread_mutex_unlock (&self->asking);
    return told;
}

//  --- handed on to the node ----------------------------------------------------------

daffi_status_t daffi_global_subscribe (daffi_global_t *self, daffi_event_fn *on_event,
                                       void *arg, daffi_error_t *error)
{
    daffi_node_t *node = daffi_global_node (self, error);
    return node ? daffi_node_subscribe (node, on_event, arg, error) : DAFFI_INVALID;
}

int daffi_global_fd (daffi_global_t *self)
{
    return self->node ? daffi_executor_fd (daffi_node_executor (self->node)) : -1;
}

size_t daffi_global_dispatch (daffi_global_t *self, size_t limit)
{
    if (!self->node || !self->options.manual_dispatch)
        return 0;
    return daffi_executor_dispatch (daffi_node_executor (self->node), limit);
}
