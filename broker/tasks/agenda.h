//  SPDX-License-Identifier: MPL-2.0
//  The agenda: all duties of a controller, and which of them are due.
//
//  Arming, cancelling and taking one cost O(log n). Two heaps, since intervals wait on
//  the monotonic clock and the others on the wall clock, which may be set.

#ifndef DAFFI_AGENDA_H
#define DAFFI_AGENDA_H

#include "duty.h"
#include "names.h"

enum {
    DAFFI_TASKS_MAX = 1000000,
    DAFFI_TASK_ARGS_MAX = 1 << 20,
    DAFFI_TASKS_BYTES_MAX = 1 << 30,  //  arguments and times of all
    DAFFI_TASKS_ENDED_MAX = 10000     //  that are remembered
};

typedef struct {
    daffi_zones_t zones;
    daffi_names_t by_uuid;
    daffi_duty_t **slots;  //  NULL: free
    uint32_t slot_count;   //  used so far
    uint32_t slot_room;
    uint32_t *free_slots;
    uint32_t free_count;
    daffi_heap_t mono;
    daffi_heap_t wall;
    daffi_list_t ended;  //  duty.ended, the oldest first
    uint32_t ended_count;
    uint32_t ended_max;
    size_t bytes;  //  daffi_duty_bytes () of all
    size_t bytes_max;
    int64_t offset_ms;  //  wall clock minus monotonic one, when looked at last
    int64_t base_ms;    //  the same, as it was before small steps back
    bool looked;
    uint64_t (*random) (void *context);
    void *context;
} daffi_agenda_t;

//  The lists point into it: it must not move after this.
void daffi_agenda_init (daffi_agenda_t *self, daffi_zone_load_fn *load,
                        uint64_t (*random) (void *context), void *context);
void daffi_agenda_done (daffi_agenda_t *self);

//  True: no further task of so many daffi_duty_bytes () fits in.
bool daffi_agenda_full (const daffi_agenda_t *self, size_t bytes);
//  Takes it; its uuid is not there yet.
void daffi_agenda_add (daffi_agenda_t *self, daffi_duty_t *duty);
daffi_duty_t *daffi_agenda_find (const daffi_agenda_t *self, daffi_text_t uuid);
//  Forgets and frees it.
void daffi_agenda_remove (daffi_agenda_t *self, daffi_duty_t *duty);
//  The next one from a slot on, *slot becomes its; NULL: there is none.
daffi_duty_t *daffi_agenda_from (const daffi_agenda_t *self, uint32_t *slot);

//  Its time has changed, or its state.
void daffi_agenda_arm (daffi_agenda_t *self, daffi_duty_t *duty);
//  The oldest one of those that have ended beyond ended_max; NULL: there are not so
//  many.
daffi_duty_t *daffi_agenda_surplus (const daffi_agenda_t *self);

//  To be told before anything is asked: notices where the wall clock was set.
void daffi_agenda_look (daffi_agenda_t *self, daffi_now_t now);
//  One whose time has come, or NULL. Call daffi_duty_come () and daffi_agenda_arm ().
daffi_duty_t *daffi_agenda_due (const daffi_agenda_t *self, daffi_now_t now);
//  When the next one is due, on the monotonic clock.
//  Where one waits on the wall clock that is at most a second away, since somebody may
//  set it.
int64_t daffi_agenda_next (const daffi_agenda_t *self, int64_t now_ms);

#endif
