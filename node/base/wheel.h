//  SPDX-License-Identifier: MPL-2.0
//  Timers: a hierarchical timing wheel (Varghese and Lauck 1987) in milliseconds.
//
//  Arming and cancelling cost O(1) whatever their number, and time passes without a
//  scan: every call in flight and every session has a timer. Eight levels of 64 slots
//  reach 8,900 years from the clock's zero; a later deadline counts as that.

#ifndef DAFFI_WHEEL_H
#define DAFFI_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

enum { DAFFI_WHEEL_LEVELS = 8, DAFFI_WHEEL_SLOTS = 64 };

typedef struct {
    daffi_link_t link;
    int64_t due_ms;
    uint8_t level;  //  where it hangs, to keep the occupancy bits right
    uint8_t slot;
} daffi_timer_t;

typedef struct {
    int64_t now_ms;
    uint64_t occupied[DAFFI_WHEEL_LEVELS];
    daffi_list_t slots[DAFFI_WHEEL_LEVELS][DAFFI_WHEEL_SLOTS];
    daffi_list_t due;  //  expired and not yet taken
    size_t count;
} daffi_wheel_t;

//  The lists point into the wheel: it must not move after this.
void daffi_wheel_init (daffi_wheel_t *self, int64_t now_ms);

//  A zeroed timer is disarmed. Arming again moves it; DAFFI_NEVER disarms. A time that
//  has passed expires at the next daffi_wheel_advance ().
void daffi_wheel_arm (daffi_wheel_t *self, daffi_timer_t *timer, int64_t due_ms);
void daffi_wheel_disarm (daffi_wheel_t *self, daffi_timer_t *timer);
static inline bool daffi_timer_armed (const daffi_timer_t *self)
{
    return daffi_link_linked (&self->link);
}

//  Moves time on; then daffi_wheel_take () yields the expired timers, disarmed, one by
//  one, NULL at the end. Timers may be armed and disarmed between the takes.
void daffi_wheel_advance (daffi_wheel_t *self, int64_t now_ms);
daffi_timer_t *daffi_wheel_take (daffi_wheel_t *self);

//  When daffi_wheel_advance () should be called next at the latest: never later than
//  the first timer, sometimes earlier (a level is unfolded). DAFFI_NEVER: no timer.
int64_t daffi_wheel_next (const daffi_wheel_t *self);

#endif
