//  SPDX-License-Identifier: MPL-2.0
//  Timers: a hierarchical timing wheel.

#include "wheel.h"

#include <string.h>

#include "clock.h"

enum { BITS = 6, MASK = DAFFI_WHEEL_SLOTS - 1, DUE_LEVEL = DAFFI_WHEEL_LEVELS };

#define REACH (INT64_C (1) << (DAFFI_WHEEL_LEVELS * BITS))

void daffi_wheel_init (daffi_wheel_t *self, int64_t now_ms)
{
    memset (self, 0, sizeof *self);
    self->now_ms = now_ms;
    daffi_list_init (&self->due);
    for (int level = 0; level < DAFFI_WHEEL_LEVELS; level++)
        for (int slot = 0; slot < DAFFI_WHEEL_SLOTS; slot++)
            daffi_list_init (&self->slots[level][slot]);
}

//  The level at which `due` differs from now: its slot there lies ahead of the hand.
static unsigned level_of (const daffi_wheel_t *self, int64_t due_ms)
{
    uint64_t differs = (uint64_t)(due_ms ^ self->now_ms) | 1;
    unsigned level = (63 - (unsigned)__builtin_clzll (differs)) / BITS;
    return level < DAFFI_WHEEL_LEVELS ? level : DAFFI_WHEEL_LEVELS - 1;
}

static void place (daffi_wheel_t *self, daffi_timer_t *timer)
{
    if (timer->due_ms <= self->now_ms) {
        timer->level = DUE_LEVEL;
        daffi_list_append (&self->due, &timer->link);
        return;
    }
    timer->level = (uint8_t)level_of (self, timer->due_ms);
    timer->slot = (uint8_t)((timer->due_ms >> (timer->level * BITS)) & MASK);
    daffi_list_append (&self->slots[timer->level][timer->slot], &timer->link);
    self->occupied[timer->level] |= UINT64_C (1) << timer->slot;
}

void daffi_wheel_disarm (daffi_wheel_t *self, daffi_timer_t *timer)
{
    if (!daffi_timer_armed (timer))
        return;
    daffi_link_remove (&timer->link);
    self->count--;
    if (timer->level < DAFFI_WHEEL_LEVELS &&
        daffi_list_empty (&self->slots[timer->level][timer->slot]))
        self->occupied[timer->level] &= ~(UINT64_C (1) << timer->slot);
}

void daffi_wheel_arm (daffi_wheel_t *self, daffi_timer_t *timer, int64_t due_ms)
{
    daffi_wheel_disarm (self, timer);
    if (due_ms == DAFFI_NEVER)
        return;
    timer->due_ms = due_ms < REACH ? due_ms : REACH - 1;
    place (self, timer);
    self->count++;
}

//  Hangs every timer of one slot anew, as seen from the present time.
static void unfold (daffi_wheel_t *self, unsigned level, unsigned slot)
{
    daffi_list_t moved;
    daffi_list_init (&moved);
    daffi_list_t *list = &self->slots[level][slot];
    while (!daffi_list_empty (list)) {
        daffi_link_t *link = daffi_list_first (list);
        daffi_link_remove (link);
        daffi_list_append (&moved, link);
    }
    self->occupied[level] &= ~(UINT64_C (1) << slot);
    while (!daffi_list_empty (&moved)) {
        daffi_link_t *link = daffi_list_first (&moved);
        daffi_link_remove (link);
        place (self, daffi_container (link, daffi_timer_t, link));
    }
}

//  When the first occupied slot of a level begins. All of them lie ahead of the hand in
//  its present turn: a timer hangs at the highest digit in which it differs from now.
static int64_t slot_begin (const daffi_wheel_t *self, unsigned level)
{
    unsigned shift = level * BITS;
    int64_t turn = INT64_C (1) << (shift + BITS);
    int64_t base = self->now_ms & ~(turn - 1);
    return base + ((int64_t)__builtin_ctzll (self->occupied[level]) << shift);
}

int64_t daffi_wheel_next (const daffi_wheel_t *self)
{
    if (!daffi_list_empty (&self->due))
        return self->now_ms;
    for (unsigned level = 0; level < DAFFI_WHEEL_LEVELS; level++)
        if (self->occupied[level])
            return slot_begin (self, level);
    return DAFFI_NEVER;
}

void daffi_wheel_advance (daffi_wheel_t *self, int64_t now_ms)
{
    for (;;) {
        unsigned level = 0;
        while (level < DAFFI_WHEEL_LEVELS && !self->occupied[level])
            level++;
        int64_t begin =
            level < DAFFI_WHEEL_LEVELS ? slot_begin (self, level) : DAFFI_NEVER;
        if (begin > now_ms)
            break;
        self->now_ms = begin;
        unfold (self, level, (unsigned)(begin >> (level * BITS)) & MASK);
    }
    if (now_ms > self->now_ms)
        self->now_ms = now_ms;
}

daffi_timer_t *daffi_wheel_take (daffi_wheel_t *self)
{
    daffi_link_t *link = daffi_list_first (&self->due);
    if (!link)
        return NULL;
    daffi_timer_t *timer = daffi_container (link, daffi_timer_t, link);
    daffi_wheel_disarm (self, timer);
    return timer;
}
