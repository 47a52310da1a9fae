//  SPDX-License-Identifier: MPL-2.0
//  The timing wheel against an oracle that looks at every timer.

#include <string.h>

#include "clock.h"
#include "random.h"
#include "test.h"
#include "wheel.h"

enum { TIMERS = 200 };

typedef struct {
    daffi_timer_t timer;
    int64_t due_ms;  //  what the oracle knows: DAFFI_NEVER = disarmed
} subject_t;

typedef struct {
    daffi_wheel_t wheel;
    int64_t now_ms;
    random_t random;
    subject_t subjects[TIMERS];
} bench_t;

static void bench_init (bench_t *self, int64_t now_ms, uint64_t seed)
{
    memset (self, 0, sizeof *self);
    self->now_ms = now_ms;
    self->random.state = seed;
    daffi_wheel_init (&self->wheel, now_ms);
    for (int i = 0; i < TIMERS; i++)
        self->subjects[i].due_ms = DAFFI_NEVER;
}

//  Mostly near, sometimes far, at times in the past.
static int64_t some_span (bench_t *self)
{
    unsigned bits = (unsigned)random_below (&self->random, 34);
    return (int64_t)random_below (&self->random, UINT64_C (1) << bits) -
           (bits < 4 ? 3 : 0);
}

static void arm_some (bench_t *self)
{
    subject_t *subject = &self->subjects[random_below (&self->random, TIMERS)];
    subject->due_ms = self->now_ms + some_span (self);
    daffi_wheel_arm (&self->wheel, &subject->timer, subject->due_ms);
    CHECK (daffi_timer_armed (&subject->timer));
}

static void disarm_some (bench_t *self)
{
    subject_t *subject = &self->subjects[random_below (&self->random, TIMERS)];
    subject->due_ms = DAFFI_NEVER;
    if (random_below (&self->random, 2))
        daffi_wheel_disarm (&self->wheel, &subject->timer);
    else
        daffi_wheel_arm (&self->wheel, &subject->timer, DAFFI_NEVER);
    CHECK (!daffi_timer_armed (&subject->timer));
}

static int64_t first_due (const bench_t *self, size_t *armed)
{
    int64_t first = DAFFI_NEVER;
    *armed = 0;
    for (int i = 0; i < TIMERS; i++) {
        *armed += self->subjects[i].due_ms != DAFFI_NEVER;
        if (self->subjects[i].due_ms < first)
            first = self->subjects[i].due_ms;
    }
    return first;
}

static void check_next (const bench_t *self)
{
    size_t armed;
    int64_t first = first_due (self, &armed);
    int64_t next = daffi_wheel_next (&self->wheel);
    CHECK_EQ_UINT (self->wheel.count, armed);
    CHECK (first == DAFFI_NEVER ? next == DAFFI_NEVER : next != DAFFI_NEVER);
    if (first != DAFFI_NEVER)
        CHECK (next <= (first > self->now_ms ? first : self->now_ms));
}

//  Exactly those that are due come out, while others are armed and disarmed.
static void advance (bench_t *self, int64_t to_ms)
{
    self->now_ms = to_ms;
    daffi_wheel_advance (&self->wheel, to_ms);
    daffi_timer_t *timer;
    while ((timer = daffi_wheel_take (&self->wheel))) {
        subject_t *subject = daffi_container (timer, subject_t, timer);
        CHECK (subject->due_ms <= to_ms);
        CHECK (!daffi_timer_armed (timer));
        subject->due_ms = DAFFI_NEVER;
        if (random_below (&self->random, 8) == 0)
            disarm_some (self);
        if (random_below (&self->random, 8) == 0)
            arm_some (self);
    }
    for (int i = 0; i < TIMERS; i++)
        CHECK (self->subjects[i].due_ms > to_ms);
}

static void run (int64_t now_ms, uint64_t seed, int steps)
{
    static bench_t bench;
    bench_init (&bench, now_ms, seed);
    for (int step = 0; step < steps; step++) {
        for (uint64_t i = random_below (&bench.random, 8); i > 0; i--)
            arm_some (&bench);
        for (uint64_t i = random_below (&bench.random, 3); i > 0; i--)
            disarm_some (&bench);
        check_next (&bench);
        int64_t next = daffi_wheel_next (&bench.wheel);
        if (random_below (&bench.random, 2) && next != DAFFI_NEVER)
            advance (&bench, next > bench.now_ms ? next : bench.now_ms);
        else
            advance (&bench, bench.now_ms + (some_span (&bench) & 0xffffff));
        check_next (&bench);
    }
}

TEST ("timers come out when they are due, whatever is armed and cancelled meanwhile")
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        run ((int64_t)seed * 1000003, seed, 1000);
}

TEST ("it works from time zero, and close to where a turn of the wheel ends")
{
    run (0, 101, 1000);
    run ((INT64_C (1) << 36) - 5, 102, 1000);
    run ((INT64_C (1) << 42) - 70000, 103, 1000);
}

TEST ("going from next to next finds each timer at its very millisecond")
{
    static bench_t bench;
    bench_init (&bench, 12345, 7);
    for (int i = 0; i < TIMERS; i++)
        arm_some (&bench);
    size_t armed;
    int64_t first;
    for (int steps = 0; (first = first_due (&bench, &armed)) != DAFFI_NEVER; steps++) {
        CHECK (steps < TIMERS * 10);
        int64_t next = daffi_wheel_next (&bench.wheel);
        bench.now_ms = next;
        daffi_wheel_advance (&bench.wheel, next);
        daffi_timer_t *timer;
        while ((timer = daffi_wheel_take (&bench.wheel))) {
            subject_t *subject = daffi_container (timer, subject_t, timer);
            CHECK (subject->due_ms == next || subject->due_ms <= 12345);
            subject->due_ms = DAFFI_NEVER;
        }
    }
    CHECK_EQ_UINT (bench.wheel.count, 0);
}

TEST ("a deadline beyond the wheel's reach waits, and can be cancelled")
{
    daffi_wheel_t wheel;
    daffi_timer_t timer = {.due_ms = 0};
    daffi_wheel_init (&wheel, 5);
    daffi_wheel_arm (&wheel, &timer, DAFFI_NEVER - 1);
    daffi_wheel_advance (&wheel, INT64_C (1) << 40);
    CHECK (!daffi_wheel_take (&wheel));
    CHECK (daffi_timer_armed (&timer));
    daffi_wheel_disarm (&wheel, &timer);
    daffi_wheel_disarm (&wheel, &timer);
    CHECK_EQ_INT (daffi_wheel_next (&wheel), DAFFI_NEVER);
}

TEST ("time that goes back does no harm")
{
    daffi_wheel_t wheel;
    daffi_timer_t timer = {.due_ms = 0};
    daffi_wheel_init (&wheel, 1000);
    daffi_wheel_arm (&wheel, &timer, 1500);
    daffi_wheel_advance (&wheel, 900);
    CHECK (!daffi_wheel_take (&wheel));
    daffi_wheel_advance (&wheel, 1500);
    CHECK (daffi_wheel_take (&wheel) == &timer);
}
