/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_broadcast.h - one call to many processes.
 *
 *  Part of daffi.h, whose conventions count here.
 */
#ifndef DAFFI_API_BROADCAST_H
#define DAFFI_API_BROADCAST_H

#include "daffi_call.h"

#ifdef __cplusplus
extern "C" {
#endif

/*  One call to every process that offers a function at that moment. Each of them
 *  answers for itself: one that fails, dies or is late loses nothing of the others. */
typedef struct daffi_broadcast daffi_broadcast_t;

typedef struct {
    int64_t timeout_ms;  /*  as in daffi_call_options_t */
    uint32_t stop_after; /*  successes that are enough: the others are cancelled;
                             0 = all are waited for */
    bool detached;       /*  as in daffi_call_options_t */
    uint8_t priority;
    int64_t eta_ms;
    const char *const *processes; /*  ask these and no others, ended by NULL; one that
                                     is not there, or does not offer it, is told of with
                                      NO_PROCESS or NO_FUNCTION */
    const char *group; /*  or those whose name begins with it and goes on with a dot, or
                           ends: "render" asks render, render.1, render.gpu.2 */
} daffi_broadcast_options_t;

#ifndef __cplusplus
/*  DAFFI_BROADCAST (.stop_after = 1) */
#define DAFFI_BROADCAST(...) (&(daffi_broadcast_options_t){__VA_ARGS__})
#endif

/*  What one process answered, borrowed until the broadcast is destroyed. */
typedef struct {
    const char *process;
    daffi_status_t status; /*  DAFFI_OK: value; PROCESS_LOST, TIMEOUT, CANCELLED
                               (enough others had answered) or what it failed with */
    daffi_executed_t executed;
    const daffi_value_t *value; /*  NULL with an error */
    const char *text;           /*  of the error, "" without */
} daffi_reply_t;

/*  Begins a broadcast, or returns NULL as daffi_call_start () does. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_broadcast_t *
daffi_broadcast_start (daffi_global_t *self, const char *function, daffi_args_t args,
                       const daffi_broadcast_options_t *options, daffi_error_t *error);

/*  The next reply, in order of arrival. DAFFI_OK; DAFFI_PENDING after the timeout;
 *  DAFFI_END when all that was asked has been told; or the error that ended the whole
 *  (NO_FUNCTION: nobody offers it; CONTROLLER_LOST; CANCELLED; STOPPED): replies that
 *  had come before it stay readable. One thread at a time. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_broadcast_next (daffi_broadcast_t *self, int64_t timeout_ms,
                      const daffi_reply_t **reply, daffi_error_t *error);

/*  Waits for the whole: DAFFI_OK, DAFFI_PENDING after the timeout, or the error that
 *  ended it. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_broadcast_wait (
    daffi_broadcast_t *self, int64_t timeout_ms, daffi_error_t *error);

/*  The replies that have come so far: how many, the one at `index`, and that of a
 *  process (NULL: none yet). Never block. */
DAFFI_EXPORT size_t daffi_broadcast_count (daffi_broadcast_t *self);
DAFFI_EXPORT const daffi_reply_t *daffi_broadcast_reply (daffi_broadcast_t *self,
                                                         size_t index);
DAFFI_EXPORT const daffi_reply_t *daffi_broadcast_find (daffi_broadcast_t *self,
                                                        const char *process);

/*  What one of the processes reported last, as daffi_future_progress (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_broadcast_progress (daffi_broadcast_t *self, daffi_progress_t *progress);

/*  Readable while daffi_broadcast_next () has something to tell: a reply, or the end.
 *  Owned by the broadcast; -1 where no descriptor is left. */
DAFFI_EXPORT int daffi_broadcast_fd (daffi_broadcast_t *self);

/*  Cancels what still runs, frees it and nulls the pointer. */
DAFFI_EXPORT void daffi_broadcast_destroy (daffi_broadcast_t **self_p);

#ifdef __cplusplus
}
#endif
#endif
