/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi.h - call functions in other processes, and let them call yours.
 *
 *  All of daily use; the parts that it includes, a concept each:
 *      daffi_value.h      values and arguments
 *      daffi_function.h   the functions that a process offers
 *      daffi_request.h    inside a callback
 *      daffi_call.h       calls and their futures
 *      daffi_broadcast.h  one call to many processes
 *      daffi_stream.h     calls that items go with, both ways
 *      daffi_fan.h        one stream of items to several processes
 *      daffi_fetcher.h    a function of others, bound once and called many times
 *      daffi_presence.h   who is there, and what they offer
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
 *  Conventions of these headers
 *  - Names are 1 to 128 bytes of [A-Za-z0-9._-]; those that begin with `$` are
 *    reserved for daffi itself.
 *  - Times are milliseconds in int64_t. As a timeout 0 means "do not wait" where a
 *    function blocks and "the default" in an options struct; DAFFI_FOREVER means no
 *    end, and so does any other negative number: a time that was computed is cut at 0
 *    (in options: at 1) first.
 *  - Options structs: every member's zero is its default. NULL stands for all defaults.
 *  - `daffi_error_t *error` may be NULL. It is written on failure only. Where a comment
 *    lists errors, statuses may stand without their DAFFI_.
 *  - On failure a function sets no output and has no effect, unless it says otherwise.
 *  - A pointer to const that a function returns is borrowed from its first argument and
 *    valid as long as that is, unless it says otherwise.
 *  - A `…_destroy` function frees, nulls the pointer, and does nothing where that is
 *    NULL. Nobody else may use the object meanwhile, or afterwards.
 *  - Every function may be called from any thread, unless it says otherwise. "Blocks"
 *    is said where it is so. A call that would wait for the thread it runs in (a
 *    foreground call from an inline callback) returns DAFFI_DEADLOCK.
 *  - A thread that waits for a foreground call (daffi_call () and its typed kin) may do
 *    the node's actor's work meanwhile, where it waits for the node alone: on_done,
 *    on_progress and the log function may run in it. So hold no lock in a foreground
 *    call that one of them takes. pthread_cancel () takes effect when it is over.
 *  - The library installs no signal handler and writes nothing to stdout or stderr.
 *  - Destroy every Global before exit (): czmq's own exit handler takes the pipes of
 *    actors that still run, which ends the process with a failed assertion.
 *  - After fork () the child must not use a Global of its parent; fork + exec is fine.
 */
#ifndef DAFFI_H
#define DAFFI_H

#include "daffi_types.h"

#include "daffi_broadcast.h"
#include "daffi_call.h"
#include "daffi_fan.h"
#include "daffi_fetcher.h"
#include "daffi_function.h"
#include "daffi_presence.h"
#include "daffi_request.h"
#include "daffi_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DAFFI_VERSION_MAJOR 0
#define DAFFI_VERSION_MINOR 1
#define DAFFI_VERSION_PATCH 0
#define DAFFI_VERSION       "0.1.0"

/*  The version of the library that is linked, "major.minor.patch". */
DAFFI_EXPORT const char *daffi_version (void);

#define DAFFI_SPIN_AUTO (-1) /*  see spin_us */

/*  --- the Global ---------------------------------------------------------- */

typedef enum {
    DAFFI_LOG_ERROR = 1,
    DAFFI_LOG_WARNING = 2,
    DAFFI_LOG_INFO = 3,
    DAFFI_LOG_DEBUG = 4
} daffi_log_level_t;

/*  `id` is stable ("node.connected"), `text` is "key=value …", one line. Called from
 *  any thread of the library; must not call back into it. */
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

/*  Lifecycle callbacks and events run one after the other, in order, in a worker
 *  thread (or in daffi_global_dispatch ()); they may block and may call. */
typedef void (daffi_lifecycle_fn) (daffi_global_t *global, void *arg);

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
                                           CPUs, at least 4; at most 1,024 */
    uint32_t capacity;                 /*  calls that the controller may give to this
                                           node at once, running and waiting; what
                                           exceeds it waits at the controller for
                                           whoever is free first; 0 = 64 a worker, at least
                                           1,024 */
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
                              there; NULL: they live in memory. DAFFI_INVALID
                              without init_controller */
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

/*  Its name, also where it was given none; and whether it was started with
 *  init_controller. */
DAFFI_EXPORT const char *daffi_global_process_name (const daffi_global_t *self);
DAFFI_EXPORT bool daffi_global_is_controller (const daffi_global_t *self);

/*  Where the controller listens or the node connects: "tcp://127.0.0.1:8888" or
 *  "ipc:///tmp/daffi/.sock", with the port that was really bound. */
DAFFI_EXPORT const char *daffi_global_endpoint (const daffi_global_t *self);

/*  The node's state, and in *why the reason where it is REFUSED or CONNECTING; `why`
 *  may be NULL. A Global without node tells its controller's state. */
DAFFI_EXPORT daffi_state_t daffi_global_state (daffi_global_t *self,
                                               daffi_error_t *why);

/*  --- event loops: manual_dispatch ---------------------------------------- */

/*  Readable while something waits for daffi_global_dispatch (). Owned by the Global;
 *  the same for its whole life. -1 without manual_dispatch. */
DAFFI_EXPORT int daffi_global_fd (daffi_global_t *self);

/*  Runs what waits (callbacks, lifecycle callbacks, events) in this thread, at most
 *  `limit` of them (0 = all that waits now), and returns how many ran. Never waits. One
 *  thread at a time. */
DAFFI_EXPORT size_t daffi_global_dispatch (daffi_global_t *self, size_t limit);

#ifdef __cplusplus
}
#endif
#endif
