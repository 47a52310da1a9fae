//  SPDX-License-Identifier: MPL-2.0
//  The controller's core: who is there, what they offer, which calls are in flight.
//
//  A pure state machine: it holds no socket, no clock and no thread. Records,
//  connections, losses and `now` go in; what is to be sent comes out through the output
//  table, at once. So the same core runs in the controller, in unit tests, under the
//  fuzzer and in the simulator. It never looks into the body of a call.

#ifndef DAFFI_CORE_H
#define DAFFI_CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "buffer.h"
#include "daffi.h"
#include "log.h"
#include "record.h"
#include "row.h"
#include "zones.h"

typedef struct daffi_core daffi_core_t;
typedef struct daffi_session daffi_session_t;

//  What the core wants done. `peer` is what was given to daffi_core_connect (). None of
//  these may call back into the core.
typedef struct {
    void *context;
    //  Send one record. The header and a body without blob are valid during the call
    //  only. header.size and .detached are the outlet's to fill in. Where the record
    //  has a ttl, it runs out at deadline_ms: subtract what is spent in a queue.
    //  `control`: may overtake data.
    void (*send) (void *context, void *peer, const daffi_header_t *header,
                  const daffi_body_t *body, int64_t deadline_ms, bool control);
    //  Would `size` more bytes stay within what may wait for this peer?
    bool (*fits) (void *context, void *peer, size_t size);
    //  The session is over and its handle invalid. What the peer sends next begins a
    //  new one.
    void (*drop) (void *context, void *peer);
    //  Unpredictable where it runs for real, seeded in the simulator.
    uint64_t (*random) (void *context);
    //  A new session begins on the peer's connection: what waits for it is of the one
    //  before, and must not come behind WELCOME. May be NULL: nothing ever waits.
    void (*forget) (void *context, void *peer);
} daffi_core_output_t;

//  What the tasks of the core want done. The context is that of daffi_core_output_t.
typedef struct {
    //  Write a change to disk, and tell with daffi_core_written () once it is there, in
    //  the order of the tickets. NULL: tasks live in memory alone.
    void (*store) (void *context, uint64_t ticket, daffi_row_change_t change,
                   const daffi_row_t *row);
    //  The TZif file of a zone. NULL: there is UTC alone.
    daffi_zone_load_fn *zone;
} daffi_core_tasks_output_t;

typedef struct {
    daffi_core_output_t output;
    daffi_core_tasks_output_t tasks;
    daffi_log_t log;
    const char *name;  //  the controller's, told in WELCOME
    int64_t settle_ms;
    int64_t heartbeat_ms;          //  told to nodes that wish nothing else
    int64_t heartbeat_timeout_ms;  //
    uint32_t calls_max;            //  in flight of one session
    size_t queue_max;              //  bytes of one caller's waiting calls
    size_t total_queue_max;        //  bytes of all waiting calls
} daffi_core_options_t;

//  Zero limits and times become the defaults of bounds.h; settle_ms < 0 is none.
daffi_core_t *daffi_core_new (const daffi_core_options_t *options, int64_t now_ms);
void daffi_core_destroy (daffi_core_t **self_p);

//  A peer that was not known sent something. It must say HELLO within 2 s.
daffi_session_t *daffi_core_connect (daffi_core_t *self, void *peer, int64_t now_ms);

//  A record of a session. The session may be dropped before this returns, and so may
//  others. Where the body has a blob, that is the body and nothing else.
void daffi_core_receive (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header, const daffi_body_t *body,
                         int64_t now_ms);

//  What may wait for the peer was full, as fits () said, and is not any more: it is
//  given what waits for it.
void daffi_core_writable (daffi_core_t *self, daffi_session_t *session, int64_t now_ms);

//  Bytes of a session that were no records: it is told, and loses nothing else.
void daffi_core_malformed (daffi_core_t *self, daffi_session_t *session,
                           int64_t now_ms);

//  The connection broke. The handle is invalid after this.
void daffi_core_disconnect (daffi_core_t *self, daffi_session_t *session,
                            int64_t now_ms);

//  Time passes: to be called when daffi_core_next () is reached, or earlier.
void daffi_core_tick (daffi_core_t *self, int64_t now_ms);
int64_t daffi_core_next (const daffi_core_t *self);

//  The wall clock, milliseconds since 1970, beside the core's own: to be told at the
//  start and before each tick. Where nobody tells it is the core's own.
void daffi_core_set_wall (daffi_core_t *self, int64_t now_ms, int64_t wall_ms);
//  A task that was stored, before anything else happens. DAFFI_PROTOCOL: it cannot be
//  read, and is left out.
DAFFI_MUST_USE daffi_status_t daffi_core_restore (daffi_core_t *self,
                                                  const daffi_row_t *row);
//  A run of one of them that has ended; the oldest first.
DAFFI_MUST_USE daffi_status_t daffi_core_restore_run (daffi_core_t *self,
                                                      const char *uuid,
                                                      const daffi_row_run_t *run);
//  That was all: what was cut off goes on.
void daffi_core_restored (daffi_core_t *self);
//  All changes up to `ticket` are on disk; with a status, no later one is told of any
//  more or will ever be made, and `text` says why.
void daffi_core_written (daffi_core_t *self, uint64_t ticket, daffi_status_t status,
                         const char *text, int64_t now_ms);

//  The controller stops: nodes are told, new calls are refused.
void daffi_core_drain (daffi_core_t *self);
//  No call waits or runs.
bool daffi_core_idle (const daffi_core_t *self);
//  GOODBYE to all sessions, which end and are dropped. Nothing is sent after that.
void daffi_core_close (daffi_core_t *self, int64_t now_ms);

//  [[process, function, signature] …], sorted: what $sys.functions answers.
void daffi_core_write_functions (const daffi_core_t *self, daffi_buffer_t *out);

typedef struct {
    uint64_t calls;
    uint64_t casts;
    uint64_t results;
    uint64_t errors;   //  that functions answered
    uint64_t refused;  //  answered by the controller itself: unknown, busy, draining …
    uint64_t expired;       //  deadlines that passed
    uint64_t cancelled;     //
    uint64_t lost;          //  failed since a process was lost
    uint64_t late;          //  answers to nobody
    uint64_t dropped;       //  casts that found no taker or no room
    uint64_t malformed;     //
    uint64_t sessions;      //  now
    uint64_t processes;     //  now
    uint64_t functions;     //  now
    uint64_t waiting;       //  calls now, not given to anybody yet
    uint64_t running;       //  calls now, given to a process
    uint64_t abandoned;     //  of these: nobody waits for the answer any more
    uint64_t groups;        //  broadcasts now
    uint64_t later;         //  calls now, whose time has not come
    uint64_t waits;         //  now
    uint64_t queued_bytes;  //  now, of waiting calls and later ones
    uint64_t task_runs;     //  begun
    uint64_t failed_runs;   //  of tasks
} daffi_core_stats_t;
const daffi_core_stats_t *daffi_core_stats (const daffi_core_t *self);

#endif
