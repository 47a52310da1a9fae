//  SPDX-License-Identifier: MPL-2.0
//  How far a call has come, from its provider to its caller.
//
//  A report is worth nothing later: one that does not fit is dropped, and so is one
//  that nobody waits for.

#include "parts.h"

void daffi_progress_pass (daffi_core_t *self, daffi_session_t *session,
                          const daffi_header_t *header, const daffi_body_t *body)
{
    daffi_entry_t *entry = daffi_entry_by_token (self, session, header->id);
    size_t size = daffi_body_size (body);
    //  nobody looks at the progress of a task's run
    if (!entry || entry->state != DAFFI_ENTRY_RUNNING || size > DAFFI_PROGRESS_MAX ||
        entry->owner == self->tasks.caller ||
        !self->output.fits (self->output.context, entry->owner->peer, size)) {
        self->stats.late++;
        return;
    }
    daffi_header_t out = {.type = DAFFI_RECORD_PROGRESS,
                          .id = entry->id,
                          .peer = daffi_session_name (session),
                          .present = entry->group ? DAFFI_OPT_PART : 0,
                          .ttl_ms = DAFFI_TTL_NONE};
    daffi_core_send (self, entry->owner, &out, body, DAFFI_NEVER);
}
