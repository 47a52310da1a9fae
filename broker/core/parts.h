//  SPDX-License-Identifier: MPL-2.0
//  What the core's files do for each other, file by file.

#ifndef DAFFI_CORE_PARTS_H
#define DAFFI_CORE_PARTS_H

#include "state.h"

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

//  --- work.c -------------------------------------------------------------------------

//  The session asks for something that looks at so many entries. False: it has done so
//  too often, and is BUSY.
bool daffi_work_begin (const daffi_core_t *self, daffi_session_t *session,
                       uint64_t entries);
extern const char daffi_work_refusal[];

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
