//  SPDX-License-Identifier: MPL-2.0
//  $sys.*: the controller tells about itself, through ordinary calls.

#include <stdlib.h>

#include "alloc.h"
#include "parts.h"
#include "validate.h"

static void write_info (const daffi_core_t *self, daffi_buffer_t *out)
{
    daffi_write_map (out, 8);
    daffi_write_key_string (out, "name", self->name);
    daffi_write_key_string (out, "version", DAFFI_VERSION);
    daffi_write_key_uint (out, "protocol", DAFFI_PROTOCOL_VERSION);
    daffi_write_string (out, "epoch");
    daffi_write_binary_head (out, sizeof self->epoch);
    daffi_buffer_append (out, self->epoch, sizeof self->epoch);
    daffi_write_key_uint (out, "uptime_ms",
                          (uint64_t)(self->now_ms - self->started_ms));
    daffi_write_key_uint (out, "processes", self->stats.processes);
    daffi_write_key_uint (out, "functions", self->stats.functions);
    daffi_write_key_uint (out, "calls", self->stats.waiting + self->stats.running);
}

static void write_process (const daffi_session_t *session, daffi_buffer_t *out)
{
    daffi_write_map (out, 7);
    daffi_write_key_string (out, "process", session->process->name);
    daffi_write_key_uint (out, "functions", session->offer_count);
    daffi_write_key_uint (out, "running", session->running_count);
    daffi_write_key_uint (out, "capacity", session->capacity);
    daffi_write_key_string (out, "language", session->language);
    daffi_write_key_string (out, "version", session->version);
    daffi_write_string (out, "draining");
    daffi_write_bool (out, session->state == DAFFI_SESSION_DRAINING);
}

static void write_processes (const daffi_core_t *self, daffi_buffer_t *out)
{
    daffi_write_array (out, (uint32_t)self->stats.processes);
    DAFFI_LIST_EACH (&self->sessions, link, follower) {
        daffi_session_t *session = daffi_container (link, daffi_session_t, link);
        if (session->process)
            write_process (session, out);
    }
}

static int by_process_and_function (const void *a, const void *b)
{
    const daffi_offer_t *const *left = a, *const *right = b;
    int order =
        strcmp ((*left)->session->process->name, (*right)->session->process->name);
    return order ? order : strcmp ((*left)->function->name, (*right)->function->name);
}

static size_t collect (const daffi_core_t *self, daffi_offer_t **offers)
{
    size_t count = 0;
    DAFFI_LIST_EACH (&self->sessions, link, follower) {
        daffi_session_t *session = daffi_container (link, daffi_session_t, link);
        DAFFI_LIST_EACH (&session->offers, offered, next)
            offers[count++] = daffi_container (offered, daffi_offer_t, of_session);
    }
    return count;
}

void daffi_core_write_functions (const daffi_core_t *self, daffi_buffer_t *out)
{
    daffi_offer_t **offers = daffi_new ((self->offers.count + 1) * sizeof *offers);
    size_t count = collect (self, offers);
    qsort (offers, count, sizeof *offers, by_process_and_function);
    daffi_write_array (out, (uint32_t)count);
    //  what is larger than a body may be is not sent, so it need not be finished
    for (size_t i = 0; i < count && out->size <= DAFFI_BODY_MAX; i++) {
        const daffi_offer_t *offer = offers[i];
        bool more = offer->doc[0] || offer->quota;
        daffi_write_array (out, more ? 5 : 3);
        daffi_write_string (out, offer->session->process->name);
        daffi_write_string (out, offer->function->name);
        daffi_write_string (out, offer->signature);
        if (!more)
            continue;
        daffi_write_string (out, offer->doc);
        daffi_write_uint (out, offer->quota ? offer->quota->limit : 0);
    }
    free (offers);
}

static void write_stats (const daffi_core_t *self, daffi_buffer_t *out)
{
    const daffi_core_stats_t *stats = &self->stats;
    daffi_write_map (out, 23);
    daffi_write_key_uint (out, "calls", stats->calls);
    daffi_write_key_uint (out, "casts", stats->casts);
    daffi_write_key_uint (out, "results", stats->results);
    daffi_write_key_uint (out, "errors", stats->errors);
    daffi_write_key_uint (out, "refused", stats->refused);
    daffi_write_key_uint (out, "expired", stats->expired);
    daffi_write_key_uint (out, "cancelled", stats->cancelled);
    daffi_write_key_uint (out, "lost", stats->lost);
    daffi_write_key_uint (out, "late", stats->late);
    daffi_write_key_uint (out, "dropped", stats->dropped);
    daffi_write_key_uint (out, "malformed", stats->malformed);
    daffi_write_key_uint (out, "task_runs", stats->task_runs);
    daffi_write_key_uint (out, "failed_runs", stats->failed_runs);
    daffi_write_key_uint (out, "sessions", stats->sessions);
    daffi_write_key_uint (out, "processes", stats->processes);
    daffi_write_key_uint (out, "functions", stats->functions);
    daffi_write_key_uint (out, "waiting", stats->waiting);
    daffi_write_key_uint (out, "running", stats->running);
    daffi_write_key_uint (out, "abandoned", stats->abandoned);
    daffi_write_key_uint (out, "groups", stats->groups);
    daffi_write_key_uint (out, "later", stats->later);
    daffi_write_key_uint (out, "waits", stats->waits);
    daffi_write_key_uint (out, "queued_bytes", stats->queued_bytes);
}

//  --- calls in flight ---------------------------------------------------------------

enum { CALLS_MAX = 2000 };  //  a body holds at most 100,000 values

static const char *state_name (const daffi_entry_t *entry)
{
    switch (entry->state) {
    case DAFFI_ENTRY_WAITING:
        return "waiting";
    case DAFFI_ENTRY_RUNNING:
        return entry->cancelled ? "cancelled" : "running";
    case DAFFI_ENTRY_ABANDONED:
        return "abandoned";
    case DAFFI_ENTRY_GROUP:
        return "broadcast";
    case DAFFI_ENTRY_LATER:
        return "later";
    case DAFFI_ENTRY_TAP:
        return "monitor";
    case DAFFI_ENTRY_WAIT:
    case DAFFI_ENTRY_WRITING:
    case DAFFI_ENTRY_FREE:
        break;
    }
    return NULL;
}

static const char *process_of (const daffi_entry_t *entry)
{
    if (entry->provider)
        return entry->provider->process ? entry->provider->process->name : "";
    return entry->process ? entry->process->name : "";
}

static void write_call (const daffi_core_t *self, const daffi_entry_t *entry,
                        daffi_buffer_t *out)
{
    bool ends = entry->deadline_ms != DAFFI_NEVER;
    daffi_write_map (out, 8);
    daffi_write_string (out, "caller");
    daffi_write_text (out, daffi_calls_caller (self, entry));
    daffi_write_key_uint (out, "id", entry->id);
    daffi_write_key_string (out, "function", entry->called);
    daffi_write_key_string (out, "process", process_of (entry));
    daffi_write_key_string (out, "state", state_name (entry));
    daffi_write_key_uint (out, "age_ms", (uint64_t)(self->now_ms - entry->came_ms));
    daffi_write_key_uint (out, "running_ms",
                          entry->provider ? (uint64_t)(self->now_ms - entry->given_ms)
                                          : 0);
    daffi_write_string (out, "left_ms");
    if (ends && entry->deadline_ms > self->now_ms)
        daffi_write_uint (out, (uint64_t)(entry->deadline_ms - self->now_ms));
    else if (ends)
        daffi_write_uint (out, 0);
    else
        daffi_write_nil (out);
}

//  Calls by a session, and the parts of its broadcasts. With `out` NULL it counts.
static uint32_t calls_of (const daffi_core_t *self, const daffi_session_t *session,
                          daffi_buffer_t *out, uint32_t most)
{
    uint32_t count = 0;
    DAFFI_LIST_EACH (&session->placed, link, follower) {
        const daffi_entry_t *entry = daffi_container (link, daffi_entry_t, of_owner);
        if (!state_name (entry) || count == most)
            continue;
        if (out)
            write_call (self, entry, out);
        count++;
    }
    //  what runs here although nobody waits for it, and parts
    DAFFI_LIST_EACH (&session->running, running, next) {
        const daffi_entry_t *entry = daffi_container (running, daffi_entry_t, of_place);
        if ((entry->owner && !entry->group) || count == most)
            continue;
        if (out)
            write_call (self, entry, out);
        count++;
    }
    return count;
}

static void write_calls (const daffi_core_t *self, daffi_buffer_t *out)
{
    uint32_t count = 0;
    DAFFI_LIST_EACH (&self->sessions, link, follower)
        count += calls_of (self, daffi_container (link, daffi_session_t, link), NULL,
                           CALLS_MAX - count);
    count += calls_of (self, self->tasks.caller, NULL, CALLS_MAX - count);
    daffi_write_array (out, count);
    DAFFI_LIST_EACH (&self->sessions, each, next)
        count -=
            calls_of (self, daffi_container (each, daffi_session_t, link), out, count);
    calls_of (self, self->tasks.caller, out, count);
}

//  --- who answers what --------------------------------------------------------------

static uint64_t count_processes (const daffi_core_t *self)
{
    return self->stats.processes;
}

static uint64_t count_functions (const daffi_core_t *self)
{
    return self->offers.count;
}

static uint64_t count_calls (const daffi_core_t *self)
{
    const daffi_core_stats_t *stats = &self->stats;
    return stats->sessions + stats->waiting + stats->running + stats->later +
           stats->groups + stats->waits;
}

typedef struct {
    const char *name;
    void (*write) (const daffi_core_t *self, daffi_buffer_t *out);
    void (*run) (daffi_core_t *self, const daffi_arrival_t *arrival);
    uint64_t (*entries) (const daffi_core_t *self);  //  that it looks at; NULL: none
} question_t;

static const question_t questions[] = {
    {"$sys.info", write_info, NULL, NULL},
    {"$sys.processes", write_processes, NULL, count_processes},
    {"$sys.functions", daffi_core_write_functions, NULL, count_functions},
    {"$sys.calls", write_calls, NULL, count_calls},
    {"$sys.stats", write_stats, NULL, NULL},
    {"$sys.cancel", NULL, daffi_administer_cancel, NULL},
    {"$sys.monitor", NULL, daffi_monitor_begin, NULL},
};

//  A body of more values than a reader takes would be refused there, and nobody could
//  tell why. None has more values than bytes.
static const char *why_not (const daffi_core_t *self, const daffi_session_t *session,
                            daffi_status_t *status)
{
    const daffi_buffer_t *body = &self->scratch;
    *status = DAFFI_TOO_BIG;
    if (body->size > DAFFI_BODY_MAX)
        return "the answer would have more than 64 MiB";
    if (!body->failed && body->size > DAFFI_ITEMS_MAX &&
        daffi_validate (body->data, body->size))
        return "the answer would have more than the 100,000 values of a body; a "
               "subscription tells of processes and functions one by one";
    *status = DAFFI_BUSY;
    if (!self->output.fits (self->output.context, session->peer, body->size))
        return "the answer finds no room";
    *status = DAFFI_OK;
    return "";
}

void daffi_introspect_answer (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_session_t *session = arrival->caller;
    daffi_status_t status;
    const char *why = why_not (self, session, &status);
    if (!status)
        daffi_core_send_scratch (self, session, arrival->header->id);
    //  the buffer is kept for small things
    daffi_buffer_done (&self->scratch);
    if (status)
        daffi_core_send_error (self, session, arrival->header->id, status,
                               DAFFI_EXECUTED_NO, daffi_text_of (self->name), "%s",
                               why);
}

void daffi_introspect_call (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_text_t name = arrival->header->name;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (!daffi_text_equal (name, daffi_text_of (questions[i].name)))
            continue;
        if (questions[i].run) {
            questions[i].run (self, arrival);
            return;
        }
        if (!questions[i].entries ||
            daffi_work_begin (self, arrival->caller, questions[i].entries (self))) {
            daffi_buffer_clear (&self->scratch);
            questions[i].write (self, &self->scratch);
            daffi_introspect_answer (self, arrival);
        } else {
            daffi_calls_refuse (self, arrival, DAFFI_BUSY, daffi_work_refusal);
        }
        return;
    }
    self->stats.refused++;
    daffi_core_send_error (
        self, arrival->caller, arrival->header->id, DAFFI_NO_FUNCTION,
        DAFFI_EXECUTED_NO, daffi_text_of (self->name),
        "%.*s: the controller offers $sys.info, .processes, "
        ".functions, .calls, .stats, .cancel, .monitor, .tasks, .task "
        "and .task.cancel, .pause, .resume, .run",
        (int)name.size, name.data);
}
