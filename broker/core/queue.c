//  SPDX-License-Identifier: MPL-2.0
//  Calls that wait: until a process has room, or until the settling time is over.
//
//  Each waits in one place, at a function or, called by name, at a process. A session
//  that has room takes the oldest of all that it could run, so that the calls of one
//  caller reach one provider in their order. A place is left alone while its calls are
//  walked and released at last, since that may free it.

#include "parts.h"

static void release_place (daffi_core_t *self, daffi_offered_t *function,
                           daffi_process_t *process)
{
    if (function)
        daffi_registry_release_function (self, function);
    if (process)
        daffi_registry_release_process (self, process);
}

//  --- in ---------------------------------------------------------------------------

static void count_in (daffi_core_t *self, daffi_entry_t *entry)
{
    entry->owner->queued_bytes += entry->size;
    self->stats.queued_bytes += entry->size;
    self->stats.waiting++;
}

static void wait_at_function (daffi_core_t *self, daffi_entry_t *entry,
                              daffi_offered_t *function)
{
    entry->function = function;
    daffi_ranks_add (&function->waiting, &entry->of_place);
    if (daffi_link_linked (&function->starving))
        return;
    daffi_list_append (&self->starving, &function->starving);
    self->starving_count++;
}

static void wait_at_process (daffi_core_t *self, daffi_entry_t *entry,
                             daffi_process_t *process)
{
    entry->process = process;
    daffi_ranks_add (&process->waiting, &entry->of_place);
    if (!process->session)
        daffi_queue_hold (self, process);
}

void daffi_queue_hold (daffi_core_t *self, daffi_process_t *process)
{
    if (!daffi_link_linked (&process->held))
        daffi_list_append (&self->held, &process->held);
}

void daffi_queue_add (daffi_core_t *self, const daffi_arrival_t *arrival,
                      daffi_offered_t *function, daffi_process_t *process)
{
    size_t size = daffi_body_size (arrival->body);
    bool fits = size <= self->queue_max - arrival->caller->queued_bytes &&
                size <= self->total_queue_max - self->stats.queued_bytes;
    daffi_blob_t *body = fits ? daffi_body_keep (arrival->body) : NULL;
    daffi_entry_t *entry = body ? daffi_calls_accept (self, arrival) : NULL;
    if (!body)
        daffi_calls_refuse (self, arrival, DAFFI_BUSY,
                            "too many bytes of calls are waiting");
    if (!entry) {
        daffi_blob_unref (body);
        release_place (self, function, process);
        return;
    }
    entry->state = DAFFI_ENTRY_WAITING;
    entry->body = body;
    entry->tail = daffi_blob_ref (arrival->body->tail);
    entry->size = size;
    daffi_ranked_set (&entry->of_place, arrival->header->priority, self->now_ms,
                      ++self->last_sequence);
    count_in (self, entry);
    if (function)
        wait_at_function (self, entry, function);
    else
        wait_at_process (self, entry, process);
}

//  --- out --------------------------------------------------------------------------

static void unqueue (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_link_remove (&entry->of_place.link);
    daffi_quota_unqueued (entry);
    entry->owner->queued_bytes -= entry->size;
    self->stats.queued_bytes -= entry->size;
    self->stats.waiting--;
}

static void drop_waiting (daffi_core_t *self, daffi_entry_t *entry)
{
    unqueue (self, entry);
    daffi_entry_free (self, entry);
}

void daffi_queue_remove (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_offered_t *function = entry->function;
    daffi_process_t *process = entry->process;
    drop_waiting (self, entry);
    release_place (self, function, process);
}

static void give_waiting (daffi_core_t *self, daffi_entry_t *entry, daffi_session_t *to)
{
    daffi_offered_t *function = entry->function;
    daffi_process_t *process = entry->process;
    daffi_text_t name = daffi_text_of (entry->called);
    daffi_body_t body = daffi_body_with_tail (entry->body, entry->tail);
    daffi_offer_t *offer = NULL;
    unqueue (self, entry);
    if (to->limited_count)
        (void)daffi_calls_offered (self, to, name, &offer);
    daffi_calls_give (self, entry, to, offer, name, &body);
    daffi_entry_forget_body (entry);
    release_place (self, function, process);
}

//  --- who is next ------------------------------------------------------------------

static daffi_entry_t *better (daffi_entry_t *best, daffi_ranks_t *waiting)
{
    daffi_ranked_t *first = daffi_ranks_first (waiting);
    if (!first || (best && daffi_ranked_before (&best->of_place, first)))
        return best;
    return daffi_container (first, daffi_entry_t, of_place);
}

static daffi_entry_t *next_crowded (const daffi_session_t *session, daffi_entry_t *best)
{
    DAFFI_LIST_EACH (&session->crowded, link, follower) {
        daffi_quota_t *quota = daffi_container (link, daffi_quota_t, of_session);
        if (quota->running < quota->limit)
            best = better (best, &quota->waiting);
    }
    return best;
}

//  Walks what the session offers or what starves, whichever is less.
daffi_entry_t *daffi_queue_next (daffi_core_t *self, const daffi_session_t *session)
{
    daffi_ranks_t *own = &session->process->waiting;
    if (!self->starving_count && daffi_list_empty (&session->crowded))
        return better (NULL, own);
    daffi_entry_t *best = next_crowded (session, better (NULL, own));
    if (session->offer_count < self->starving_count) {
        DAFFI_LIST_EACH (&session->offers, link, follower) {
            daffi_offer_t *offer = daffi_container (link, daffi_offer_t, of_session);
            if (!daffi_quota_full (offer))
                best = better (best, &offer->function->waiting);
        }
        return best;
    }
    DAFFI_LIST_EACH (&self->starving, link, follower) {
        daffi_offered_t *function = daffi_container (link, daffi_offered_t, starving);
        daffi_offer_t *offer = daffi_registry_offer (self, session, function);
        if (offer && !daffi_quota_full (offer))
            best = better (best, &function->waiting);
    }
    return best;
}

void daffi_queue_return (daffi_process_t *process, daffi_ranks_t *from)
{
    daffi_ranked_t *first;
    while ((first = daffi_ranks_first (from))) {
        daffi_entry_t *entry = daffi_container (first, daffi_entry_t, of_place);
        daffi_link_remove (&first->link);
        entry->quota = NULL;
        daffi_ranks_insert (&process->waiting, first);
    }
}

//  Answers a call that waited by name for a function that the process does not offer.
static void refuse_waiting (daffi_core_t *self, daffi_entry_t *entry)
{
    self->stats.refused++;
    daffi_core_send_error (self, entry->owner, entry->id, DAFFI_NO_FUNCTION,
                           DAFFI_EXECUTED_NO, daffi_text_of (self->name),
                           "%s: the process does not offer it", entry->called);
    daffi_monitor_ended (self, entry, DAFFI_NO_FUNCTION);
    daffi_queue_remove (self, entry);
}

//  What a call by name needs besides room. False: it does not wait here any more.
static bool ready (daffi_core_t *self, daffi_session_t *session, daffi_entry_t *entry)
{
    daffi_offer_t *offer;
    if (!entry->process || entry->quota)
        return true;
    if (!daffi_calls_offered (self, session, daffi_text_of (entry->called), &offer)) {
        refuse_waiting (self, entry);
        return false;
    }
    if (daffi_quota_full (offer)) {
        daffi_quota_queue (entry, offer);
        return false;
    }
    return true;
}

void daffi_queue_feed (daffi_core_t *self, daffi_session_t *session)
{
    session->behind = false;
    while (session->state == DAFFI_SESSION_READY &&
           daffi_queue_may_hold (self, session)) {
        daffi_entry_t *entry = daffi_queue_next (self, session);
        if (!entry)
            return;
        if (entry->deadline_ms <= self->now_ms) {
            daffi_calls_expire (self, entry);
        } else if (!ready (self, session, entry)) {
            continue;
        } else if (daffi_registry_has_room (self, session, entry->size)) {
            give_waiting (self, entry, session);
        } else {
            session->behind = true;
            return;
        }
    }
}

//  --- nobody will come -------------------------------------------------------------

static void fail_waiting (daffi_core_t *self, daffi_ranks_t *waiting,
                          daffi_status_t status, const char *text)
{
    daffi_ranked_t *first;
    while ((first = daffi_ranks_first (waiting))) {
        daffi_entry_t *entry = daffi_container (first, daffi_entry_t, of_place);
        self->stats.refused++;
        daffi_core_send_error (self, entry->owner, entry->id, status, DAFFI_EXECUTED_NO,
                               daffi_text_of (self->name), "%s", text);
        daffi_monitor_ended (self, entry, status);
        drop_waiting (self, entry);
    }
}

void daffi_queue_fail_process (daffi_core_t *self, daffi_process_t *process)
{
    char text[DAFFI_MISSING_SIZE];
    if (process->session)
        fail_waiting (
            self, &process->waiting, DAFFI_DRAINING,
            daffi_calls_missing (DAFFI_DRAINING, daffi_text_of (process->name), text));
    else
        fail_waiting (self, &process->waiting, DAFFI_PROCESS_LOST,
                      "the process is gone");
    daffi_registry_release_process (self, process);
}

void daffi_queue_fail_function (daffi_core_t *self, daffi_offered_t *function)
{
    fail_waiting (self, &function->waiting, DAFFI_NO_FUNCTION,
                  "no process offers it any more");
    daffi_registry_release_function (self, function);
}

void daffi_queue_settled (daffi_core_t *self)
{
    self->settling = false;
    daffi_wheel_disarm (&self->wheel, &self->settled.timer);
    DAFFI_LIST_EACH (&self->starving, link, follower) {
        daffi_offered_t *function = daffi_container (link, daffi_offered_t, starving);
        if (!function->count)
            daffi_queue_fail_function (self, function);
    }
    DAFFI_LIST_EACH (&self->held, held, next) {
        daffi_process_t *process = daffi_container (held, daffi_process_t, held);
        char text[DAFFI_MISSING_SIZE];
        fail_waiting (self, &process->waiting, DAFFI_NO_PROCESS,
                      daffi_calls_missing (DAFFI_NO_PROCESS,
                                           daffi_text_of (process->name), text));
        daffi_registry_release_process (self, process);
    }
    daffi_later_settled (self);
}
