/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_call.h - calls, in the foreground and in the background.
 *
 *  Part of daffi.h, whose conventions count here.
 */
#ifndef DAFFI_API_CALL_H
#define DAFFI_API_CALL_H

#include "daffi_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/*  Which provider gets a call that names no process. */
typedef enum {
    DAFFI_POLICY_LEAST = 0, /*  the one with the fewest calls (about the fewest, from 32
                                on and among more than 16), in turn among equals */
    DAFFI_POLICY_ROUND_ROBIN = 1, /*  in turn */
    DAFFI_POLICY_RANDOM = 2,      /*  any */
    DAFFI_POLICY_KEY = 3,        /*  always the same one for a key (rendezvous hashing):
                                     one that comes or goes moves only its own keys */
    DAFFI_POLICY_LOCAL_FIRST = 4 /*  the calling process itself, if it offers it and has
                                     room; else as LEAST */
} daffi_policy_t;

typedef struct {
    const char *process; /*  NULL: any provider, the one with the fewest calls */
    int64_t timeout_ms;  /*  0 = 30 s, or what is left of the request's deadline inside
                             a callback; at most 48 h; DAFFI_FOREVER allowed */
    daffi_policy_t policy;
    const char *key;  /*  DAFFI_POLICY_KEY: 1 to 128 bytes of anything */
    bool idempotent;  /*  may run twice: retry also where `executed` is maybe */
    bool no_retry;    /*  one attempt only; where the controller is stopping that
                          fails with DAFFI_DRAINING at once, other calls are kept for
                          the next controller */
    bool detached;    /*  inside a callback: do not inherit the request's deadline
                          and its cancellation */
    uint8_t priority; /*  0 (the default, the least) to 9: of calls that wait, the
                          higher goes first; each step counts as one second of waiting,
                          so that none waits for ever */
    int64_t eta_ms;   /*  run it no earlier than so many milliseconds from now. The
                          controller holds it until then, and gives it away as if it
                          were made then; timeout_ms counts from then on.
                          At most 48 h with it; not for streams and casts */
} daffi_call_options_t;

#ifndef __cplusplus
/*  DAFFI_CALL (.process = "gpu-1", .timeout_ms = 5000) */
#define DAFFI_CALL(...) (&(daffi_call_options_t){__VA_ARGS__})
#endif

/*  Calls a function and blocks until its outcome is known: exactly one, no later than
 *  the deadline. On DAFFI_OK *result is the caller's to destroy; `result` may be NULL.
 *  Errors: whatever the function answered (status, text, who, executed), and
 *  NO_PROCESS, NO_FUNCTION, TIMEOUT, PROCESS_LOST, CONTROLLER_LOST, BUSY, TOO_BIG,
 *  DRAINING, STOPPED, REFUSED, DEADLOCK, INVALID. Calls that were certainly not
 *  executed are tried again within the deadline, at most 3 attempts (unless
 *  no_retry). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_call (
    daffi_global_t *self, const char *function, daffi_args_t args,
    const daffi_call_options_t *options, daffi_result_t **result, daffi_error_t *error);

/*  Foreground calls whose result has one type; DAFFI_TYPE where it has another. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_call_int (daffi_global_t *self,
                                                           const char *function,
                                                           daffi_args_t args,
                                                           int64_t *result,
                                                           daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_call_double (daffi_global_t *self,
                                                              const char *function,
                                                              daffi_args_t args,
                                                              double *result,
                                                              daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_call_bool (daffi_global_t *self,
                                                            const char *function,
                                                            daffi_args_t args,
                                                            bool *result,
                                                            daffi_error_t *error);
/*  *result is NUL-terminated and the caller's to free (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_call_string (daffi_global_t *self,
                                                              const char *function,
                                                              daffi_args_t args,
                                                              char **result,
                                                              daffi_error_t *error);
/*  The result is not looked at. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_call_void (daffi_global_t *self,
                                                            const char *function,
                                                            daffi_args_t args,
                                                            daffi_error_t *error);

/*  The value that came back, borrowed until the result is destroyed. */
DAFFI_EXPORT const daffi_value_t *daffi_result_value (const daffi_result_t *self);
/*  The process that answered, borrowed likewise. */
DAFFI_EXPORT const char *daffi_result_process (const daffi_result_t *self);
DAFFI_EXPORT void daffi_result_destroy (daffi_result_t **self_p);

/*  Bytes that travel by reference: `data` is not copied, and is released with
 *  free_fn (data, hint) once nobody needs it, also where the call fails: from any
 *  thread, and from this one before the function returns; it must not block, nor want
 *  a lock that is held here. From about 8 KiB on this is what makes large bodies cheap;
 *  below that they are copied. `args`, if any, go before it. Everything else as in
 *  daffi_call_start (), and the same from there on. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_call_start_take (daffi_global_t *self, const char *function, daffi_args_t args,
                       void *data, size_t size, daffi_free_fn *free_fn, void *hint,
                       const daffi_call_options_t *options, daffi_error_t *error);

/*  --- background calls ---------------------------------------------------- */

/*  Begins a call and returns its future, or NULL where it could not even begin (bad
 *  name, too big, stopped, too many in flight). Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_call_start (daffi_global_t *self, const char *function, daffi_args_t args,
                  const daffi_call_options_t *options, daffi_error_t *error);

/*  Fire and forget: nobody is told the outcome and the controller keeps no state. The
 *  function runs at most once, where it finds a provider that has room at once: one
 *  that calls keep at its capacity, or at the function's max_running, is passed over
 *  unless it is the one of `process` or `key`. Casts do not count there, but the
 *  process keeps to max_running and to its workers: what exceeds them waits in it, by
 *  priority, until the timeout, with at most 20,000 requests in all. What finds no room
 *  is dropped, and counted: `dropped` of $sys.stats, and of $node.stats. Of the options
 *  process, policy, key, priority and timeout_ms count. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_cast (daffi_global_t *self, const char *function, daffi_args_t args,
            const daffi_call_options_t *options, daffi_error_t *error);

/*  Waits for the outcome, as often as you like: DAFFI_PENDING after the timeout, else
 *  DAFFI_OK or the call's error. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_future_wait (daffi_future_t *self,
                                                              int64_t timeout_ms,
                                                              daffi_error_t *error);
DAFFI_EXPORT bool daffi_future_done (daffi_future_t *self);

/*  The result of a future that is done with DAFFI_OK, and the process that answered,
 *  borrowed until the future is destroyed; NULL otherwise. Never block. */
DAFFI_EXPORT const daffi_value_t *daffi_future_value (daffi_future_t *self);
DAFFI_EXPORT const char *daffi_future_process (daffi_future_t *self);

/*  How often it was sent: 1, or more where it was retried; 0 = not yet. */
DAFFI_EXPORT uint32_t daffi_future_attempts (daffi_future_t *self);

/*  How far it is. Never blocks. */
typedef enum {
    DAFFI_FUTURE_QUEUED =
        0,                 /*  not sent yet: no connection, or another attempt later */
    DAFFI_FUTURE_SENT = 1, /*  the controller or a provider has it */
    DAFFI_FUTURE_RUNNING = 2, /*  the function has said so, by a report of progress */
    DAFFI_FUTURE_DONE = 3
} daffi_future_state_t;
DAFFI_EXPORT daffi_future_state_t daffi_future_state (daffi_future_t *self);

/*  What the function that runs has reported last (daffi_request_progress ()). */
typedef struct {
    uint64_t done;
    uint64_t total; /*  0: not known */
    char process[DAFFI_NAME_MAX + 1];
    char text[DAFFI_TEXT_MAX + 1];
} daffi_progress_t;

/*  DAFFI_OK, or DAFFI_NOT_FOUND: nothing was reported yet. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_future_progress (daffi_future_t *self, daffi_progress_t *progress);

/*  Runs at each report that arrives, from the same thread as on_done and never after
 *  it; reports that come faster than they are told are left out but for the last. One a
 *  future; DAFFI_EXISTS at the second. */
typedef void (daffi_progress_fn) (daffi_future_t *future,
                                  const daffi_progress_t *progress, void *arg);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_future_on_progress (
    daffi_future_t *self, daffi_progress_fn *on_progress, void *arg);

/*  Asks for the end of the call; never blocks. The future finishes with DAFFI_CANCELLED
 *  as soon as whoever has the call has said whether it had begun (error.executed): with
 *  DAFFI_EXECUTED_NO it will never run, with DAFFI_EXECUTED_MAYBE it runs and its
 *  callback can see that it was cancelled. Where the answer was faster, or the process
 *  or the deadline is gone first, that is the outcome. A wait for presence and a
 *  broadcast finish at once. */
DAFFI_EXPORT void daffi_future_cancel (daffi_future_t *self);

/*  Readable once the future is done: for poll () and its like. Owned by the future; -1
 *  where no descriptor is left. Made at the first call. */
DAFFI_EXPORT int daffi_future_fd (daffi_future_t *self);

/*  Runs once when the future is done, at once where it is. Called from the node's
 *  actor, from a thread that waits in a foreground call, or from this one; with
 *  manual_dispatch inside daffi_global_dispatch (). So the future may be done before
 *  on_done has run. Must not block; daffi_future_value () and its like are fine, and
 *  so are destroying the future and beginning other calls: many in flight are kept so
 *  at the least cost. One a future; DAFFI_EXISTS at the second. */
typedef void (daffi_future_fn) (daffi_future_t *future, void *arg);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_future_on_done (daffi_future_t *self, daffi_future_fn *on_done, void *arg);

/*  Cancels the call where it is still running, frees the future and nulls the pointer.
 *  Its on_done and on_progress do not begin afterwards; one that runs in another thread
 *  at the moment is waited for, so hold no lock that it wants. To let a call go on
 *  without its future, use daffi_cast (). A future may be destroyed, waited for and
 *  looked at also when its Global is gone, which ended it; only on_done wants one. */
DAFFI_EXPORT void daffi_future_destroy (daffi_future_t **self_p);

/*  Waits until one of `count` futures is done: DAFFI_OK and its place in *index, or
 *  DAFFI_PENDING after the timeout. NULLs in between are passed over; DAFFI_INVALID
 *  where there is nothing else. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_future_wait_any (
    daffi_future_t **futures, size_t count, int64_t timeout_ms, size_t *index);
/*  Waits until all are done, however they ended: DAFFI_OK or DAFFI_PENDING. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_future_wait_all (daffi_future_t **futures, size_t count, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
