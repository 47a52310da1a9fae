/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_fan.h - one stream of items, fed to several processes at once.
 *
 *  A fan is a stream to each of the processes: every item goes to all of them, and each
 *  has a result, items and an error of its own. An item is encoded once; each process
 *  may be as far behind as with any stream, so what waits for all of them together is
 *  bounded by their number times the window (daffi_stream.h).
 *
 *  What becomes of one that does not keep up is a choice:
 *  - DAFFI_SLOW_WAIT (the default): sending waits for it, so the slowest says how fast
 *    all are. Nobody misses anything.
 *  - DAFFI_SLOW_SKIP: it misses the items that it has no room for, which are counted.
 *  - DAFFI_SLOW_LEAVE: its call is cancelled at the first item that it has no room for
 *    within the timeout of the sending; its stream ends with CANCELLED.
 *  A process has no room until its function begins to receive: with SLOW_SKIP it misses
 *  what was sent before, with SLOW_LEAVE it is left unless the first timeout is long
 *  enough.
 *
 *  One that ends, fails or dies is left out from then on, and the others go on.
 *
 *  One thread at a time. Part of daffi.h, whose conventions count here.
 */
#ifndef DAFFI_API_FAN_H
#define DAFFI_API_FAN_H

#include "daffi_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct daffi_fan daffi_fan_t;

typedef enum {
    DAFFI_SLOW_WAIT = 0,
    DAFFI_SLOW_SKIP = 1,
    DAFFI_SLOW_LEAVE = 2
} daffi_slow_t;

typedef struct {
    const char *const *processes; /*  these, ended by NULL; one that is not there has a
                                      stream that ends with NO_PROCESS. NULL: all that
                                      offer the function now */
    const char *group;            /*  of these, the ones whose name is the group's or
                                      goes on behind it with a dot; or NULL */
    daffi_slow_t slow;
    int64_t timeout_ms; /*  as in daffi_call_options_t, for each of the calls */
    bool detached;
    uint8_t priority;
} daffi_fan_options_t;

#ifndef __cplusplus
/*  DAFFI_FAN (.slow = DAFFI_SLOW_SKIP) */
#define DAFFI_FAN(...) (&(daffi_fan_options_t){__VA_ARGS__})
#endif

/*  Opens the streams. NULL: nobody offers the function (NO_FUNCTION), more than 1,024
 *  processes (TOO_BIG), or as daffi_stream_open (). Blocks where it has to ask the
 *  controller who offers it: where `processes` is NULL. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_fan_t *
daffi_fan_open (daffi_global_t *global, const char *function, daffi_args_t args,
                const daffi_fan_options_t *options, daffi_error_t *error);

/*  Sends one item to all that have not ended. DAFFI_OK; DAFFI_PENDING: with SLOW_WAIT,
 *  one of them had no room within the timeout, and nobody was sent the item; DAFFI_END:
 *  all have ended; TOO_BIG, INVALID, DEADLOCK as with daffi_stream_send (). Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_fan_send_value (daffi_fan_t *self,
                                                                 daffi_value_t item,
                                                                 int64_t timeout_ms,
                                                                 daffi_error_t *error);
#ifndef __cplusplus
#define daffi_fan_send(fan, x, timeout_ms, error) \
    daffi_fan_send_value ((fan), DAFFI_VALUE (x), (timeout_ms), (error))
#endif
/*  The same for a binary that goes by reference to all of them, released once nobody
 *  needs it, otherwise as in daffi_stream_send_take (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_fan_send_take (daffi_fan_t *self, void *data, size_t size, daffi_free_fn *free_fn,
                     void *hint, int64_t timeout_ms, daffi_error_t *error);
/*  No more items come. */
DAFFI_EXPORT void daffi_fan_send_end (daffi_fan_t *self);

/*  Waits for the end of all, however they ended: DAFFI_OK or DAFFI_PENDING. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_fan_wait (daffi_fan_t *self,
                                                           int64_t timeout_ms);

/*  The streams, to read from and to ask for their results: how many, the one at
 *  `index`, borrowed until the fan is destroyed, whose it is, and how many items it
 *  missed; NULL and 0 where there is none. Never block. */
DAFFI_EXPORT size_t daffi_fan_count (const daffi_fan_t *self);
DAFFI_EXPORT daffi_stream_t *daffi_fan_stream (const daffi_fan_t *self, size_t index);
DAFFI_EXPORT const char *daffi_fan_process (const daffi_fan_t *self, size_t index);
DAFFI_EXPORT uint64_t daffi_fan_missed (const daffi_fan_t *self, size_t index);

/*  Cancels what still runs, frees the fan with its streams and nulls the pointer. */
DAFFI_EXPORT void daffi_fan_destroy (daffi_fan_t **self_p);

#ifdef __cplusplus
}
#endif
#endif
