//  SPDX-License-Identifier: MPL-2.0
//  Calls and casts on their way in: taken from a caller, given to a provider, or
//  refused.
//
//  An entry goes WAITING -> RUNNING -> free, or straight to RUNNING. One that its
//  caller gave up while it ran is ABANDONED until the provider answers or goes: the
//  work still takes a place of the provider's capacity. Every path that ends a call
//  which has an owner sends the owner exactly one RESULT or ERROR, but for a CANCEL,
//  which the owner asked for.

#include <stdio.h>

#include "parts.h"

void daffi_calls_refuse (daffi_core_t *self, const daffi_arrival_t *arrival,
                         daffi_status_t status, const char *text)
{
    daffi_text_t name = arrival->header->name;
    //  nothing of a peer's that is no name goes into a text
    if (!daffi_name_valid (name))
        name = daffi_text_of ("CALL");
    self->stats.refused++;
    daffi_core_send_error (self, arrival->caller, arrival->header->id, status,
                           DAFFI_EXECUTED_NO, daffi_text_of (self->name), "%.*s: %s",
                           (int)name.size, name.data, text);
}

const char *daffi_calls_missing (daffi_status_t status, daffi_text_t process,
                                 char text[DAFFI_MISSING_SIZE])
{
    const char *how = status == DAFFI_NO_FUNCTION ? "does not offer it" : "is stopping";
    if (status == DAFFI_NO_PROCESS)
        snprintf (text, DAFFI_MISSING_SIZE, "no process '%.*s' is connected",
                  (int)process.size, process.data);
    else
        snprintf (text, DAFFI_MISSING_SIZE, "process '%.*s' %s", (int)process.size,
                  process.data, how);
    return text;
}

static void refuse_process (daffi_core_t *self, const daffi_arrival_t *arrival,
                            daffi_status_t status)
{
    char text[DAFFI_MISSING_SIZE];
    daffi_calls_refuse (self, arrival, status,
                        daffi_calls_missing (status, arrival->header->peer, text));
}

static uint32_t spent_of (const daffi_core_t *self, const daffi_header_t *header)
{
    uint32_t spent = 0;
    if (header->present & DAFFI_OPT_SENT)
        spent = (uint32_t)self->now_ms - header->sent_ms;
    //  a clock that runs ahead of ours is no reason to expire
    return spent > UINT32_MAX / 2 ? 0 : spent;
}

//  The ttl counts from when the caller sent it, where it says when that was.
int64_t daffi_calls_deadline (const daffi_core_t *self, const daffi_header_t *header)
{
    if (header->ttl_ms == DAFFI_TTL_NONE)
        return DAFFI_NEVER;
    uint32_t spent = spent_of (self, header);
    uint32_t left = header->ttl_ms > spent ? header->ttl_ms - spent : 0;
    if (left > DAFFI_DEADLINE_MAX_MS)
        left = DAFFI_DEADLINE_MAX_MS;
    return self->now_ms + left;
}

//  --- giving calls to providers ----------------------------------------------------

//  The header is the provider's already, but for who calls and until when.
static void send_call (daffi_core_t *self, daffi_session_t *provider,
                       daffi_text_t caller, daffi_header_t *header, int64_t deadline_ms,
                       const daffi_body_t *body)
{
    header->peer = caller;
    header->ttl_ms = DAFFI_TTL_NONE;
    if (deadline_ms != DAFFI_NEVER) {
        //  whoever lets a call go on has looked whether its time is over; a provider
        //  that is told 0 refuses it
        int64_t left_ms = deadline_ms - self->now_ms;
        header->ttl_ms = left_ms > 0 ? (uint32_t)left_ms : 0;
        header->present |= DAFFI_OPT_SENT;
        header->sent_ms = (uint32_t)self->now_ms;
    }
    if (header->priority)
        header->present |= DAFFI_OPT_PRIORITY;
    daffi_core_send (self, provider, header, body, deadline_ms);
}

daffi_text_t daffi_calls_caller (const daffi_core_t *self, const daffi_entry_t *entry)
{
    if (entry->owner && entry->owner == self->tasks.caller)
        return daffi_tasks_owner (self, entry->id);
    return entry->owner ? daffi_session_name (entry->owner) : daffi_text ("", 0);
}

void daffi_calls_give (daffi_core_t *self, daffi_entry_t *entry,
                       daffi_session_t *provider, const daffi_offer_t *offer,
                       daffi_text_t name, const daffi_body_t *body)
{
    entry->state = DAFFI_ENTRY_RUNNING;
    entry->provider = provider;
    entry->given_ms = self->now_ms;
    daffi_entry_give_token (self, entry);
    daffi_list_append (&provider->running, &entry->of_place.link);
    provider->running_count++;
    daffi_load_update (&self->load, provider);
    self->stats.running++;
    daffi_quota_enter (entry, offer);
    daffi_header_t header = {.type = DAFFI_RECORD_CALL,
                             .id = entry->token,
                             .name = name,
                             .priority = entry->of_place.priority};
    if (entry->stream) {
        header.present = DAFFI_OPT_STREAM | DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
        header.items = entry->items;
        header.bytes = entry->bytes;
    }
    send_call (self, provider, daffi_calls_caller (self, entry), &header,
               entry->deadline_ms, body);
    if (entry->stream)
        daffi_stream_given (self, entry);
    daffi_monitor_given (self, entry);
}

static void note_arrival (daffi_entry_t *entry, const daffi_header_t *header)
{
    daffi_name_copy (entry->called, header->name);
    entry->of_place.priority = header->priority;
    entry->stream = header->present & DAFFI_OPT_STREAM;
    entry->items = header->items;
    entry->bytes = header->bytes;
    entry->ended = false;
}

//  An entry for the call, or NULL and the refusal is sent.
daffi_entry_t *daffi_calls_accept (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_entry_t *entry = daffi_entry_new (self, arrival->caller, arrival->header->id,
                                            arrival->deadline_ms);
    if (!entry)
        daffi_calls_refuse (self, arrival, DAFFI_BUSY,
                            "the controller has no room for more calls");
    else
        note_arrival (entry, arrival->header);
    return entry;
}

static void give_new (daffi_core_t *self, const daffi_arrival_t *arrival,
                      daffi_session_t *to, const daffi_offer_t *offer)
{
    daffi_entry_t *entry = daffi_calls_accept (self, arrival);
    if (entry)
        daffi_calls_give (self, entry, to, offer, arrival->header->name, arrival->body);
}

//  --- taking calls from callers ----------------------------------------------------

bool daffi_calls_offered (daffi_core_t *self, const daffi_session_t *session,
                          daffi_text_t name, daffi_offer_t **offer)
{
    *offer = NULL;
    if (daffi_name_reserved (name))
        return true;
    daffi_offered_t *function = daffi_registry_function (self, name);
    *offer = function ? daffi_registry_offer (self, session, function) : NULL;
    return *offer != NULL;
}

//  What waits goes first: can the session be given a new call, now?
static bool ready_for (daffi_core_t *self, daffi_session_t *session, size_t size)
{
    if (session->behind || daffi_queue_may_hold (self, session))
        daffi_queue_feed (self, session);
    return !session->behind && daffi_registry_has_room (self, session, size);
}

static void call_process (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_text_t name = arrival->header->name, peer = arrival->header->peer;
    daffi_process_t *process = daffi_registry_process (self, peer);
    daffi_session_t *session = process ? process->session : NULL;
    daffi_offer_t *offer;
    if (!daffi_name_valid (peer))
        daffi_calls_refuse (self, arrival, DAFFI_INVALID, "not a process name");
    else if (!session && !self->settling)
        refuse_process (self, arrival, DAFFI_NO_PROCESS);
    else if (!session)
        daffi_queue_add (self, arrival, NULL, daffi_registry_add_process (self, peer));
    else if (session->state == DAFFI_SESSION_DRAINING)
        refuse_process (self, arrival, DAFFI_DRAINING);
    else if (!daffi_calls_offered (self, session, name, &offer))
        refuse_process (self, arrival, DAFFI_NO_FUNCTION);
    else if (ready_for (self, session, daffi_body_size (arrival->body)) &&
             !daffi_quota_full (offer))
        give_new (self, arrival, session, offer);
    else
        daffi_queue_add (self, arrival, NULL, process);
}

//  The best provider that has nothing older to do; NULL: the call has to wait.
static daffi_session_t *provider_for (daffi_core_t *self, daffi_offered_t *function,
                                      const daffi_arrival_t *arrival)
{
    size_t size = daffi_body_size (arrival->body);
    if (self->starving_count && !daffi_ranks_empty (&function->waiting))
        return NULL;
    for (;;) {
        daffi_session_t *best =
            daffi_pick_for (self, function, arrival->caller, arrival->header, size);
        if (!best || !daffi_queue_may_hold (self, best) ||
            !daffi_queue_next (self, best))
            return best;
        //  after this nothing waits for it, or it is not picked again
        daffi_queue_feed (self, best);
    }
}

//  Always the same provider for a key, even if it has to be waited for.
static void call_keyed (daffi_core_t *self, const daffi_arrival_t *arrival,
                        daffi_offered_t *function)
{
    daffi_session_t *session = daffi_pick_keyed (function, arrival->header->key);
    daffi_offer_t *offer = daffi_quota_offer (self, session, function);
    if (ready_for (self, session, daffi_body_size (arrival->body)) &&
        !daffi_quota_full (offer))
        give_new (self, arrival, session, offer);
    else
        daffi_queue_add (self, arrival, NULL, session->process);
}

static void call_function (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_text_t name = arrival->header->name;
    daffi_offered_t *function =
        arrival->function ? arrival->function : daffi_registry_function (self, name);
    if (daffi_name_reserved (name)) {
        daffi_calls_refuse (self, arrival, DAFFI_NO_FUNCTION,
                            "functions of daffi's own are called at a process: say "
                            "which");
        return;
    }
    if ((!function || !function->count) && !self->settling) {
        daffi_calls_refuse (self, arrival, DAFFI_NO_FUNCTION, "no process offers it");
        return;
    }
    if (!function)
        function = daffi_registry_add_function (self, name);
    if (arrival->header->policy == DAFFI_POLICY_KEY && function->count) {
        call_keyed (self, arrival, function);
        return;
    }
    daffi_session_t *provider = provider_for (self, function, arrival);
    if (provider)
        give_new (self, arrival, provider,
                  daffi_quota_offer (self, provider, function));
    else
        daffi_queue_add (self, arrival, function, NULL);
}

static bool refused (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    //  a name that is known was looked at when it came up first
    if (!arrival->function && !daffi_name_valid (arrival->header->name))
        daffi_calls_refuse (self, arrival, DAFFI_INVALID, "not a function name");
    else if (arrival->deadline_ms <= self->now_ms)
        daffi_calls_refuse (self, arrival, DAFFI_TIMEOUT,
                            "the deadline passed on the way");
    else if (self->draining)
        daffi_calls_refuse (self, arrival, DAFFI_DRAINING,
                            "the controller is stopping");
    else if (arrival->caller->placed_count >= self->calls_max)
        daffi_calls_refuse (self, arrival, DAFFI_BUSY,
                            "too many calls of this process are in flight");
    else if (daffi_body_size (arrival->body) > DAFFI_BODY_MAX)
        daffi_calls_refuse (self, arrival, DAFFI_TOO_BIG, "a body is at most 64 MiB");
    else
        return false;
    return true;
}

static bool is_sys (daffi_text_t name)
{
    return name.size > 5 && memcmp (name.data, "$sys.", 5) == 0;
}

void daffi_calls_place (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    if (arrival->header->present & DAFFI_OPT_ALL)
        daffi_broadcast_call (self, arrival);
    else if (arrival->header->peer.size)
        call_process (self, arrival);
    else
        call_function (self, arrival);
}

void daffi_calls_route (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    const daffi_header_t *header = arrival->header;
    if (!is_sys (header->name))
        daffi_calls_place (self, arrival);
    else if (header->present & DAFFI_OPT_ALL)
        daffi_calls_refuse (self, arrival, DAFFI_INVALID,
                            "a function of the controller cannot be broadcast");
    else if (!daffi_tasks_call (self, arrival->caller, header, arrival->body))
        daffi_introspect_call (self, arrival);
}

//  When it may be given to a provider: what was spent on the way counts.
static int64_t due_of (const daffi_core_t *self, const daffi_header_t *header)
{
    uint32_t spent = spent_of (self, header);
    return self->now_ms + (header->delay_ms > spent ? header->delay_ms - spent : 0);
}

static void call_later (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    int64_t due_ms = due_of (self, arrival->header);
    if (due_ms <= self->now_ms)
        daffi_calls_route (self, arrival);
    else if (arrival->header->present & DAFFI_OPT_STREAM)
        daffi_calls_refuse (self, arrival, DAFFI_INVALID, "a stream cannot be delayed");
    else if (due_ms >= arrival->deadline_ms)
        daffi_calls_refuse (self, arrival, DAFFI_INVALID,
                            "its deadline comes before its time");
    else
        daffi_later_keep (self, arrival, due_ms);
}

void daffi_calls_call (daffi_core_t *self, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_arrival_t arrival = {session, header, body,
                               daffi_calls_deadline (self, header),
                               daffi_registry_function (self, header->name)};
    self->stats.calls++;
    if (!daffi_entry_id_free (session, header->id)) {
        self->stats.malformed++;
        //  not with that id: it would be taken for the answer of the call in flight
        daffi_core_send_error (self, session, 0, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO,
                               daffi_text_of (self->name),
                               "a CALL with id 0, or with an id that is in flight");
        return;
    }
    if (refused (self, &arrival))
        return;
    if (header->delay_ms)
        call_later (self, &arrival);
    else
        daffi_calls_route (self, &arrival);
}

//  --- casts ------------------------------------------------------------------------

static daffi_session_t *cast_target (daffi_core_t *self, const daffi_session_t *caller,
                                     const daffi_header_t *header, size_t size)
{
    daffi_offer_t *offer;
    if (!header->peer.size) {
        daffi_offered_t *function = daffi_registry_function (self, header->name);
        if (!function || !function->count)
            return NULL;
        return header->policy == DAFFI_POLICY_KEY
                   ? daffi_pick_keyed (function, header->key)
                   : daffi_pick_for (self, function, caller, header, size);
    }
    daffi_process_t *process = daffi_registry_process (self, header->peer);
    daffi_session_t *session = process ? process->session : NULL;
    return session && session->state == DAFFI_SESSION_READY &&
                   daffi_calls_offered (self, session, header->name, &offer)
               ? session
               : NULL;
}

//  No state is kept: who cannot be given it now never is.
void daffi_calls_cast (daffi_core_t *self, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body)
{
    int64_t deadline_ms = daffi_calls_deadline (self, header);
    size_t size = daffi_body_size (body);
    self->stats.casts++;
    daffi_session_t *target = NULL;
    if (!self->draining && deadline_ms > self->now_ms && size <= DAFFI_BODY_MAX)
        target = cast_target (self, session, header, size);
    if (!target || !self->output.fits (self->output.context, target->peer, size)) {
        self->stats.dropped++;
        return;
    }
    daffi_header_t out = {
        .type = DAFFI_RECORD_CAST, .name = header->name, .priority = header->priority};
    send_call (self, target, daffi_session_name (session), &out, deadline_ms, body);
}
