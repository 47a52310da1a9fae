//  SPDX-License-Identifier: MPL-2.0
//  Casts: fire and forget. Nobody is told how one ends, so nothing is kept of it.

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "inside.h"

typedef struct {
    daffi_mail_t mail;
    int64_t deadline_ms;
    daffi_packed_t body;
    char function[DAFFI_NAME_MAX + 1];
    char process[DAFFI_NAME_MAX + 1];
    char key[DAFFI_NAME_MAX + 1];
    uint8_t policy;
    uint8_t priority;
} cast_t;

static void set_options (daffi_node_t *self, daffi_header_t *header, const cast_t *cast)
{
    daffi_node_set_ttl (self, header, cast->deadline_ms);
    if (cast->policy) {
        header->present |= DAFFI_OPT_POLICY;
        header->policy = cast->policy;
    }
    if (cast->key[0]) {
        header->present |= DAFFI_OPT_KEY;
        header->key = daffi_text_of (cast->key);
    }
    if (cast->priority) {
        header->present |= DAFFI_OPT_PRIORITY;
        header->priority = cast->priority;
    }
}

//  Nobody is told; without a connection it is gone, as with any other loss.
void daffi_outgoing_cast (daffi_node_t *self, daffi_mail_t *mail)
{
    cast_t *cast = daffi_container (mail, cast_t, mail);
    if (self->link.welcomed && cast->deadline_ms > self->now_ms &&
        daffi_outbox_waiting (&self->outbox) <= DAFFI_QUEUE_MAX) {
        daffi_header_t header = {.type = DAFFI_RECORD_CAST,
                                 .name = daffi_text_of (cast->function),
                                 .peer = daffi_text_of (cast->process)};
        set_options (self, &header, cast);
        daffi_body_t body = daffi_packed_body (&cast->body);
        daffi_node_send (self, &header, &body, cast->deadline_ms, false);
    }
    daffi_packed_done (&cast->body);
    free (cast);
}

daffi_status_t daffi_node_cast (daffi_node_t *self, const char *function,
                                daffi_packed_t *body,
                                const daffi_call_options_t *options,
                                daffi_error_t *error)
{
    static const daffi_call_options_t defaults;
    options = options ? options : &defaults;
    daffi_status_t status = daffi_launch_check (function, options, error);
    if (!status && options->eta_ms)
        status = daffi_fail (error, DAFFI_INVALID,
                             "nothing keeps a cast until its eta; make it a call");
    if (!status)
        status = daffi_launch_check_offered (self, function, error);
    if (status) {
        daffi_packed_done (body);
        return status;
    }
    cast_t *cast = daffi_new (sizeof *cast);
    cast->mail.kind = DAFFI_MAIL_CAST;
    cast->body = *body;
    cast->deadline_ms = daffi_launch_deadline (options);
    cast->policy = (uint8_t)options->policy;
    cast->priority = options->priority;
    daffi_name_copy (cast->function, daffi_text_of (function));
    if (options->process)
        daffi_name_copy (cast->process, daffi_text_of (options->process));
    if (options->key)
        daffi_name_copy (cast->key, daffi_text_of (options->key));
    if (daffi_mailbox_post (&self->mailbox, &cast->mail.link))
        return DAFFI_OK;
    daffi_packed_done (&cast->body);
    free (cast);
    return daffi_fail (error, DAFFI_STOPPED, "the node has stopped");
}
