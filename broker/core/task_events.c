//  SPDX-License-Identifier: MPL-2.0
//  Who is told how tasks go: their owners, and those that want to hear of all.

#include "parts.h"

//  Three names, an error's text and the rest.
enum { EVENT_ROOM = 1024, TYPE_LOST = 5, TYPE_FAILED = 6, TYPE_ENDED = 7 };

static void send_event (daffi_core_t *core, daffi_session_t *to, int type,
                        const daffi_duty_t *duty, const daffi_run_end_t *end)
{
    daffi_buffer_t *out = &core->scratch;
    daffi_buffer_clear (out);
    daffi_write_map (out, 9);
    daffi_write_key_int (out, "type", type);
    daffi_write_key_string (out, "uuid", duty ? duty->uuid : "");
    daffi_write_key_string (out, "function", duty ? duty->function : "");
    daffi_write_key_string (out, "owner", duty ? duty->owner : "");
    daffi_write_key_int (out, "due_ms", end->due_ms);
    daffi_write_key_string (out, "process", end->process);
    daffi_write_key_int (out, "status", end->status);
    daffi_write_key_int (out, "executed", end->executed);
    daffi_write_key_string (out, "text", end->text);
    daffi_core_send_control (core, to, DAFFI_RECORD_EVENT, to->task_subscription,
                             daffi_text ("", 0));
}

static void tell (daffi_core_t *core, int type, const daffi_duty_t *duty,
                  const daffi_run_end_t *end)
{
    static const daffi_run_end_t nothing = {.process = "", .text = ""};
    DAFFI_LIST_EACH (&core->tasks.subscribers, link, follower) {
        daffi_session_t *to = daffi_container (link, daffi_session_t, task_subscriber);
        if (!to->tasks_of_all &&
            !daffi_text_equal (daffi_session_name (to), daffi_text_of (duty->owner)))
            continue;
        if (!core->output.fits (core->output.context, to->peer, 2 * EVENT_ROOM)) {
            to->tasks_behind = true;
            continue;
        }
        if (to->tasks_behind)
            send_event (core, to, TYPE_LOST, NULL, &nothing);
        to->tasks_behind = false;
        send_event (core, to, type, duty, end);
    }
}

void daffi_tasks_tell_failed (daffi_core_t *core, const daffi_duty_t *duty,
                              const daffi_run_end_t *end)
{
    daffi_log (&core->log, DAFFI_LOG_INFO, "task.failed",
               "uuid=%s function=%s status=%s", duty->uuid, duty->function,
               daffi_status_name (end->status));
    tell (core, TYPE_FAILED, duty, end);
}

void daffi_tasks_tell_ended (daffi_core_t *core, const daffi_duty_t *duty)
{
    daffi_run_end_t end = {
        .status = duty->state == DAFFI_TASK_CANCELLED ? DAFFI_CANCELLED : DAFFI_OK,
        .process = "",
        .text = ""};
    tell (core, TYPE_ENDED, duty, &end);
}

void daffi_tasks_subscribe (daffi_core_t *core, daffi_session_t *session,
                            const daffi_header_t *header)
{
    daffi_link_remove (&session->task_subscriber);
    session->task_subscription = header->id;
    session->tasks_of_all = header->present & DAFFI_OPT_ALL;
    session->tasks_behind = false;
    if (header->id == 0)
        return;
    daffi_list_append (&core->tasks.subscribers, &session->task_subscriber);
    daffi_buffer_clear (&core->scratch);
    daffi_write_nil (&core->scratch);
    daffi_core_send_control (core, session, DAFFI_RECORD_RESULT, header->id,
                             daffi_text_of (core->name));
}
