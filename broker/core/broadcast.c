//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts: one call given to every provider of a function.
//
//  The caller's id belongs to the GROUP; each provider runs a part of it under a token
//  of its own. Every part ends in one RESULT or ERROR towards the caller that is marked
//  as a part and names the process; the group ends with END, once no part is left. A
//  part does not wait for a place of its provider's capacity: the processes that are
//  asked are those that are there now, and none is left out since it is busy.

#include "state.h"

enum { TARGETS_MAX = 4096 };

static void end_group (daffi_core_t *self, daffi_entry_t *group)
{
    daffi_header_t header = {
        .type = DAFFI_RECORD_END, .id = group->id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    daffi_core_send (self, group->owner, &header, &nothing, DAFFI_NEVER);
    self->stats.groups--;
    daffi_entry_free (self, group);
}

static void give_part (daffi_core_t *self, daffi_entry_t *group,
                       const daffi_arrival_t *arrival, daffi_session_t *provider)
{
    daffi_entry_t *part = daffi_entry_new_part (self, group);
    daffi_text_t name = daffi_session_name (provider);
    if (!part)
        return;
    daffi_text_t function = arrival->header->name;
    if (self->output.fits (self->output.context, provider->peer,
                           daffi_body_size (arrival->body))) {
        daffi_calls_give (self, part, provider, function, arrival->body);
        return;
    }
    daffi_core_fail (self, part, DAFFI_BUSY, DAFFI_EXECUTED_NO, name,
                     "the process is too far behind with reading");
    daffi_entry_free (self, part);
}

void daffi_broadcast_call (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_offered_t *function = daffi_registry_function (self, arrival->header->name);
    uint32_t count = function ? function->count : 0;
    if (count == 0 || count > TARGETS_MAX) {
        daffi_calls_refuse (self, arrival,
                            count            ? DAFFI_TOO_BIG
                            : self->settling ? DAFFI_BUSY
                                             : DAFFI_NO_FUNCTION,
                            count            ? "more than 4,096 processes offer it"
                            : self->settling ? "the controller has just started"
                                             : "no process offers it");
        return;
    }
    daffi_entry_t *group = daffi_calls_accept (self, arrival);
    if (!group)
        return;
    group->state = DAFFI_ENTRY_GROUP;
    group->wanted = arrival->header->all;
    daffi_list_init (&group->parts);
    self->stats.groups++;
    for (uint32_t i = 0; i < count; i++)
        give_part (self, group, arrival, function->offers[i]->session);
    if (daffi_list_empty (&group->parts))
        end_group (self, group);
}

//  The parts that still run are told to stop; with a status, the caller is told of
//  each.
static void give_up_parts (daffi_core_t *self, daffi_entry_t *group,
                           daffi_status_t status, const char *text)
{
    DAFFI_LIST_EACH (&group->parts, link, follower) {
        daffi_entry_t *part = daffi_container (link, daffi_entry_t, of_owner);
        if (status)
            daffi_core_fail (self, part, status, DAFFI_EXECUTED_MAYBE,
                             daffi_session_name (part->provider), text);
        daffi_calls_abandon (self, part);
    }
}

void daffi_broadcast_part_done (daffi_core_t *self, daffi_entry_t *group, bool success)
{
    if (success && group->wanted && --group->wanted == 0)
        give_up_parts (self, group, DAFFI_CANCELLED,
                       "enough other processes have answered");
    if (daffi_list_empty (&group->parts))
        end_group (self, group);
}

void daffi_broadcast_expire (daffi_core_t *self, daffi_entry_t *group)
{
    give_up_parts (self, group, DAFFI_TIMEOUT, "no answer before the deadline");
    end_group (self, group);
}

void daffi_broadcast_cancel (daffi_core_t *self, daffi_entry_t *group)
{
    give_up_parts (self, group, DAFFI_CANCELLED, "cancelled by order");
    end_group (self, group);
}

void daffi_broadcast_give_up (daffi_core_t *self, daffi_entry_t *group)
{
    give_up_parts (self, group, DAFFI_OK, NULL);
    self->stats.groups--;
    daffi_entry_free (self, group);
}
