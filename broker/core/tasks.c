//  SPDX-License-Identifier: MPL-2.0
//  Tasks: the beginning and the end of all of them, and how one comes: SCHEDULE.

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

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
    self->caller = daffi_new_at_line (sizeof *self->caller);
    self->caller->number = ++core->last_session;
    self->caller->state = DAFFI_SESSION_READY;
    daffi_list_init (&self->caller->offers);
    daffi_list_init (&self->caller->placed);
    daffi_list_init (&self->caller->running);
    daffi_table_init (&self->caller->entries, core->entries_seed);
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
    daffi_table_done (&self->caller->entries);
    free (self->caller);
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
bool daffi_tasks_uuid_valid (daffi_text_t text)
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
    if (!daffi_tasks_uuid_valid (text))
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
    if (daffi_agenda_full (&core->tasks.agenda, daffi_duty_bytes (&plan, args.size))) {
        daffi_plan_done (&plan);
        refuse (core, session, header, DAFFI_BUSY,
                "this controller has no room for more tasks");
        return;
    }
    daffi_duty_t *duty = daffi_duty_new (
        uuid, header->name, daffi_session_name (session),
        all ? daffi_text ("", 0) : header->peer, all, &args, &plan, now);
    if (!duty) {
        refuse (core, session, header, DAFFI_NO_MEMORY, "no memory for the arguments");
        return;
    }
    duty->number = ++core->tasks.last_task;
    duty->body_size = body->size;
    uint64_t ticket = daffi_tasks_write (core, DAFFI_ROW_ADD, duty, body, NULL);
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
    daffi_tasks_trim (core);
    if (!daffi_entry_id_free (session, header->id)) {
        core->stats.malformed++;
        daffi_core_send_error (core, session, 0, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO,
                               daffi_text_of (core->name),
                               "a SCHEDULE with id 0, or with an id that is in flight");
    } else if (core->draining) {
        refuse (core, session, header, DAFFI_DRAINING, "the controller is stopping");
    } else if (!names_valid (header)) {
        refuse (core, session, header, DAFFI_INVALID,
                daffi_name_reserved (header->name)
                    ? "functions of the controller itself cannot be tasks"
                    : "not a name of a function or of a process");
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
