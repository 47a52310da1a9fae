//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts: one call given to every provider of a function.
//
//  The caller's id belongs to the GROUP; each provider runs a part of it under a token
//  of its own. Every part ends in one RESULT or ERROR towards the caller that is marked
//  as a part and names the process; the group ends with END, once no part is left. A
//  part does not wait for a place of its provider's capacity: the processes that are
//  asked are those that are there now, and none is left out since it is busy. One that
//  answers nothing is given so many beyond its capacity as a node may have in flight;
//  what was given up would pile up there without end.

#include "parts.h"

static void end_group (daffi_core_t *self, daffi_entry_t *group)
{
    daffi_header_t header = {
        .type = DAFFI_RECORD_END, .id = group->id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    daffi_core_send (self, group->owner, &header, &nothing, DAFFI_NEVER);
    self->stats.groups--;
    daffi_entry_free (self, group);
}

static bool takes_parts (const daffi_core_t *self, const daffi_session_t *session)
{
    return session->running_count < session->capacity + self->calls_max;
}

static void fail_part (daffi_core_t *self, const daffi_entry_t *part,
                       const daffi_target_t *target, const char *text)
{
    daffi_core_fail (self, part, DAFFI_BUSY, DAFFI_EXECUTED_NO, target->name, text);
}

static void give_part (daffi_core_t *self, daffi_entry_t *group,
                       const daffi_target_t *target, daffi_text_t function,
                       const daffi_body_t *body)
{
    daffi_entry_t *part = daffi_entry_new_part (self, group);
    if (!part)
        return;
    if (!target->session) {
        char text[DAFFI_MISSING_SIZE];
        daffi_core_fail (self, part, target->status, DAFFI_EXECUTED_NO, target->name,
                         daffi_calls_missing (target->status, target->name, text));
    } else if (!takes_parts (self, target->session)) {
        fail_part (self, part, target, "the process has too many calls to answer");
    } else if (self->output.fits (self->output.context, target->session->peer,
                                  daffi_body_size (body))) {
        daffi_calls_give (self, part, target->session, target->offer, function, body);
        return;
    } else {
        fail_part (self, part, target, "the process is too far behind with reading");
    }
    daffi_entry_free (self, part);
}

static void ask (daffi_core_t *self, const daffi_arrival_t *arrival,
                 const daffi_targets_t *targets)
{
    daffi_entry_t *group = daffi_calls_accept (self, arrival);
    if (!group)
        return;
    group->state = DAFFI_ENTRY_GROUP;
    group->stream = false;
    group->wanted = arrival->header->all;
    daffi_list_init (&group->parts);
    self->stats.groups++;
    for (uint32_t i = 0; i < targets->count; i++)
        give_part (self, group, &targets->items[i], arrival->header->name,
                   &targets->body);
    if (daffi_list_empty (&group->parts))
        end_group (self, group);
}

void daffi_broadcast_call (daffi_core_t *self, const daffi_arrival_t *arrival)
{
    daffi_targets_t targets;
    daffi_status_t status = daffi_targets_find (self, arrival, &targets);
    bool found = targets.count && !targets.missing;
    bool group = arrival->header->peer.size > 0;
    if (status == DAFFI_TOO_BIG)
        daffi_calls_refuse (self, arrival, status,
                            "more than 4,096 processes are asked");
    else if (status)
        daffi_calls_refuse (self, arrival, status,
                            "the body is not [[processes], [arguments]]");
    else if (!found && self->settling)
        daffi_later_keep (self, arrival, 0);
    else if (!targets.count)
        daffi_calls_refuse (self, arrival, DAFFI_NO_FUNCTION,
                            group ? "no process of the group offers it"
                                  : "no process offers it");
    else
        ask (self, arrival, &targets);
    daffi_targets_done (&targets);
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
