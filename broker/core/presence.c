//  SPDX-License-Identifier: MPL-2.0
//  Presence: who waits for a process or a function, and who is told of changes.
//
//  A WAIT is an entry like a call, so that deadlines, cancels and lost sessions treat
//  it the same way. Events go to subscribers as they happen; one that does not read is
//  left out and gets the whole state again when it has room.

#include <assert.h>

#include "parts.h"

//  --- waits -------------------------------------------------------------------------

void daffi_presence_wait_end (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_process_t *process = entry->process;
    daffi_offered_t *function = entry->function;
    self->group_waits -= entry->of_group;
    daffi_entry_free (self, entry);
    self->stats.waits--;
    if (process)
        daffi_registry_release_process (self, process);
    if (function)
        daffi_registry_release_function (self, function);
}

static void answer_wait (daffi_core_t *self, daffi_session_t *to, uint64_t id,
                         const daffi_session_t *present)
{
    daffi_buffer_clear (&self->scratch);
    daffi_write_text (&self->scratch, daffi_session_name (present));
    daffi_core_send_scratch (self, to, id);
}

static void answer_all (daffi_core_t *self, daffi_list_t *waits,
                        const daffi_session_t *present)
{
    DAFFI_LIST_EACH (waits, link, follower) {
        daffi_entry_t *entry = daffi_container (link, daffi_entry_t, of_place);
        answer_wait (self, entry->owner, entry->id, present);
        daffi_presence_wait_end (self, entry);
    }
}

//  Whoever waits for a function of a group: all that stands before a dot in the name,
//  and the name. A group that nobody waits for any more may be gone after each of them.
static void answer_groups (daffi_core_t *self, const daffi_offer_t *offer)
{
    daffi_text_t name = daffi_text_of (offer->function->name);
    for (uint32_t size = 1; self->group_waits && size <= name.size; size++) {
        daffi_text_t group = daffi_text (name.data, size);
        if (!daffi_name_in_group (name, group))
            continue;
        daffi_offered_t *function;
        while ((function = daffi_registry_function (self, group)) &&
               !daffi_list_empty (&function->group_waits)) {
            daffi_entry_t *entry = daffi_container (
                daffi_list_first (&function->group_waits), daffi_entry_t, of_place);
            answer_wait (self, entry->owner, entry->id, offer->session);
            daffi_presence_wait_end (self, entry);
        }
    }
}

//  The process and the offer exist, so the names live on while their waits end.
void daffi_presence_process_here (daffi_core_t *self, daffi_process_t *process)
{
    answer_all (self, &process->waits, process->session);
}

static void tell_added (daffi_core_t *self, const daffi_offer_t *offer)
{
    daffi_event_body_t event = {.type = DAFFI_EVENT_FUNCTION_ADDED,
                                .process = daffi_session_name (offer->session),
                                .function = daffi_text_of (offer->function->name),
                                .signature = daffi_text_of (offer->signature)};
    daffi_presence_tell (self, &event);
}

void daffi_presence_function_here (daffi_core_t *self, daffi_offer_t *offer)
{
    tell_added (self, offer);
    answer_all (self, &offer->function->waits, offer->session);
    answer_groups (self, offer);
}

static void keep_wait (daffi_core_t *self, daffi_session_t *session,
                       const daffi_header_t *header, daffi_process_t *process,
                       daffi_offered_t *function)
{
    bool of_group = function && header->present & DAFFI_OPT_ALL;
    daffi_entry_t *entry = NULL;
    if (session->placed_count < self->calls_max)
        entry = daffi_entry_new (self, session, header->id,
                                 daffi_calls_deadline (self, header));
    if (!entry) {
        daffi_core_send_error (
            self, session, header->id, DAFFI_BUSY, DAFFI_EXECUTED_NO,
            daffi_text_of (self->name),
            "too many calls and waits of this process are in flight");
        if (process)
            daffi_registry_release_process (self, process);
        if (function)
            daffi_registry_release_function (self, function);
        return;
    }
    entry->state = DAFFI_ENTRY_WAIT;
    entry->process = process;
    entry->function = function;
    entry->of_group = of_group;
    self->group_waits += of_group;
    assert (process || function);
    daffi_list_t *waits = process ? &process->waits : &function->waits;
    if (of_group)
        waits = &function->group_waits;
    daffi_list_append (waits, &entry->of_place.link);
    self->stats.waits++;
}

//  Exactly one name, and an id that no other answer goes to.
static bool wait_valid (daffi_core_t *self, daffi_session_t *session,
                        const daffi_header_t *header)
{
    bool id_free = daffi_entry_id_free (session, header->id);
    bool for_process = header->peer.size > 0;
    daffi_text_t name = for_process ? header->peer : header->name;
    if (id_free && daffi_name_valid (name) && !daffi_name_reserved (name) &&
        !(for_process && header->name.size))
        return true;
    self->stats.malformed++;
    daffi_core_send_error (self, session, id_free ? header->id : 0, DAFFI_INVALID,
                           DAFFI_EXECUTED_NO, daffi_text_of (self->name),
                           "WAIT wants a fresh id and one valid name");
    return false;
}

//  One that drains takes no calls any more: who waits, waits for the next of that name.
static void wait_process (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header)
{
    daffi_process_t *process = daffi_registry_add_process (self, header->peer);
    if (process->session && process->session->state == DAFFI_SESSION_READY)
        answer_wait (self, session, header->id, process->session);
    else
        keep_wait (self, session, header, process, NULL);
}

enum { NAMES_AN_ENTRY = 8, EVENTS_AN_ENTRY = 4 };  //  work.c: these cost less

//  A function of the group that somebody offers, or NULL.
static daffi_offered_t *find_of_group (const daffi_core_t *self, daffi_text_t group)
{
    daffi_offered_t *function;
    for (size_t cursor = 0; (function = daffi_names_next (&self->functions, &cursor));)
        if (function->count &&
            daffi_name_in_group (daffi_text_of (function->name), group))
            return function;
    return NULL;
}

static void refuse_work (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header)
{
    self->stats.refused++;
    daffi_core_send_error (self, session, header->id, DAFFI_BUSY, DAFFI_EXECUTED_NO,
                           daffi_text_of (self->name), "%s", daffi_work_refusal);
}

static void wait_function (daffi_core_t *self, daffi_session_t *session,
                           const daffi_header_t *header)
{
    bool of_group = header->present & DAFFI_OPT_ALL;
    if (of_group &&
        !daffi_work_begin (self, session, self->functions.count / NAMES_AN_ENTRY)) {
        refuse_work (self, session, header);
        return;
    }
    daffi_offered_t *present = of_group ? find_of_group (self, header->name)
                                        : daffi_registry_function (self, header->name);
    if (present && present->count)
        answer_wait (self, session, header->id, present->offers[0].session);
    else
        keep_wait (self, session, header, NULL,
                   daffi_registry_add_function (self, header->name));
}

void daffi_presence_wait (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header)
{
    if (!wait_valid (self, session, header))
        return;
    if (header->peer.size)
        wait_process (self, session, header);
    else
        wait_function (self, session, header);
}

//  --- events ------------------------------------------------------------------------

enum { EVENT_ROOM = 2 * DAFFI_NAME_MAX + DAFFI_SIGNATURE_MAX + 64 };

static void send_event (daffi_core_t *self, daffi_session_t *to,
                        const daffi_event_body_t *event)
{
    if (to->subscription_behind ||
        !self->output.fits (self->output.context, to->peer, EVENT_ROOM)) {
        to->subscription_behind = true;
        return;
    }
    daffi_buffer_clear (&self->scratch);
    daffi_write_event (&self->scratch, event);
    daffi_core_send_control (self, to, DAFFI_RECORD_EVENT, to->subscription,
                             daffi_text ("", 0));
}

void daffi_presence_tell (daffi_core_t *self, const daffi_event_body_t *event)
{
    DAFFI_LIST_EACH (&self->subscribers, link, follower)
        send_event (self, daffi_container (link, daffi_session_t, subscriber), event);
}

static void tell_session (daffi_core_t *self, daffi_session_t *to,
                          const daffi_session_t *present)
{
    daffi_event_body_t event = {.type = DAFFI_EVENT_PROCESS_JOINED,
                                .process = daffi_session_name (present),
                                .function = daffi_text ("", 0),
                                .signature = daffi_text ("", 0)};
    send_event (self, to, &event);
    event.type = DAFFI_EVENT_FUNCTION_ADDED;
    DAFFI_LIST_EACH (&present->offers, link, follower) {
        daffi_offer_t *offer = daffi_container (link, daffi_offer_t, of_session);
        event.function = daffi_text_of (offer->function->name);
        event.signature = daffi_text_of (offer->signature);
        send_event (self, to, &event);
    }
}

static void tell_all (daffi_core_t *self, daffi_session_t *to)
{
    DAFFI_LIST_EACH (&self->sessions, link, follower) {
        daffi_session_t *present = daffi_container (link, daffi_session_t, link);
        if (to->subscription_behind)
            return;
        if (present->process)
            tell_session (self, to, present);
    }
}

//  All that is there.
static bool may_be_told (const daffi_core_t *self, daffi_session_t *session)
{
    uint64_t events = self->stats.processes + self->offers.count;
    return daffi_work_begin (self, session, events / EVENTS_AN_ENTRY);
}

void daffi_presence_subscribe (daffi_core_t *self, daffi_session_t *session,
                               const daffi_header_t *header)
{
    if (daffi_entry_of (session, header->id)) {
        self->stats.malformed++;
        daffi_core_send_error (self, session, 0, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO,
                               daffi_text_of (self->name),
                               "a SUBSCRIBE with an id that is in flight");
        return;
    }
    if (daffi_text_equal (header->name, daffi_text_of ("$sys.tasks"))) {
        daffi_tasks_subscribe (self, session, header);
        return;
    }
    daffi_link_remove (&session->subscriber);
    session->subscription = header->id;
    //  one that begins again and again gets the state when it has waited for it
    session->subscription_behind = header->id && !may_be_told (self, session);
    if (header->id == 0)
        return;
    daffi_list_append (&self->subscribers, &session->subscriber);
    if (!session->subscription_behind)
        tell_all (self, session);
    daffi_buffer_clear (&self->scratch);
    daffi_write_nil (&self->scratch);
    daffi_core_send_control (self, session, DAFFI_RECORD_RESULT, header->id,
                             daffi_text_of (self->name));
}

//  What the present state takes as events, more or less. No more than a peer's queue
//  holds at all.
static size_t state_room (const daffi_core_t *self)
{
    enum { TYPICAL = 128 };
    size_t room = EVENT_ROOM + (self->stats.processes + self->offers.count) * TYPICAL;
    return room < self->queue_max / 2 ? room : self->queue_max / 2;
}

void daffi_presence_catch_up (daffi_core_t *self, daffi_session_t *session)
{
    if (!session->subscription_behind ||
        !self->output.fits (self->output.context, session->peer, state_room (self)) ||
        !may_be_told (self, session))
        return;
    session->subscription_behind = false;
    daffi_event_body_t event = {.type = DAFFI_EVENT_LOST,
                                .process = daffi_text ("", 0),
                                .function = daffi_text ("", 0),
                                .signature = daffi_text ("", 0)};
    send_event (self, session, &event);
    tell_all (self, session);
}
