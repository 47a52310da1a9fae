/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi.h - call functions in other processes, and let them call yours.
 *
 *  A Global is this process's membership: a controller (the broker), a node, or both,
 *  each an actor in a thread of its own. A node offers functions by registering
 *  callbacks and calls functions of other nodes; the controller stands between.
 *
 *      daffi_error_t error;
 *      DAFFI_AUTO (daffi_global) *g = daffi_global_new (DAFFI_OPTIONS (
 *          .process_name = "calculator", .init_controller = true,
 *          .host = "127.0.0.1", .port = 8888), &error);
 *
 *  Conventions of this header
 *  - Names are 1 to 128 bytes of [A-Za-z0-9._-]; those that begin with `$` are
 *    reserved for daffi itself.
 *  - Times are milliseconds in int64_t. As a timeout 0 means "do not wait" where a
 *    function blocks and "the default" in an options struct; DAFFI_FOREVER means no
 * end.
 *  - Options structs: every member's zero is its default. NULL stands for all defaults.
 *  - `daffi_error_t *error` may be NULL. It is written on failure only.
 *  - On failure a function sets no output and has no effect, unless it says otherwise.
 *  - Every function may be called from any thread, unless it says otherwise. "Blocks"
 *    is said where it is so. A call that would wait for the thread it runs in (a
 *    foreground call from an inline callback) returns DAFFI_DEADLOCK.
 *  - The library installs no signal handler and writes nothing to stdout or stderr.
 *  - Destroy every Global before exit (): czmq's own exit handler takes the pipes of
 *    actors that still run, which ends the process with a failed assertion.
 *  - After fork () the child must not use a Global of its parent; fork + exec is fine.
 */
#ifndef DAFFI_H
#define DAFFI_H

#include "daffi_status.h"
#include "daffi_value.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DAFFI_VERSION_MAJOR 0
#define DAFFI_VERSION_MINOR 1
#define DAFFI_VERSION_PATCH 0
#define DAFFI_VERSION       "0.1.0"

/*  The version of the library that is linked, "major.minor.patch". */
DAFFI_EXPORT const char *daffi_version (void);

#define DAFFI_FOREVER   INT64_C (-1)
#define DAFFI_SPIN_AUTO (-1)

typedef struct daffi_global daffi_global_t;
typedef struct daffi_request daffi_request_t;
typedef struct daffi_result daffi_result_t;
typedef struct daffi_future daffi_future_t;

/*  DAFFI_AUTO (daffi_future) *f = ...; is destroyed at the end of its block. */
#define DAFFI_AUTO(type) DAFFI_CLEANUP (type##_destroy) DAFFI_MAYBE_UNUSED type##_t

/*  --- callbacks: the functions that a node offers ------------------------- */

/*  Runs when somebody calls the function. Answers with daffi_request_reply () or
 *  daffi_request_fail (), at most once; a return of DAFFI_OK without an answer replies
 *  nil, any other status without an answer is sent as an error with that status.
 *  The request and all that is read from it are valid until the callback returns. */
typedef daffi_status_t (daffi_callback_fn) (daffi_request_t *request, void *arg);

typedef struct {
    const char *name;
    daffi_callback_fn *callback;
    void *arg;                  /*  handed to the callback, never touched */
    const char *signature;      /*  "(int, int) -> int": shown to others, and checked
                                    against the arguments; see below */
    const char *doc;            /*  a line or some for people, shown to others; at most
                                    1,024 bytes */
    const char *const *aliases; /*  further names, NULL-terminated; or NULL */
    bool run_inline;            /*  run in the node's actor: for functions of a few
                                    microseconds that never block */
    bool local;                 /*  callable by this process only, not offered; not for
                                    broadcasts, streams and casts, which say INVALID */
    bool replace;               /*  take the place of a function of the same name */
    uint32_t max_running; /*  runs of it at once in this process, 1 = one after the
                              other; 0 = no limit but the pool's. The controller
                              knows it: more calls wait there, for whichever process
                              is free first */
    void (*release) (void *arg); /*  called once when it was withdrawn and the last run
                                     of it is over, from any thread; or NULL */
} daffi_function_t;

/*  A signature is checked where it begins with `(`: one word for each argument, with
 *  commas between, and what is wrong is answered with DAFFI_TYPE before the function
 *  runs. Words: nil bool int uint float double string binary bytes array map any,
 * `bytes` being a string or a binary, and `float` and `double` any number. `int?` may
 * be nil, or left out at the end; `...` stands for any further arguments, `...int` for
 * further ints. A word that is none of these stands for anything, and so does a second
 * word (`int width`). What follows the `)` is for people. */

/*  --- the Global ---------------------------------------------------------- */

typedef enum {
    DAFFI_LOG_ERROR = 1,
    DAFFI_LOG_WARNING = 2,
    DAFFI_LOG_INFO = 3,
    DAFFI_LOG_DEBUG = 4
} daffi_log_level_t;

/*  `id` is stable ("node.connected"), `text` is "key=value …", one line. Called from
 * any thread of the library; must not call back into it. */
typedef void (daffi_log_fn) (void *arg, daffi_log_level_t level, const char *id,
                             const char *text);

typedef enum {
    DAFFI_STATE_CONNECTING = 0, /*  no controller yet, or lost; it keeps trying */
    DAFFI_STATE_CONNECTED = 1,
    DAFFI_STATE_REFUSED = 2,  /*  the controller says no (name taken, version); it keeps
                                  trying, daffi_global_state () tells why */
    DAFFI_STATE_STOPPING = 3, /*  draining */
    DAFFI_STATE_STOPPED = 4
} daffi_state_t;

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

typedef struct {
    daffi_event_type_t type;
    const char *process;        /*  borrowed until the callback returns */
    const char *function;       /*  functions only, else NULL */
    const char *signature;      /*  FUNCTION_ADDED, else NULL; "" = none given */
    daffi_left_reason_t reason; /*  PROCESS_LEFT only */
} daffi_event_t;

/*  Lifecycle callbacks and events run one after the other, in order, in a worker
 *  thread (or in daffi_global_dispatch ()); they may block and may call. */
typedef void (daffi_lifecycle_fn) (daffi_global_t *global, void *arg);
typedef void (daffi_event_fn) (daffi_global_t *global, const daffi_event_t *event,
                               void *arg);

typedef struct {
    const char *process_name; /*  NULL: a random one, which can be asked for */
    bool init_controller;     /*  run the broker in this process */
    bool without_node;        /*  a controller alone */

    /*  Where the controller listens and the node connects. Host and port: TCP, on
     *  exactly that address. Host alone (controller): a free port. None of the three:
     *  the UNIX socket `<temp directory>/daffi/.sock`, where the temp directory is
     *  $TMPDIR or /tmp; unix_sock_path names another folder for `.sock`. */
    const char *host;
    uint16_t port;
    const char *unix_sock_path;

    const daffi_function_t *functions; /*  registered before the start; ended by an
                                           element whose name is NULL; or NULL */
    uint32_t workers;                  /*  threads that run callbacks; 0 = number of
                                           CPUs, at least 4 */
    uint32_t capacity;                 /*  calls that the controller may give to this
                                           node at once, running and waiting; what
                                           exceeds it waits at the controller for
                                           whoever is free first; 0 = 256 */
    bool manual_dispatch;              /*  no worker threads: callbacks run inside
                                           daffi_global_dispatch () */
    bool takeover;                     /*  at the first connection: replace a process
                                           of the same name */
    int32_t spin_us;                   /*  a thread that waits for an outcome spins for
                                           so many microseconds before it sleeps: with a
                                           processor to spare up to three times quicker;
                                           with none, slower for all. 0 = off;
                                           DAFFI_SPIN_AUTO: only in calls made one at a
                                           time, as long as it is measured to pay */

    int64_t connect_timeout_ms;   /*  0: daffi_global_new () does not wait for a remote
                                      controller; else it fails with DAFFI_TIMEOUT, or
                                      with the refusal, after this long */
    int64_t heartbeat_ms;         /*  a sign of life at least this often; 0 = 1000 */
    int64_t heartbeat_timeout_ms; /*  silence that counts as death; 0 = 3000 */
    int64_t drain_timeout_ms;     /*  daffi_global_stop () waits this long for what is
                                      running; 0 = 5000, DAFFI_FOREVER allowed */
    int64_t settle_ms;            /*  controller: for so long after its start, calls to
                                      functions it does not know yet are held; 0 = 1000,
                                      negative = not at all */

    const struct daffi_transfer_options *transfer; /*  code from others:
                                                      daffi_transfer.h; NULL: refused */
    const char *store;    /*  controller: the SQLite file in which scheduled tasks
                              (daffi_tasks.h) survive its end, made where it is not
                              there; NULL: they live in memory */
    bool store_when_used; /*  make that file, and the folders above it, with the first
                              task only */

    daffi_lifecycle_fn *on_init;            /*  once, before anything else */
    daffi_lifecycle_fn *on_node_connect;    /*  at each connection to a controller */
    daffi_lifecycle_fn *on_node_disconnect; /*  at each loss of it */
    void *lifecycle_arg;

    daffi_log_fn *log; /*  NULL: silence */
    void *log_arg;
    daffi_log_level_t log_level; /*  0 = DAFFI_LOG_INFO */
} daffi_options_t;

#ifndef __cplusplus
/*  DAFFI_OPTIONS (.process_name = "gpu-1", .host = "10.0.0.5", .port = 8888) */
#define DAFFI_OPTIONS(...) (&(daffi_options_t){__VA_ARGS__})
#endif

/*  Starts the actors and returns once they answer, or returns NULL and says why:
 *  DAFFI_INVALID (options that contradict each other, a bad name, port without host,
 *  a socket path over 107 bytes), DAFFI_ENDPOINT (in use, not ours, no permission),
 *  DAFFI_NAME_TAKEN, DAFFI_UNSUPPORTED, DAFFI_TIMEOUT (see connect_timeout_ms),
 *  DAFFI_SYSTEM. A node that runs without a controller of its own connects when the
 *  controller comes. All strings are copied. Blocks, bounded by connect_timeout_ms. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_global_t *
daffi_global_new (const daffi_options_t *options, daffi_error_t *error);

/*  Stops it if that was not done, frees it and nulls the pointer; NULL is fine. Must
 *  not be called from a callback of this Global. Blocks as daffi_global_stop () does.
 */
DAFFI_EXPORT void daffi_global_destroy (daffi_global_t **self_p);

/*  Stops in good order: the functions are withdrawn, calls that run may finish within
 *  drain_timeout_ms, what is left is cancelled, goodbye is said. A controller of this
 *  Global stops after the node, in the same manner. Calls of this process that are in
 *  flight at the end are cancelled and finish with DAFFI_STOPPED at once: where
 *  `executed` is maybe they may still begin elsewhere, until the controller has read
 *  that. Idempotent. Blocks until it is done,
 *  except in a callback of this Global: there it only begins to stop. */
DAFFI_EXPORT void daffi_global_stop (daffi_global_t *self);

/*  Starts a stopped Global again, with the options and the callbacks that it had.
 *  Errors as daffi_global_new (); DAFFI_EXISTS: it is running. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_start (daffi_global_t *self,
                                                               daffi_error_t *error);

/*  Blocks until the Global has stopped: DAFFI_OK, or DAFFI_PENDING after the timeout.
 */
DAFFI_EXPORT daffi_status_t daffi_global_join (daffi_global_t *self,
                                               int64_t timeout_ms);

DAFFI_EXPORT const char *daffi_global_process_name (const daffi_global_t *self);
DAFFI_EXPORT bool daffi_global_is_controller (const daffi_global_t *self);

/*  Where the controller listens or the node connects: "tcp://127.0.0.1:8888" or
 *  "ipc:///tmp/daffi/.sock", with the port that was really bound. */
DAFFI_EXPORT const char *daffi_global_endpoint (const daffi_global_t *self);

/*  The node's state, and in *why the reason where it is REFUSED or CONNECTING; `why`
 *  may be NULL. A Global without node tells its controller's state. */
DAFFI_EXPORT daffi_state_t daffi_global_state (daffi_global_t *self,
                                               daffi_error_t *why);

/*  --- functions of this process ------------------------------------------- */

/*  Offers `callback` under `name`; takes effect at once, connected or not.
 * DAFFI_EXISTS: the name is registered; DAFFI_INVALID: a bad name or no callback;
 * DAFFI_TOO_BIG: more than 4,096 functions. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_register (daffi_global_t *self, const char *name,
                       daffi_callback_fn *callback, void *arg, daffi_error_t *error);

/*  The same with all options. An alias that is taken refuses the whole. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_register_function (
    daffi_global_t *self, const daffi_function_t *function, daffi_error_t *error);

/*  Withdraws one name. Calls that run go on; calls that arrive later are answered with
 *  DAFFI_NO_FUNCTION. DAFFI_NOT_FOUND: not registered. Does not wait for running calls:
 *  keep `arg` alive until they have ended. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_unregister (daffi_global_t *self, const char *name, daffi_error_t *error);

typedef struct {
    const char *process;
    const char *function;
    const char *signature; /*  "" = none given */
    const char *doc;       /*  "" = none given */
    uint32_t max_running;  /*  0 = no limit of its own */
} daffi_registered_t;

typedef struct {
    size_t count;
    daffi_registered_t *items; /*  by process, then by function */
} daffi_callbacks_t;

/*  Every function that is offered at the controller now. A snapshot that the caller
 *  destroys. Blocks; errors as daffi_call (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_callbacks_t *
daffi_global_registered_callbacks (daffi_global_t *self, daffi_error_t *error);
DAFFI_EXPORT void daffi_callbacks_destroy (daffi_callbacks_t **self_p);

/*  --- presence ------------------------------------------------------------ */

/*  Wait until a process is connected, or a function is offered by anybody. Driven by
 *  the controller's presence table, also across its restarts. Block. DAFFI_TIMEOUT
 *  after timeout_ms. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_wait_process (daffi_global_t *self, const char *process,
                           int64_t timeout_ms, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_wait_function (daffi_global_t *self, const char *function,
                            int64_t timeout_ms, daffi_error_t *error);

/*  The same as futures, whose result is the name of a process that is there. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_global_wait_process_start (daffi_global_t *self, const char *process,
                                 int64_t timeout_ms, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_global_wait_function_start (daffi_global_t *self, const char *function,
                                  int64_t timeout_ms, daffi_error_t *error);

/*  Tells joins, leaves and function changes of all processes, beginning with a JOINED
 *  and FUNCTION_ADDED for all that is there. In order per process. A subscriber that
 *  falls more than 10,000 events behind gets EVENT_LOST and then the present state
 *  again. One subscriber a Global; NULL ends it. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_subscribe (
    daffi_global_t *self, daffi_event_fn *on_event, void *arg, daffi_error_t *error);

/*  --- calls --------------------------------------------------------------- */

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
                          controller holds it until then; timeout_ms counts from then on.
                          At most 48 h with it; not for streams and casts */
} daffi_call_options_t;

#ifndef __cplusplus
/*  DAFFI_CALL (.process = "gpu-1", .timeout_ms = 5000) */
#define DAFFI_CALL(...) (&(daffi_call_options_t){__VA_ARGS__})
#endif

/*  Calls a function and blocks until its outcome is known: exactly one, no later than
 *  the deadline. On DAFFI_OK *result is the caller's to destroy; `result` may be NULL.
 *  Errors: whatever the function answered (status, text, who, executed), and
 * NO_PROCESS, NO_FUNCTION, TIMEOUT, PROCESS_LOST, CONTROLLER_LOST, BUSY, TOO_BIG,
 * DRAINING, STOPPED, REFUSED, DEADLOCK, INVALID. Calls that were certainly not executed
 * are tried again within the deadline, at most 3 attempts (unless no_retry). */
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
/*  The process that answered. */
DAFFI_EXPORT const char *daffi_result_process (const daffi_result_t *self);
DAFFI_EXPORT void daffi_result_destroy (daffi_result_t **self_p);

/*  Bytes that travel by reference: `data` is not copied, and is released with
 *  free_fn (data, hint) from a thread of the library once nobody needs it (also where
 *  the call fails). From about 8 KiB on this is what makes large bodies cheap; below
 *  that they are copied. `args`, if any, go before it. Everything else as in
 *  daffi_call_start (), and the same from there on. */
typedef void (daffi_free_fn) (void *data, void *hint);
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
 *  function runs at most once, where it finds a provider that has room at once. Of the
 *  options process, policy, key, priority and timeout_ms count. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_cast (daffi_global_t *self, const char *function, daffi_args_t args,
            const daffi_call_options_t *options, daffi_error_t *error);

/*  Waits for the outcome, as often as you like: DAFFI_PENDING after the timeout, else
 *  DAFFI_OK or the call's error. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_future_wait (daffi_future_t *self,
                                                              int64_t timeout_ms,
                                                              daffi_error_t *error);
DAFFI_EXPORT bool daffi_future_done (daffi_future_t *self);

/*  The result of a future that is done with DAFFI_OK, borrowed until the future is
 *  destroyed; NULL otherwise. */
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
 * it; reports that come faster than they are told are left out but for the last. One a
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

/*  Runs once when the future is done, at once where it is. Called from the node's actor
 *  or from this thread: must not block; daffi_future_value () and its like are fine.
 *  One a future; DAFFI_EXISTS at the second. */
typedef void (daffi_future_fn) (daffi_future_t *future, void *arg);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_future_on_done (daffi_future_t *self, daffi_future_fn *on_done, void *arg);

/*  Cancels the call where it is still running, frees the future and nulls the pointer.
 *  To let a call go on without its future, use daffi_cast (). Not from its on_done. */
DAFFI_EXPORT void daffi_future_destroy (daffi_future_t **self_p);

/*  Waits until one of `count` futures is done: DAFFI_OK and its place in *index, or
 *  DAFFI_PENDING after the timeout. NULLs in between are passed over; DAFFI_INVALID
 * where there is nothing else. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_future_wait_any (
    daffi_future_t **futures, size_t count, int64_t timeout_ms, size_t *index);
/*  Waits until all are done, however they ended: DAFFI_OK or DAFFI_PENDING. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_future_wait_all (daffi_future_t **futures, size_t count, int64_t timeout_ms);

/*  --- broadcasts ---------------------------------------------------------- */

/*  One call to every process that offers a function at that moment. Each of them
 * answers for itself: one that fails, dies or is late loses nothing of the others. */
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
 * had come before it stay readable. One thread at a time. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_broadcast_next (daffi_broadcast_t *self, int64_t timeout_ms,
                      const daffi_reply_t **reply, daffi_error_t *error);

/*  Waits for the whole: DAFFI_OK, DAFFI_PENDING after the timeout, or the error that
 *  ended it. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_broadcast_wait (
    daffi_broadcast_t *self, int64_t timeout_ms, daffi_error_t *error);

/*  The replies that have come so far: how many, the one at `index`, and that of a
 * process (NULL: none yet). */
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

/*  --- streams ------------------------------------------------------------- */

/*  A call that items go with, both ways: the caller sends some to the function, the
 *  function yields some to the caller, and its result comes at the end. Each end may be
 *  64 items or 1 MiB ahead of the other, whichever comes first (one larger item goes
 *  alone); then it waits until the other has read. Items are in order. */
typedef struct daffi_stream daffi_stream_t;

/*  Begins a call, as daffi_call_start () does, and never tries again by itself. The
 *  timeout counts for the whole of it: give one that is long enough. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_stream_t *
daffi_stream_open (daffi_global_t *self, const char *function, daffi_args_t args,
                   const daffi_call_options_t *options, daffi_error_t *error);

/*  Sends one item. DAFFI_OK: it is on its way; DAFFI_PENDING: the function has not read
 *  enough within the timeout (0 = do not wait), and the item was not sent; DAFFI_END:
 * the call is over, see daffi_stream_wait (); TOO_BIG, INVALID as for arguments,
 * INVALID also after daffi_stream_send_end (); DEADLOCK in an inline callback. One
 * thread at a time. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_send_value (
    daffi_stream_t *self, daffi_value_t item, int64_t timeout_ms, daffi_error_t *error);
#ifndef __cplusplus
#define daffi_stream_send(stream, x, timeout_ms, error) \
    daffi_stream_send_value ((stream), DAFFI_VALUE (x), (timeout_ms), (error))
#endif
/*  No more items come: the function's daffi_request_receive () gets DAFFI_END. */
DAFFI_EXPORT void daffi_stream_send_end (daffi_stream_t *self);

/*  The next item that the function yielded, the caller's to destroy. DAFFI_OK;
 *  DAFFI_PENDING after the timeout; DAFFI_END: the function has ended well, its result
 * is there; or the error that it ended with. One thread at a time. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_receive (daffi_stream_t *self,
                                                                 int64_t timeout_ms,
                                                                 daffi_result_t **item,
                                                                 daffi_error_t *error);

/*  The outcome of the call, as daffi_future_wait (), and its result. A function waits
 * for room once 64 items are not read: read them, or destroy the stream. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_stream_wait (daffi_stream_t *self,
                                                              int64_t timeout_ms,
                                                              daffi_error_t *error);
DAFFI_EXPORT const daffi_value_t *daffi_stream_value (daffi_stream_t *self);
DAFFI_EXPORT const char *daffi_stream_process (daffi_stream_t *self);

DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_stream_progress (daffi_stream_t *self, daffi_progress_t *progress);

/*  For poll () and its like, with timeouts of 0: readable while daffi_stream_receive ()
 *  has something to tell (an item, or the end), and while daffi_stream_send () need not
 *  wait (there is room, or the call is over). Owned by the stream; -1 where no
 * descriptor is left. */
DAFFI_EXPORT int daffi_stream_receive_fd (daffi_stream_t *self);
DAFFI_EXPORT int daffi_stream_send_fd (daffi_stream_t *self);

/*  Cancels the call if it still runs: the function is told. */
DAFFI_EXPORT void daffi_stream_destroy (daffi_stream_t **self_p);

/*  --- inside a callback --------------------------------------------------- */

DAFFI_EXPORT size_t daffi_request_count (const daffi_request_t *self);
DAFFI_EXPORT const char *daffi_request_function (const daffi_request_t *self);
/*  The process that calls, as the controller knows it. */
DAFFI_EXPORT const char *daffi_request_caller (const daffi_request_t *self);
/*  The Global that this callback runs in: for calls further on. */
DAFFI_EXPORT daffi_global_t *daffi_request_global (const daffi_request_t *self);

/*  Read argument `index`: DAFFI_OK, DAFFI_TYPE, or DAFFI_NOT_FOUND (fewer arguments).
 */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_value (const daffi_request_t *self, size_t index, daffi_value_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_bool (const daffi_request_t *self, size_t index, bool *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_int (const daffi_request_t *self, size_t index, int64_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_uint (const daffi_request_t *self, size_t index, uint64_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_request_double (const daffi_request_t *self, size_t index, double *out);
/*  NUL-terminated, a copy that the request owns. DAFFI_TYPE also where the string holds
 *  a NUL byte. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_string (daffi_request_t *self,
                                                                 size_t index,
                                                                 const char **out);
/*  A string or a binary, borrowed from the received frame. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_bytes (
    const daffi_request_t *self, size_t index, const void **data, size_t *size);

/*  Nobody waits for the answer any more: cancelled, timed out, or the caller is gone.
 */
DAFFI_EXPORT bool daffi_request_cancelled (daffi_request_t *self);
/*  Readable once that is so; owned by the request; -1 where no descriptor is left. */
DAFFI_EXPORT int daffi_request_cancel_fd (daffi_request_t *self);
/*  Milliseconds until the deadline, 0 = passed, DAFFI_FOREVER = there is none. */
DAFFI_EXPORT int64_t daffi_request_time_left (daffi_request_t *self);

/*  Tells the caller how far it is: `done` of `total` (0: not known) and a text, format
 *  NULL for none. The caller sees the last one; those that come too fast are left out.
 *  DAFFI_OK, or DAFFI_CANCELLED: nobody waits for it any more. Not inline. Never
 *  blocks. */
DAFFI_EXPORT daffi_status_t daffi_request_progress (daffi_request_t *self,
                                                    uint64_t done, uint64_t total,
                                                    const char *format, ...)
    DAFFI_PRINTF (4, 5);

/*  The caller opened a stream: items can be received and yielded. */
DAFFI_EXPORT bool daffi_request_is_stream (const daffi_request_t *self);

/*  The next item that the caller sends, borrowed until the next one is received or the
 *  callback returns. DAFFI_OK; DAFFI_END: none comes any more (at once where the call
 * is no stream); DAFFI_PENDING after the timeout; DAFFI_CANCELLED. One thread receives
 * and one yields, both before the callback returns; not inline. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_receive (daffi_request_t *self,
                                                                  int64_t timeout_ms,
                                                                  daffi_value_t *item);

/*  Yields one item to the caller. DAFFI_OK; DAFFI_PENDING: it has not read enough
 * within the timeout (0 = do not wait), and the item was not sent; DAFFI_CANCELLED: it
 * reads no more; DAFFI_INVALID: it opened no stream. As above. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_request_yield_value (
    daffi_request_t *self, daffi_value_t item, int64_t timeout_ms);
#ifndef __cplusplus
/*  Waits as long as it takes, or until the caller reads no more. */
#define daffi_request_yield(request, x) \
    daffi_request_yield_value ((request), DAFFI_VALUE (x), DAFFI_FOREVER)
#endif

/*  Answers. DAFFI_EXISTS: answered before; DAFFI_TOO_BIG: over 64 MiB; DAFFI_INVALID: a
 *  raw value that is not msgpack. */
DAFFI_EXPORT daffi_status_t daffi_request_reply_value (daffi_request_t *self,
                                                       daffi_value_t value);
#ifndef __cplusplus
/*  return daffi_request_reply (request, a + b); */
#define daffi_request_reply(request, x) \
    daffi_request_reply_value ((request), DAFFI_VALUE (x))
#endif
/*  A binary that travels by reference, released as in daffi_call_start_take (). */
DAFFI_EXPORT daffi_status_t daffi_request_reply_take (daffi_request_t *self, void *data,
                                                      size_t size,
                                                      daffi_free_fn *free_fn,
                                                      void *hint);

/*  Answers with an error; the caller sees status DAFFI_FAILED, or the one given, and
 * the text. Returns that status, so that a callback can end with it. */
DAFFI_EXPORT daffi_status_t daffi_request_fail (daffi_request_t *self,
                                                const char *format, ...)
    DAFFI_PRINTF (2, 3);
DAFFI_EXPORT daffi_status_t daffi_request_fail_with (daffi_request_t *self,
                                                     daffi_status_t status,
                                                     const char *format, ...)
    DAFFI_PRINTF (3, 4);

/*  --- event loops: manual_dispatch ---------------------------------------- */

/*  Readable while something waits for daffi_global_dispatch (). Owned by the Global;
 * the same for its whole life. -1 without manual_dispatch. */
DAFFI_EXPORT int daffi_global_fd (daffi_global_t *self);

/*  Runs what waits (callbacks, lifecycle callbacks, events) in this thread, at most
 *  `limit` of them (0 = all that waits now), and returns how many ran. Never waits. One
 *  thread at a time. */
DAFFI_EXPORT size_t daffi_global_dispatch (daffi_global_t *self, size_t limit);

#ifdef __cplusplus
}
#endif
#endif
