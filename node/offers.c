//  SPDX-License-Identifier: MPL-2.0
//  What the controller is told about this node's functions between one HELLO and the
//  next.
//
//  HELLO tells all there is when it is written. What changes before its WELCOME comes
//  is kept and told after that: else it would be told by nobody.

#include <stdlib.h>

#include "alloc.h"
#include "inside.h"

typedef struct {
    daffi_mail_t mail;
    char name[DAFFI_NAME_MAX + 1];
    char signature[];
} offer_t;

void daffi_offers_post (daffi_node_t *self, daffi_mail_kind_t kind, const char *name,
                        const char *signature)
{
    size_t size = signature ? strlen (signature) : 0;
    offer_t *offer = daffi_new (sizeof *offer + size + 1);
    offer->mail.kind = kind;
    daffi_name_copy (offer->name, daffi_text_of (name));
    if (size)
        memcpy (offer->signature, signature, size);
    if (!daffi_mailbox_post (&self->mailbox, &offer->mail.link))
        free (offer);
}

static void tell (daffi_node_t *self, const offer_t *offer)
{
    daffi_buffer_t out;
    daffi_text_t name = daffi_text_of (offer->name);
    daffi_buffer_init (&out);
    if (offer->mail.kind == DAFFI_MAIL_ADD)
        daffi_write_add (&out, name, daffi_text_of (offer->signature));
    else
        daffi_write_remove (&out, name);
    daffi_header_t header = {.type = DAFFI_RECORD_UPDATE, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_body_borrowed (out.data, out.size);
    if (!out.failed)
        daffi_node_send (self, &header, &body, DAFFI_NEVER, false);
    daffi_buffer_done (&out);
}

void daffi_offers_update (daffi_node_t *self, daffi_mail_t *mail)
{
    offer_t *offer = daffi_container (mail, offer_t, mail);
    if (!self->link.welcomed && self->link.hello_id) {
        daffi_list_append (&self->late_offers, &mail->link);
        return;
    }
    if (self->link.welcomed)
        tell (self, offer);
    free (offer);
}

void daffi_offers_welcomed (daffi_node_t *self)
{
    DAFFI_LIST_EACH (&self->late_offers, link, follower) {
        offer_t *offer = daffi_container (link, offer_t, mail.link);
        tell (self, offer);
        daffi_link_remove (link);
        free (offer);
    }
}

void daffi_offers_forget (daffi_node_t *self)
{
    DAFFI_LIST_EACH (&self->late_offers, link, follower) {
        daffi_link_remove (link);
        free (daffi_container (link, offer_t, mail.link));
    }
}
