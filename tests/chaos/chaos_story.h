//  SPDX-License-Identifier: MPL-2.0
//  One call of a caller, from its plan to its outcome.
#ifndef CHAOS_STORY_H
#define CHAOS_STORY_H

#include "chaos_role.h"
#include "chaos_work.h"

typedef struct {
    chaos_call_t *call;  //  NULL: this story is over
    uint64_t number;
    daffi_future_t *future;
    chaos_life_t *life;
    int64_t timeout_ms;
    int64_t cancel_due_ns;  //  0: it is not cancelled
    char process[64];       //  "" = any
    atomic_bool done;
} chaos_story_t;

//  Plans the next call and notes it on the board. False: the board has no room.
bool chaos_story_plan (chaos_story_t *self, const chaos_self_t *caller,
                       uint64_t *random, bool foreground);
//  A background call begins. Its outcome is noted whenever it comes.
void chaos_story_begin (chaos_story_t *self, daffi_global_t *global);
//  Cancels what is due for it, and ends what has its outcome. True: it is over.
bool chaos_story_step (chaos_story_t *self, int64_t now);
//  A foreground call, from its beginning to its end.
void chaos_story_block (chaos_story_t *self, daffi_global_t *global);

#endif
