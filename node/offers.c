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
    daffi_offer_body_t what;
    char texts[];
} offer_t;

static daffi_text_t place (char **cursor, daffi_text_t text)
{
    if (text.size)
        memcpy (*cursor, text.data, text.size);
    text.data = *cursor;
    *cursor += text.size;
    return text;
}

void daffi_offers_post (daffi_node_t *self, daffi_mail_kind_t kind,
                        const daffi_offer_body_t *what)
{
    size_t room = what->name.size + what->signature.size + what->doc.size;
    offer_t *offer = daffi_new (sizeof *offer + room);
    char *cursor = offer->texts;
    offer->mail.kind = kind;
    offer->what.name = place (&cursor, what->name);
    offer->what.signature = place (&cursor, what->signature);
    offer->what.doc = place (&cursor, what->doc);
    offer->what.limit = what->limit;
    if (!daffi_mailbox_post (&self->mailbox, &offer->mail.link))
        free (offer);
}

static void tell (daffi_node_t *self, const offer_t *offer)
{
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    if (offer->mail.kind == DAFFI_MAIL_ADD)
        daffi_write_add (&out, &offer->what);
    else
        daffi_write_remove (&out, offer->what.name);
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
