//  SPDX-License-Identifier: MPL-2.0
//  How busy each session is, so that the least busy of very many is found without
//  looking at them all.
//
//  Sessions have small numbers (slots) and stand in one of few classes by the number of
//  calls that they have: 0, 1, 2 … 31, then 32 to 63, 64 to 127 and so on. A class is a
//  set of bits, and so are the providers of a function with many of them; what both
//  have is found 64 at a step. Functions with few providers need none of it.

#ifndef DAFFI_CORE_LOAD_H
#define DAFFI_CORE_LOAD_H

#include "bits.h"

typedef struct daffi_core daffi_core_t;
typedef struct daffi_session daffi_session_t;
typedef struct daffi_offered daffi_offered_t;

enum {
    DAFFI_LOAD_EXACT = 32,     //  classes of one number of calls
    DAFFI_LOAD_CLASSES = 60,   //  2^32 calls are in the last one
    DAFFI_LOAD_NONE = 255,     //  takes no call now: draining, or has all it can have
    DAFFI_MANY_PROVIDERS = 16  //  more than these are searched by bits
};

typedef struct {
    daffi_session_t **by_slot;
    uint32_t room;
    uint32_t used;         //  slots that were given out at some time
    uint32_t *free_slots;  //  and are free again
    uint32_t free_count;
    uint32_t searched;  //  functions with many providers: without one the classes
                        //  are not kept up
    daffi_bits_t classes[DAFFI_LOAD_CLASSES];
    uint32_t counts[DAFFI_LOAD_CLASSES];  //  sessions in each
} daffi_load_t;

void daffi_load_done (daffi_load_t *self);
//  A session gets its slot, and gives it back.
void daffi_load_join (daffi_load_t *self, daffi_session_t *session);
void daffi_load_leave (daffi_load_t *self, daffi_session_t *session);
//  Its state, its capacity or the number of its calls has changed.
void daffi_load_move (daffi_load_t *self, daffi_session_t *session);
static inline void daffi_load_update (daffi_load_t *self, daffi_session_t *session)
{
    if (self->searched)
        daffi_load_move (self, session);
}

//  A session offers the function now (was appended to function->offers), or no more.
void daffi_load_offered (daffi_load_t *self, daffi_offered_t *function,
                         const daffi_session_t *session);
void daffi_load_withdrawn (daffi_load_t *self, daffi_offered_t *function,
                           const daffi_session_t *session);
//  The one with the fewest calls, in turn among those of a class, that can be given one
//  of `size` bytes; NULL: none. For a function with many providers.
daffi_session_t *daffi_load_pick (const daffi_core_t *core, daffi_offered_t *function,
                                  size_t size);

#endif
