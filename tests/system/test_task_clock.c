//  SPDX-License-Identifier: MPL-2.0
//  A clock that is set while daffi-broker runs: times and cron follow it, intervals and
//  delays do not. A suspend is the same to it: the monotonic clock has stood still, the
//  wall clock has not.

#include <daffi_tasks.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "machine.h"

#define HOUR_MS INT64_C (3600000)

static int64_t real_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void schedule (daffi_global_t *node, int number, const daffi_schedule_t *when,
                      char *uuid)
{
    daffi_error_t error;
    CHECK_FINE (
        daffi_global_schedule (node, "run", DAFFI_ARGS (number), when, uuid, &error),
        error);
}

static daffi_task_t look (daffi_global_t *node, const char *uuid)
{
    daffi_error_t error;
    daffi_tasks_t *found = daffi_global_get_task (node, uuid, &error);
    if (!found)
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    daffi_task_t task = found->items[0];
    daffi_tasks_destroy (&found);
    task.uuid = task.detail = NULL;  //  texts ended with the snapshot
    return task;
}

TEST (
    "a clock that is set forward, or a suspend, brings times and cron at once, and no "
    "interval")
{
    place_t at;
    char interval[DAFFI_UUID_SIZE], delay[DAFFI_UUID_SIZE], cron[DAFFI_UUID_SIZE];
    place_init (&at, false);
    machine_words_t *machine = machine_open ();
    process_t broker = MACHINE_BROKER (&at, "--no-store");
    daffi_global_t *node = server_start (&at, "server");
    const int64_t soon[] = {real_ms () + 2 * HOUR_MS};
    schedule (node, 1, DAFFI_SCHEDULE (.at_ms = soon, .at_count = 1), NULL);
    schedule (node, 2, DAFFI_SCHEDULE (.cron = "30 4 * * *"), cron);
    schedule (node, 3, DAFFI_SCHEDULE (.interval = "1h"), interval);
    schedule (node, 4, DAFFI_SCHEDULE (.delay = "1h"), delay);
    int64_t before_ms = look (node, interval).next_run_ms;
    machine->wall_shift_ms = 49 * HOUR_MS;
    board_wait (BOARD_ENDED, 2);
    CHECK_EQ_INT (board_runs (1), 1);
    //  two nights have passed: once for both, and then on
    CHECK_EQ_INT (board_runs (2), 1);
    daffi_task_t nightly = look (node, cron);
    CHECK (nightly.skipped >= 1 && nightly.skipped <= 2);
    CHECK (nightly.next_run_ms > real_ms () + 49 * HOUR_MS);
    CHECK (nightly.next_run_ms <= real_ms () + (49 + 24) * HOUR_MS);
    //  as far away as ever, and shown by the new clock
    CHECK_EQ_INT (board_runs (3) + board_runs (4), 0);
    int64_t moved_ms = look (node, interval).next_run_ms - before_ms;
    CHECK (moved_ms >= 49 * HOUR_MS - 2000 && moved_ms <= 49 * HOUR_MS + 2000);
    CHECK_EQ_UINT (look (node, delay).runs, 0);
    //  what does not stand still while the machine sleeps is not looked at at all
    CHECK_EQ_INT (machine->boot_reads, 0);
    daffi_global_destroy (&node);
    broker_stop (&broker);
}

TEST (
    "a clock that is set back puts times off, keeps intervals going, and repeats none")
{
    place_t at;
    char rhythm[DAFFI_UUID_SIZE];
    place_init (&at, false);
    machine_words_t *machine = machine_open ();
    process_t broker = MACHINE_BROKER (&at, "--no-store");
    daffi_global_t *node = server_start (&at, "server");
    const int64_t times[] = {real_ms () + 300, real_ms () + 4000};
    schedule (node, 1, DAFFI_SCHEDULE (.at_ms = times, .at_count = 2), NULL);
    schedule (node, 2, DAFFI_SCHEDULE (.cron = "0 * * * *"), rhythm);
    board_wait (BOARD_ENDED, 1);
    machine->wall_shift_ms = -2 * HOUR_MS;
    schedule (node, 3, DAFFI_SCHEDULE (.interval_ms = 250), NULL);
    //  five seconds by the interval: the second time would have come, and the first one
    //  comes a second time by the clock only after two hours
    board_wait (BOARD_ENDED, 1 + 20);
    CHECK_EQ_INT (board_runs (1), 1);
    CHECK_EQ_INT (board_runs (3), 20);
    //  the hourly one goes by the new time
    CHECK (look (node, rhythm).next_run_ms <= real_ms () - HOUR_MS + 1000);
    machine->wall_shift_ms = 0;
    while (board_runs (1) < 2)
        board_wait (BOARD_ENDED, board_read (BOARD_ENDED) + 1);
    CHECK_EQ_INT (board_runs (1), 2);
    daffi_global_destroy (&node);
    broker_stop (&broker);
}

TEST ("a clock that was set while no broker ran: the right next run, none twice")
{
    place_t at;
    char store[200], interval[DAFFI_UUID_SIZE], far[DAFFI_UUID_SIZE];
    place_init (&at, false);
    snprintf (store, sizeof store, "%s/tasks.db", test_tmpdir ());
    machine_words_t *machine = machine_open ();
    process_t broker = MACHINE_BROKER (&at, "--store", store);
    daffi_global_t *node = server_start (&at, "server");
    const int64_t times[] = {real_ms () + HOUR_MS, real_ms () + 9 * HOUR_MS};
    schedule (node, 1, DAFFI_SCHEDULE (.at_ms = times, .at_count = 2), far);
    schedule (node, 2, DAFFI_SCHEDULE (.interval = "30m"), interval);
    int64_t rhythm_ms = look (node, interval).next_run_ms;
    process_kill (&broker);
    machine->wall_shift_ms = 2 * HOUR_MS;
    broker = MACHINE_BROKER (&at, "--store", store, "--settle", "5000");
    board_wait (BOARD_ENDED, 2);
    CHECK_EQ_INT (board_runs (1), 1);
    CHECK_EQ_INT (board_runs (2), 1);
    CHECK_EQ_INT (look (node, far).next_run_ms, times[1]);
    int64_t off_ms = (look (node, interval).next_run_ms - rhythm_ms) % (HOUR_MS / 2);
    CHECK (off_ms <= 2000 || off_ms >= HOUR_MS / 2 - 2000);
    //  and back, further than the run that has been: it has no second one
    process_kill (&broker);
    machine->wall_shift_ms = 0;
    broker = MACHINE_BROKER (&at, "--store", store, "--settle", "5000");
    wait_for_function (node, "run");
    daffi_task_t again = look (node, far);
    CHECK_EQ_UINT (again.runs, 1);
    CHECK_EQ_INT (again.next_run_ms, times[1]);
    //  nor is an interval put off for longer than itself
    CHECK (look (node, interval).next_run_ms <= real_ms () + HOUR_MS / 2 + 1000);
    CHECK_EQ_INT (board_runs (1) + board_runs (2), 2);
    daffi_global_destroy (&node);
    broker_stop (&broker);
}
