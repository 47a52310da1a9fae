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
    _Alignas(DAFFI_CACHE_LINE) daffi_provider_t *offers;  //  in order of arrival
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

//  --- send.c ---------------------------------------------------------------

void daffi_core_send (daffi_core_t *self, daffi_session_t *to,
                      const daffi_header_t *header, const daffi_body_t *body,
                      int64_t deadline_ms);
//  A record without ttl whose body, if any, stands in the scratch buffer. May overtake
//  calls that wait in a queue.
void daffi_core_send_control (daffi_core_t *self, daffi_session_t *to,
                              daffi_record_type_t type, uint64_t id, daffi_text_t peer);
//  RESULT whose body is the scratch buffer.
void daffi_core_send_scratch (daffi_core_t *self, daffi_session_t *to, uint64_t id);
//  ERROR of the controller's own making.
void daffi_core_send_error (daffi_core_t *self, daffi_session_t *to, uint64_t id,
                            daffi_status_t status, daffi_executed_t executed,
                            daffi_text_t process, const char *format, ...)
    DAFFI_PRINTF (7, 8);

//  The same to the owner of a call, or of one part of a broadcast.
void daffi_core_fail (daffi_core_t *self, const daffi_entry_t *entry,
                      daffi_status_t status, daffi_executed_t executed,
                      daffi_text_t process, const char *text);

//  --- sessions.c --------------------------------------------------------------------

void daffi_session_hello (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header, const daffi_body_t *body);
void daffi_session_update (daffi_core_t *self, daffi_session_t *session,
                           const daffi_header_t *header, const daffi_body_t *body);
void daffi_session_drain (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header);
void daffi_session_expire (daffi_core_t *self, daffi_session_t *session);
//  What it was is over; it may say HELLO.
void daffi_session_forget (daffi_core_t *self, daffi_session_t *session);
//  Tells the others and fails what it left behind; frees it. `drop`: tell the shell.
void daffi_session_end (daffi_core_t *self, daffi_session_t *session,
                        daffi_left_reason_t reason, bool drop);

//  --- registry.c: names of processes and functions, and who offers what -------------

daffi_process_t *daffi_registry_process (daffi_core_t *self, daffi_text_t name);
daffi_offered_t *daffi_registry_function (daffi_core_t *self, daffi_text_t name);
daffi_process_t *daffi_registry_add_process (daffi_core_t *self, daffi_text_t name);
daffi_offered_t *daffi_registry_add_function (daffi_core_t *self, daffi_text_t name);
//  Frees it where nothing refers to it any more.
void daffi_registry_release_process (daffi_core_t *self, daffi_process_t *process);
void daffi_registry_release_function (daffi_core_t *self, daffi_offered_t *function);

daffi_offer_t *daffi_registry_offer (const daffi_core_t *self,
                                     const daffi_session_t *session,
                                     const daffi_offered_t *function);
DAFFI_MUST_USE daffi_status_t
daffi_registry_check_offer (const daffi_offer_body_t *what);
//  DAFFI_OK, also where it is offered already (the signature is replaced).
daffi_status_t daffi_registry_add_offer (daffi_core_t *self, daffi_session_t *session,
                                         const daffi_offer_body_t *what);
void daffi_registry_remove_offer (daffi_core_t *self, daffi_offer_t *offer);
void daffi_registry_remove_offers (daffi_core_t *self, daffi_session_t *session);

//  Has the session a place for one more call of `size` bytes?
bool daffi_registry_has_room (const daffi_core_t *self, const daffi_session_t *session,
                              size_t size);

//  --- pick.c: who of several gets a call ---------------------------------------------

//  That of the session with the fewest calls among those that have room and are not
//  behind, round robin among equals; NULL where there is none.
daffi_session_t *daffi_pick_least (const daffi_core_t *self, daffi_offered_t *function,
                                   size_t size);
//  The one that a key belongs to, whether it has room or not; the function is offered.
daffi_session_t *daffi_pick_keyed (const daffi_offered_t *function, daffi_text_t key);
//  By the policy that the header of a CALL asks for; without one, and with a key, as
//  above.
daffi_session_t *daffi_pick_for (daffi_core_t *self, daffi_offered_t *function,
                                 const daffi_session_t *caller,
                                 const daffi_header_t *header, size_t size);

//  --- quota.c: limits of single functions --------------------------------------------

//  Sets, changes or (0) removes the limit of an offer.
void daffi_quota_set (daffi_offer_t *offer, uint32_t limit);
static inline bool daffi_quota_full (const daffi_offer_t *offer)
{
    return offer && offer->quota && offer->quota->running >= offer->quota->limit;
}
//  The offer, where it may have a limit: NULL for most.
static inline daffi_offer_t *daffi_quota_offer (const daffi_core_t *self,
                                                const daffi_session_t *session,
                                                const daffi_offered_t *function)
{
    return session->limited_count ? daffi_registry_offer (self, session, function)
                                  : NULL;
}
//  A call begins to run, or has ended.
void daffi_quota_enter (daffi_entry_t *entry, const daffi_offer_t *offer);
void daffi_quota_leave (daffi_entry_t *entry);
//  A call by name moves from its process to the function's own queue.
void daffi_quota_queue (daffi_entry_t *entry, daffi_offer_t *offer);
//  It was taken out of it.
void daffi_quota_unqueued (daffi_entry_t *entry);

//  --- entries.c: the slab of calls and waits ----------------------------------------

daffi_entry_t *daffi_entry_new (daffi_core_t *self, daffi_session_t *owner, uint64_t id,
                                int64_t deadline_ms);
//  One that is known by its token alone.
daffi_entry_t *daffi_entry_new_part (daffi_core_t *self, daffi_entry_t *group);
void daffi_entry_free (daffi_core_t *self, daffi_entry_t *entry);
void daffi_entry_forget_body (daffi_entry_t *entry);
daffi_entry_t *daffi_entry_of (const daffi_session_t *owner, uint64_t id);
//  Not 0, and not that of a call, a wait or a subscription that is not over.
bool daffi_entry_id_free (const daffi_session_t *owner, uint64_t id);
//  By token, and only where it was given to that session.
daffi_entry_t *daffi_entry_by_token (daffi_core_t *self,
                                     const daffi_session_t *provider, uint64_t token);
void daffi_entry_give_token (daffi_core_t *self, daffi_entry_t *entry);
//  The owner wants no answer any more: forget it there.
void daffi_entry_disown (daffi_core_t *self, daffi_entry_t *entry);
void daffi_entry_slab_done (daffi_core_t *self);

//  --- calls.c: on their way in -------------------------------------------------------

//  What a new call brings along.
typedef struct {
    daffi_session_t *caller;
    const daffi_header_t *header;
    const daffi_body_t *body;
    int64_t deadline_ms;
    daffi_offered_t *function;  //  of header->name, if that was looked up and is known
} daffi_arrival_t;

void daffi_calls_call (daffi_core_t *self, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body);
void daffi_calls_cast (daffi_core_t *self, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body);
//  A call that is in order: to its provider, a queue, or everybody.
void daffi_calls_place (daffi_core_t *self, const daffi_arrival_t *arrival);
int64_t daffi_calls_deadline (const daffi_core_t *self, const daffi_header_t *header);
//  Where it comes from its caller, or where its time has come.
void daffi_calls_route (daffi_core_t *self, const daffi_arrival_t *arrival);
//  Does the session answer calls of that name? *offer is NULL for names of daffi's own.
bool daffi_calls_offered (daffi_core_t *self, const daffi_session_t *session,
                          daffi_text_t name, daffi_offer_t **offer);
//  Why a process that was asked for by its name is not called: NO_PROCESS, NO_FUNCTION,
//  DRAINING. Returns `text`.
enum { DAFFI_MISSING_SIZE = DAFFI_NAME_MAX + 48 };
const char *daffi_calls_missing (daffi_status_t status, daffi_text_t process,
                                 char text[DAFFI_MISSING_SIZE]);
void daffi_calls_refuse (daffi_core_t *self, const daffi_arrival_t *arrival,
                         daffi_status_t status, const char *text);
daffi_entry_t *daffi_calls_accept (daffi_core_t *self, const daffi_arrival_t *arrival);
//  Who makes the call: a session, or the owner of a task. Empty: nobody any more.
daffi_text_t daffi_calls_caller (const daffi_core_t *self, const daffi_entry_t *entry);
void daffi_calls_give (daffi_core_t *self, daffi_entry_t *entry,
                       daffi_session_t *provider, const daffi_offer_t *offer,
                       daffi_text_t name, const daffi_body_t *body);

//  --- later.c: calls whose time has not come -----------------------------------------

//  Keeps it until due_ms, or (0) until the settling time is over.
void daffi_later_keep (daffi_core_t *self, const daffi_arrival_t *arrival,
                       int64_t due_ms);
//  Its timer has run out: its time has come, or its deadline.
void daffi_later_expire (daffi_core_t *self, daffi_entry_t *entry);
//  Its caller wants it no more.
void daffi_later_drop (daffi_core_t *self, daffi_entry_t *entry);
void daffi_later_settled (daffi_core_t *self);
//  The controller stops: none of them will run.
void daffi_later_drain (daffi_core_t *self);

//  --- queue.c: calls that wait -------------------------------------------------------

//  Exactly one of function and process is set: where it waits.
void daffi_queue_add (daffi_core_t *self, const daffi_arrival_t *arrival,
                      daffi_offered_t *function, daffi_process_t *process);
void daffi_queue_remove (daffi_core_t *self, daffi_entry_t *entry);
//  Whose turn it is of the calls that wait for this session by name, or for a function
//  that it offers and that is not at its limit.
daffi_entry_t *daffi_queue_next (daffi_core_t *self, const daffi_session_t *session);
//  False: surely there is none. The session has said HELLO.
static inline bool daffi_queue_may_hold (const daffi_core_t *self,
                                         const daffi_session_t *session)
{
    return self->starving_count || session->process->waiting.used ||
           !daffi_list_empty (&session->crowded);
}
//  Puts what waited at a quota that is gone back to the process, in its old order.
void daffi_queue_return (daffi_process_t *process, daffi_ranks_t *from);
//  A session has room, or offers more than before: give it what waits.
void daffi_queue_feed (daffi_core_t *self, daffi_session_t *session);
//  What waits for a process or a function that is not there (any more) fails.
void daffi_queue_fail_process (daffi_core_t *self, daffi_process_t *process);
void daffi_queue_fail_function (daffi_core_t *self, daffi_offered_t *function);
//  Calls wait for a process that is not there: until the settling time is over.
void daffi_queue_hold (daffi_core_t *self, daffi_process_t *process);
void daffi_queue_settled (daffi_core_t *self);

//  --- outcome.c: how calls end -------------------------------------------------------

void daffi_calls_answer (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header, const daffi_body_t *body);
void daffi_calls_cancel (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header);
//  The provider's answer to a CANCEL: the call had begun.
void daffi_calls_cancel_begun (daffi_core_t *self, daffi_session_t *session,
                               const daffi_header_t *header);
void daffi_calls_expire (daffi_core_t *self, daffi_entry_t *entry);
//  Calls by a session that ends, and calls given to it.
void daffi_calls_owner_gone (daffi_core_t *self, daffi_session_t *session);
void daffi_calls_provider_gone (daffi_core_t *self, daffi_session_t *session);

//  Ended by order of somebody else than its caller, who is told with CANCELLED. False:
//  it is no call.
bool daffi_calls_end (daffi_core_t *self, daffi_entry_t *entry);

//  Tells the provider to stop; nobody waits for its answer any more.
void daffi_calls_abandon (daffi_core_t *self, daffi_entry_t *entry);

//  --- broadcast.c -------------------------------------------------------------------

void daffi_broadcast_call (daffi_core_t *self, const daffi_arrival_t *arrival);
//  A part has ended and the caller was told.
void daffi_broadcast_part_done (daffi_core_t *self, daffi_entry_t *group, bool success);
void daffi_broadcast_expire (daffi_core_t *self, daffi_entry_t *group);
//  Every part that runs is cancelled, and the caller told.
void daffi_broadcast_cancel (daffi_core_t *self, daffi_entry_t *group);
//  The caller wants no more of it, or is gone.
void daffi_broadcast_give_up (daffi_core_t *self, daffi_entry_t *group);

//  --- stream.c ----------------------------------------------------------------------

//  CHUNK, CREDIT, END: from one end of a call to the other.
void daffi_stream_pass (daffi_core_t *self, daffi_session_t *session,
                        const daffi_header_t *header, const daffi_body_t *body);
//  A call was given to its provider: what its caller has said so far follows.
void daffi_stream_given (daffi_core_t *self, const daffi_entry_t *entry);

//  --- targets.c: whom a broadcast asks ----------------------------------------------

typedef struct {
    daffi_session_t *session;  //  NULL: not there, or it does not offer it
    daffi_offer_t *offer;      //  NULL for functions of daffi's own
    daffi_text_t name;         //  borrowed from the session or the body
    daffi_status_t status;     //  without session: why
} daffi_target_t;

typedef struct {
    daffi_target_t *items;
    uint32_t count;
    uint32_t room;
    uint32_t missing;   //  of them: without session
    daffi_body_t body;  //  what the targets are given
    daffi_blob_t *own;  //  that body, where it had to be copied
} daffi_targets_t;

//  DAFFI_OK; TOO_BIG: too many; INVALID: the body is not [[names], [arguments]].
DAFFI_MUST_USE daffi_status_t daffi_targets_find (daffi_core_t *self,
                                                  const daffi_arrival_t *arrival,
                                                  daffi_targets_t *out);
void daffi_targets_done (daffi_targets_t *self);

//  --- progress.c --------------------------------------------------------------------

//  How far a call has come: from its provider to its caller.
void daffi_progress_pass (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header, const daffi_body_t *body);

//  --- presence.c --------------------------------------------------------------------

void daffi_presence_wait (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header);
void daffi_presence_wait_end (daffi_core_t *self, daffi_entry_t *entry);
void daffi_presence_process_here (daffi_core_t *self, daffi_process_t *process);
void daffi_presence_function_here (daffi_core_t *self, daffi_offer_t *offer);
void daffi_presence_subscribe (daffi_core_t *self, daffi_session_t *session,
                               const daffi_header_t *header);
void daffi_presence_tell (daffi_core_t *self, const daffi_event_body_t *event);
//  A subscriber that was behind and has room again gets the present state.
void daffi_presence_catch_up (daffi_core_t *self, daffi_session_t *session);

//  --- introspect.c ------------------------------------------------------------------

//  Answers a call to $sys.*.
void daffi_introspect_call (daffi_core_t *self, const daffi_arrival_t *arrival);
//  RESULT with what stands in the scratch buffer, unless it finds no room.
void daffi_introspect_answer (daffi_core_t *self, const daffi_arrival_t *arrival);

//  --- administer.c: what changes something for others -------------------------------

//  $sys.cancel
void daffi_administer_cancel (daffi_core_t *self, const daffi_arrival_t *arrival);

//  --- monitor.c: $sys.monitor -------------------------------------------------------

void daffi_monitor_begin (daffi_core_t *self, const daffi_arrival_t *arrival);
void daffi_monitor_end (daffi_core_t *self, daffi_entry_t *tap, daffi_status_t status,
                        const char *text);
//  A call was given to its provider; a call has ended.
void daffi_monitor_given (daffi_core_t *self, const daffi_entry_t *entry);
void daffi_monitor_ended (daffi_core_t *self, const daffi_entry_t *entry,
                          daffi_status_t status);

#endif
