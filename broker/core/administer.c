//  SPDX-License-Identifier: MPL-2.0
//  $sys.cancel: somebody ends a call of another process.
//
//  The caller is told with CANCELLED, as if it had cancelled the call itself: a call
//  that runs ends when its provider has said whether it had begun.

#include "parts.h"

//  The two arguments: a process and the id that it gave its call.
static bool read_target (const daffi_body_t *body, daffi_text_t *process, uint64_t *id)
{
    daffi_value_t args, first, second;
    if (body->tail || daffi_value_unpack (body->data, body->size, &args) ||
        daffi_value_item (&args, 0, &first) || daffi_value_item (&args, 1, &second) ||
        first.kind != DAFFI_KIND_STRING || daffi_value_get_uint (&second, id))
        return false;
    *process = daffi_text (first.as.string, first.size);
    return daffi_name_valid (*process);
}

static daffi_entry_t *find (daffi_core_t *self, daffi_text_t name, uint64_t id)
{
    daffi_process_t *process = daffi_registry_process (self, name);
    return process && process->session ? daffi_entry_of (process->session, id) : NULL;
}

static void refuse (daffi_core_t *self, const daffi_arrival_t *arrival,
                    daffi_status_t status, const char *text)
{
    daffi_core_send_error (self, arrival->caller, arrival->header->id, status,
                           DAFFI_EXECUTED_NO, daffi_text_of (self->name), "%s", text);
}

void daffi_administer_cancel (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_text_t name;
    uint64_t id;
    if (!read_target (arrival->body, &name, &id)) {
        refuse (self, arrival, DAFFI_INVALID,
                "$sys.cancel wants a process and the id of a call of it, as $sys.calls "
                "tells them");
        return;
    }
    daffi_entry_t *entry = find (self, name, id);
    if (!entry || !daffi_calls_end (self, entry)) {
        refuse (self, arrival, DAFFI_NOT_FOUND, "no such call is in flight");
        return;
    }
    daffi_buffer_clear (&self->scratch);
    daffi_write_bool (&self->scratch, true);
    daffi_introspect_answer (self, arrival);
}
