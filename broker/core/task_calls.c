//  SPDX-License-Identifier: MPL-2.0
//  $sys.task*: looking at tasks and steering them.

#include <stdio.h>
#include <stdlib.h>

#include "parts.h"

typedef struct {
    daffi_core_t *core;
    daffi_session_t *session;
    const daffi_header_t *header;
    daffi_value_t args;
} request_t;

static void refuse (const request_t *self, daffi_status_t status, const char *text)
{
    self->core->stats.refused++;
    daffi_core_send_error (self->core, self->session, self->header->id, status,
                           DAFFI_EXECUTED_NO, daffi_text_of (self->core->name),
                           "%.*s: %s", (int)self->header->name.size,
                           self->header->name.data, text);
}

static daffi_text_t argument (const request_t *self, size_t index)
{
    daffi_value_t value;
    if (daffi_value_item (&self->args, index, &value))
        return daffi_text ("", 0);
    return daffi_value_text_of (&value);
}

//  Refuses what is asked of the task that the first argument names.
static void refuse_task (const request_t *self, daffi_status_t status,
                         const char *before, const char *after)
{
    char text[DAFFI_UUID_SIZE + 48];
    daffi_text_t uuid = argument (self, 0);
    //  nothing of a peer's that is no uuid goes into a text
    if (!daffi_tasks_uuid_valid (uuid))
        uuid = daffi_text_of ("of this uuid");
    snprintf (text, sizeof text, "%s%.*s%s", before, (int)uuid.size, uuid.data, after);
    refuse (self, status, text);
}

//  --- telling ------------------------------------------------------------------------

static void write_last (const daffi_duty_t *duty, daffi_buffer_t *out)
{
    const daffi_run_end_t *last =
        duty->history_count ? &duty->history[duty->history_count - 1] : NULL;
    daffi_write_key_int (out, "last_status",
                         last ? (int64_t)last->status : DAFFI_PENDING);
    daffi_write_key_string (out, "last_error", last ? last->text : "");
    daffi_write_key_string (out, "last_process", last ? last->process : "");
}

static int64_t or_zero (int64_t moment_ms)
{
    return moment_ms == DAFFI_NEVER ? 0 : moment_ms;
}

enum { TASK_KEYS = 21 };

//  The pairs of a task's map; the head is the caller's.
static void write_task (const daffi_duty_t *duty, daffi_now_t now, daffi_buffer_t *out)
{
    static const char *const conditions[] = {"period", "at_time", "at_time", "cron"};
    static const char *const states[] = {"scheduled", "paused", "finished",
                                         "cancelled"};
    int64_t remaining = daffi_duty_remaining (duty);
    daffi_write_key_string (out, "uuid", duty->uuid);
    daffi_write_key_string (out, "function", duty->function);
    daffi_write_key_string (out, "owner", duty->owner);
    daffi_write_key_string (out, "process", duty->process);
    daffi_write_string (out, "all");
    daffi_write_bool (out, duty->all);
    daffi_write_key_string (out, "condition", conditions[duty->plan.kind]);
    daffi_write_key_string (out, "detail", duty->plan.detail);
    daffi_write_key_string (out, "state", states[duty->state]);
    daffi_write_key_int (out, "created_ms", duty->created_ms);
    daffi_write_key_int (out, "next_ms",
                         or_zero (daffi_duty_moment (duty, duty->next_ms, now)));
    daffi_write_key_int (out, "last_ms", duty->last_ms);
    daffi_write_key_int (out, "until_ms", or_zero (duty->plan.until_ms));
    write_last (duty, out);
    daffi_write_key_int (out, "runs", (int64_t)duty->runs);
    daffi_write_key_int (out, "failed", (int64_t)duty->failed);
    daffi_write_key_int (out, "skipped", (int64_t)duty->skipped);
    daffi_write_key_int (out, "running", (int64_t)duty->running + duty->waiting);
    daffi_write_string (out, "remaining");
    if (remaining < 0)
        daffi_write_nil (out);
    else
        daffi_write_int (out, remaining);
    daffi_write_key_int (out, "args_size", (int64_t)duty->args->size);
}

static void send_scratch (const request_t *self)
{
    daffi_core_t *core = self->core;
    if (core->output.fits (core->output.context, self->session->peer,
                           core->scratch.size))
        daffi_core_send_scratch (core, self->session, self->header->id);
    else
        refuse (self, DAFFI_BUSY, "the answer finds no room");
}

//  --- $sys.tasks ---------------------------------------------------------------------

//  The pages keep a body well below the number of values that one may hold, and the
//  time that one takes well below what others notice.
enum {
    PAGE_TASKS = 500,
    PAGE_LOOKS = 20000,
    PAGE_ROOM = 1 << 20,  //  as it may become
    LOOKS_AN_ENTRY = 40   //  work.c: a look costs little
};

typedef struct {
    daffi_text_t process;
    bool ended;
    int64_t from;
} filter_t;

static void read_filter (const request_t *self, filter_t *filter)
{
    daffi_value_t map, value;
    *filter = (filter_t){.process = daffi_text ("", 0)};
    if (daffi_value_item (&self->args, 0, &map) || map.kind != DAFFI_KIND_MAP)
        return;
    if (!daffi_value_find (&map, "process", &value))
        filter->process = daffi_value_text_of (&value);
    if (!daffi_value_find (&map, "ended", &value) &&
        daffi_value_get_bool (&value, &filter->ended))
        filter->ended = false;
    if (!daffi_value_find (&map, "from", &value) &&
        (daffi_value_get_int (&value, &filter->from) || filter->from < 0 ||
         filter->from > UINT32_MAX))
        filter->from = 0;
}

static bool belongs (const daffi_duty_t *duty, daffi_text_t process)
{
    return !process.size || daffi_text_equal (process, daffi_text_of (duty->owner)) ||
           daffi_text_equal (process, daffi_text_of (duty->process));
}

//  What a page costs is known when it is made: who owes too much gets none.
static bool may_list (const request_t *self)
{
    const daffi_core_t *core = self->core;
    bool room =
        core->output.fits (core->output.context, self->session->peer, PAGE_ROOM);
    if (room && daffi_work_begin (core, self->session, 0))
        return true;
    refuse (self, DAFFI_BUSY, room ? daffi_work_refusal : "the answer finds no room");
    return false;
}

static void list_tasks (request_t *self)
{
    filter_t filter;
    const daffi_duty_t *page[PAGE_TASKS], *duty;
    const daffi_agenda_t *agenda = &self->core->tasks.agenda;
    daffi_now_t now = daffi_tasks_now (&self->core->tasks, self->core->now_ms);
    if (!may_list (self))
        return;
    read_filter (self, &filter);
    uint32_t slot = (uint32_t)filter.from, end = slot + PAGE_LOOKS, count = 0;
    while (count < PAGE_TASKS && slot < end &&
           (duty = daffi_agenda_from (agenda, &slot))) {
        if (!duty->fresh && (filter.ended || !daffi_duty_over (duty)) &&
            belongs (duty, filter.process))
            page[count++] = duty;
        slot++;
    }
    uint32_t looks = slot > filter.from ? slot - (uint32_t)filter.from : 0;
    (void)daffi_work_begin (self->core, self->session, looks / LOOKS_AN_ENTRY);
    daffi_buffer_t *out = &self->core->scratch;
    daffi_buffer_clear (out);
    daffi_write_map (out, 2);
    daffi_write_string (out, "tasks");
    daffi_write_array (out, count);
    for (uint32_t i = 0; i < count; i++) {
        daffi_write_map (out, TASK_KEYS);
        write_task (page[i], now, out);
    }
    daffi_write_string (out, "next");
    if (slot < agenda->slot_count)
        daffi_write_uint (out, slot);
    else
        daffi_write_nil (out);
    send_scratch (self);
}

//  --- one task -----------------------------------------------------------------------

static daffi_duty_t *find (const request_t *self)
{
    daffi_duty_t *duty =
        daffi_agenda_find (&self->core->tasks.agenda, argument (self, 0));
    return duty && !duty->fresh ? duty : NULL;
}

static void show_task (request_t *self)
{
    const daffi_duty_t *duty = find (self);
    daffi_buffer_t *out = &self->core->scratch;
    if (!duty) {
        refuse_task (self, DAFFI_NOT_FOUND, "there is no task ", "");
        return;
    }
    daffi_buffer_clear (out);
    daffi_write_map (out, TASK_KEYS + 1);
    write_task (duty, daffi_tasks_now (&self->core->tasks, self->core->now_ms), out);
    daffi_write_string (out, "history");
    daffi_write_array (out, duty->history_count);
    for (uint32_t i = 0; i < duty->history_count; i++)
        daffi_run_end_write (&duty->history[i], out);
    send_scratch (self);
}

static void answer (request_t *self, uint64_t ticket, const char *text)
{
    daffi_tasks_answer (self->core, self->session, self->header, ticket, text, NULL);
}

static void cancel_task (request_t *self)
{
    daffi_duty_t *duty = find (self);
    if (!duty || !belongs (duty, argument (self, 1))) {
        answer (self, 0, "unknown");
    } else if (daffi_duty_over (duty)) {
        answer (self, 0, "finished");
    } else if (daffi_tasks_writable (self->core, self->session, self->header)) {
        daffi_duty_cancel (duty);
        daffi_tasks_tell_ended (self->core, duty);
        answer (self, daffi_tasks_changed (self->core, duty, NULL), "cancelled");
    }
}

//  One that has not ended, or NULL and the answer is sent.
static daffi_duty_t *find_live (request_t *self)
{
    daffi_duty_t *duty = find (self);
    if (!duty)
        refuse_task (self, DAFFI_NOT_FOUND, "there is no task ", "");
    else if (daffi_duty_over (duty))
        refuse_task (self, DAFFI_INVALID, "the task ", " has ended");
    else if (daffi_tasks_writable (self->core, self->session, self->header))
        return duty;
    return NULL;
}

static void pause_task (request_t *self)
{
    daffi_duty_t *duty = find_live (self);
    if (!duty)
        return;
    daffi_duty_pause (duty);
    answer (self, daffi_tasks_changed (self->core, duty, NULL), "");
}

static void resume_task (request_t *self)
{
    daffi_duty_t *duty = find_live (self);
    if (!duty)
        return;
    daffi_duty_resume (duty, daffi_tasks_now (&self->core->tasks, self->core->now_ms));
    answer (self, daffi_tasks_changed (self->core, duty, NULL), "");
}

static void run_task (request_t *self)
{
    daffi_duty_t *duty = find_live (self);
    daffi_now_t now = daffi_tasks_now (&self->core->tasks, self->core->now_ms);
    if (!duty)
        return;
    daffi_status_t status = daffi_duty_run_now (duty, now);
    if (status == DAFFI_BUSY) {
        refuse_task (self, status, "a run of the task ", " has not ended");
        return;
    }
    uint64_t ticket = daffi_tasks_changed (self->core, duty, NULL);
    self->core->stats.task_runs += status == DAFFI_OK;
    if (!status)
        daffi_tasks_begin (self->core, duty, now.wall_ms, ticket);
    answer (self, ticket, "");
}

//  --- which --------------------------------------------------------------------------

typedef struct {
    const char *name;
    void (*handle) (request_t *request);
} function_t;

static const function_t functions[] = {
    {"$sys.tasks", list_tasks},        {"$sys.task", show_task},
    {"$sys.task.cancel", cancel_task}, {"$sys.task.pause", pause_task},
    {"$sys.task.resume", resume_task}, {"$sys.task.run", run_task}};

bool daffi_tasks_call (daffi_core_t *core, daffi_session_t *session,
                       const daffi_header_t *header, const daffi_body_t *body)
{
    request_t request = {core, session, header, daffi_value_nil ()};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (!daffi_text_equal (header->name, daffi_text_of (functions[i].name)))
            continue;
        if (body->size && (daffi_value_unpack (body->data, body->size, &request.args) ||
                           request.args.kind != DAFFI_KIND_ARRAY))
            refuse (&request, DAFFI_PROTOCOL, "the arguments are an array");
        else
            functions[i].handle (&request);
        return true;
    }
    return false;
}
