//  SPDX-License-Identifier: MPL-2.0
//  Whom a broadcast asks: everybody who offers the function, those of a group, or those
//  that it names.
//
//  Names stand at the front of the body, [[names], [arguments]], since a header could
//  not hold them; they are taken off here. What is large travels as a tail and is not
//  touched.

#include <stdlib.h>

#include "alloc.h"
#include "item.h"
#include "parts.h"

enum { TARGETS_MAX = 4096 };

static daffi_target_t *add (daffi_targets_t *self)
{
    if (self->count == self->room) {
        self->room = self->room ? 2 * self->room : 16;
        self->items = daffi_renew (self->items, self->room * sizeof *self->items);
    }
    daffi_target_t *target = &self->items[self->count++];
    memset (target, 0, sizeof *target);
    return target;
}

static void add_session (daffi_targets_t *self, daffi_session_t *session,
                         daffi_offer_t *offer)
{
    daffi_target_t *target = add (self);
    target->session = session;
    target->offer = offer;
    target->name = daffi_session_name (session);
}

static void add_missing (daffi_targets_t *self, daffi_text_t name,
                         daffi_status_t status)
{
    daffi_target_t *target = add (self);
    target->name = name;
    target->status = status;
    self->missing++;
}

static bool in_group (const daffi_session_t *session, daffi_text_t group)
{
    return !group.size ||
           daffi_name_in_group (daffi_text_of (session->process->name), group);
}

static void find_group (daffi_core_t *self, const daffi_header_t *header,
                        daffi_targets_t *out)
{
    daffi_offered_t *function = daffi_registry_function (self, header->name);
    for (uint32_t i = 0; function && i < function->count; i++)
        if (in_group (function->offers[i].session, header->peer))
            add_session (out, function->offers[i].session, function->offers[i].offer);
    if (!daffi_name_reserved (header->name))
        return;
    DAFFI_LIST_EACH (&self->sessions, link, follower) {
        daffi_session_t *session = daffi_container (link, daffi_session_t, link);
        if (session->state == DAFFI_SESSION_READY && in_group (session, header->peer))
            add_session (out, session, NULL);
    }
}

static void find_name (daffi_core_t *self, const daffi_header_t *header,
                       daffi_text_t name, daffi_targets_t *out)
{
    daffi_process_t *process = daffi_registry_process (self, name);
    daffi_session_t *session = process ? process->session : NULL;
    daffi_offer_t *offer;
    if (!session)
        add_missing (out, name, DAFFI_NO_PROCESS);
    else if (session->last_group == self->last_sequence)
        return;  //  it was named before
    else if (session->state == DAFFI_SESSION_DRAINING)
        add_missing (out, name, DAFFI_DRAINING);
    else if (!daffi_calls_offered (self, session, header->name, &offer))
        add_missing (out, name, DAFFI_NO_FUNCTION);
    else
        add_session (out, session, offer);
    if (session)
        session->last_group = self->last_sequence;
}

//  What stands behind the names. A body in a blob has to be one of its own.
static bool take_arguments (const daffi_body_t *body, const uint8_t *from,
                            daffi_targets_t *out)
{
    size_t size = (size_t)(body->data + body->size - from);
    out->body = daffi_body_borrowed (from, size);
    if (body->blob) {
        out->own = daffi_blob_copy (from, size);
        if (!out->own)
            return false;
        out->body = daffi_body_of (out->own);
    }
    out->body.tail = body->tail;
    return true;
}

static daffi_status_t find_named (daffi_core_t *self, const daffi_arrival_t *arrival,
                                  daffi_targets_t *out)
{
    const daffi_body_t *body = arrival->body;
    const uint8_t *end = body->data + body->size, *cursor = body->data;
    daffi_value_t pair, names, name;
    self->last_sequence++;
    if (!body->size || !(cursor = daffi_item_read (cursor, end, &pair)) ||
        pair.kind != DAFFI_KIND_ARRAY || pair.count != 2 ||
        !(cursor = daffi_item_read (cursor, end, &names)) ||
        names.kind != DAFFI_KIND_ARRAY)
        return DAFFI_INVALID;
    if (names.count > TARGETS_MAX)
        return DAFFI_TOO_BIG;
    for (uint32_t i = 0; i < names.count; i++) {
        cursor = daffi_item_read (cursor, end, &name);
        if (!cursor || name.kind != DAFFI_KIND_STRING ||
            !daffi_name_valid (daffi_text (name.as.string, name.size)))
            return DAFFI_INVALID;
        find_name (self, arrival->header, daffi_text (name.as.string, name.size), out);
    }
    return take_arguments (body, cursor, out) ? DAFFI_OK : DAFFI_NO_MEMORY;
}

daffi_status_t daffi_targets_find (daffi_core_t *self, const daffi_arrival_t *arrival,
                                   daffi_targets_t *out)
{
    memset (out, 0, sizeof *out);
    out->body = *arrival->body;
    if (arrival->header->present & DAFFI_OPT_PART)
        return find_named (self, arrival, out);
    find_group (self, arrival->header, out);
    return out->count > TARGETS_MAX ? DAFFI_TOO_BIG : DAFFI_OK;
}

void daffi_targets_done (daffi_targets_t *self)
{
    free (self->items);
    daffi_blob_unref (self->own);
}
