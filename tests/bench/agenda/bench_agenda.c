//  SPDX-License-Identifier: MPL-2.0
//  daffi-bench-agenda: what it costs to arm, to fire and to cancel one of many tasks,
//  in the agenda alone, without calls around it.
//
//  The smallest of several rounds, by turns over the sizes: what else the machine does
//  makes a round longer, never shorter. What grows with the logarithm gains the same
//  with each tenfold.

#include <stdio.h>
#include <stdlib.h>

#include "agenda.h"
#include "alloc.h"

enum { SIZES = 4, ROUNDS = 5, STEPS = 20000 };
static const uint32_t sizes[SIZES] = {1000, 10000, 100000, 1000000};

typedef struct {
    double arm, fire, cancel;  //  nanoseconds each
} cost_t;

static uint64_t random_of (void *context)
{
    uint64_t *state = context;
    uint64_t x = *state += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    return x ^ (x >> 31);
}

static daffi_duty_t *make (daffi_agenda_t *agenda, uint32_t number, daffi_now_t now,
                           uint64_t *random)
{
    char uuid[DAFFI_UUID_SIZE];
    daffi_plan_t plan;
    daffi_error_t error;
    const daffi_value_t args = daffi_value_nil ();
    int64_t interval_ms = 1000 + (int64_t)(random_of (random) % 1000000);
    const daffi_value_t map = DAFFI_MAP ("interval_ms", interval_ms);
    snprintf (uuid, sizeof uuid, "%08x-0000-4000-8000-000000000000", number);
    if (daffi_plan_read (&plan, &map, &agenda->zones, now, false, &error))
        abort ();
    return daffi_duty_new (uuid, daffi_text_of ("f"), daffi_text_of ("me"),
                           daffi_text_of (""), false, &args, &plan, now);
}

static void keep_less (double *least, int64_t begin_ns, uint32_t count)
{
    double each = (double)(daffi_clock_ns () - begin_ns) / count;
    if (*least == 0 || each < *least)
        *least = each;
}

//  Those that are due, in their order, and again at their next time.
static void fire (daffi_agenda_t *agenda, daffi_now_t *now, cost_t *cost)
{
    int64_t moment_ms, begin_ns = daffi_clock_ns ();
    for (uint32_t i = 0; i < STEPS; i++) {
        int64_t next_ms = daffi_agenda_next (agenda, now->mono_ms);
        now->wall_ms += next_ms - now->mono_ms;
        now->mono_ms = next_ms;
        daffi_duty_t *duty = daffi_agenda_due (agenda, *now);
        if (daffi_duty_come (duty, *now, &moment_ms))
            duty->running--;
        daffi_agenda_arm (agenda, duty);
    }
    keep_less (&cost->fire, begin_ns, STEPS);
}

static void measure (uint32_t size, uint64_t *random, cost_t *cost)
{
    daffi_agenda_t agenda;
    daffi_now_t now = {1000, INT64_C (1795348800000)};
    daffi_duty_t **duties = daffi_new (size * sizeof *duties);
    uint32_t steps = size / 2 < STEPS ? size / 2 : STEPS;
    daffi_agenda_init (&agenda, NULL, random_of, random);
    daffi_agenda_look (&agenda, now);
    for (uint32_t i = 0; i < size; i++)
        duties[i] = make (&agenda, i, now, random);
    for (uint32_t i = 0; i < size - steps; i++)
        daffi_agenda_add (&agenda, duties[i]);
    int64_t begin_ns = daffi_clock_ns ();
    for (uint32_t i = size - steps; i < size; i++)
        daffi_agenda_add (&agenda, duties[i]);
    keep_less (&cost->arm, begin_ns, steps);
    fire (&agenda, &now, cost);
    begin_ns = daffi_clock_ns ();
    for (uint32_t i = 0; i < steps; i++) {
        daffi_duty_cancel (duties[i]);
        daffi_agenda_arm (&agenda, duties[i]);
    }
    keep_less (&cost->cancel, begin_ns, steps);
    daffi_agenda_done (&agenda);
    free (duties);
}

int main (void)
{
    cost_t costs[SIZES] = {{0}};
    uint64_t random = 1;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < SIZES; i++)
            measure (sizes[i], &random, &costs[i]);
    printf ("%9s %12s %12s %12s\n", "tasks", "arm", "fire", "cancel");
    for (int i = 0; i < SIZES; i++)
        printf ("%9u %9.0f ns %9.0f ns %9.0f ns\n", sizes[i], costs[i].arm,
                costs[i].fire, costs[i].cancel);
    return EXIT_SUCCESS;
}
