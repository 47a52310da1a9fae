//  SPDX-License-Identifier: MPL-2.0
//  Sessions: a peer says HELLO, is known by its name, is heard of now and then, and
//  leaves, in good order or not.

#include <stdlib.h>

#include "parts.h"

enum { TIMEOUT_MIN_MS = 100, TIMEOUT_MAX_MS = 600000, CAPACITY_MAX = 1 << 20 };

static void refuse (daffi_core_t *self, daffi_session_t *session,
                    const daffi_header_t *header, daffi_status_t status,
                    const char *text)
{
    daffi_log (&self->log, DAFFI_LOG_WARNING, "session.refused",
               "process=%.*s status=%s", (int)header->peer.size, header->peer.data,
               daffi_status_name (status));
    daffi_core_send_error (self, session, header->id, status, DAFFI_EXECUTED_NO,
                           daffi_text_of (self->name), "%s", text);
}

//  Everything of a session but the session itself: what it offers, runs and waits for.
//  Its process is told of last, and its name freed.
static void leave (daffi_core_t *self, daffi_session_t *session,
                   daffi_left_reason_t why)
{
    daffi_link_remove (&session->subscriber);
    session->subscription = 0;
    daffi_link_remove (&session->task_subscriber);
    session->task_subscription = 0;
    session->subscription_behind = false;
    daffi_calls_owner_gone (self, session);
    daffi_process_t *process = session->process;
    if (!process)
        return;
    session->state = DAFFI_SESSION_DRAINING;
    daffi_load_update (&self->load, session);
    daffi_registry_remove_offers (self, session);
    daffi_calls_provider_gone (self, session);
    process->session = NULL;
    session->process = NULL;
    session->behind = false;
    session->state = DAFFI_SESSION_NEW;
    daffi_load_update (&self->load, session);
    self->stats.processes--;
    daffi_log (&self->log, DAFFI_LOG_INFO, "process.left", "process=%s reason=%s",
               process->name, daffi_left_reason_name (why));
    daffi_event_body_t event = {.type = DAFFI_EVENT_PROCESS_LEFT,
                                .reason = why,
                                .process = daffi_text_of (process->name),
                                .function = daffi_text ("", 0),
                                .signature = daffi_text ("", 0)};
    daffi_presence_tell (self, &event);
    if (!self->settling) {
        daffi_queue_fail_process (self, process);
        return;
    }
    if (!daffi_ranks_empty (&process->waiting))
        daffi_queue_hold (self, process);
    daffi_registry_release_process (self, process);
}

void daffi_session_end (daffi_core_t *self, daffi_session_t *session,
                        daffi_left_reason_t reason, bool drop)
{
    session->gone = true;
    leave (self, session, reason);
    daffi_wheel_disarm (&self->wheel, &session->timer.timer);
    daffi_load_leave (&self->load, session);
    daffi_link_remove (&session->link);
    self->stats.sessions--;
    if (drop)
        self->output.drop (self->output.context, session->peer);
    daffi_table_done (&session->entries);
    free (session);
}

//  The same process on a new connection? One that says no incarnation never is.
static bool same_incarnation (const daffi_session_t *holder, const daffi_hello_t *hello)
{
    static const uint8_t none[DAFFI_INCARNATION_SIZE];
    return memcmp (hello->incarnation, none, sizeof none) != 0 &&
           memcmp (holder->incarnation, hello->incarnation, sizeof none) == 0;
}

//  Makes the name free for the newcomer, or says why it is not.
static bool claim_name (daffi_core_t *self, daffi_session_t *session,
                        const daffi_header_t *header, const daffi_hello_t *hello)
{
    daffi_process_t *process = daffi_registry_process (self, header->peer);
    daffi_session_t *holder = process ? process->session : NULL;
    if (!holder)
        return true;
    //  the old connection is dead and was not noticed yet
    if (same_incarnation (holder, hello)) {
        daffi_session_end (self, holder, DAFFI_LEFT_LOST, true);
        return true;
    }
    if (!hello->takeover) {
        refuse (self, session, header, DAFFI_NAME_TAKEN,
                "another process has this name; choose another one, stop that process, "
                "or take its place with the takeover option");
        return false;
    }
    daffi_core_send_error (self, holder, 0, DAFFI_NAME_TAKEN, DAFFI_EXECUTED_NO,
                           daffi_text_of (self->name),
                           "a newer process took over the name");
    daffi_session_end (self, holder, DAFFI_LEFT_SUPERSEDED, true);
    return true;
}

static uint64_t clamp (uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void adopt (daffi_session_t *session, const daffi_hello_t *hello,
                   int64_t fallback)
{
    memcpy (session->incarnation, hello->incarnation, DAFFI_INCARNATION_SIZE);
    uint64_t timeout = hello->timeout_ms ? hello->timeout_ms : (uint64_t)fallback;
    session->timeout_ms = (int64_t)clamp (timeout, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS);
    uint64_t capacity = hello->capacity ? hello->capacity : DAFFI_CAPACITY_DEFAULT;
    session->capacity = (uint32_t)clamp (capacity, 1, CAPACITY_MAX);
    session->doubted = false;
    session->pings = session->lapsed = false;
    daffi_text_t language = hello->language, version = hello->version;
    memset (session->language, 0, sizeof session->language);
    memset (session->version, 0, sizeof session->version);
    if (language.size && language.size < sizeof session->language)
        memcpy (session->language, language.data, language.size);
    if (version.size && version.size < sizeof session->version)
        memcpy (session->version, version.data, version.size);
}

static void welcome (daffi_core_t *self, daffi_session_t *session,
                     const daffi_header_t *header, const daffi_hello_t *hello)
{
    uint64_t heartbeat =
        hello->heartbeat_ms ? hello->heartbeat_ms : (uint64_t)self->heartbeat_ms;
    session->heartbeat_ms =
        (int64_t)clamp (heartbeat, 10, (uint64_t)session->timeout_ms / 2);
    if (session->heartbeat_ms < self->heartbeat_least_ms)
        self->heartbeat_least_ms = session->heartbeat_ms;
    daffi_welcome_t body = {.protocol = DAFFI_PROTOCOL_VERSION,
                            .heartbeat_ms = (uint64_t)session->heartbeat_ms,
                            .timeout_ms = (uint64_t)session->timeout_ms,
                            .clock_ms = (uint64_t)self->now_ms,
                            .message_max = DAFFI_BODY_MAX,
                            .calls_max = self->calls_max,
                            .functions_max = DAFFI_FUNCTIONS_MAX};
    memcpy (body.epoch, self->epoch, sizeof body.epoch);
    daffi_buffer_clear (&self->scratch);
    daffi_write_welcome (&self->scratch, &body);
    daffi_core_send_control (self, session, DAFFI_RECORD_WELCOME, header->id,
                             daffi_text_of (self->name));
}

static void join (daffi_core_t *self, daffi_session_t *session, daffi_text_t name)
{
    daffi_process_t *process = daffi_registry_add_process (self, name);
    process->session = session;
    daffi_link_remove (&process->held);
    session->process = process;
    session->state = DAFFI_SESSION_READY;
    daffi_load_update (&self->load, session);
    self->stats.processes++;
    daffi_wheel_arm (&self->wheel, &session->timer.timer,
                     self->now_ms + session->timeout_ms);
    daffi_log (&self->log, DAFFI_LOG_INFO, "process.joined",
               "process=%s language=%s version=%s", process->name, session->language,
               session->version);
    daffi_event_body_t event = {.type = DAFFI_EVENT_PROCESS_JOINED,
                                .process = daffi_text_of (process->name),
                                .function = daffi_text ("", 0),
                                .signature = daffi_text ("", 0)};
    daffi_presence_tell (self, &event);
    daffi_presence_process_here (self, process);
}

//  Every element of an array of functions; the first bad one ends it.
static daffi_status_t add_offers (daffi_core_t *self, daffi_session_t *session,
                                  const daffi_value_t *list)
{
    daffi_value_t element;
    daffi_iterator_t iterator = daffi_value_iterate (list);
    while (daffi_iterator_next (&iterator, NULL, &element)) {
        daffi_offer_body_t offer;
        daffi_status_t status = daffi_read_offer (&element, &offer);
        if (!status)
            status = daffi_registry_add_offer (self, session, &offer);
        if (status)
            return status;
    }
    return DAFFI_OK;
}

//  Would add_offers () take all of it, from a session that offers nothing yet?
static daffi_status_t check_offers (const daffi_value_t *list)
{
    daffi_value_t element;
    daffi_iterator_t iterator = daffi_value_iterate (list);
    for (uint32_t count = 0; daffi_iterator_next (&iterator, NULL, &element); count++) {
        daffi_offer_body_t offer;
        daffi_status_t status = daffi_read_offer (&element, &offer);
        if (!status)
            status = daffi_registry_check_offer (&offer);
        if (!status && count >= DAFFI_FUNCTIONS_MAX)
            status = DAFFI_INVALID;
        if (status)
            return status;
    }
    return DAFFI_OK;
}

static bool acceptable (daffi_core_t *self, daffi_session_t *session,
                        const daffi_header_t *header, const daffi_body_t *body,
                        daffi_hello_t *hello)
{
    daffi_status_t status = daffi_read_hello (body->data, body->size, hello);
    if (status)
        refuse (self, session, header, DAFFI_PROTOCOL,
                "the body of HELLO is malformed");
    else if (hello->min > DAFFI_PROTOCOL_VERSION || hello->max < DAFFI_PROTOCOL_VERSION)
        refuse (self, session, header, DAFFI_UNSUPPORTED,
                "this controller speaks protocol 1 only");
    else if (!daffi_name_valid (header->peer) || daffi_name_reserved (header->peer))
        refuse (self, session, header, DAFFI_INVALID,
                "a process name is 1 to 128 bytes of [A-Za-z0-9._-]");
    else if ((status = check_offers (&hello->functions)))
        refuse (self, session, header, status,
                "HELLO names a function that is not valid, or more than 4,096");
    else if (self->draining)
        refuse (self, session, header, DAFFI_DRAINING, "this controller is stopping");
    else
        return claim_name (self, session, header, hello);
    return false;
}

void daffi_session_forget (daffi_core_t *self, daffi_session_t *session)
{
    leave (self, session, DAFFI_LEFT_LOST);
    if (self->output.forget)
        self->output.forget (self->output.context, session->peer);
    daffi_wheel_arm (&self->wheel, &session->timer.timer,
                     self->now_ms + DAFFI_HELLO_TIMEOUT_MS);
}

//  Whatever the session was before is over: who says HELLO knows of no calls.
void daffi_session_hello (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header, const daffi_body_t *body)
{
    if (session->process)
        daffi_session_forget (self, session);
    daffi_hello_t hello;
    if (!acceptable (self, session, header, body, &hello))
        return;
    adopt (session, &hello, self->heartbeat_timeout_ms);
    join (self, session, header->peer);
    //  it was checked, so that it cannot fail half way
    (void)!add_offers (self, session, &hello.functions);
    welcome (self, session, header, &hello);
    daffi_queue_feed (self, session);
}

static daffi_status_t remove_offers (daffi_core_t *self, daffi_session_t *session,
                                     const daffi_value_t *list)
{
    daffi_value_t element;
    daffi_iterator_t iterator = daffi_value_iterate (list);
    while (daffi_iterator_next (&iterator, NULL, &element)) {
        daffi_offered_t *function =
            daffi_registry_function (self, daffi_value_text_of (&element));
        daffi_offer_t *offer =
            function ? daffi_registry_offer (self, session, function) : NULL;
        if (!offer)
            return DAFFI_NOT_FOUND;
        daffi_registry_remove_offer (self, offer);
    }
    return DAFFI_OK;
}

void daffi_session_update (daffi_core_t *self, daffi_session_t *session,
                           const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_update_t update;
    daffi_status_t status = daffi_read_update (body->data, body->size, &update);
    if (!status && update.has_capacity)
        session->capacity = (uint32_t)clamp (update.capacity, 1, CAPACITY_MAX);
    daffi_load_update (&self->load, session);
    if (!status && update.remove.kind == DAFFI_KIND_ARRAY)
        status = remove_offers (self, session, &update.remove);
    if (!status && update.add.kind == DAFFI_KIND_ARRAY)
        status = session->state == DAFFI_SESSION_DRAINING
                     ? DAFFI_DRAINING
                     : add_offers (self, session, &update.add);
    if (status)
        refuse (self, session, header, status,
                "the update was not carried out in full");
    daffi_queue_feed (self, session);
}

void daffi_session_drain (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header)
{
    session->state = DAFFI_SESSION_DRAINING;
    daffi_load_update (&self->load, session);
    daffi_registry_remove_offers (self, session);
    daffi_queue_fail_process (self, session->process);
    daffi_header_t answer = {
        .type = DAFFI_RECORD_DRAIN, .id = header->id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    //  as data: it must not overtake a CALL
    daffi_core_send (self, session, &answer, &nothing, DAFFI_NEVER);
}

//  The timer is set once a timeout, not at every record: traffic only notes the time.
void daffi_session_expire (daffi_core_t *self, daffi_session_t *session)
{
    int64_t seen_ms =
        session->seen_ms > self->awake_ms ? session->seen_ms : self->awake_ms;
    int64_t due = seen_ms + session->timeout_ms;
    if (session->state == DAFFI_SESSION_NEW || due <= self->now_ms)
        daffi_session_end (self, session, DAFFI_LEFT_EXPIRED, true);
    else
        daffi_wheel_arm (&self->wheel, &session->timer.timer, due);
}
