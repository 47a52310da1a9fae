//  SPDX-License-Identifier: MPL-2.0
//  Calls in flight and waits: a slab, so that a forwarded call allocates nothing and
//  the way back is an index.
//
//  A token is the slab's index with 39 random bits above it. The peer that was given it
//  cannot guess another one, and a token of a call that is over does not match again.

#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

enum { CHUNK = 1 << DAFFI_SLAB_BITS };

static void add_chunk (daffi_core_t *self)
{
    uint32_t number = self->slab_chunks++;
    self->slab = daffi_renew (self->slab, self->slab_chunks * sizeof *self->slab);
    daffi_entry_t *chunk = daffi_new_at_line (CHUNK * sizeof *chunk);
    self->slab[number] = chunk;
    for (uint32_t i = CHUNK; i-- > 0;) {
        chunk[i].index = (number << DAFFI_SLAB_BITS) + i;
        chunk[i].timer.kind = DAFFI_TIMER_ENTRY;
        chunk[i].next_free = self->free_entries;
        self->free_entries = &chunk[i];
    }
}

void daffi_entry_slab_done (daffi_core_t *self)
{
    for (uint32_t i = 0; i < self->slab_chunks; i++)
        free (self->slab[i]);
    free (self->slab);
}

//  NULL: 16 million entries exist, which the limits of the sessions make unlikely.
static daffi_entry_t *take_free (daffi_core_t *self)
{
    if (!self->free_entries) {
        if (self->slab_chunks >> (DAFFI_TOKEN_INDEX_BITS - DAFFI_SLAB_BITS))
            return NULL;
        add_chunk (self);
    }
    daffi_entry_t *entry = self->free_entries;
    self->free_entries = entry->next_free;
    return entry;
}

daffi_entry_t *daffi_entry_new (daffi_core_t *self, daffi_session_t *owner, uint64_t id,
                                int64_t deadline_ms)
{
    daffi_entry_t *entry = take_free (self);
    if (!entry)
        return NULL;
    entry->owner = owner;
    entry->id = id;
    entry->deadline_ms = deadline_ms;
    entry->came_ms = self->now_ms;
    daffi_table_put (&owner->entries, 0, id, entry);
    daffi_list_append (&owner->placed, &entry->of_owner);
    owner->placed_count++;
    daffi_wheel_arm (&self->wheel, &entry->timer.timer, deadline_ms);
    return entry;
}

daffi_entry_t *daffi_entry_new_part (daffi_core_t *self, daffi_entry_t *group)
{
    daffi_entry_t *part = take_free (self);
    if (!part)
        return NULL;
    part->group = group;
    part->owner = group->owner;
    part->id = group->id;
    part->deadline_ms = group->deadline_ms;
    part->came_ms = group->came_ms;
    daffi_name_copy (part->called, daffi_text_of (group->called));
    part->of_place.priority = group->of_place.priority;
    daffi_list_append (&group->parts, &part->of_owner);
    return part;
}

void daffi_entry_disown (daffi_core_t *self, daffi_entry_t *entry)
{
    if (!entry->owner)
        return;
    daffi_link_remove (&entry->of_owner);
    if (!entry->group) {
        daffi_table_remove (&entry->owner->entries, 0, entry->id);
        entry->owner->placed_count--;
        daffi_wheel_disarm (&self->wheel, &entry->timer.timer);
    }
    entry->owner = NULL;
    entry->group = NULL;
}

void daffi_entry_forget_body (daffi_entry_t *entry)
{
    daffi_blob_unref (entry->body);
    daffi_blob_unref (entry->tail);
    entry->body = entry->tail = NULL;
    entry->size = 0;
}

void daffi_entry_free (daffi_core_t *self, daffi_entry_t *entry)
{
    daffi_entry_disown (self, entry);
    daffi_link_remove (&entry->of_place.link);
    daffi_entry_forget_body (entry);
    entry->state = DAFFI_ENTRY_FREE;
    entry->token = 0;
    entry->provider = NULL;
    entry->process = NULL;
    entry->function = NULL;
    entry->called[0] = '\0';
    entry->stream = entry->ended = entry->cancelled = entry->of_group = false;
    entry->next_free = self->free_entries;
    self->free_entries = entry;
}

daffi_entry_t *daffi_entry_of (const daffi_session_t *owner, uint64_t id)
{
    return daffi_table_get (&owner->entries, 0, id);
}

bool daffi_entry_id_free (const daffi_session_t *owner, uint64_t id)
{
    return id != 0 && id != owner->subscription && id != owner->task_subscription &&
           !daffi_entry_of (owner, id);
}

void daffi_entry_give_token (daffi_core_t *self, daffi_entry_t *entry)
{
    uint64_t random = self->output.random (self->output.context);
    //  never 0, which is the id of records that belong to no call
    entry->token = (random << DAFFI_TOKEN_INDEX_BITS) | entry->index |
                   UINT64_C (1) << DAFFI_TOKEN_INDEX_BITS;
}

daffi_entry_t *daffi_entry_by_token (daffi_core_t *self,
                                     const daffi_session_t *provider, uint64_t token)
{
    uint32_t index = (uint32_t)(token & ((1u << DAFFI_TOKEN_INDEX_BITS) - 1));
    if (index >> DAFFI_SLAB_BITS >= self->slab_chunks)
        return NULL;
    daffi_entry_t *entry = &self->slab[index >> DAFFI_SLAB_BITS][index & (CHUNK - 1)];
    return token && entry->token == token && entry->provider == provider ? entry : NULL;
}
