/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_presence.h - who is there, and what they offer.
 *
 *  Part of daffi.h, whose conventions count here.
 */
#ifndef DAFFI_API_PRESENCE_H
#define DAFFI_API_PRESENCE_H

#include "daffi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    DAFFI_EVENT_PROCESS_JOINED = 1,
    DAFFI_EVENT_PROCESS_LEFT = 2,
    DAFFI_EVENT_FUNCTION_ADDED = 3,
    DAFFI_EVENT_FUNCTION_REMOVED = 4,
    DAFFI_EVENT_LOST = 5 /*  events were dropped because the subscriber was too slow, or
                             the connection broke: look again at the whole */
} daffi_event_type_t;

typedef enum {
    DAFFI_LEFT_GOODBYE = 1,    /*  it stopped in good order */
    DAFFI_LEFT_LOST = 2,       /*  its connection broke */
    DAFFI_LEFT_SUPERSEDED = 3, /*  a newer process took over its name */
    DAFFI_LEFT_EXPIRED = 4 /*  it was silent for longer than its heartbeat timeout */
} daffi_left_reason_t;

/*  "goodbye", "lost", "superseded", "expired"; "unknown" for any other number. A string
    that is never freed. Any thread. */
DAFFI_EXPORT const char *daffi_left_reason_name (daffi_left_reason_t reason);

typedef struct {
    daffi_event_type_t type;
    const char *process;        /*  borrowed until the callback returns */
    const char *function;       /*  functions only, else NULL */
    const char *signature;      /*  FUNCTION_ADDED, else NULL; "" = none given */
    daffi_left_reason_t reason; /*  PROCESS_LEFT only */
} daffi_event_t;

/*  Runs as a lifecycle callback does (daffi.h). */
typedef void (daffi_event_fn) (daffi_global_t *global, const daffi_event_t *event,
                               void *arg);

/*  Wait until a process is connected, or a function is offered by anybody. Driven by
 *  the controller's presence table, also across its restarts. Block. DAFFI_TIMEOUT
 *  after timeout_ms. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_wait_process (daffi_global_t *self, const char *process,
                           int64_t timeout_ms, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_wait_function (daffi_global_t *self, const char *function,
                            int64_t timeout_ms, daffi_error_t *error);

/*  Until anybody offers any function of the group, as daffi_global_unregister_group ()
 *  understands it. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_wait_group (
    daffi_global_t *self, const char *group, int64_t timeout_ms, daffi_error_t *error);

/*  The same as futures, whose result is the name of a process that is there. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_global_wait_process_start (daffi_global_t *self, const char *process,
                                 int64_t timeout_ms, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_global_wait_function_start (daffi_global_t *self, const char *function,
                                  int64_t timeout_ms, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_global_wait_group_start (daffi_global_t *self, const char *group,
                               int64_t timeout_ms, daffi_error_t *error);

/*  Tells joins, leaves and function changes of all processes, beginning with a JOINED
 *  and FUNCTION_ADDED for all that is there. In order per process. A subscriber that
 *  falls more than 10,000 events behind gets DAFFI_EVENT_LOST and then the present
 *  state again. One subscriber a Global; NULL ends it. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_subscribe (
    daffi_global_t *self, daffi_event_fn *on_event, void *arg, daffi_error_t *error);

#ifdef __cplusplus
}
#endif
#endif
