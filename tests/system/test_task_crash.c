//  SPDX-License-Identifier: MPL-2.0
//  kill -9 of the broker at any moment, again and again: what it has accepted it has,
//  and no run that it has begun does it begin again.
//
//  DAFFI_TASK_KILLS says how often; without it a few times, so that the everyday run is
//  short.

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <daffi_tasks.h>

#include "place.h"

enum { TASKS_A_LIFE = 5, KILLS_MAX = 5000 };

typedef struct {
    char uuid[DAFFI_UUID_SIZE];
    bool accepted;
} note_t;

static note_t notes[KILLS_MAX * TASKS_A_LIFE];

static int kills_wanted (void)
{
    const char *text = getenv ("DAFFI_TASK_KILLS");
    int kills = text ? atoi (text) : 12;
    return kills < 1 ? 1 : kills > KILLS_MAX ? KILLS_MAX : kills;
}

static void pause_us (unsigned us)
{
    struct timespec time = {.tv_nsec = (long)us * 1000};
    nanosleep (&time, NULL);
}

//  A few tasks that run once, soon, while the broker may die at any moment.
static void schedule_some (daffi_global_t *node, int first, unsigned *seed)
{
    for (int i = first; i < first + TASKS_A_LIFE; i++) {
        daffi_error_t error;
        daffi_schedule_t when = {.delay_ms = 1 + rand_r (seed) % 60};
        notes[i].accepted = !daffi_global_schedule (node, "run", DAFFI_ARGS (i), &when,
                                                    notes[i].uuid, &error);
    }
}

static process_t start_broker (place_t *at, const char *store)
{
    return BROKER (at, "--store", store, "--settle", "3000", "--log-level", "error");
}

typedef struct {
    place_t *at;
    const char *store;
    process_t broker;
    unsigned delay_us;
} killer_t;

//  In a thread of its own: who schedules waits meanwhile for the next one.
static void *kill_and_restart (void *arg)
{
    killer_t *self = arg;
    pause_us (self->delay_us);
    process_kill (&self->broker);
    self->broker = start_broker (self->at, self->store);
    return NULL;
}

//  Every run that was begun has come to an end that is known.
static void wait_until_all_ended (daffi_global_t *node)
{
    daffi_error_t error;
    int64_t end_ms = clock_ms () + BOARD_PATIENCE_MS;
    for (;;) {
        daffi_tasks_t *tasks = daffi_global_get_scheduled_tasks (node, NULL, &error);
        CHECK (tasks);
        size_t left = tasks->count;
        daffi_tasks_destroy (&tasks);
        if (left == 0)
            return;
        CHECK (clock_ms () < end_ms);
        pause_us (5000);
    }
}

typedef struct {
    int accepted, ran, lost;
} count_t;

static void check_note (daffi_global_t *node, int number, count_t *count)
{
    daffi_error_t error;
    int runs = board_runs (number);
    CHECK (runs <= 1);
    if (!notes[number].accepted)
        return;
    daffi_tasks_t *task = daffi_global_get_task (node, notes[number].uuid, &error);
    if (!task)
        daffi_test_fail (__FILE__, __LINE__, "task %d was accepted and is gone: %s",
                         number, error.text);
    CHECK_EQ_INT (task->items[0].state, DAFFI_TASK_FINISHED);
    CHECK_EQ_UINT (task->items[0].runs, 1);
    //  what the record says of it is true
    bool lost = task->items[0].last_status == DAFFI_CONTROLLER_LOST;
    if (task->items[0].last_status == DAFFI_NO_FUNCTION)
        CHECK_EQ_INT (runs, 0);  //  this node was not back in time
    else if (!lost)
        CHECK_EQ_INT (task->items[0].last_status, DAFFI_OK);
    if (task->items[0].last_status == DAFFI_OK)
        CHECK_EQ_INT (runs, 1);
    count->accepted++;
    count->ran += runs;
    count->lost += lost;
    daffi_tasks_destroy (&task);
}

TEST ("a broker that is killed at any moment loses no task and begins no run twice")
{
    place_t at;
    char store[200];
    unsigned seed = 20;
    count_t count = {0};
    int kills = kills_wanted ();
    place_init (&at, false);
    snprintf (store, sizeof store, "%s/tasks.db", test_tmpdir ());
    killer_t killer = {&at, store, start_broker (&at, store), 0};
    daffi_global_t *node = server_start (&at, "server");
    for (int life = 0; life < kills; life++) {
        pthread_t thread;
        daffi_error_t error;
        killer.delay_us = 500 + (unsigned)rand_r (&seed) % 60000;
        CHECK_FINE (daffi_global_wait_function (node, "run", BOARD_PATIENCE_MS, &error),
                    error);
        CHECK (!pthread_create (&thread, NULL, kill_and_restart, &killer));
        schedule_some (node, life * TASKS_A_LIFE, &seed);
        pthread_join (thread, NULL);
    }
    wait_until_all_ended (node);
    for (int i = 0; i < kills * TASKS_A_LIFE; i++)
        check_note (node, i, &count);
    printf ("     %d times kill -9: %d tasks accepted and all there, %d ran once, "
            "%d were cut off by it\n",
            kills, count.accepted, count.ran, count.lost);
    CHECK (count.accepted >= kills);
    daffi_global_destroy (&node);
    broker_stop (&killer.broker);
}
