//  SPDX-License-Identifier: MPL-2.0
//  How calls end: with an answer, a cancel, a deadline, or the loss of either side.

#include "parts.h"

//  --- answers ----------------------------------------------------------------------

//  The provider has a place again.
static void end_running (daffi_core_t *self, daffi_entry_t *entry)
{
    self->stats.running--;
    self->stats.abandoned -= entry->state == DAFFI_ENTRY_ABANDONED;
    entry->provider->running_count--;
    daffi_load_update (&self->load, entry->provider);
    daffi_quota_leave (entry);
    daffi_entry_free (self, entry);
}

//  An answer that the caller cannot be given keeps its status, and loses its body.
static void forward_bare (daffi_core_t *self, const daffi_entry_t *entry,
                          const daffi_header_t *header, daffi_status_t status)
{
    bool is_error = header->type == DAFFI_RECORD_ERROR;
    daffi_core_fail (
        self, entry, is_error ? (daffi_status_t)header->status : status,
        is_error ? (daffi_executed_t)header->executed : DAFFI_EXECUTED_YES,
        daffi_session_name (entry->provider),
        status == DAFFI_TOO_BIG
            ? "the function answered more than the limit of 64 MiB"
            : "the function answered, but this process is too far behind with reading "
              "to be given it");
}

static void forward (daffi_core_t *self, const daffi_entry_t *entry,
                     const daffi_header_t *header, const daffi_body_t *body)
{
    bool is_error = header->type == DAFFI_RECORD_ERROR;
    self->stats.errors += is_error;
    self->stats.results += !is_error;
    if (daffi_body_size (body) > DAFFI_BODY_MAX) {
        forward_bare (self, entry, header, DAFFI_TOO_BIG);
        return;
    }
    if (entry->owner != self->tasks.caller &&
        !self->output.fits (self->output.context, entry->owner->peer,
                            daffi_body_size (body))) {
        forward_bare (self, entry, header, DAFFI_BUSY);
        return;
    }
    daffi_header_t out = {.type = header->type,
                          .status = header->status,
                          .executed = header->executed,
                          .present =
                              is_error ? DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED : 0,
                          .id = entry->id,
                          .name = header->name,
                          .peer = daffi_session_name (entry->provider),
                          .ttl_ms = DAFFI_TTL_NONE};
    //  an ERROR that says neither: it failed, and nobody knows how far it came
    if (is_error && !(header->present & DAFFI_OPT_STATUS))
        out.status = DAFFI_FAILED;
    if (is_error && !(header->present & DAFFI_OPT_EXECUTED))
        out.executed = DAFFI_EXECUTED_MAYBE;
    if (entry->group)
        out.present |= DAFFI_OPT_PART;
    daffi_core_send (self, entry->owner, &out, body, DAFFI_NEVER);
    daffi_monitor_ended (self, entry, is_error ? (daffi_status_t)out.status : DAFFI_OK);
}

void daffi_calls_answer (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_entry_t *entry = daffi_entry_by_token (self, session, header->id);
    if (!entry) {
        self->stats.late++;
        return;
    }
    if (entry->state == DAFFI_ENTRY_ABANDONED)
        self->stats.late++;
    else
        forward (self, entry, header, body);
    daffi_entry_t *group = entry->group;
    end_running (self, entry);
    if (group)
        daffi_broadcast_part_done (self, group, header->type == DAFFI_RECORD_RESULT);
    daffi_queue_feed (self, session);
}

//  --- ends before the answer -------------------------------------------------------

static void send_cancel (daffi_core_t *self, const daffi_entry_t *entry)
{
    daffi_header_t header = {
        .type = DAFFI_RECORD_CANCEL, .id = entry->token, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    //  as data: it must not overtake its CALL
    daffi_core_send (self, entry->provider, &header, &nothing, DAFFI_NEVER);
}

static void disown (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_entry_disown (self, entry);
    entry->state = DAFFI_ENTRY_ABANDONED;
    self->stats.abandoned++;
}

void daffi_calls_abandon (daffi_core_t *self, daffi_entry_t *entry)
{
    if (!entry->cancelled)
        send_cancel (self, entry);
    disown (self, entry);
}

//  Nobody wants this call any more.
static void give_up (daffi_core_t *self, daffi_entry_t *entry)
{
    switch (entry->state) {
    case DAFFI_ENTRY_WAITING:
        daffi_queue_remove (self, entry);
        break;
    case DAFFI_ENTRY_RUNNING:
        daffi_calls_abandon (self, entry);
        break;
    case DAFFI_ENTRY_GROUP:
        daffi_broadcast_give_up (self, entry);
        break;
    case DAFFI_ENTRY_LATER:
        daffi_later_drop (self, entry);
        break;
    case DAFFI_ENTRY_WAIT:
        daffi_presence_wait_end (self, entry);
        break;
    case DAFFI_ENTRY_TAP:
    case DAFFI_ENTRY_WRITING:
        daffi_entry_free (self, entry);
        break;
    case DAFFI_ENTRY_FREE:
    case DAFFI_ENTRY_ABANDONED:
        break;
    }
}

//  A call that runs stays its caller's until the provider has said whether it had
//  begun: what a caller was told is cancelled must not begin after that.
void daffi_calls_cancel (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header)
{
    daffi_entry_t *entry = daffi_entry_of (session, header->id);
    if (!entry || entry->cancelled)
        return;
    bool told =
        entry->state == DAFFI_ENTRY_LATER
            ? !(entry->later->header.present & DAFFI_OPT_ALL)
            : entry->state != DAFFI_ENTRY_GROUP && entry->state != DAFFI_ENTRY_WAIT;
    if (told) {
        (void)daffi_calls_end (self, entry);
        return;
    }
    self->stats.cancelled++;
    give_up (self, entry);
}

static void cancel_waiting (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_core_send_error (self, entry->owner, entry->id, DAFFI_CANCELLED,
                           DAFFI_EXECUTED_NO, daffi_text_of (self->name),
                           "cancelled before any process was given it");
    daffi_monitor_ended (self, entry, DAFFI_CANCELLED);
    daffi_queue_remove (self, entry);
}

bool daffi_calls_end (daffi_core_t *self, daffi_entry_t *entry)
{
    switch (entry->state) {
    case DAFFI_ENTRY_RUNNING:
        if (entry->cancelled)
            return true;
        entry->cancelled = true;
        send_cancel (self, entry);
        break;
    case DAFFI_ENTRY_WAITING:
        cancel_waiting (self, entry);
        break;
    case DAFFI_ENTRY_LATER:
        daffi_core_send_error (self, entry->owner, entry->id, DAFFI_CANCELLED,
                               DAFFI_EXECUTED_NO, daffi_text_of (self->name),
                               "cancelled before its time");
        daffi_later_drop (self, entry);
        break;
    case DAFFI_ENTRY_GROUP:
        daffi_broadcast_cancel (self, entry);
        break;
    case DAFFI_ENTRY_TAP:
        daffi_monitor_end (self, entry, DAFFI_CANCELLED, "cancelled");
        break;
    case DAFFI_ENTRY_WAIT:
    case DAFFI_ENTRY_WRITING:
    case DAFFI_ENTRY_FREE:
    case DAFFI_ENTRY_ABANDONED:
        return false;
    }
    self->stats.cancelled++;
    return true;
}

void daffi_calls_cancel_begun (daffi_core_t *self, daffi_session_t *session,
                               const daffi_header_t *header)
{
    daffi_entry_t *entry = daffi_entry_by_token (self, session, header->id);
    if (!entry || !entry->cancelled || entry->state != DAFFI_ENTRY_RUNNING)
        return;
    daffi_core_fail (self, entry, DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE,
                     daffi_session_name (session), "cancelled while it ran");
    disown (self, entry);
}

static const char *expiry_text (const daffi_entry_t *entry)
{
    switch (entry->state) {
    case DAFFI_ENTRY_RUNNING:
        return "no answer before the deadline";
    case DAFFI_ENTRY_WAIT:
        return "not present before the deadline";
    case DAFFI_ENTRY_TAP:
        return "the time to monitor is over";
    case DAFFI_ENTRY_WRITING:
        return "not on disk before the deadline; it may be so later";
    case DAFFI_ENTRY_WAITING:
    case DAFFI_ENTRY_GROUP:
    case DAFFI_ENTRY_LATER:
    case DAFFI_ENTRY_FREE:
    case DAFFI_ENTRY_ABANDONED:
        break;
    }
    return "no process had room for it before the deadline";
}

void daffi_calls_expire (daffi_core_t *self, daffi_entry_t *entry)
{
    bool ran = entry->state == DAFFI_ENTRY_RUNNING;
    if (entry->state == DAFFI_ENTRY_LATER) {
        daffi_later_expire (self, entry);
        return;
    }
    self->stats.expired++;
    if (entry->state == DAFFI_ENTRY_GROUP) {
        daffi_broadcast_expire (self, entry);
        return;
    }
    daffi_core_send_error (
        self, entry->owner, entry->id, DAFFI_TIMEOUT,
        ran || entry->state == DAFFI_ENTRY_WRITING ? DAFFI_EXECUTED_MAYBE
                                                   : DAFFI_EXECUTED_NO,
        ran ? daffi_session_name (entry->provider) : daffi_text_of (self->name), "%s",
        expiry_text (entry));
    if (entry->state != DAFFI_ENTRY_WAIT && entry->state != DAFFI_ENTRY_TAP &&
        entry->state != DAFFI_ENTRY_WRITING)
        daffi_monitor_ended (self, entry, DAFFI_TIMEOUT);
    give_up (self, entry);
}

//  --- the loss of either side ------------------------------------------------------

void daffi_calls_owner_gone (daffi_core_t *self, daffi_session_t *session)
{
    DAFFI_LIST_EACH (&session->placed, link, follower)
        give_up (self, daffi_container (link, daffi_entry_t, of_owner));
}

void daffi_calls_provider_gone (daffi_core_t *self, daffi_session_t *session)
{
    DAFFI_LIST_EACH (&session->running, link, follower) {
        daffi_entry_t *entry = daffi_container (link, daffi_entry_t, of_place);
        if (entry->state == DAFFI_ENTRY_RUNNING) {
            self->stats.lost++;
            daffi_core_fail (self, entry, DAFFI_PROCESS_LOST, DAFFI_EXECUTED_MAYBE,
                             daffi_session_name (session),
                             "the process that was given the call is gone");
        }
        daffi_entry_t *group = entry->group;
        end_running (self, entry);
        if (group)
            daffi_broadcast_part_done (self, group, false);
    }
}
