//  SPDX-License-Identifier: MPL-2.0
//  The core's entrance: records and time come in here and go to whom they concern.

#include "core.h"

#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

static uint64_t or_default (uint64_t value, uint64_t fallback)
{
    return value ? value : fallback;
}

static void set_limits (daffi_core_t *self, const daffi_core_options_t *options)
{
    self->heartbeat_ms =
        options->heartbeat_ms > 0 ? options->heartbeat_ms : DAFFI_HEARTBEAT_MS;
    self->heartbeat_timeout_ms = options->heartbeat_timeout_ms > 0
                                     ? options->heartbeat_timeout_ms
                                     : DAFFI_HEARTBEAT_TIMEOUT_MS;
    self->calls_max = (uint32_t)or_default (options->calls_max, DAFFI_CALLS_MAX);
    self->queue_max = or_default (options->queue_max, DAFFI_QUEUE_MAX);
    self->total_queue_max =
        or_default (options->total_queue_max, DAFFI_TOTAL_QUEUE_MAX);
}

static void start_settling (daffi_core_t *self, int64_t settle_ms)
{
    if (settle_ms < 0)
        return;
    self->settling = true;
    self->settled.kind = DAFFI_TIMER_SETTLED;
    //  no call waits for longer than the limit
    int64_t wish_ms = settle_ms ? settle_ms : DAFFI_SETTLE_MS;
    int64_t due = self->now_ms +
                  (wish_ms < DAFFI_DEADLINE_MAX_MS ? wish_ms : DAFFI_DEADLINE_MAX_MS);
    daffi_wheel_arm (&self->wheel, &self->settled.timer, due);
}

daffi_core_t *daffi_core_new (const daffi_core_options_t *options, int64_t now_ms)
{
    daffi_core_t *self = daffi_new (sizeof *self);
    self->output = options->output;
    self->log = options->log;
    daffi_name_copy (self->name, daffi_text_of (options->name ? options->name : ""));
    self->started_ms = self->now_ms = now_ms;
    self->heartbeat_least_ms = INT32_MAX;
    set_limits (self, options);
    daffi_wheel_init (&self->wheel, now_ms);
    daffi_list_init (&self->sessions);
    daffi_list_init (&self->subscribers);
    daffi_list_init (&self->starving);
    daffi_list_init (&self->held);
    daffi_list_init (&self->taps);
    daffi_list_init (&self->later);
    uint64_t (*random) (void *context) = self->output.random;
    void *context = self->output.context;
    daffi_names_init (&self->processes, random (context));
    daffi_names_init (&self->functions, random (context));
    self->entries_seed = random (context);
    daffi_table_init (&self->offers, random (context));
    daffi_buffer_init (&self->scratch);
    uint64_t epoch[2] = {random (context), random (context)};
    memcpy (self->epoch, epoch, sizeof self->epoch);
    daffi_tasks_init (self, &options->tasks);
    start_settling (self, options->settle_ms);
    return self;
}

static void end_all (daffi_core_t *self)
{
    self->closed = self->draining = true;
    daffi_queue_settled (self);
    DAFFI_LIST_EACH (&self->sessions, link, follower)
        daffi_session_end (self, daffi_container (link, daffi_session_t, link),
                           DAFFI_LEFT_GOODBYE, true);
    daffi_tasks_close (self);
}

void daffi_core_destroy (daffi_core_t **self_p)
{
    daffi_core_t *self = *self_p;
    if (!self)
        return;
    end_all (self);
    daffi_tasks_done (self);
    daffi_entry_slab_done (self);
    daffi_load_done (&self->load);
    daffi_names_done (&self->processes);
    daffi_names_done (&self->functions);
    daffi_table_done (&self->offers);
    daffi_buffer_done (&self->scratch);
    free (self);
    *self_p = NULL;
}

//  No session that is there lets pass much more than a heartbeat without a record:
//  after a longer gap the controller itself has slept (SIGSTOP, suspend, no processor).
//  Those that ask for signs of its life and had none for their timeout have given it
//  up, and told their callers so: what they had sent before must not be carried out
//  now.
static void note_gap (daffi_core_t *self, int64_t now_ms)
{
    enum { GAP_MS = 50 };
    int64_t gap_ms = now_ms - self->now_ms;
    self->now_ms = now_ms;
    if (gap_ms < GAP_MS || gap_ms <= self->heartbeat_least_ms * 3 / 2)
        return;
    DAFFI_LIST_EACH (&self->sessions, link, follower) {
        daffi_session_t *session = daffi_container (link, daffi_session_t, link);
        if (session->process && gap_ms > session->heartbeat_ms * 3 / 2 &&
            now_ms - session->spoke_ms >= session->timeout_ms)
            session->lapsed = true;
    }
}

daffi_session_t *daffi_core_connect (daffi_core_t *self, void *peer, int64_t now_ms)
{
    note_gap (self, now_ms);
    daffi_session_t *session = daffi_new_at_line (sizeof *session);
    session->timer.kind = DAFFI_TIMER_SESSION;
    session->peer = peer;
    session->number = ++self->last_session;
    session->seen_ms = now_ms;
    daffi_list_init (&session->offers);
    daffi_list_init (&session->placed);
    daffi_list_init (&session->running);
    daffi_list_init (&session->crowded);
    daffi_table_init (&session->entries, self->entries_seed);
    daffi_list_append (&self->sessions, &session->link);
    daffi_load_join (&self->load, session);
    daffi_wheel_arm (&self->wheel, &session->timer.timer,
                     now_ms + DAFFI_HELLO_TIMEOUT_MS);
    self->stats.sessions++;
    return session;
}

void daffi_core_disconnect (daffi_core_t *self, daffi_session_t *session,
                            int64_t now_ms)
{
    note_gap (self, now_ms);
    daffi_session_end (self, session, DAFFI_LEFT_LOST, false);
}

//  --- records, in the order of PROTOCOL.md -----------------------------------------

typedef void (handler_t) (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header, const daffi_body_t *body);

static void on_unexpected (daffi_core_t *self, daffi_session_t *session,
                           const daffi_header_t *header, const daffi_body_t *body)
{
    (void)body;
    self->stats.malformed++;
    daffi_core_send_error (self, session, header->id, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO,
                           daffi_text_of (self->name),
                           "this controller takes no record of type %u (%s)",
                           header->type, daffi_record_name (header->type));
}

static void on_cancel (daffi_core_t *self, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body)
{
    (void)body;
    if (header->present & DAFFI_OPT_EXECUTED)
        daffi_calls_cancel_begun (self, session, header);
    else
        daffi_calls_cancel (self, session, header);
}

static void on_wait (daffi_core_t *self, daffi_session_t *session,
                     const daffi_header_t *header, const daffi_body_t *body)
{
    (void)body;
    daffi_presence_wait (self, session, header);
}

static void on_subscribe (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header, const daffi_body_t *body)
{
    (void)body;
    daffi_presence_subscribe (self, session, header);
}

static void on_ping (daffi_core_t *self, daffi_session_t *session,
                     const daffi_header_t *header, const daffi_body_t *body)
{
    (void)body;
    session->pings = true;
    //  it has nothing else to say: what a burst of calls left is not kept for it
    if (session->entries.count == 0)
        daffi_table_done (&session->entries);
    daffi_buffer_clear (&self->scratch);
    daffi_write_clock (&self->scratch, (uint64_t)self->now_ms);
    daffi_core_send_control (self, session, DAFFI_RECORD_PONG, header->id,
                             daffi_text ("", 0));
}

static void on_pong (daffi_core_t *self, daffi_session_t *session,
                     const daffi_header_t *header, const daffi_body_t *body)
{
    //  a sign of life, and that was noted already
    (void)self;
    (void)session;
    (void)header;
    (void)body;
}

static void on_drain (daffi_core_t *self, daffi_session_t *session,
                      const daffi_header_t *header, const daffi_body_t *body)
{
    (void)body;
    daffi_session_drain (self, session, header);
}

static void on_goodbye (daffi_core_t *self, daffi_session_t *session,
                        const daffi_header_t *header, const daffi_body_t *body)
{
    (void)header;
    (void)body;
    daffi_session_end (self, session, DAFFI_LEFT_GOODBYE, true);
}

static handler_t *const handlers[] = {
    [DAFFI_RECORD_HELLO] = daffi_session_hello,
    [DAFFI_RECORD_WELCOME] = on_unexpected,
    [DAFFI_RECORD_UPDATE] = daffi_session_update,
    [DAFFI_RECORD_CALL] = daffi_calls_call,
    [DAFFI_RECORD_RESULT] = daffi_calls_answer,
    [DAFFI_RECORD_ERROR] = daffi_calls_answer,
    [DAFFI_RECORD_CAST] = daffi_calls_cast,
    [DAFFI_RECORD_CHUNK] = daffi_stream_pass,
    [DAFFI_RECORD_CREDIT] = daffi_stream_pass,
    [DAFFI_RECORD_END] = daffi_stream_pass,
    [DAFFI_RECORD_CANCEL] = on_cancel,
    [DAFFI_RECORD_WAIT] = on_wait,
    [DAFFI_RECORD_SUBSCRIBE] = on_subscribe,
    [DAFFI_RECORD_EVENT] = on_unexpected,
    [DAFFI_RECORD_SCHEDULE] = daffi_tasks_schedule,
    [DAFFI_RECORD_PING] = on_ping,
    [DAFFI_RECORD_PONG] = on_pong,
    [DAFFI_RECORD_DRAIN] = on_drain,
    [DAFFI_RECORD_GOODBYE] = on_goodbye,
    [DAFFI_RECORD_WHO] = on_unexpected,
    [DAFFI_RECORD_PROGRESS] = daffi_progress_pass,
};
_Static_assert(sizeof handlers / sizeof handlers[0] == DAFFI_RECORD_LIMIT,
               "every record type has its handler");

//  Nothing counts any more but HELLO and GOODBYE. One that has not asked for a sign of
//  life by now had not missed any, unless it asked meanwhile: then its PING, the first
//  that it says, is what comes now.
static bool gave_us_up (daffi_session_t *session, daffi_record_type_t type)
{
    if (!session->lapsed || type == DAFFI_RECORD_HELLO || type == DAFFI_RECORD_GOODBYE)
        return false;
    session->lapsed = false;
    return session->pings || type == DAFFI_RECORD_PING;
}

//  Before HELLO nothing else counts. A node that believes it is known is told once.
static void ask_who (daffi_core_t *self, daffi_session_t *session)
{
    if (session->doubted)
        return;
    session->doubted = true;
    daffi_buffer_clear (&self->scratch);
    daffi_core_send_control (self, session, DAFFI_RECORD_WHO, 0, daffi_text ("", 0));
}

void daffi_core_receive (daffi_core_t *self, daffi_session_t *session,
                         const daffi_header_t *header, const daffi_body_t *body,
                         int64_t now_ms)
{
    note_gap (self, now_ms);
    session->seen_ms = now_ms;
    if (gave_us_up (session, header->type))
        daffi_session_forget (self, session);
    daffi_presence_catch_up (self, session);
    if (session->state == DAFFI_SESSION_NEW && header->type != DAFFI_RECORD_HELLO &&
        header->type != DAFFI_RECORD_GOODBYE)
        ask_who (self, session);
    else if (header->type == 0 || header->type >= DAFFI_RECORD_LIMIT)
        on_unexpected (self, session, header, body);
    else
        handlers[header->type](self, session, header, body);
}

void daffi_core_writable (daffi_core_t *self, daffi_session_t *session, int64_t now_ms)
{
    note_gap (self, now_ms);
    daffi_presence_catch_up (self, session);
    daffi_queue_feed (self, session);
}

void daffi_core_malformed (daffi_core_t *self, daffi_session_t *session, int64_t now_ms)
{
    note_gap (self, now_ms);
    session->seen_ms = now_ms;
    self->stats.malformed++;
    daffi_core_send_error (
        self, session, 0, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO, daffi_text_of (self->name),
        "a packet of yours cannot be read as records; see PROTOCOL.md, "
        "\"Packets\"");
}

//  --- time --------------------------------------------------------------------------

enum { OVERSLEPT_MS = 200 };

int64_t daffi_core_next (const daffi_core_t *self)
{
    int64_t wheel_ms = daffi_wheel_next (&self->wheel);
    int64_t tasks_ms = daffi_tasks_next (self);
    return tasks_ms < wheel_ms ? tasks_ms : wheel_ms;
}

static void expire (daffi_core_t *self, daffi_core_timer_t *timer)
{
    switch (timer->kind) {
    case DAFFI_TIMER_SESSION:
        daffi_session_expire (self, daffi_container (timer, daffi_session_t, timer));
        break;
    case DAFFI_TIMER_ENTRY:
        daffi_calls_expire (self, daffi_container (timer, daffi_entry_t, timer));
        break;
    case DAFFI_TIMER_SETTLED:
        daffi_queue_settled (self);
        break;
    }
}

//  Was this process stopped, or starved? Then what its peers sent waits unread, and
//  their silence is its own.
static void note_sleep (daffi_core_t *self)
{
    int64_t due = daffi_wheel_next (&self->wheel);
    if (due < self->now_ms - OVERSLEPT_MS)
        self->awake_ms = self->now_ms;
}

void daffi_core_tick (daffi_core_t *self, int64_t now_ms)
{
    note_gap (self, now_ms);
    note_sleep (self);
    daffi_wheel_advance (&self->wheel, now_ms);
    daffi_timer_t *timer;
    while ((timer = daffi_wheel_take (&self->wheel)))
        expire (self, daffi_container (timer, daffi_core_timer_t, timer));
    daffi_tasks_tick (self);
}

//  --- the end -----------------------------------------------------------------------

static void tell_all (daffi_core_t *self, const daffi_header_t *header)
{
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    DAFFI_LIST_EACH (&self->sessions, link, follower) {
        daffi_session_t *session = daffi_container (link, daffi_session_t, link);
        if (session->process)
            daffi_core_send (self, session, header, &nothing, DAFFI_NEVER);
    }
}

void daffi_core_drain (daffi_core_t *self)
{
    if (self->draining)
        return;
    self->draining = true;
    daffi_header_t header = {.type = DAFFI_RECORD_DRAIN, .ttl_ms = DAFFI_TTL_NONE};
    tell_all (self, &header);
    daffi_later_drain (self);
}

bool daffi_core_idle (const daffi_core_t *self)
{
    return self->stats.waiting == 0 && self->stats.groups == 0 &&
           daffi_list_empty (&self->tasks.unwritten) &&
           daffi_list_empty (&self->tasks.ended) &&
           self->stats.running == self->stats.abandoned;
}

void daffi_core_close (daffi_core_t *self, int64_t now_ms)
{
    note_gap (self, now_ms);
    self->draining = true;
    daffi_header_t header = {.type = DAFFI_RECORD_GOODBYE, .ttl_ms = DAFFI_TTL_NONE};
    //  what still comes is not looked at
    if (daffi_core_idle (self)) {
        header.present = DAFFI_OPT_EXECUTED;
        header.executed = DAFFI_EXECUTED_NO;
    }
    tell_all (self, &header);
    end_all (self);
}

const daffi_core_stats_t *daffi_core_stats (const daffi_core_t *self)
{
    return &self->stats;
}
