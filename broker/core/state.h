//  SPDX-License-Identifier: MPL-2.0
//  What the core knows, shared by its files and by nobody else.

#ifndef DAFFI_CORE_STATE_H
#define DAFFI_CORE_STATE_H

#include <assert.h>
#include <stddef.h>

#include "alloc.h"
#include "bodies.h"
#include "bounds.h"
#include "clock.h"
#include "core.h"
#include "list.h"
#include "load.h"
#include "names.h"
#include "ranks.h"
#include "table.h"
#include "tasks.h"
#include "wheel.h"

typedef struct daffi_process daffi_process_t;
typedef struct daffi_offered daffi_offered_t;
typedef struct daffi_offer daffi_offer_t;
typedef struct daffi_entry daffi_entry_t;

typedef enum {
    DAFFI_TIMER_SESSION,  //  HELLO is due, or a sign of life
    DAFFI_TIMER_ENTRY,    //  a call's or a wait's deadline
    DAFFI_TIMER_SETTLED   //  the settling time is over
} daffi_timer_kind_t;

typedef struct {
    daffi_timer_t timer;  //  first: the wheel hands back its address
    daffi_timer_kind_t kind;
} daffi_core_timer_t;

typedef enum {
    DAFFI_SESSION_NEW,      //  no HELLO yet
    DAFFI_SESSION_READY,    //
    DAFFI_SESSION_DRAINING  //  gets no new calls, may still call and answer
} daffi_session_state_t;

//  What every call looks at stands together at the front.
struct daffi_session {
    _Alignas(DAFFI_CACHE_LINE) void *peer;
    daffi_process_t *process;  //  NULL while NEW
    daffi_session_state_t state;
    bool doubted;  //  was told WHO and has not said HELLO since
    bool behind;   //  what waits for it has no room: nothing may overtake it
    bool gone;     //  is being ended: nothing is sent to it any more
    bool lapsed;   //  we slept, and it gave us up: nothing but HELLO counts from it
    int64_t seen_ms;
    int64_t spoke_ms;  //  when something was sent to it last
    uint32_t capacity;
    uint32_t running_count;  //  calls given to it
    uint32_t placed_count;   //  calls and waits by it
    uint32_t limited_count;  //  offers with a quota
    uint64_t subscription;   //  id of its SUBSCRIBE

    daffi_list_t placed;    //  entry.of_owner: calls and waits by it
    daffi_list_t running;   //  entry.of_place: calls given to it
    daffi_table_t entries;  //  those by it, by the id that it gave: a table of its own,
                            //  so that the many of others are not in the way
    daffi_list_t crowded;   //  quota.of_session: functions at their limit, calls wait
    bool pings;             //  it asks for signs of our life, so it can miss them
    bool subscription_behind;    //  events were left out
    bool tasks_behind;           //  the same
    bool tasks_of_all;           //  not of its own alone
    uint64_t task_subscription;  //  id of its SUBSCRIBE to tasks
    size_t queued_bytes;         //  of calls by it that wait

    daffi_core_timer_t timer;
    daffi_link_t link;  //  core.sessions
    uint64_t number;    //  never used twice: half of the key of its offers
    int64_t timeout_ms;
    int64_t heartbeat_ms;
    uint32_t slot;        //  load.h
    uint8_t load;         //  its class there
    daffi_list_t offers;  //  offer.of_session
    uint32_t offer_count;
    uint64_t last_group;           //  the last broadcast that it was asked by
    int64_t work_paid;             //  work.c: until when, in entries
    daffi_link_t subscriber;       //  core.subscribers
    daffi_link_t task_subscriber;  //  core.tasks.subscribers
    uint8_t incarnation[DAFFI_INCARNATION_SIZE];
    char language[33];
    char version[33];
};
static_assert (offsetof (daffi_session_t, placed) == DAFFI_CACHE_LINE &&
                   offsetof (daffi_session_t, crowded) == 2 * DAFFI_CACHE_LINE,
               "each group of fields has a line of the cache");

//  A name that is present, called or waited for.
struct daffi_process {
    _Alignas(DAFFI_CACHE_LINE) daffi_session_t *session;  //  NULL: not there (now)
    uint32_t name_size;
    char name[DAFFI_NAME_MAX + 1];
    daffi_ranks_t waiting;  //  entry.of_place: calls for it that wait
    daffi_list_t waits;     //  entry.of_place: WAITs for it
    daffi_link_t held;      //  core.held, while calls wait and it is not there
};

//  Who offers a function. The session stands here too, so that a call need not look at
//  the offer, whose memory is far away where there are many.
typedef struct {
    daffi_session_t *session;
    daffi_offer_t *offer;
} daffi_provider_t;

//  A function name that is offered, called or waited for. What every call looks at
//  stands together at the front, in one line of the cache where the name is short.
struct daffi_offered {
    _Alignas(DAFFI_CACHE_LINE) daffi_provider_t *offers;  //  in no order
    uint32_t count;
    uint32_t room;
    uint32_t cursor;        //  where the next search begins: round robin among equals
    uint32_t slot_cursor;   //  as cursor, for `providers`
    daffi_provider_t only;  //  room for `offers` where there is one
    char name[DAFFI_NAME_MAX + 1];
    daffi_bits_t providers;    //  slots of those, where they are many
    daffi_ranks_t waiting;     //  entry.of_place: calls that wait for a provider
    daffi_list_t waits;        //  entry.of_place: WAITs for it
    daffi_list_t group_waits;  //  the same, for any function of the group of that name
    daffi_link_t starving;     //  core.starving, while calls wait
};

//  How many calls of one function one session runs at once, where it said so. Calls
//  that run keep it when the function is withdrawn, so that one that replaces it
//  counts them.
typedef struct {
    uint32_t refs;  //  the offer's, and one for each call that runs
    uint32_t limit;
    uint32_t running;
    daffi_ranks_t waiting;    //  entry.of_place: calls by name; others wait elsewhere
    daffi_link_t of_session;  //  session.crowded, while calls wait
} daffi_quota_t;

//  One session offers one function.
struct daffi_offer {
    daffi_link_t of_session;
    daffi_session_t *session;
    daffi_offered_t *function;
    daffi_quota_t *quota;  //  NULL: as many as the session runs
    uint32_t index;        //  in function->offers
    const char *doc;       //  behind the signature
    char signature[];
};

//  A call as it came, kept until its time.
typedef struct {
    daffi_header_t header;  //  its texts stand behind it
    int64_t due_ms;         //  0: the end of the settling time
    char texts[];
} daffi_call_later_t;

typedef enum {
    DAFFI_ENTRY_FREE,
    DAFFI_ENTRY_WAITING,    //  a call that nobody was given yet
    DAFFI_ENTRY_RUNNING,    //  a call that a process was given
    DAFFI_ENTRY_ABANDONED,  //  the same, and nobody wants the answer any more; it still
                            //  takes a place of the process's capacity
    DAFFI_ENTRY_GROUP,      //  a broadcast, whose parts run
    DAFFI_ENTRY_LATER,      //  a call whose time has not come
    DAFFI_ENTRY_WAIT,       //  a WAIT for presence
    DAFFI_ENTRY_TAP,        //  a $sys.monitor, which is told of every call
    DAFFI_ENTRY_WRITING     //  a change of a task that waits for the disk
} daffi_entry_state_t;

//  A call in flight or a wait. From a slab, so that its index can be part of the token.
//  A line of the cache each: its times and its caller, who runs it, the rest of what
//  every call needs; what few need stands behind.
struct daffi_entry {
    _Alignas(DAFFI_CACHE_LINE) daffi_core_timer_t timer;
    daffi_link_t of_owner;  //  session.placed; a part: group.parts
    uint64_t id;            //  the caller's

    uint64_t token;             //  ours, told to the provider; 0: none
    daffi_session_t *owner;     //  the caller; NULL where abandoned
    daffi_session_t *provider;  //  RUNNING, ABANDONED
    daffi_ranked_t of_place;    //  .waiting or .waits of function, process or quota;
                                //  session.running; core.later, .taps

    daffi_entry_state_t state;
    uint32_t index;  //  in the slab
    int64_t deadline_ms;
    int64_t came_ms;       //  when the call came
    int64_t given_ms;      //  RUNNING, ABANDONED: when its process was given it
    daffi_quota_t *quota;  //  RUNNING, ABANDONED: counted there; WAITING: there
    daffi_entry_t *group;  //  RUNNING: the broadcast that it is a part of, or NULL
    daffi_blob_t *body;    //  WAITING: kept
    daffi_blob_t *tail;    //  WAITING: kept, or NULL

    size_t size;                //  WAITING: of both
    daffi_process_t *process;   //  WAITING, WAIT: for this process, or
    daffi_offered_t *function;  //  for this function; WAITING: what is called
    daffi_entry_t *next_free;
    bool stream;     //  items go with it,
    uint32_t items;  //  and this is the credit that the caller gave with the CALL
    uint32_t bytes;
    bool of_group;                    //  WAIT: in function->group_waits
    bool ended;                       //  WAITING: the caller has no items (END)
    bool cancelled;                   //  RUNNING: by its caller, and the provider knows
    char called[DAFFI_NAME_MAX + 1];  //  the function; not set by WAIT

    daffi_call_later_t *later;  //  LATER: the call
    daffi_list_t parts;         //  GROUP: entry.of_owner
    uint32_t wanted;            //  GROUP: successes that end it; 0: all have to answer
    uint64_t missed;            //  TAP: what it was not told, since it was behind
};
static_assert (offsetof (daffi_entry_t, token) == DAFFI_CACHE_LINE &&
                   offsetof (daffi_entry_t, state) == 2 * DAFFI_CACHE_LINE &&
                   offsetof (daffi_entry_t, size) == 3 * DAFFI_CACHE_LINE,
               "each group of fields has a line of the cache");

enum { DAFFI_SLAB_BITS = 10, DAFFI_TOKEN_INDEX_BITS = 24 };

struct daffi_core {
    daffi_core_output_t output;
    daffi_log_t log;
    char name[DAFFI_NAME_MAX + 1];
    uint8_t epoch[DAFFI_INCARNATION_SIZE];
    int64_t started_ms;
    int64_t now_ms;
    int64_t heartbeat_ms;
    int64_t heartbeat_timeout_ms;
    int64_t heartbeat_least_ms;  //  no session was told a shorter one
    uint32_t calls_max;
    size_t queue_max;
    size_t total_queue_max;
    bool settling;
    bool draining;
    bool closed;       //  nothing is sent to anybody any more
    int64_t awake_ms;  //  when the controller last woke from a sleep of its own
    uint64_t last_session;
    uint64_t last_sequence;
    daffi_core_timer_t settled;
    daffi_wheel_t wheel;
    daffi_load_t load;
    daffi_list_t sessions;
    daffi_list_t subscribers;
    daffi_list_t starving;  //  functions for which calls wait
    uint32_t starving_count;
    uint64_t group_waits;  //  entries in offered.group_waits
    daffi_list_t taps;     //  entry.of_place: $sys.monitor
    daffi_list_t held;     //  absent processes for which calls wait: settling only
    daffi_list_t later;    //  entry.of_place: calls whose time has not come
    daffi_names_t processes;
    daffi_names_t functions;
    uint64_t entries_seed;  //  of session.entries
    daffi_table_t offers;   //  (session, function) -> offer
    daffi_entry_t **slab;   //  chunks of 2^DAFFI_SLAB_BITS
    uint32_t slab_chunks;
    daffi_entry_t *free_entries;
    daffi_core_tasks_t tasks;
    daffi_buffer_t scratch;  //  bodies that the core makes itself
    daffi_core_stats_t stats;
};

static inline daffi_text_t daffi_session_name (const daffi_session_t *session)
{
    const daffi_process_t *process = session->process;
    return process ? daffi_text (process->name, process->name_size)
                   : daffi_text ("", 0);
}

#endif
