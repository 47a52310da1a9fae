//  SPDX-License-Identifier: MPL-2.0
//  A caller: many calls in the background at a steady rate, and threads that block in
//  one call after the other.
#include <pthread.h>
#include <stdlib.h>

#include "chaos_role.h"
#include "chaos_story.h"

enum {
    WINDOW = 1024,   //  calls in the background at once
    FOREGROUND = 2,  //  threads
    FOREGROUND_PAUSE_US = 500,
    LAST_OUTCOMES_S = 8  //  longer than the longest timeout
};

typedef struct {
    const chaos_self_t *self;
    daffi_global_t *global;
    uint64_t random;
} blocker_t;

static bool no_more (const chaos_self_t *self)
{
    return chaos_role_asked_to_leave () || atomic_load (&self->board->ending);
}

static void *block (void *arg)
{
    blocker_t *blocker = arg;
    chaos_story_t story;
    while (!no_more (blocker->self) &&
           chaos_story_plan (&story, blocker->self, &blocker->random, true)) {
        chaos_story_block (&story, blocker->global);
        chaos_sleep (FOREGROUND_PAUSE_US * 1000);
    }
    return NULL;
}

static uint32_t step_all (chaos_story_t *stories)
{
    uint32_t open = 0;
    int64_t now = chaos_now ();
    for (uint32_t i = 0; i < WINDOW; i++)
        if (stories[i].call)
            open += !chaos_story_step (&stories[i], now);
    return open;
}

//  As many as the time since the last turn allows; what could not begin is not made up
//  for later.
static void begin_some (chaos_story_t *stories, const chaos_self_t *self,
                        daffi_global_t *global, uint64_t *random, uint32_t count)
{
    for (uint32_t i = 0; i < WINDOW && count; i++) {
        if (stories[i].call)
            continue;
        if (!chaos_story_plan (&stories[i], self, random, false))
            return;
        chaos_story_begin (&stories[i], global);
        count--;
    }
}

static void *stop (void *arg)
{
    daffi_global_stop (arg);
    return NULL;
}

//  Looks at the outcomes until all are told. Whoever has to leave stops its Global
//  meanwhile, which takes as long as the drain does: another thread waits for that.
static void end (daffi_global_t *global, chaos_story_t *stories)
{
    pthread_t stopper;
    bool leaves = chaos_role_asked_to_leave ();
    if (leaves && pthread_create (&stopper, NULL, stop, global))
        abort ();
    int64_t end_ns = chaos_now () + LAST_OUTCOMES_S * CHAOS_SECOND;
    while (step_all (stories) && chaos_now () < end_ns)
        chaos_sleep (CHAOS_MS);
    if (leaves)
        pthread_join (stopper, NULL);
}

static void call_on (const chaos_self_t *self, daffi_global_t *global, uint64_t *random)
{
    static chaos_story_t stories[WINDOW];
    int64_t due = chaos_now ();
    int64_t apart = CHAOS_SECOND / (self->board->rate ? self->board->rate : 1);
    while (!no_more (self)) {
        int64_t now = chaos_now ();
        if (now - due > 20 * CHAOS_MS)
            due = now - 20 * CHAOS_MS;
        begin_some (stories, self, global, random, (uint32_t)((now - due) / apart));
        due += (now - due) / apart * apart;
        step_all (stories);
        chaos_sleep (CHAOS_MS);
    }
    end (global, stories);
}

int chaos_caller (chaos_self_t *self)
{
    chaos_role_watch_stalls (self);
    uint64_t random = chaos_mix (self->board->seed ^ chaos_mix (self->number));
    daffi_global_t *global = chaos_role_global (self, NULL);
    if (!global)
        return 1;
    pthread_t threads[FOREGROUND];
    blocker_t blockers[FOREGROUND];
    for (size_t i = 0; i < FOREGROUND; i++) {
        blockers[i] = (blocker_t){.self = self, .global = global};
        blockers[i].random = chaos_random (&random);
        if (pthread_create (&threads[i], NULL, block, &blockers[i]))
            abort ();
    }
    call_on (self, global, &random);
    for (size_t i = 0; i < FOREGROUND; i++)
        pthread_join (threads[i], NULL);
    daffi_global_destroy (&global);
    return 0;
}
