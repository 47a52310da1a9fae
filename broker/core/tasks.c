//  SPDX-License-Identifier: MPL-2.0
//  Tasks: how they come, change, and get onto the disk.

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "state.h"

void daffi_tasks_init (daffi_core_t *core, const daffi_core_tasks_output_t *output)
{
    daffi_core_tasks_t *self = &core->tasks;
    self->output = *output;
    daffi_agenda_init (&self->agenda, output->zone, core->output.random,
                       core->output.context);
    daffi_table_init (&self->runs, core->output.random (core->output.context));
    daffi_list_init (&self->ended);
    daffi_list_init (&self->unwritten);
    daffi_list_init (&self->asking);
    daffi_list_init (&self->subscribers);
    self->caller = daffi_new (sizeof *self->caller);
    self->caller->number = ++core->last_session;
    self->caller->state = DAFFI_SESSION_READY;
    daffi_list_init (&self->caller->offers);
    daffi_list_init (&self->caller->placed);
    daffi_list_init (&self->caller->running);
}

void daffi_tasks_close (daffi_core_t *core)
{
    daffi_calls_owner_gone (core, core->tasks.caller);
    while (!daffi_list_empty (&core->tasks.ended))
        daffi_tasks_tick (core);
}

void daffi_tasks_done (daffi_core_t *core)
{
    daffi_core_tasks_t *self = &core->tasks;
    DAFFI_LIST_EACH (&self->unwritten, link, follower)
        free (daffi_container (link, daffi_unwritten_t, link));
    for (size_t i = 0; i < self->runs.capacity; i++)
        free (self->runs.slots[i].value);
    daffi_table_done (&self->runs);
    daffi_agenda_done (&self->agenda);
    free (self->caller);
}

//  --- the disk -----------------------------------------------------------------------

//  Returns the ticket; 0: there is no store, or it is broken.
static uint64_t write (daffi_core_t *core, daffi_row_change_t change,
                       const daffi_duty_t *duty, const daffi_body_t *plan)
{
    daffi_core_tasks_t *self = &core->tasks;
    daffi_buffer_t state;
    if (!self->output.store || self->broken)
        return 0;
    daffi_buffer_init (&state);
    if (change != DAFFI_ROW_REMOVE)
        daffi_duty_write (duty, daffi_tasks_now (self, core->now_ms), &state);
    daffi_row_t row = {.uuid = duty->uuid,
                       .function = duty->function,
                       .owner = duty->owner,
                       .process = duty->process,
                       .all = duty->all,
                       .plan = plan ? plan->data : NULL,
                       .plan_size = plan ? plan->size : 0,
                       .state = state.data,
                       .state_size = state.size};
    uint64_t ticket = ++self->last_ticket;
    self->output.store (core->output.context, ticket, change, &row);
    daffi_buffer_done (&state);
    return ticket;
}

static void trim (daffi_core_t *core)
{
    daffi_duty_t *duty;
    while ((duty = daffi_agenda_surplus (&core->tasks.agenda))) {
        write (core, DAFFI_ROW_REMOVE, duty, NULL);
        daffi_agenda_remove (&core->tasks.agenda, duty);
    }
}

uint64_t daffi_tasks_changed (daffi_core_t *core, daffi_duty_t *duty)
{
    if (daffi_duty_finish (duty))
        daffi_tasks_tell_ended (core, duty);
    daffi_agenda_arm (&core->tasks.agenda, duty);
    return write (core, DAFFI_ROW_STATE, duty, NULL);
}

bool daffi_tasks_writable (daffi_core_t *core, daffi_session_t *session,
                           const daffi_header_t *header)
{
    const daffi_core_tasks_t *self = &core->tasks;
    if (!self->broken)
        return true;
    daffi_core_send_error (
        core, session, header->id, self->broken, DAFFI_EXECUTED_NO,
        daffi_text_of (core->name),
        "the store of tasks takes no changes until the controller is "
        "started again: %s",
        self->broken_text);
    return false;
}

static void send_answer (daffi_core_t *core, daffi_session_t *session, uint64_t id,
                         const char *answer)
{
    daffi_buffer_clear (&core->scratch);
    if (answer[0])
        daffi_write_string (&core->scratch, answer);
    else
        daffi_write_nil (&core->scratch);
    daffi_core_send_scratch (core, session, id);
}

void daffi_tasks_answer (daffi_core_t *core, daffi_session_t *session,
                         const daffi_header_t *header, uint64_t ticket,
                         const char *answer, daffi_duty_t *fresh)
{
    if (!ticket) {
        send_answer (core, session, header->id, answer);
        return;
    }
    daffi_unwritten_t *waiting = daffi_new (sizeof *waiting);
    daffi_entry_t *entry = daffi_entry_new (core, session, header->id,
                                            daffi_calls_deadline (core, header));
    waiting->ticket = ticket;
    waiting->fresh = fresh;
    snprintf (waiting->answer, sizeof waiting->answer, "%s", answer);
    daffi_list_append (&core->tasks.unwritten, &waiting->link);
    if (!entry)
        return;  //  no room to wait: the deadline answers
    entry->state = DAFFI_ENTRY_WRITING;
    daffi_list_append (&core->tasks.asking, &entry->of_place.link);
    daffi_entry_give_token (core, entry);
    waiting->token = entry->token;
}

//  What waited for the disk is not going to be there.
static void unwritten_failed (daffi_core_t *core, const daffi_unwritten_t *waiting,
                              daffi_entry_t *entry)
{
    const daffi_core_tasks_t *self = &core->tasks;
    daffi_run_t *run = daffi_table_get (&self->runs, 0, waiting->run);
    if (run)
        daffi_tasks_fail_run (core, run, self->broken, self->broken_text);
    if (entry)
        daffi_core_send_error (
            core, entry->owner, entry->id, self->broken,
            waiting->fresh ? DAFFI_EXECUTED_NO : DAFFI_EXECUTED_MAYBE,
            daffi_text_of (core->name),
            waiting->fresh ? "not written to the store: %s"
                           : "done, but not written to the store: %s",
            self->broken_text);
    if (waiting->fresh)
        daffi_agenda_remove (&core->tasks.agenda, waiting->fresh);
}

static void written (daffi_core_t *core, const daffi_unwritten_t *waiting,
                     daffi_entry_t *entry)
{
    daffi_run_t *run = daffi_table_get (&core->tasks.runs, 0, waiting->run);
    if (waiting->fresh) {
        waiting->fresh->fresh = false;
        daffi_agenda_arm (&core->tasks.agenda, waiting->fresh);
    }
    if (run)
        daffi_tasks_give (core, run);
    if (entry)
        send_answer (core, entry->owner, entry->id, waiting->answer);
}

void daffi_core_written (daffi_core_t *self, uint64_t ticket, daffi_status_t status,
                         const char *text, int64_t now_ms)
{
    daffi_core_tasks_t *tasks = &self->tasks;
    self->now_ms = now_ms > self->now_ms ? now_ms : self->now_ms;
    if (status && !tasks->broken) {
        tasks->broken = status;
        snprintf (tasks->broken_text, sizeof tasks->broken_text, "%s", text);
        daffi_log (&self->log, DAFFI_LOG_ERROR, "tasks.read_only", "reason=\"%s\"",
                   text);
    }
    DAFFI_LIST_EACH (&tasks->unwritten, link, follower) {
        daffi_unwritten_t *waiting = daffi_container (link, daffi_unwritten_t, link);
        if (waiting->ticket > ticket && !tasks->broken)
            break;
        daffi_link_remove (&waiting->link);
        daffi_entry_t *entry =
            waiting->token ? daffi_entry_by_token (self, NULL, waiting->token) : NULL;
        if (status)
            unwritten_failed (self, waiting, entry);
        else
            written (self, waiting, entry);
        if (entry)
            daffi_entry_free (self, entry);
        free (waiting);
    }
}

//  --- SCHEDULE -----------------------------------------------------------------------

static void refuse (daffi_core_t *core, daffi_session_t *session,
                    const daffi_header_t *header, daffi_status_t status,
                    const char *text)
{
    core->stats.refused++;
    daffi_core_send_error (core, session, header->id, status, DAFFI_EXECUTED_NO,
                           daffi_text_of (core->name), "%s", text);
}

//  Lower-case hexadecimal digits and dashes where RFC 4122 has them.
static bool uuid_valid (daffi_text_t text)
{
    if (text.size != DAFFI_UUID_SIZE - 1)
        return false;
    for (uint32_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static void make_uuid (daffi_core_t *core, char *out)
{
    uint64_t high = core->output.random (core->output.context);
    uint64_t low = core->output.random (core->output.context);
    snprintf (out, DAFFI_UUID_SIZE, "%08x-%04x-4%03x-%04x-%012llx",
              (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
              (unsigned)(high & 0xfff), (unsigned)((low >> 48 & 0x3fff) | 0x8000),
              (unsigned long long)(low & 0xffffffffffff));
}

//  The uuid that the sender wishes, or a new one.
static bool choose_uuid (daffi_core_t *core, const daffi_value_t *map, char *out)
{
    daffi_value_t value;
    if (daffi_value_find (map, "uuid", &value) || value.kind == DAFFI_KIND_NIL) {
        make_uuid (core, out);
        return true;
    }
    daffi_text_t text = daffi_value_text_of (&value);
    if (!uuid_valid (text))
        return false;
    memcpy (out, text.data, text.size);
    out[text.size] = 0;
    return true;
}

//  The arguments: an array, or nil. True: refused.
static bool bad_args (daffi_core_t *core, daffi_session_t *session,
                      const daffi_header_t *header, const daffi_value_t *map,
                      daffi_value_t *args)
{
    *args = daffi_value_nil ();
    bool there = !daffi_value_find (map, "args", args);
    if (there && args->kind != DAFFI_KIND_ARRAY && args->kind != DAFFI_KIND_NIL)
        refuse (core, session, header, DAFFI_INVALID, "args: an array was expected");
    else if (there && args->size > DAFFI_TASK_ARGS_MAX)
        refuse (core, session, header, DAFFI_TOO_BIG,
                "the arguments of a task are at most 1 MiB");
    else if (daffi_agenda_full (&core->tasks.agenda, args->size))
        refuse (core, session, header, DAFFI_BUSY,
                "this controller has no room for more tasks");
    else
        return false;
    return true;
}

//  The same record again is answered again.
static void again (daffi_core_t *core, daffi_session_t *session,
                   const daffi_header_t *header, const daffi_duty_t *duty)
{
    if (!daffi_text_equal (daffi_text_of (duty->owner), daffi_session_name (session)) ||
        !daffi_text_equal (daffi_text_of (duty->function), header->name))
        refuse (core, session, header, DAFFI_EXISTS, "another task has this uuid");
    else
        daffi_tasks_answer (core, session, header,
                            core->tasks.output.store ? core->tasks.last_ticket : 0,
                            duty->uuid, NULL);
}

static void accept (daffi_core_t *core, daffi_session_t *session,
                    const daffi_header_t *header, const daffi_body_t *body,
                    const daffi_value_t *map, const char *uuid)
{
    daffi_plan_t plan;
    daffi_value_t args;
    daffi_error_t error;
    daffi_now_t now = daffi_tasks_now (&core->tasks, core->now_ms);
    bool all = header->present & DAFFI_OPT_ALL;
    if (bad_args (core, session, header, map, &args))
        return;
    if (daffi_plan_read (&plan, map, &core->tasks.agenda.zones, now, false, &error)) {
        refuse (core, session, header, error.status, error.text);
        return;
    }
    daffi_duty_t *duty = daffi_duty_new (
        uuid, header->name, daffi_session_name (session),
        all ? daffi_text ("", 0) : header->peer, all, &args, &plan, now);
    if (!duty) {
        refuse (core, session, header, DAFFI_NO_MEMORY, "no memory for the arguments");
        return;
    }
    uint64_t ticket = write (core, DAFFI_ROW_ADD, duty, body);
    duty->fresh = ticket != 0;
    daffi_agenda_add (&core->tasks.agenda, duty);
    daffi_tasks_answer (core, session, header, ticket, uuid, ticket ? duty : NULL);
}

static bool names_valid (const daffi_header_t *header)
{
    bool all = header->present & DAFFI_OPT_ALL;
    return daffi_name_valid (header->name) &&
           (all || !header->peer.size ||
            (daffi_name_valid (header->peer) && !daffi_name_reserved (header->peer))) &&
           !(daffi_name_reserved (header->name) &&
             (header->name.size < 6 || memcmp (header->name.data, "$node.", 6) != 0));
}

static void schedule (daffi_core_t *core, daffi_session_t *session,
                      const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_value_t map;
    char uuid[DAFFI_UUID_SIZE];
    if (daffi_value_unpack (body->data, body->size, &map) || map.kind != DAFFI_KIND_MAP)
        refuse (core, session, header, DAFFI_PROTOCOL, "the body of SCHEDULE is a map");
    else if (!choose_uuid (core, &map, uuid))
        refuse (core, session, header, DAFFI_INVALID, "uuid: RFC 4122 was expected");
    else if (daffi_agenda_find (&core->tasks.agenda, daffi_text_of (uuid)))
        again (core, session, header,
               daffi_agenda_find (&core->tasks.agenda, daffi_text_of (uuid)));
    else
        accept (core, session, header, body, &map, uuid);
}

//  A body in two parts is put together.
static void join_and_schedule (daffi_core_t *core, daffi_session_t *session,
                               const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_buffer_t whole;
    if (!body->tail) {
        schedule (core, session, header, body);
        return;
    }
    daffi_buffer_init (&whole);
    daffi_buffer_append (&whole, body->data, body->size);
    daffi_buffer_append (&whole, body->tail->data, body->tail->size);
    daffi_body_t joined = daffi_body_borrowed (whole.data, whole.size);
    if (whole.failed)
        refuse (core, session, header, DAFFI_NO_MEMORY, "no memory for the task");
    else
        schedule (core, session, header, &joined);
    daffi_buffer_done (&whole);
}

void daffi_tasks_schedule (daffi_core_t *core, daffi_session_t *session,
                           const daffi_header_t *header, const daffi_body_t *body)
{
    enum { BODY_MAX = 2 << 20 };
    trim (core);
    if (!daffi_entry_id_free (core, session, header->id)) {
        core->stats.malformed++;
        daffi_core_send_error (core, session, 0, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO,
                               daffi_text_of (core->name),
                               "a SCHEDULE with id 0, or with an id that is in flight");
    } else if (core->draining) {
        refuse (core, session, header, DAFFI_DRAINING, "the controller is stopping");
    } else if (!names_valid (header)) {
        refuse (core, session, header, DAFFI_INVALID,
                "not a name of a function or of a process");
    } else if (session->placed_count >= core->calls_max) {
        refuse (core, session, header, DAFFI_BUSY,
                "too many calls of this process are in flight");
    } else if (daffi_body_size (body) > BODY_MAX) {
        refuse (core, session, header, DAFFI_TOO_BIG,
                "the arguments of a task are at most 1 MiB");
    } else if (daffi_tasks_writable (core, session, header)) {
        join_and_schedule (core, session, header, body);
    }
}

//  --- after a start ------------------------------------------------------------------

static daffi_duty_t *read_row (daffi_core_t *core, const daffi_row_t *row,
                               daffi_now_t now)
{
    daffi_value_t map, args = daffi_value_nil ();
    daffi_plan_t plan;
    daffi_error_t error;
    if (!uuid_valid (daffi_text_of (row->uuid)) ||
        daffi_agenda_find (&core->tasks.agenda, daffi_text_of (row->uuid)) ||
        daffi_value_unpack (row->plan, row->plan_size, &map) ||
        map.kind != DAFFI_KIND_MAP ||
        daffi_plan_read (&plan, &map, &core->tasks.agenda.zones, now, true, &error))
        return NULL;
    if (daffi_value_find (&map, "args", &args))
        args = daffi_value_nil ();
    daffi_duty_t *duty = daffi_duty_new (
        row->uuid, daffi_text_of (row->function), daffi_text_of (row->owner),
        daffi_text_of (row->process), row->all, &args, &plan, now);
    if (duty && daffi_duty_read (duty, row->state, row->state_size, now))
        daffi_duty_destroy (&duty);
    return duty;
}

daffi_status_t daffi_core_restore (daffi_core_t *self, const daffi_row_t *row)
{
    daffi_now_t now = daffi_tasks_now (&self->tasks, self->now_ms);
    daffi_duty_t *duty = read_row (self, row, now);
    int64_t moment_ms;
    if (!duty)
        return DAFFI_PROTOCOL;
    daffi_agenda_add (&self->tasks.agenda, duty);
    bool begins = daffi_duty_wait_over (duty, now, &moment_ms);
    if (duty->lost || begins) {
        uint64_t ticket = daffi_tasks_changed (self, duty);
        if (begins)
            daffi_tasks_begin (self, duty, moment_ms, ticket);
    }
    return DAFFI_OK;
}

void daffi_core_set_wall (daffi_core_t *self, int64_t now_ms, int64_t wall_ms)
{
    self->tasks.wall_offset_ms = wall_ms - now_ms;
    daffi_agenda_look (&self->tasks.agenda, daffi_tasks_now (&self->tasks, now_ms));
}
