//  SPDX-License-Identifier: MPL-2.0
//  The schedule with a clock of the test's own: now goes in, due tasks come out.

#include "agenda.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "writer.h"
#include "zone_file.h"

//  2026-11-22 12:00:00 UTC, a Sunday.
#define NOON INT64_C (1795348800000)

typedef struct {
    daffi_agenda_t agenda;
    daffi_now_t now;
    unsigned seed;
} world_t;

static uint64_t random_of (void *context)
{
    world_t *self = context;
    return (uint64_t)rand_r (&self->seed);
}

static void world_init (world_t *self)
{
    *self = (world_t){.now = {5000, NOON}, .seed = 1};
    daffi_agenda_init (&self->agenda, zone_file, random_of, self);
    daffi_agenda_look (&self->agenda, self->now);
}

static void pass (world_t *self, int64_t ms)
{
    self->now.mono_ms += ms;
    self->now.wall_ms += ms;
    daffi_agenda_look (&self->agenda, self->now);
}

//  `map` is made by DAFFI_MAP; NULL and a text where it is refused.
static daffi_duty_t *make (world_t *self, daffi_value_t map, daffi_error_t *error)
{
    static int number;
    char uuid[DAFFI_UUID_SIZE];
    daffi_plan_t plan;
    daffi_value_t args = daffi_value_nil ();
    snprintf (uuid, sizeof uuid, "%08x-0000-4000-8000-000000000000",
              (unsigned)++number);
    if (daffi_plan_read (&plan, &map, &self->agenda.zones, self->now, false, error))
        return NULL;
    daffi_duty_t *duty =
        daffi_duty_new (uuid, daffi_text_of ("f"), daffi_text_of ("me"),
                        daffi_text_of (""), false, &args, &plan, self->now);
    daffi_agenda_add (&self->agenda, duty);
    return duty;
}

static daffi_duty_t *add (world_t *self, daffi_value_t map)
{
    daffi_error_t error;
    daffi_duty_t *duty = make (self, map, &error);
    if (!duty)
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    return duty;
}

//  Runs that are due now begin, and, where `end`, end at once.
static int begin_due (world_t *self, bool end)
{
    daffi_duty_t *duty;
    int64_t moment_ms;
    int count = 0;
    while ((duty = daffi_agenda_due (&self->agenda, self->now))) {
        const daffi_run_end_t fine = {.process = "p", .text = ""};
        if (daffi_duty_come (duty, self->now, &moment_ms)) {
            count++;
            CHECK (moment_ms <= self->now.wall_ms);
            if (end)
                daffi_duty_end_run (duty, &fine);
        }
        daffi_duty_finish (duty);
        daffi_agenda_arm (&self->agenda, duty);
    }
    return count;
}

static int runs_in (world_t *self, int64_t ms)
{
    pass (self, ms);
    return begin_due (self, true);
}

//  --- intervals ----------------------------------------------------------------------

TEST ("an interval comes at a fixed rate, however late its runs begin")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *duty = add (&world, DAFFI_MAP ("interval", "1s"));
    CHECK_EQ_INT (runs_in (&world, 999), 0);
    CHECK_EQ_INT (runs_in (&world, 1 + 300), 1);  //  300 ms late
    CHECK_EQ_INT (duty->next_ms, 5000 + 2000);
    CHECK_EQ_INT (runs_in (&world, 699), 0);
    for (int i = 3; i < 1000; i++) {
        CHECK_EQ_INT (runs_in (&world, 1 + i % 7), 1);
        CHECK_EQ_INT (duty->next_ms, 5000 + i * 1000);
        pass (&world, duty->next_ms - world.now.mono_ms - 1);
    }
    daffi_agenda_done (&world.agenda);
}

TEST ("a delay begins once, and with an interval it is the time of the first run")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *once = add (&world, DAFFI_MAP ("delay", "2s"));
    CHECK_EQ_INT (daffi_duty_remaining (once), 1);
    CHECK_EQ_INT (runs_in (&world, 1999), 0);
    CHECK_EQ_INT (runs_in (&world, 1), 1);
    CHECK_EQ_INT (once->state, DAFFI_TASK_FINISHED);
    CHECK_EQ_INT (daffi_agenda_next (&world.agenda, world.now.mono_ms), DAFFI_NEVER);
    add (&world, DAFFI_MAP ("delay_ms", 100, "interval_ms", 5000));
    CHECK_EQ_INT (runs_in (&world, 100), 1);
    CHECK_EQ_INT (runs_in (&world, 4999), 0);
    CHECK_EQ_INT (runs_in (&world, 1), 1);
    daffi_agenda_done (&world.agenda);
}

TEST ("max_runs and until end a task")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *three = add (&world, DAFFI_MAP ("interval_ms", 10, "max_runs", 3));
    daffi_duty_t *until =
        add (&world, DAFFI_MAP ("interval_ms", 10, "until_ms", NOON + 25));
    CHECK_EQ_INT (daffi_duty_remaining (three), 3);
    for (int i = 0; i < 10; i++)
        runs_in (&world, 10);
    CHECK_EQ_UINT (three->runs, 3);
    CHECK_EQ_UINT (until->runs, 2);
    CHECK_EQ_INT (three->state, DAFFI_TASK_FINISHED);
    CHECK_EQ_INT (until->state, DAFFI_TASK_FINISHED);
    CHECK_EQ_INT (daffi_duty_remaining (three), 0);
    daffi_agenda_done (&world.agenda);
}

TEST ("jitter puts a run off by up to so much, and the rhythm stays")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *duty =
        add (&world, DAFFI_MAP ("interval_ms", 1000, "jitter_ms", 300));
    int64_t least = 1000, most = 0;
    for (int i = 1; i <= 300; i++) {
        int64_t late = duty->due.due_ms - (5000 + i * 1000);
        CHECK (late >= 0 && late <= 300);
        least = late < least ? late : least;
        most = late > most ? late : most;
        CHECK_EQ_INT (runs_in (&world, duty->due.due_ms - world.now.mono_ms), 1);
    }
    CHECK (least < 60 && most > 240);
    daffi_agenda_done (&world.agenda);
}

//  --- overlap ------------------------------------------------------------------------

TEST ("what happens while the previous run has not ended is a choice")
{
    world_t world;
    const daffi_run_end_t fine = {.process = "p", .text = ""};
    int64_t moment_ms;
    world_init (&world);
    daffi_duty_t *skip = add (&world, DAFFI_MAP ("interval_ms", 100));
    daffi_duty_t *queue =
        add (&world, DAFFI_MAP ("interval_ms", 100, "overlap", "queue"));
    daffi_duty_t *parallel =
        add (&world, DAFFI_MAP ("interval_ms", 100, "overlap", "parallel"));
    for (int i = 0; i < 3; i++) {
        pass (&world, 100);
        begin_due (&world, false);
    }
    CHECK_EQ_INT (skip->running, 1);
    CHECK_EQ_UINT (skip->skipped, 2);
    CHECK_EQ_INT (queue->running, 1);
    CHECK_EQ_INT (queue->waiting, 2);
    CHECK_EQ_INT (parallel->running, 3);
    daffi_duty_end_run (queue, &fine);
    CHECK (daffi_duty_wait_over (queue, world.now, &moment_ms));
    CHECK_EQ_INT (moment_ms, NOON + 200);
    CHECK_EQ_INT (queue->running, 1);
    CHECK_STATUS (DAFFI_BUSY, daffi_duty_run_now (skip, world.now));
    CHECK_STATUS (DAFFI_PENDING, daffi_duty_run_now (queue, world.now));
    CHECK_OK (daffi_duty_run_now (parallel, world.now));
    for (int i = 0; i < 2000; i++) {
        pass (&world, 100);
        begin_due (&world, false);
    }
    CHECK_EQ_INT (queue->waiting, DAFFI_DUTY_WAITING_MAX);
    CHECK_EQ_INT (parallel->running, DAFFI_DUTY_PARALLEL_MAX);
    daffi_agenda_done (&world.agenda);
}

//  --- missed -------------------------------------------------------------------------

TEST ("runs that were missed come once, not at all, or all up to a number")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *once = add (&world, DAFFI_MAP ("interval", "10s"));
    daffi_duty_t *skip = add (&world, DAFFI_MAP ("interval", "10s", "missed", "skip"));
    daffi_duty_t *all =
        add (&world, DAFFI_MAP ("interval", "10s", "missed", "all", "missed_max", 4));
    runs_in (&world, 95000);  //  nine have passed
    CHECK_EQ_UINT (once->runs, 1);
    CHECK_EQ_UINT (once->skipped, 8);
    CHECK_EQ_UINT (skip->runs, 0);
    CHECK_EQ_UINT (skip->skipped, 9);
    CHECK_EQ_UINT (all->runs, 4);
    CHECK_EQ_UINT (all->skipped, 5);
    //  the rhythm stays
    CHECK_EQ_INT (once->next_ms, 5000 + 100000);
    CHECK_EQ_INT (skip->next_ms, 5000 + 100000);
    CHECK_EQ_INT (all->next_ms, 5000 + 100000);
    CHECK_EQ_INT (runs_in (&world, 5000), 3);
    daffi_agenda_done (&world.agenda);
}

TEST ("a time that was missed by less than a second is not missed")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *skip =
        add (&world, DAFFI_MAP ("at_ms", NOON + 5000, "missed", "skip"));
    CHECK_EQ_INT (runs_in (&world, 6000), 1);
    CHECK_EQ_INT (skip->state, DAFFI_TASK_FINISHED);
    daffi_agenda_done (&world.agenda);
}

//  --- clocks -------------------------------------------------------------------------

TEST ("the wall clock moves no interval, and times go by nothing else")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *interval = add (&world, DAFFI_MAP ("interval", "1h"));
    daffi_duty_t *at = add (&world, DAFFI_MAP ("at", "2026-11-22T14:00Z"));
    world.now.wall_ms += 2 * 3600000;  //  set forward to 14:00
    CHECK_EQ_INT (runs_in (&world, 0), 1);
    CHECK_EQ_UINT (at->runs, 1);
    CHECK_EQ_UINT (interval->runs, 0);
    CHECK_EQ_INT (runs_in (&world, 3600000), 1);
    CHECK_EQ_UINT (interval->runs, 1);
    daffi_agenda_done (&world.agenda);
}

TEST ("a clock that is set forward makes up for cron once")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *cron = add (&world, DAFFI_MAP ("cron", "0 * * * *"));
    CHECK_EQ_INT (cron->next_ms, NOON + 3600000);
    world.now.wall_ms += INT64_C (24) * 3600000 + 1800000;
    CHECK_EQ_INT (runs_in (&world, 0), 1);
    CHECK_EQ_UINT (cron->skipped, 23);
    CHECK_EQ_INT (cron->next_ms, NOON + INT64_C (25) * 3600000);
    daffi_agenda_done (&world.agenda);
}

TEST ("a clock that is set back: a rhythm follows it, a time of the day has no second "
      "run")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *rhythm = add (&world, DAFFI_MAP ("cron", "*/5 * * * *"));
    daffi_duty_t *daily = add (&world, DAFFI_MAP ("cron", "30 12 * * *"));
    daffi_duty_t *at = add (&world, DAFFI_MAP ("at_ms", NOON + 600000));
    for (int i = 0; i < 31; i++)
        runs_in (&world, 60000);
    CHECK_EQ_UINT (daily->runs, 1);
    CHECK_EQ_UINT (at->runs, 1);
    uint64_t before = rhythm->runs;
    world.now.wall_ms -= 3600000;  //  11:31 again
    CHECK_EQ_INT (runs_in (&world, 0), 0);
    for (int i = 0; i < 61; i++)
        runs_in (&world, 60000);
    CHECK_EQ_UINT (rhythm->runs, before + 12);
    CHECK_EQ_UINT (daily->runs, 1);
    CHECK_EQ_UINT (at->runs, 1);
    //  a correction of more than three hours: as if newly scheduled
    world.now.wall_ms -= INT64_C (48) * 3600000;
    runs_in (&world, 0);
    CHECK_EQ_INT (daily->next_ms, NOON + 1800000 - 24 * 3600000);
    daffi_agenda_done (&world.agenda);
}

TEST ("the controller looks at a wall clock that may be set at least once a second")
{
    world_t world;
    world_init (&world);
    add (&world, DAFFI_MAP ("cron", "0 0 1 1 *"));
    CHECK_EQ_INT (daffi_agenda_next (&world.agenda, world.now.mono_ms),
                  world.now.mono_ms + 1000);
    daffi_agenda_done (&world.agenda);
}

//  --- steering -----------------------------------------------------------------------

TEST ("a task that is paused leaves its times out, and keeps its rhythm")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *duty = add (&world, DAFFI_MAP ("interval", "10s"));
    daffi_duty_t *delay = add (&world, DAFFI_MAP ("delay", "10s"));
    daffi_duty_pause (duty);
    daffi_duty_pause (delay);
    daffi_agenda_arm (&world.agenda, duty);
    daffi_agenda_arm (&world.agenda, delay);
    CHECK_EQ_INT (runs_in (&world, 35000), 0);
    daffi_duty_resume (duty, world.now);
    daffi_duty_resume (delay, world.now);
    daffi_agenda_arm (&world.agenda, duty);
    daffi_agenda_arm (&world.agenda, delay);
    CHECK_EQ_INT (runs_in (&world, 0), 1);
    CHECK_EQ_UINT (delay->runs, 1);
    CHECK_EQ_INT (runs_in (&world, 4999), 0);
    CHECK_EQ_INT (runs_in (&world, 1), 1);
    daffi_agenda_done (&world.agenda);
}

TEST ("what has ended is remembered, the oldest for the shortest time")
{
    world_t world;
    world_init (&world);
    world.agenda.ended_max = 2;
    daffi_duty_t *first = add (&world, DAFFI_MAP ("delay_ms", 1));
    add (&world, DAFFI_MAP ("delay_ms", 2));
    runs_in (&world, 10);
    CHECK (!daffi_agenda_surplus (&world.agenda));
    add (&world, DAFFI_MAP ("delay_ms", 1));
    runs_in (&world, 10);
    CHECK (daffi_agenda_surplus (&world.agenda) == first);
    daffi_agenda_remove (&world.agenda, first);
    CHECK (!daffi_agenda_surplus (&world.agenda));
    daffi_agenda_done (&world.agenda);
}

//  --- the disk -----------------------------------------------------------------------

TEST ("a task that was written and read again goes on at the same times")
{
    world_t world;
    daffi_buffer_t state, ended;
    const daffi_run_end_t bad = {
        .number = 8, .status = DAFFI_FAILED, .process = "p", .text = "no"};
    world_init (&world);
    daffi_duty_t *duty = add (&world, DAFFI_MAP ("interval", "10s", "max_runs", 20));
    runs_in (&world, 10000);
    pass (&world, 10000);
    begin_due (&world, false);
    daffi_duty_end_run (duty, &bad);
    pass (&world, 10000);
    begin_due (&world, false);  //  runs when the controller dies
    daffi_buffer_init (&state);
    daffi_duty_write (duty, world.now, &state);
    daffi_buffer_init (&ended);
    daffi_run_end_write (&duty->history[1], &ended);
    //  another boot: the monotonic clock begins anew, 4 s later
    int64_t wait_ms = duty->next_ms - world.now.mono_ms;
    daffi_now_t later = {77, world.now.wall_ms + 4000};
    daffi_duty_t *again = add (&world, DAFFI_MAP ("interval", "10s", "max_runs", 20));
    CHECK_OK (daffi_duty_read (again, state.data, state.size, later));
    CHECK_EQ_INT (again->next_ms, 77 + wait_ms - 4000);
    CHECK_EQ_UINT (again->runs, 3);
    CHECK_EQ_UINT (again->failed, 2);  //  the one that was cut off counts
    CHECK_EQ_UINT (again->lost, 1);
    CHECK_EQ_INT (again->running, 0);
    CHECK_EQ_INT (daffi_duty_remaining (again), 17);
    CHECK_OK (daffi_duty_read_run (again, 8, ended.data, ended.size));
    CHECK_EQ_INT (again->history_count, 1);
    CHECK_EQ_UINT (again->history[0].number, 8);
    CHECK_EQ_INT (again->history[0].status, DAFFI_FAILED);
    CHECK_EQ_STR (again->history[0].process, "p");
    CHECK_EQ_STR (again->history[0].text, "no");
    CHECK_EQ_INT (daffi_duty_lost_run (again, later).status, DAFFI_CONTROLLER_LOST);
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_duty_read_run (again, 9, "x", 1));
    daffi_buffer_done (&state);
    daffi_buffer_done (&ended);
    daffi_agenda_done (&world.agenda);
}

TEST ("a history keeps the last runs, and names the one that leaves")
{
    world_t world;
    world_init (&world);
    daffi_duty_t *duty = add (&world, DAFFI_MAP ("interval", "10s"));
    for (uint64_t i = 1; i <= 40; i++) {
        const daffi_run_end_t fine = {.number = i, .process = "p", .text = ""};
        uint64_t left = i <= DAFFI_DUTY_HISTORY ? 0 : i - DAFFI_DUTY_HISTORY;
        CHECK_EQ_UINT (daffi_duty_note (duty, &fine), left);
    }
    CHECK_EQ_UINT (duty->history_count, DAFFI_DUTY_HISTORY);
    CHECK_EQ_UINT (duty->history[0].number, 40 - DAFFI_DUTY_HISTORY + 1);
    CHECK_EQ_UINT (duty->history[DAFFI_DUTY_HISTORY - 1].number, 40);
    daffi_agenda_done (&world.agenda);
}

//  --- mistakes -----------------------------------------------------------------------

static void check_refused (daffi_value_t map, const char *expected)
{
    world_t world;
    daffi_error_t error = {.text = "accepted"};
    world_init (&world);
    CHECK (!make (&world, map, &error));
    CHECK_EQ_STR (error.text, expected);
    daffi_agenda_done (&world.agenda);
}

TEST ("a plan that cannot be is refused, and told why")
{
    check_refused (DAFFI_MAP ("max_runs", 3), "exactly one of interval, at and cron is "
                                              "needed, or a delay");
    check_refused (DAFFI_MAP ("interval", "5", "cron", "@daily"),
                   "exactly one of interval, at and cron is needed, or a delay");
    check_refused (DAFFI_MAP ("interval", "5", "interval_ms", 5),
                   "interval and interval_ms exclude each other");
    check_refused (
        DAFFI_MAP ("at_ms", NOON - 1000),
        "at_ms: 2026-11-22T11:59:59Z has passed; the controller's clock says "
        "2026-11-22T12:00:00Z");
    check_refused (DAFFI_MAP ("cron", "0 0 30 2 *"),
                   "cron \"0 0 30 2 *\": at column 1: that day never comes");
    check_refused (DAFFI_MAP ("cron", "@daily", "zone", "Mars/Base"),
                   "zone \"Mars/Base\": at column 1: the controller's machine knows no "
                   "such zone");
    check_refused (
        DAFFI_MAP ("cron", "@daily", "zone", "../../etc/passwd"),
        "zone \"../../etc/passwd\": at column 1: the controller's machine knows "
        "no such zone");
    check_refused (DAFFI_MAP ("interval", 5),
                   "interval: a text was expected; milliseconds are interval_ms");
    check_refused (DAFFI_MAP ("interval", "5", "overlap", "never"),
                   "overlap: one of skip, queue and parallel was expected");
    check_refused (DAFFI_MAP ("interval_ms", -5),
                   "interval_ms: a number from 1 to 3153600000000 was expected");
    check_refused (DAFFI_MAP ("at_ms", daffi_value_array (NULL, 0)),
                   "at_ms: 1 to 10000 times were expected");
}

//  --- the heap -----------------------------------------------------------------------

TEST ("whatever is added, moved and removed: the earliest comes first")
{
    enum { COUNT = 500 };
    static daffi_heap_item_t items[COUNT];
    daffi_heap_t heap = {0};
    unsigned seed = 3;
    for (int step = 0; step < 20000; step++) {
        daffi_heap_item_t *item = &items[(unsigned)rand_r (&seed) % COUNT];
        if (rand_r (&seed) % 3)
            daffi_heap_put (&heap, item, rand_r (&seed) % 1000);
        else
            daffi_heap_remove (&heap, item);
        int64_t least = INT64_MAX;
        size_t count = 0;
        for (int i = 0; i < COUNT; i++)
            if (items[i].place) {
                count++;
                least = items[i].due_ms < least ? items[i].due_ms : least;
                CHECK (heap.items[items[i].place - 1] == &items[i]);
            }
        CHECK_EQ_UINT (heap.count, count);
        CHECK (count == 0 || daffi_heap_first (&heap)->due_ms == least);
    }
    daffi_heap_done (&heap);
}
