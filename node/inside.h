//  SPDX-License-Identifier: MPL-2.0
//  What the node's actor knows, shared by its files and by nobody else.

#ifndef DAFFI_INSIDE_H
#define DAFFI_INSIDE_H

#include <czmq.h>
#include <pthread.h>

#include "bodies.h"
#include "bounds.h"
#include "clock.h"
#include "daffi_tasks.h"
#include "entropy.h"
#include "failure.h"
#include "future.h"
#include "lead.h"
#include "mail.h"
#include "message.h"
#include "monitor.h"
#include "node.h"
#include "outbox.h"
#include "payloads.h"
#include "request.h"
#include "table.h"

typedef enum {
    DAFFI_NODE_RUNNING,
    DAFFI_NODE_DRAINING,  //  waits for what runs
    DAFFI_NODE_CLOSED     //  no socket; waits to be started again, or to end
} daffi_node_phase_t;

enum { DAFFI_PINGS_KEPT = 8 };  //  that are remembered until their PONG comes

//  The connection to the controller, as the actor sees it.
typedef struct {
    bool wired;         //  libzmq has a connection
    bool cut;           //  it broke, and what came before that is still to be read
    bool welcomed;      //  the controller knows us
    bool drained;       //  it said that no CALL will follow
    bool draining;      //  it said that it is stopping
    bool finished;      //  its GOODBYE: what it has not answered was not carried out
    bool parted;        //  the controller knows as well that the session is over
    bool choked;        //  a record could not be sent: there was no memory for it
    bool claimed;       //  the name is ours, or was
    uint64_t hello_id;  //  of the HELLO that an answer must match
    uint32_t number;    //  of this session: what belongs to an older one is void
    int64_t hello_ms;
    int64_t heard_ms;
    int64_t spoke_ms;
    int64_t known_ms;  //  the controller had heard of us by then, at least
    int64_t ran_ms;    //  it ran then, at least
    uint64_t ping_id;  //  of the last PING
    int64_t pinged_ms[DAFFI_PINGS_KEPT];  //  by its id
    int64_t heartbeat_ms;
    int64_t timeout_ms;
    int64_t offset_ms;  //  the controller's clock minus ours
    int64_t rtt_ms;     //  of the sample that told so
    bool answered;      //  a PING of ours, so that is not HELLO's alone
    int64_t sampled_ms;
    daffi_alarm_t hello;
    daffi_alarm_t heartbeat;
} daffi_link_state_t;

typedef struct {
    uint64_t id;  //  0: nobody subscribed
    daffi_event_fn *on_event;
    void *arg;
    atomic_uint pending;  //  events that wait for the subscriber
    atomic_uint asked;    //  any thread: subscriptions until now; older ones are over
    unsigned number;      //  of the present one
    bool behind;          //  some were left out
} daffi_subscription_t;

typedef struct {
    uint64_t id;  //  0: nobody subscribed
    bool everybody;
    daffi_task_event_fn *on_event;
    void *arg;
    atomic_uint pending;  //  as in daffi_subscription_t
    atomic_uint asked;
    unsigned number;
    bool behind;
} daffi_task_subscription_t;

struct daffi_node {
    daffi_payloads_t *payloads;
    daffi_node_options_t options;
    char name[DAFFI_NAME_MAX + 1];
    uint8_t incarnation[DAFFI_INCARNATION_SIZE];
    int64_t born_ms;
    bool begun;  //  it was started, for the first time
    daffi_log_t log;
    daffi_functions_t functions;
    daffi_executor_t *executor;
    daffi_lane_t lifecycle;  //  on_*, events: one after the other
    daffi_mailbox_t mailbox;
    atomic_uint in_flight;  //  futures that are not done
    daffi_pool_t *future_pool;
    atomic_llong fresh_ms;  //  workers: until then what came with this session counts

    pthread_mutex_t lock;
    pthread_cond_t changed;
    daffi_state_t state;
    daffi_error_t why;

    zactor_t *actor;
    daffi_lead_t lead;

    //  the actor's, or whose the lead is
    void *context;
    void *dealer;
    daffi_endpoint_t endpoint;
    daffi_monitor_t monitor;
    daffi_outbox_t outbox;
    daffi_parcels_t parcels;  //  of the outbox
    daffi_message_t message;
    daffi_entropy_t entropy;
    daffi_wheel_t wheel;
    int64_t now_ms;
    daffi_node_phase_t phase;
    daffi_alarm_t drain_end;
    daffi_link_state_t link;
    daffi_subscription_t subscription;
    daffi_task_subscription_t task_subscription;
    uint64_t last_id;
    daffi_table_t futures;   //  id -> future
    daffi_list_t unsent;     //  futures that wait for a connection
    daffi_list_t sent;       //  futures that wait for an answer
    daffi_list_t shipments;  //  payloads on their way, and futures that wait for them
    daffi_list_t resting;    //  futures that wait for their next attempt
    daffi_list_t finished;   //  futures that are done, to be told
    unsigned finished_count;
    daffi_table_t tokens;       //  the controller's token -> request
    int64_t looked_ms;          //  the clock, read last for an inline callback
    int64_t looked_turn_ms;     //  now_ms at that time
    unsigned runs_left;         //  that go by it
    daffi_list_t running;       //  requests of all sessions, local ones included
    daffi_list_t late_offers;   //  offer_t: changed since HELLO, before its WELCOME
    atomic_uint running_count;  //  written by the actor alone
    atomic_ulong dropped;       //  casts that there was no room for; the same
};

//  --- node.c -------------------------------------------------------------------------

void daffi_node_send (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control);
//  Milliseconds until the deadline, and when they were counted.
void daffi_node_set_ttl (const daffi_node_t *self, daffi_header_t *header,
                         int64_t deadline_ms);
//  A record without name, ttl and body.
void daffi_node_send_plain (daffi_node_t *self, daffi_record_type_t type, uint64_t id,
                            bool control);
void daffi_node_set_state (daffi_node_t *self, daffi_state_t state,
                           const daffi_error_t *why);
void daffi_alarm_set (daffi_node_t *self, daffi_alarm_t *alarm, int64_t due_ms);
//  Gives up the present connection, if any, and makes another one.
void daffi_node_reconnect (daffi_node_t *self);

//  --- records.c ----------------------------------------------------------------------

//  Reads what has come, to a bound. True: there may be more.
bool daffi_records_receive (daffi_node_t *self);

//  --- actor.c ------------------------------------------------------------------------

//  After a sleep, with the lead: the time is another.
void daffi_node_awake (daffi_node_t *self);
//  What has come is read, what is due done, what is to be sent sent; with the lead.
//  `more`: the socket may have a message; and still has, at the end.
void daffi_node_turn (daffi_node_t *self, bool *more);
//  When there is something to do, if nothing comes before.
int64_t daffi_node_next (const daffi_node_t *self);
//  The zactor_fn; `args` is the node.
void daffi_node_actor (zsock_t *pipe, void *args);
//  Called at the actor's end and after zactor_destroy (): the handshake within czmq is
//  one that ThreadSanitizer cannot see, a lock that both have held is.
void daffi_node_shake_hands (daffi_node_t *self);

//  --- link.c -------------------------------------------------------------------------

void daffi_link_start (daffi_node_t *self);
void daffi_link_wired (daffi_node_t *self);
void daffi_link_unwired (daffi_node_t *self);
//  The session is over, and so is the connection: the next one is made.
void daffi_link_left (daffi_node_t *self, const char *reason);
//  The session is over: what was sent is lost.
void daffi_link_lost (daffi_node_t *self, const char *reason);
//  The same, and the connection stands: HELLO again at once.
void daffi_link_renew (daffi_node_t *self, const char *reason);
void daffi_link_welcome (daffi_node_t *self, const daffi_header_t *header,
                         const daffi_body_t *body);
//  An ERROR that answers HELLO, or that concerns the session.
void daffi_link_refused (daffi_node_t *self, const daffi_header_t *header,
                         const daffi_body_t *body);
void daffi_link_pong (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body);
void daffi_link_who (daffi_node_t *self);
//  Milliseconds that a record with sent_ms was on its way; 0 where that is not known.
uint32_t daffi_link_spent (const daffi_node_t *self, const daffi_header_t *header);
//  It was sent so long ago: the controller ran then.
void daffi_link_ran (daffi_node_t *self, const daffi_header_t *header,
                     uint32_t spent_ms);
//  The controller's clock now, for sent_ms.
uint32_t daffi_link_clock (const daffi_node_t *self);
//  Milliseconds that it may be behind the controller's true clock.
int64_t daffi_link_clock_lag (const daffi_node_t *self);

//  --- outgoing.c ---------------------------------------------------------------------

void daffi_outgoing_start (daffi_node_t *self, daffi_future_t *future);
void daffi_outgoing_cancel (daffi_node_t *self, daffi_future_t *future,
                            daffi_status_t status, const char *text);
void daffi_outgoing_answer (daffi_node_t *self, const daffi_header_t *header,
                            const daffi_body_t *body);
void daffi_outgoing_cast (daffi_node_t *self, daffi_mail_t *mail);
//  END: a broadcast is over.
void daffi_outgoing_complete (daffi_node_t *self, const daffi_header_t *header);
//  The one end of every call and wait: takes the result, or copies the error.
void daffi_outgoing_end (daffi_node_t *self, daffi_future_t *future,
                         daffi_result_t *result, const daffi_error_t *error);
//  Tells of those that have ended since the last time. Runs on_done, which may let go
//  of anything: not while somebody further up walks a list of futures or shipments.
void daffi_outgoing_tell (daffi_node_t *self);
//  Sets the alarm for its deadline.
void daffi_outgoing_watch (daffi_node_t *self, daffi_future_t *future);
//  It begins, or begins again, at that time.
void daffi_outgoing_rest (daffi_node_t *self, daffi_future_t *future, int64_t until_ms);
void daffi_outgoing_connected (daffi_node_t *self);
void daffi_outgoing_lost (daffi_node_t *self, const char *reason);
void daffi_outgoing_stop (daffi_node_t *self);
//  The call waits in this list until it is to be sent again.
void daffi_outgoing_park (daffi_node_t *self, daffi_future_t *future,
                          daffi_list_t *list);
void daffi_outgoing_again (daffi_node_t *self, daffi_future_t *future);
//  A call of the actor's own. on_done () runs in it, and lets go of the future.
void daffi_node_launch_own (daffi_node_t *self, daffi_future_t *future,
                            const daffi_packed_t *body, int64_t timeout_ms,
                            daffi_future_fn *on_done, void *arg);

//  --- launch.c -----------------------------------------------------------------------

//  From any thread.
//  It is not a name that only plain calls reach.
DAFFI_MUST_USE daffi_status_t daffi_launch_check_offered (daffi_node_t *self,
                                                          const char *function,
                                                          daffi_error_t *error);
int64_t daffi_launch_deadline (const daffi_call_options_t *options);

//  --- incoming.c ---------------------------------------------------------------------

void daffi_incoming_call (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body);
//  A call of this process to a function that only it has. False: there is none.
bool daffi_incoming_local (daffi_node_t *self, daffi_future_t *future);
void daffi_incoming_cancel (daffi_node_t *self, uint64_t token);
//  The request, and the calls that were made in it. False: it will never begin.
bool daffi_incoming_cancel_run (daffi_node_t *self, daffi_request_t *request);
//  The request was answered in a worker: send it and let go of the request.
void daffi_incoming_answered (daffi_node_t *self, daffi_request_t *request);
//  Nobody waits for the answers any more.
void daffi_incoming_lost (daffi_node_t *self);
//  Answers what still runs with STOPPED.
void daffi_incoming_stop (daffi_node_t *self);
//  --- own.c: $node.*, which every node has ------------------------------------------

void daffi_own_register (daffi_node_t *self);

//  --- streaming.c --------------------------------------------------------------------

void daffi_streaming_chunk (daffi_node_t *self, const daffi_header_t *header,
                            const daffi_body_t *body);
void daffi_streaming_credit (daffi_node_t *self, const daffi_header_t *header,
                             const daffi_body_t *body);
//  The caller sends no more; or a broadcast is over.
void daffi_streaming_end (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body);
//  An item, a grant or the end, on its way out.
void daffi_streaming_send (daffi_node_t *self, daffi_stream_mail_t *mail);

//  --- progress.c ---------------------------------------------------------------------

//  A callback's report, on its way out.
void daffi_progress_send (daffi_node_t *self, daffi_mail_t *mail);
void daffi_progress_came (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body);

//  --- offers.c -----------------------------------------------------------------------

//  From any thread: a name is offered (DAFFI_MAIL_ADD) or withdrawn
//  (DAFFI_MAIL_REMOVE).
void daffi_offers_post (daffi_node_t *self, daffi_mail_kind_t kind,
                        const daffi_offer_body_t *what);
void daffi_offers_update (daffi_node_t *self, daffi_mail_t *mail);
void daffi_offers_welcomed (daffi_node_t *self);
//  A new HELLO tells them, or nobody will.
void daffi_offers_forget (daffi_node_t *self);

//  --- events.c -----------------------------------------------------------------------

typedef enum {
    DAFFI_LIFECYCLE_INIT,
    DAFFI_LIFECYCLE_CONNECT,
    DAFFI_LIFECYCLE_DISCONNECT
} daffi_lifecycle_t;
void daffi_events_lifecycle (daffi_node_t *self, daffi_lifecycle_t what);
void daffi_events_event (daffi_node_t *self, const daffi_header_t *header,
                         const daffi_body_t *body);
void daffi_events_subscribe (daffi_node_t *self, daffi_mail_t *mail);
//  The session is new: ask again for what was subscribed.
void daffi_events_connected (daffi_node_t *self);
//  Now and then: a subscriber that was behind may have caught up.
void daffi_events_catch_up (daffi_node_t *self);

//  --- task_events.c ------------------------------------------------------------------

//  False: the EVENT is not one of tasks.
bool daffi_task_events_event (daffi_node_t *self, const daffi_header_t *header,
                              const daffi_body_t *body);
void daffi_task_events_subscribe (daffi_node_t *self, daffi_mail_t *mail);
void daffi_task_events_connected (daffi_node_t *self);
void daffi_task_events_catch_up (daffi_node_t *self);

#endif
