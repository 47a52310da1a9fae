//  SPDX-License-Identifier: MPL-2.0
//  A simulated world around the controller's core: nodes, a network, and faults.
//
//  Time is virtual and chance comes from a seed, so a schedule of faults that takes
//  seconds of the world takes a fraction of a millisecond of ours, and one that fails
//  plays again, event by event, by its number. The nodes follow PROTOCOL.md; the core
//  is the one that runs in the controller.

#ifndef DAFFI_SIM_H
#define DAFFI_SIM_H

#include "parts.h"

enum {
    NODES_MAX = 16,
    NAMES_MAX = 8,      //  process names n0 … n7
    FUNCTIONS_MAX = 4,  //  function names f0 … f3
    PRIORITIES = DAFFI_PRIORITY_MAX + 1,
    JOBS_MAX = 24,  //  calls that a node was given and has not answered
    CONNECTIONS_MAX = 512,
    SESSIONS_MAX = 4096,
    SLACK_MS = 2
};

//  --- what can be wrong on purpose, to see that it is found --------------------------

typedef enum {
    SABOTAGE_NONE,
    SABOTAGE_CONTENT,   //  a worker answers something else
    SABOTAGE_TWICE,     //  a worker runs a call twice
    SABOTAGE_TOO_LATE,  //  a worker does not look at the ttl
    SABOTAGE_DENIAL,    //  a worker says `not run` of what it ran
    SABOTAGE_MUTE,      //  the network swallows an answer of the controller
    SABOTAGE_DOUBLE,    //  the network doubles an answer of the controller
    SABOTAGE_HASTE,     //  the network shortens delays
    SABOTAGE_SHUFFLE    //  the network lengthens some delays
} sabotage_t;

typedef struct {
    uint64_t seed;  //  of the first schedule; the next ones count up
    uint64_t schedules;
    unsigned calls;  //  of one schedule
    double minutes;  //  0: no limit
    sabotage_t sabotage;
    bool calm;  //  no faults at all: then nothing may fail
    bool verbose;
} sim_options_t;

typedef struct {
    uint64_t schedules;
    uint64_t calls;
    uint64_t results;
    uint64_t errors;  //  of any kind, local ones included
    uint64_t casts;
    uint64_t waits;
    uint64_t reports;  //  of progress
    uint64_t items;    //  of streams that arrived
    uint64_t later;    //  calls that were given after a delay
    uint64_t ordered;  //  of these: those whose order was looked at
    uint64_t events;
    uint64_t faults;
    uint64_t restarts;  //  of the controller
    uint64_t records;
    uint64_t by_status[DAFFI_END + 1];
    uint64_t violations;
    uint64_t failing_seed;
    char violation[200];  //  the first one
} sim_report_t;

//  Stops at the first schedule that breaks a promise.
void sim_run (const sim_options_t *options, sim_report_t *report);
void sim_print (const sim_report_t *report);

//  --- the world ----------------------------------------------------------------------

typedef struct message message_t;

typedef enum {
    EVENT_UP,           //  a record reaches the controller; who = connection
    EVENT_DOWN,         //  a record reaches the node; who = connection
    EVENT_BROKEN_UP,    //  the controller's monitor tells of a broken connection
    EVENT_BROKEN_DOWN,  //  the node's does
    EVENT_CONNECT,      //  who = node
    EVENT_GREET,        //  who = node: HELLO again, unless it was welcomed
    EVENT_HEARTBEAT,    //  who = node
    EVENT_START,        //  who = node: a new process under its name
    EVENT_ISSUE,        //  who = call
    EVENT_DEADLINE,     //  who = call: the caller's own watch
    EVENT_CANCEL,       //  who = call
    EVENT_FINISH,       //  who = node, arg = job number
    EVENT_FAULT,        //  who = node
    EVENT_CONTROLLER    //  the next controller starts
} event_kind_t;

typedef struct {
    int64_t at_ms;
    uint64_t order;  //  of equal times: as they were made
    event_kind_t kind;
    uint32_t who;
    uint64_t arg;
    message_t *message;
} event_t;

struct message {
    daffi_header_t header;  //  name and peer point into this message
    int64_t deadline_ms;    //  in the sender's time
    char name[DAFFI_NAME_MAX];
    char peer[DAFFI_NAME_MAX];
    uint32_t size;
    uint8_t body[];
};

typedef struct {
    uint32_t node;
    uint32_t life;             //  of the node
    uint32_t controller;       //  which one it goes to
    int64_t base_ms;           //  that one's clock
    daffi_session_t *session;  //  at the controller
    uint32_t session_number;
    bool refused;  //  nothing of it is taken any more at the controller
    bool up_cut;   //  what is sent vanishes
    bool down_cut;
    int64_t up_ms;  //  nothing sent later arrives earlier
    int64_t down_ms;
    size_t down_bytes;
    bool was_full;
    //  the last call of each caller and priority that was given to it while it offered
    //  a function
    uint64_t last_given[NODES_MAX][FUNCTIONS_MAX][PRIORITIES];
    //  the same of calls that were delayed: when it was due
    int64_t last_due[NODES_MAX][FUNCTIONS_MAX][PRIORITIES];
} connection_t;

typedef enum {
    NODE_DEAD,
    NODE_CONNECTING,
    NODE_GREETING,
    NODE_CONNECTED,
    NODE_REFUSED,
    NODE_DRAINING
} node_state_t;

typedef enum { JOB_FREE, JOB_QUEUED, JOB_RUNNING } job_state_t;

typedef struct {
    job_state_t state;
    uint64_t number;
    uint64_t token;  //  0: a cast
    uint32_t call;
    int64_t deadline_ms;
    bool cancelled;
    int64_t lag_ms;  //  of the node's clock when it read the ttl
    bool part;       //  of a broadcast, which asks for no place
    uint8_t function;
    //  its stream
    bool stream;
    uint32_t credit;    //  items that may be sent to the caller
    uint32_t granted;   //  items that the caller may send
    uint32_t yielded;   //
    uint32_t received;  //
    bool fed;           //  the caller has said that no more come
} job_t;

typedef struct {
    node_state_t state;
    uint32_t life;  //  grows with each start and each end
    uint32_t name;
    uint64_t incarnation;
    bool takeover;
    int64_t stopped_ms;   //  SIGSTOP until then
    uint32_t connection;  //  while not CONNECTING
    uint64_t hello;
    int64_t heard_ms;
    int64_t clock_offset;  //  the controller's clock is at least its own plus this
    bool clock_known;
    int64_t clock_lag;    //  how much more than that, which the node cannot know
    uint8_t offers;       //  bits of functions
    uint8_t could_offer;  //  the same, ever
    uint8_t withdrawn;    //  the same: were offered once, and then not
    uint8_t limits[FUNCTIONS_MAX];  //  calls of a function at once; 0: none
    uint32_t capacity;
    uint32_t capacity_seen;  //  the largest one told
    uint32_t slots;          //  calls that it runs at once
    uint32_t running;
    uint32_t outstanding;
    job_t jobs[JOBS_MAX];
    uint64_t last_job;
    uint64_t last_id;
    bool drained;  //  DRAIN was answered
    bool subscribes;
    uint64_t subscription;
    bool view_known;
    bool view_present[NAMES_MAX];
    uint8_t view_offers[NAMES_MAX];
} node_t;

typedef enum { CALL_CALL, CALL_CAST, CALL_WAIT, CALL_SYS, CALL_ALL } call_kind_t;

typedef struct {
    call_kind_t kind;
    uint32_t node;  //  the caller
    uint32_t life;
    uint64_t id;
    uint64_t sequence;   //  in the order of issue
    int32_t function;    //  -1: WAIT for a process
    int32_t target;      //  a name; -1: anybody
    int64_t timeout_ms;  //  -1: none
    int64_t issued_ms;
    int64_t deadline_ms;
    bool issued;
    bool open;  //  the caller waits for an outcome
    uint8_t outcomes;
    bool denied;      //  the caller was told `not run`
    bool called_off;  //  the caller was told that it was cancelled
    uint8_t policy;
    uint8_t priority;
    int64_t later_ms;  //  not before so long after its sending
    int64_t lag_ms;    //  of its caller's clock then
    int64_t due_ms;    //  as the controller has to see it; 0: at once
    //  its stream
    bool stream;
    uint32_t credit;    //  items that the caller may send
    uint32_t granted;   //  items that the provider may send
    uint32_t sent;      //
    uint32_t received;  //
    uint32_t yielded;   //  by whoever ran it
    bool fed;
    uint8_t named;  //  the broadcast names these processes alone; 0: all
    //  a broadcast's parts, by process name
    uint32_t wanted;
    uint8_t given_to, ran_at, denied_at, answered_by;
    uint8_t given;  //  to a provider, by the controller
    uint8_t ran;
    bool reached;             //  the controller
    uint32_t session_number;  //  then
    bool cancel_reached;
    uint8_t answered;  //  by the controller, to that session
} call_t;

//  How rough a schedule is.
typedef struct {
    unsigned nodes;
    unsigned functions;
    int64_t span_ms;   //  calls are made within
    int64_t delay_ms;  //  most records arrive within
    unsigned spike;    //  one in so many is late; 0: none
    unsigned faults;
    size_t room;          //  bytes on the way to a node
    int64_t timeout_ms;   //  heartbeats
    bool hostile;         //  some send rubbish
    bool limits;          //  functions have them
    unsigned long_calls;  //  one in so many takes longer than its deadline
} rough_t;

typedef struct {
    const sim_options_t *options;
    sim_report_t *report;
    uint64_t seed;
    uint64_t random;
    uint64_t core_random;
    int64_t now_ms;
    int64_t asleep_ms;     //  the controller does nothing until then
    int64_t core_base_ms;  //  the controller's clock minus the world's
    daffi_core_t *core;
    uint32_t controller;  //  number
    rough_t rough;
    bool healing;  //  the faults are over
    event_t *heap;
    size_t heap_count, heap_room;
    uint64_t last_order;
    uint64_t last_sequence;
    node_t nodes[NODES_MAX];
    unsigned node_count;
    connection_t *connections;
    unsigned connection_count;
    call_t *calls;
    unsigned call_count;
    int64_t session_end_ms[SESSIONS_MAX];
    unsigned session_count;
    daffi_buffer_t scratch;
} world_t;

//  --- sim_world.c: chance, events, trace, broken promises ----------------------------

uint64_t sim_random (world_t *self);
uint64_t sim_below (world_t *self, uint64_t limit);
static inline bool sim_chance (world_t *self, unsigned one_in)
{
    return one_in && sim_below (self, one_in) == 0;
}

void sim_post (world_t *self, int64_t delay_ms, event_kind_t kind, uint32_t who,
               uint64_t arg, message_t *message);
//  The same event again, with its place among others of that time.
void sim_defer (world_t *self, const event_t *event, int64_t until_ms);
bool sim_take (world_t *self, int64_t until_ms, event_t *event);

void sim_broken (world_t *self, const char *format, ...) DAFFI_PRINTF (2, 3);
void sim_trace_line (world_t *self, const char *format, ...) DAFFI_PRINTF (2, 3);
#define TRACE(world, ...)                          \
    do {                                           \
        if ((world)->options->verbose)             \
            sim_trace_line ((world), __VA_ARGS__); \
    } while (0)

//  --- sim_net.c: connections, and the controller at their end ------------------------

message_t *sim_message (const daffi_header_t *header, const void *body, size_t size);
void sim_send_up (world_t *self, uint32_t connection, message_t *message);
//  Both free the message.
void sim_deliver_down (world_t *self, uint32_t connection, message_t *message);
void sim_deliver_up (world_t *self, uint32_t connection, message_t *message);
//  Both sides learn it, soon; or, where half_open, by the silence.
void sim_cut (world_t *self, uint32_t connection, bool half_open);
void sim_broken_up (world_t *self, uint32_t connection);
void sim_start_controller (world_t *self);
void sim_stop_controller (world_t *self, bool in_good_order);
void sim_tick (world_t *self);

//  --- sim_node.c: a node's session ---------------------------------------------------

void sim_node_start (world_t *self, uint32_t node);
void sim_node_kill (world_t *self, uint32_t node);
void sim_node_connect (world_t *self, node_t *node);
void sim_node_greet (world_t *self, node_t *node);
void sim_node_heartbeat (world_t *self, node_t *node);
void sim_node_drain (world_t *self, node_t *node);
void sim_node_lost (world_t *self, node_t *node);
void sim_node_receive (world_t *self, node_t *node, const message_t *message);
void sim_node_maybe_goodbye (world_t *self, node_t *node);
void sim_node_send (world_t *self, node_t *node, const daffi_header_t *header,
                    const void *body, size_t size);
void sim_node_say (world_t *self, node_t *node, daffi_record_type_t type, uint64_t id);
static inline uint32_t sim_index_of (const world_t *self, const node_t *node)
{
    return (uint32_t)(node - self->nodes);
}

//  --- sim_calls.c: the caller's side -------------------------------------------------

//  The id of a call is its place and its caller's life, so that no two are the same.
uint64_t sim_id_of (const world_t *self, uint32_t call);
call_t *sim_call_of (world_t *self, uint64_t id);
void sim_call_issue (world_t *self, uint32_t call);
void sim_call_deadline (world_t *self, uint32_t call);
void sim_call_cancel (world_t *self, uint32_t call);
void sim_call_answer (world_t *self, node_t *node, const message_t *message);
//  A report: of a call that runs, and from who runs it.
void sim_call_progress (world_t *self, node_t *node, const message_t *message);
void sim_calls_fail (world_t *self, node_t *node, daffi_status_t status,
                     daffi_executed_t executed);
bool sim_calls_open (const world_t *self, const node_t *node);

//  --- sim_jobs.c: the provider's side ------------------------------------------------

void sim_job_take (world_t *self, node_t *node, const message_t *message);
void sim_job_cancel (world_t *self, node_t *node, uint64_t token);
void sim_job_finish (world_t *self, node_t *node, uint64_t number);
void sim_jobs_drop (world_t *self, node_t *node);
//  The bit of a process by its name; 0: none of ours.
static inline uint8_t sim_name_bit (daffi_text_t name)
{
    unsigned number = name.size == 2 ? (unsigned)name.data[1] - '0' : NAMES_MAX;
    return (uint8_t)(number < NAMES_MAX ? 1u << number : 0);
}
//  What the call of that number results in.
uint64_t sim_reply_of (const world_t *self, uint32_t call);

//  --- sim_streams.c: items that go with calls ---------------------------------------

void sim_stream_opened (world_t *self, node_t *node, job_t *job);
void sim_stream_ends (world_t *self, node_t *node, job_t *job);
//  CHUNK, CREDIT or END, at either end.
void sim_stream_receive (world_t *self, node_t *node, const message_t *message);

//  --- sim_view.c: what subscribers believe -------------------------------------------

void sim_view_reset (node_t *node);
void sim_view_event (world_t *self, node_t *node, const message_t *message);
void sim_view_check (world_t *self, const node_t *node);

//  --- sim_faults.c -------------------------------------------------------------------

void sim_choose (world_t *self);
void sim_fault (world_t *self);
void sim_heal (world_t *self);

//  --- sim_check.c --------------------------------------------------------------------

void sim_check_given (world_t *self, uint32_t connection, const daffi_header_t *header,
                      const daffi_body_t *body);
void sim_check_answered (world_t *self, uint32_t connection,
                         const daffi_header_t *header);
void sim_check_quiet (world_t *self);
void sim_check_empty (world_t *self);

#endif
