//  SPDX-License-Identifier: MPL-2.0
//  A future: one call or wait, shared by the thread that wants its outcome and the
//  actor that brings it.
//
//  The upper half is the actor's alone once the future was handed over, and so are
//  error and result until it is done: `done` publishes them, and from then on they
//  stand. The rest of the lower half is guarded by the lock, or atomic. It ends once,
//  in daffi_future_finish (), and who waits is told by daffi_future_tell (): those that
//  end together are told together, so that a thread with many calls in flight is woken
//  once for all of them, not for each. Most plain calls are done before anybody asks:
//  they end without the lock.

#ifndef DAFFI_FUTURE_H
#define DAFFI_FUTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "blob.h"
#include "channel.h"
#include "executor.h"
#include "list.h"
#include "mail.h"
#include "packed.h"
#include "pool.h"
#include "result.h"
#include "wheel.h"

typedef struct daffi_node daffi_node_t;
typedef struct daffi_cargo daffi_cargo_t;

//  A timer of the node's actor and what it does.
typedef struct daffi_alarm daffi_alarm_t;
struct daffi_alarm {
    daffi_timer_t timer;  //  first: the wheel hands back its address
    void (*ring) (daffi_node_t *node, daffi_alarm_t *alarm);
};

//  The reply of one process to a broadcast.
typedef struct {
    daffi_reply_t reply;
    daffi_result_t *result;  //  NULL with an error
    daffi_error_t *error;
} daffi_part_t;

typedef enum {
    DAFFI_FUTURE_CALL,
    DAFFI_FUTURE_BROADCAST,
    DAFFI_FUTURE_STREAM,
    DAFFI_FUTURE_SCHEDULE,
    DAFFI_FUTURE_WAIT_PROCESS,
    DAFFI_FUTURE_WAIT_FUNCTION,
    DAFFI_FUTURE_WAIT_GROUP
} daffi_future_kind_t;

//  Bits of daffi_future.stage.
enum {
    DAFFI_STAGE_ASKED =
        1,                //  somebody wants to be told, or posts for it: under the lock
    DAFFI_STAGE_TOLD = 2  //  who asks from now on sees that it is done
};

enum {
    DAFFI_FUTURE_NAMES = 96,   //  bytes of names that a future of the pool has room for
    DAFFI_FUTURES_KEPT = 1024  //  of a node, to be used again
};

struct daffi_future {
    daffi_pool_t *pool;  //  NULL: its names are longer than others'
    //  these two stay as they are when it is used again
    pthread_mutex_t lock;
    pthread_cond_t finished;
    daffi_mail_t start;   //  hands it to the actor
    daffi_mail_t cancel;  //  posted at most once
    atomic_uint refs;
    atomic_uint *in_flight;      //  the node's count; until it is done
    daffi_mailbox_t *mailbox;    //  the node's; not touched once it is done
    daffi_executor_t *dispatch;  //  where on_done runs; NULL: in the actor
    daffi_job_t done_job;
    daffi_job_t progress_job;

    //  the actor's
    daffi_future_kind_t kind;
    daffi_link_t link;     //  node.unsent, .sent or .resting
    daffi_link_t sibling;  //  request.children
    daffi_alarm_t alarm;   //  deadline, or the next attempt
    uint64_t id;           //  of the present attempt; 0: not sent
    daffi_request_t
        *parent;  //  the request it was made in, until the actor has seen it
    int64_t deadline_ms;
    bool idempotent;
    bool no_retry;
    bool resting;              //  waits for its next attempt
    bool maybe_ran;            //  by an earlier attempt
    daffi_request_t *running;  //  within this process; NULL: the controller has it
    daffi_packed_t body;
    const char *function;  //  in `names`; "" for a wait for a process
    const char *process;   //  in `names`; "" = any
    const char *key;       //  in `names`; "" = none
    daffi_cargo_t *cargo;  //  a payload that may have to be shipped first; or NULL
    uint8_t policy;
    int32_t spin_us;  //  daffi_options_t
    bool alone;       //  nothing else was in flight when it began
    uint8_t priority;
    bool all_named;       //  BROADCAST: the body begins with the processes
    uint32_t stop_after;  //  BROADCAST; SCHEDULE: 1 = every provider
    int64_t due_ms;       //  not before that; 0: at once
    bool ended;           //  STREAM: END was said before it could be sent
    bool cancel_sent;     //  the answer will say whether it had begun

    daffi_channel_t *channel;  //  STREAM; shared, with a lock of its own

    atomic_bool done;      //  by the actor: the outcome stands
    atomic_uint stage;     //  of being told
    atomic_uint attempts;  //  how often it was sent
    atomic_bool in_hand;   //  of the controller or a provider
    bool cancelling;
    int fd;                //  -1: not asked for
    daffi_error_t *error;  //  NULL: result
    daffi_result_t *result;
    daffi_part_t **parts;  //  BROADCAST: replies, in order of arrival
    uint32_t part_count;
    uint32_t part_room;
    daffi_future_fn *on_done;
    void *on_done_arg;
    daffi_progress_t *progress;  //  the last report; NULL: none
    daffi_progress_fn *on_progress;
    void *on_progress_arg;
    bool notified;        //  on_done is run, or was
    bool telling;         //  the job that tells of progress waits
    bool hushed;          //  its user let go of it: neither of the two begins any more
    unsigned tellers;     //  that run at the moment
    daffi_space_t space;  //  where a small result stands; last but one: not set to 0
    char names[];
};

//  Where futures come from and go back to; closed when its node ends.
daffi_pool_t *daffi_future_pool (void);
//  Two references: the caller's and the actor's.
daffi_future_t *daffi_future_new (daffi_pool_t *pool, daffi_future_kind_t kind,
                                  const char *function, const char *process,
                                  const char *key);
void daffi_future_unref (daffi_future_t *self);
//  What is done gives its result to the caller, NULL with an error, and the future is
//  gone.
daffi_result_t *daffi_future_take (daffi_future_t **self_p);

//  The outcome: it is done. Takes `result` (NULL with an error), copies `error` (NULL
//  with a result).
void daffi_future_finish (daffi_future_t *self, daffi_result_t *result,
                          const daffi_error_t *error);
//  Locked: who asks waits to be told, or posts something for it. False: it was told.
bool daffi_future_ask (daffi_future_t *self);
//  Wakes who waits, runs on_done, gives up the actor's reference. After every finish,
//  before the actor ends.
void daffi_future_tell (daffi_future_t *self);
void daffi_future_sent (daffi_future_t *self);
//  It is nobody's again, for now.
void daffi_future_unsent (daffi_future_t *self);
//  One more reply of a broadcast, which the future owns from here on.
void daffi_future_part (daffi_future_t *self, daffi_part_t *part);
//  The function has come so far. Takes the copy.
void daffi_future_report (daffi_future_t *self, daffi_progress_t *progress);
//  All parts up to there were told: its descriptor is readable while there are more.
void daffi_future_seen_part (daffi_future_t *self, uint32_t seen);
//  on_done is to run. Gives up a reference.
void daffi_future_notify (daffi_future_t *self);
//  on_done and on_progress begin no more, and do not run in another thread.
void daffi_future_hush (daffi_future_t *self);

//  User code that runs for a future, on the stack of the thread that runs it.
typedef struct daffi_telling daffi_telling_t;
struct daffi_telling {
    daffi_future_t *future;
    daffi_telling_t *outer;  //  this thread runs it inside of that one
};
//  Locked, not hushed.
void daffi_future_telling (daffi_future_t *self, daffi_telling_t *telling);
void daffi_future_told (daffi_telling_t *telling);

//  Waits until it is done or has more than `seen` parts. DAFFI_OK, DAFFI_PENDING, or
//  DAFFI_DEADLOCK.
daffi_status_t daffi_future_wait_part (daffi_future_t *self, uint32_t seen,
                                       int64_t timeout_ms, daffi_error_t *error);

//  The calling thread runs callbacks that must not wait (an actor); see
//  daffi_future_wait ().
void daffi_future_forbid_waiting (bool forbid);
bool daffi_future_waiting_forbidden (void);

#endif
