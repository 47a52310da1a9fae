//  SPDX-License-Identifier: MPL-2.0
//  The agenda: all duties of a controller, and which of them are due.

#include "agenda.h"

#include <stdlib.h>

#include "alloc.h"

void daffi_agenda_init (daffi_agenda_t *self, daffi_zone_load_fn *load,
                        uint64_t (*random) (void *context), void *context)
{
    memset (self, 0, sizeof *self);
    self->random = random;
    self->context = context;
    self->ended_max = DAFFI_TASKS_ENDED_MAX;
    self->bytes_max = DAFFI_TASKS_BYTES_MAX;
    daffi_zones_init (&self->zones, load, context, random (context));
    daffi_names_init (&self->by_uuid, random (context));
    daffi_list_init (&self->ended);
}

void daffi_agenda_done (daffi_agenda_t *self)
{
    for (uint32_t i = 0; i < self->slot_count; i++)
        daffi_duty_destroy (&self->slots[i]);
    daffi_heap_done (&self->mono);
    daffi_heap_done (&self->wall);
    daffi_names_done (&self->by_uuid);
    daffi_zones_done (&self->zones);
    free (self->slots);
    free (self->free_slots);
}

//  What is restored may be more than fits in now.
bool daffi_agenda_full (const daffi_agenda_t *self, size_t bytes)
{
    return self->by_uuid.count >= DAFFI_TASKS_MAX || self->bytes > self->bytes_max ||
           bytes > self->bytes_max - self->bytes;
}

static uint32_t take_slot (daffi_agenda_t *self)
{
    if (self->free_count)
        return self->free_slots[--self->free_count];
    if (self->slot_count == self->slot_room) {
        self->slot_room = self->slot_room ? 2 * self->slot_room : 64;
        self->slots = daffi_renew (self->slots, self->slot_room * sizeof *self->slots);
        self->free_slots =
            daffi_renew (self->free_slots, self->slot_room * sizeof *self->free_slots);
    }
    return self->slot_count++;
}

void daffi_agenda_add (daffi_agenda_t *self, daffi_duty_t *duty)
{
    duty->slot = take_slot (self);
    self->slots[duty->slot] = duty;
    self->bytes += daffi_duty_bytes (&duty->plan, duty->args->size);
    daffi_names_put (&self->by_uuid, daffi_text_of (duty->uuid), duty);
    daffi_agenda_arm (self, duty);
}

daffi_duty_t *daffi_agenda_find (const daffi_agenda_t *self, daffi_text_t uuid)
{
    return daffi_names_get (&self->by_uuid, uuid);
}

static void disarm (daffi_agenda_t *self, daffi_duty_t *duty)
{
    bool on_wall = daffi_plan_on_wall (&duty->plan);
    daffi_heap_remove (on_wall ? &self->wall : &self->mono, &duty->due);
}

void daffi_agenda_remove (daffi_agenda_t *self, daffi_duty_t *duty)
{
    disarm (self, duty);
    if (daffi_link_linked (&duty->ended))
        self->ended_count--;
    daffi_link_remove (&duty->ended);
    daffi_names_remove (&self->by_uuid, daffi_text_of (duty->uuid));
    self->bytes -= daffi_duty_bytes (&duty->plan, duty->args->size);
    self->slots[duty->slot] = NULL;
    self->free_slots[self->free_count++] = duty->slot;
    daffi_duty_destroy (&duty);
}

daffi_duty_t *daffi_agenda_from (const daffi_agenda_t *self, uint32_t *slot)
{
    while (*slot < self->slot_count && !self->slots[*slot])
        ++*slot;
    return *slot < self->slot_count ? self->slots[*slot] : NULL;
}

void daffi_agenda_arm (daffi_agenda_t *self, daffi_duty_t *duty)
{
    if (daffi_duty_over (duty) && !daffi_link_linked (&duty->ended)) {
        daffi_list_append (&self->ended, &duty->ended);
        self->ended_count++;
    }
    if (duty->state != DAFFI_TASK_SCHEDULED || duty->fresh ||
        duty->next_ms == DAFFI_NEVER) {
        disarm (self, duty);
        return;
    }
    int64_t due_ms = duty->next_ms;
    if (duty->plan.jitter_ms) {
        uint64_t range = (uint64_t)duty->plan.jitter_ms + 1;
        due_ms += (int64_t)(self->random (self->context) % range);
    }
    bool on_wall = daffi_plan_on_wall (&duty->plan);
    daffi_heap_put (on_wall ? &self->wall : &self->mono, &duty->due, due_ms);
}

daffi_duty_t *daffi_agenda_surplus (const daffi_agenda_t *self)
{
    //  one that still runs is wanted when the run ends
    DAFFI_LIST_EACH (&self->ended, link, follower) {
        daffi_duty_t *duty = daffi_container (link, daffi_duty_t, ended);
        if (self->ended_count <= self->ended_max)
            break;
        if (!duty->running)
            return duty;
    }
    return NULL;
}

//  --- time ---------------------------------------------------------------------------

//  Each cron task is asked anew. Rare, so all of them at once.
static void set_back (daffi_agenda_t *self, daffi_now_t now, int64_t back_ms)
{
    for (uint32_t i = 0; i < self->slot_count; i++) {
        daffi_duty_t *duty = self->slots[i];
        if (!duty || duty->plan.kind != DAFFI_PLAN_CRON || daffi_duty_over (duty))
            continue;
        daffi_duty_set_back (duty, now, back_ms);
        daffi_agenda_arm (self, duty);
    }
}

void daffi_agenda_look (daffi_agenda_t *self, daffi_now_t now)
{
    enum { STEP_MS = 1000 };  //  less is a clock that is kept right
    int64_t offset_ms = now.wall_ms - now.mono_ms;
    int64_t back_ms = self->base_ms - offset_ms;
    self->offset_ms = offset_ms;
    if (self->looked && back_ms > 0 && back_ms < STEP_MS)
        return;  //  many small ones add up: the base stays until they are a step
    self->base_ms = offset_ms;
    if (self->looked && back_ms > 0)
        set_back (self, now, back_ms);
    self->looked = true;
}

daffi_duty_t *daffi_agenda_due (const daffi_agenda_t *self, daffi_now_t now)
{
    daffi_heap_item_t *first = daffi_heap_first (&self->mono);
    if (!first || first->due_ms > now.mono_ms)
        first = daffi_heap_first (&self->wall);
    else
        return daffi_container (first, daffi_duty_t, due);
    if (!first || first->due_ms > now.wall_ms)
        return NULL;
    return daffi_container (first, daffi_duty_t, due);
}

int64_t daffi_agenda_next (const daffi_agenda_t *self, int64_t now_ms)
{
    enum { LOOK_MS = 1000 };
    const daffi_heap_item_t *mono = daffi_heap_first (&self->mono);
    const daffi_heap_item_t *wall = daffi_heap_first (&self->wall);
    int64_t next_ms = mono ? mono->due_ms : DAFFI_NEVER;
    int64_t on_wall_ms = wall ? wall->due_ms - self->offset_ms : DAFFI_NEVER;
    if (wall && on_wall_ms > now_ms + LOOK_MS)
        on_wall_ms = now_ms + LOOK_MS;
    return on_wall_ms < next_ms ? on_wall_ms : next_ms;
}
