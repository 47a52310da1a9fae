//  SPDX-License-Identifier: MPL-2.0
//  The node: a DEALER actor that calls and serves.
//
//  Everything else reaches it through its mailbox, or does its work (lead.h). This
//  header is for the Global and for the functions of daffi.h; what the node's own files
//  share is in inside.h.

#ifndef DAFFI_NODE_H
#define DAFFI_NODE_H

#include "daffi.h"
#include "daffi_tasks.h"
#include "endpoint.h"
#include "functions.h"
#include "future.h"
#include "log.h"
#include "packed.h"

typedef struct daffi_node daffi_node_t;
typedef struct daffi_cargo daffi_cargo_t;

typedef struct {
    daffi_global_t *global;  //  handed to callbacks
    const char *name;
    daffi_log_t log;
    uint32_t workers;  //  0: manual dispatch
    uint32_t capacity;
    int32_t spin_us;
    bool takeover;
    const struct daffi_transfer_options *transfer;
    int64_t heartbeat_ms;
    int64_t heartbeat_timeout_ms;
    daffi_lifecycle_fn *on_init;
    daffi_lifecycle_fn *on_node_connect;
    daffi_lifecycle_fn *on_node_disconnect;
    void *lifecycle_arg;
    void (*on_stopped) (void *arg);  //  in the actor, once a start
    void *on_stopped_arg;
    //  $node.drain: somebody wants this process to stop; in a worker. NULL: refused.
    daffi_status_t (*on_drain) (void *arg);
    void *on_drain_arg;
} daffi_node_options_t;

//  Not started yet: functions can be registered.
daffi_node_t *daffi_node_new (const daffi_node_options_t *options,
                              daffi_error_t *error);
//  Ends the actor, then waits for callbacks that run.
void daffi_node_destroy (daffi_node_t **self_p);

//  Connects, in the background. Again after it has stopped.
DAFFI_MUST_USE daffi_status_t daffi_node_start (daffi_node_t *self,
                                                const daffi_endpoint_t *endpoint,
                                                daffi_error_t *error);
//  Begins to stop; on_stopped () follows. From any thread.
void daffi_node_stop (daffi_node_t *self, int64_t drain_timeout_ms);

daffi_state_t daffi_node_state (daffi_node_t *self, daffi_error_t *why);
//  Waits while it is CONNECTING or REFUSED; DAFFI_OK when connected.
DAFFI_MUST_USE daffi_status_t daffi_node_wait_connected (daffi_node_t *self,
                                                         int64_t timeout_ms,
                                                         daffi_error_t *error);

//  All of `count`, or none.
daffi_status_t daffi_node_register (daffi_node_t *self,
                                    const daffi_function_t *functions, size_t count,
                                    daffi_error_t *error);
daffi_status_t daffi_node_unregister (daffi_node_t *self, const char *name,
                                      daffi_error_t *error);
//  The name itself, and those that go on behind it with a dot.
daffi_status_t daffi_node_unregister_group (daffi_node_t *self, const char *group,
                                            daffi_error_t *error);

//  The name and the options are such that a call can begin.
DAFFI_MUST_USE daffi_status_t daffi_launch_check (const char *function,
                                                  const daffi_call_options_t *options,
                                                  daffi_error_t *error);

//  All of these take the body, also where they fail.
daffi_future_t *daffi_node_call (daffi_node_t *self, const char *function,
                                 daffi_packed_t *body,
                                 const daffi_call_options_t *options,
                                 daffi_error_t *error);
//  The same for a thread that waits for it at once, and only that: it may be done.
daffi_future_t *daffi_node_call_waiting (daffi_node_t *self, const char *function,
                                         daffi_packed_t *body,
                                         const daffi_call_options_t *options,
                                         daffi_error_t *error);
daffi_future_t *daffi_node_stream (daffi_node_t *self, const char *function,
                                   daffi_packed_t *body,
                                   const daffi_call_options_t *options,
                                   daffi_error_t *error);
daffi_future_t *daffi_node_broadcast (daffi_node_t *self, const char *function,
                                      daffi_packed_t *body,
                                      const daffi_broadcast_options_t *options,
                                      daffi_error_t *error);
daffi_status_t daffi_node_cast (daffi_node_t *self, const char *function,
                                daffi_packed_t *body,
                                const daffi_call_options_t *options,
                                daffi_error_t *error);
//  `kind`: DAFFI_FUTURE_WAIT_*.
daffi_future_t *daffi_node_wait (daffi_node_t *self, daffi_future_kind_t kind,
                                 const char *name, int64_t timeout_ms,
                                 daffi_error_t *error);
daffi_status_t daffi_node_subscribe (daffi_node_t *self, daffi_event_fn *on_event,
                                     void *arg, daffi_error_t *error);

//  SCHEDULE; takes the body.
daffi_future_t *daffi_node_schedule (daffi_node_t *self, const char *function,
                                     const char *process, bool all,
                                     daffi_packed_t *body, daffi_error_t *error);
daffi_status_t daffi_node_subscribe_tasks (daffi_node_t *self, bool everybody,
                                           daffi_task_event_fn *on_event, void *arg,
                                           daffi_error_t *error);

//  A call, or a stream, of $node.payload.*, which ships the payload where it is
//  missing. Takes the cargo.
daffi_future_t *daffi_node_transfer (daffi_node_t *self, bool stream,
                                     const char *function, daffi_cargo_t *cargo,
                                     daffi_packed_t *body,
                                     const daffi_call_options_t *options,
                                     daffi_error_t *error);

daffi_executor_t *daffi_node_executor (daffi_node_t *self);
//  The calling thread runs a callback of this node.
bool daffi_node_inside (const daffi_node_t *self);

#endif
