//  SPDX-License-Identifier: MPL-2.0
//  What leaves the core. Here alone the output's send is called, so that nothing goes
//  to a session that is being ended, or after the core was closed.

#include <stdarg.h>
#include <stdio.h>

#include "parts.h"

static void send_to (daffi_core_t *self, daffi_session_t *to,
                     const daffi_header_t *header, const daffi_body_t *body,
                     int64_t deadline_ms, bool control)
{
    if (to == self->tasks.caller) {
        daffi_tasks_receive (self, header, body);
        return;
    }
    to->spoke_ms = self->now_ms;
    if (!self->closed && !to->gone)
        self->output.send (self->output.context, to->peer, header, body, deadline_ms,
                           control);
}

void daffi_core_send (daffi_core_t *self, daffi_session_t *to,
                      const daffi_header_t *header, const daffi_body_t *body,
                      int64_t deadline_ms)
{
    send_to (self, to, header, body, deadline_ms, false);
}

//  A record whose body stands in the scratch buffer.
static void send_scratch (daffi_core_t *self, daffi_session_t *to,
                          const daffi_header_t *header, bool control)
{
    daffi_header_t out = *header;
    daffi_body_t body = daffi_body_borrowed (self->scratch.data, self->scratch.size);
    if (self->scratch.failed) {
        //  no memory for the body: who waits for an answer still gets one
        body = daffi_body_borrowed (NULL, 0);
        if (header->type != DAFFI_RECORD_ERROR) {
            out.type = DAFFI_RECORD_ERROR;
            out.status = DAFFI_NO_MEMORY;
            out.present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED;
        }
    }
    send_to (self, to, &out, &body, DAFFI_NEVER, control);
}

void daffi_core_send_control (daffi_core_t *self, daffi_session_t *to,
                              daffi_record_type_t type, uint64_t id, daffi_text_t peer)
{
    daffi_header_t header = {
        .type = (uint8_t)type, .id = id, .peer = peer, .ttl_ms = DAFFI_TTL_NONE};
    send_scratch (self, to, &header, true);
}

void daffi_core_send_scratch (daffi_core_t *self, daffi_session_t *to, uint64_t id)
{
    daffi_header_t header = {.type = DAFFI_RECORD_RESULT,
                             .id = id,
                             .peer = daffi_text_of (self->name),
                             .ttl_ms = DAFFI_TTL_NONE};
    send_scratch (self, to, &header, false);
}

static void send_error (daffi_core_t *self, daffi_session_t *to, uint64_t id,
                        daffi_status_t status, daffi_executed_t executed,
                        daffi_text_t process, const char *text, uint32_t present)
{
    daffi_header_t header = {.type = DAFFI_RECORD_ERROR,
                             .status = (uint8_t)status,
                             .executed = (uint8_t)executed,
                             .present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED | present,
                             .id = id,
                             .peer = process,
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_buffer_clear (&self->scratch);
    daffi_write_string (&self->scratch, text);
    send_scratch (self, to, &header, false);
}

void daffi_core_fail (daffi_core_t *self, const daffi_entry_t *entry,
                      daffi_status_t status, daffi_executed_t executed,
                      daffi_text_t process, const char *text)
{
    send_error (self, entry->owner, entry->id, status, executed, process, text,
                entry->group ? DAFFI_OPT_PART : 0);
    daffi_monitor_ended (self, entry, status);
}

void daffi_core_send_error (daffi_core_t *self, daffi_session_t *to, uint64_t id,
                            daffi_status_t status, daffi_executed_t executed,
                            daffi_text_t process, const char *format, ...)
{
    char text[DAFFI_TEXT_MAX + 1];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    send_error (self, to, id, status, executed, process, text, 0);
}
