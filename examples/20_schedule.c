//  SPDX-License-Identifier: MPL-2.0
//  20_schedule: calls that the controller makes at their time.
//
//  A watering plan for a garden: the valve opens every 200 ms, five times; the meter is
//  read every night by a cron expression in the garden's own time zone; the pump starts
//  once. One process does all here; tasks live in the controller, so any process may
//  schedule, list and cancel them, and with a store (daffi_options_t.store, or
//  daffi-broker) they are there again after a crash.
//
//  RUN: ./20_schedule
//  OUTPUT:
//  | meter.read  cron     30 3 * * * Europe/Berlin
//  | pump.start  at_time  once after 300ms
//  | valve.open  period   every 200ms
//  | pump on
//  | bed 1 watered 5 times
//  | no times in the past: at: 2020-01-01T08:00:00Z has passed; <...>
//  | meter.read: cancelled
//  | meter.read once more: finished
//  | 0 tasks left
//  END

#include <daffi.h>
#include <daffi_tasks.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sem_t pumping, ended;
static atomic_int watered;

static daffi_status_t open_valve (daffi_request_t *request, void *arg)
{
    (void)arg;
    atomic_fetch_add (&watered, 1);
    return daffi_request_reply (request, "dripping");
}

static daffi_status_t start_pump (daffi_request_t *request, void *arg)
{
    (void)arg;
    sem_post (&pumping);
    return daffi_request_reply (request, "humming");
}

//  The controller tells how the tasks of this process go.
static void on_task (daffi_global_t *global, const daffi_task_event_t *event, void *arg)
{
    (void)global;
    (void)arg;
    if (event->type == DAFFI_TASK_EVENT_FAILED)
        printf ("%s failed: %s\n", event->function, event->text);
    if (event->type == DAFFI_TASK_EVENT_ENDED)
        sem_post (&ended);
}

static int by_function (const void *a, const void *b)
{
    const daffi_task_t *left = a, *right = b;
    return strcmp (left->function, right->function);
}

//  All tasks of the controller, one a line. How many?
static int list (daffi_global_t *garden)
{
    static const char *const conditions[] = {"period", "at_time", "cron"};
    daffi_error_t error;
    DAFFI_AUTO (daffi_tasks) *tasks =
        daffi_global_get_scheduled_tasks (garden, NULL, &error);
    if (!tasks)
        return fprintf (stderr, "%s\n", error.text), -1;
    if (tasks->count)
        qsort (tasks->items, tasks->count, sizeof *tasks->items, by_function);
    for (size_t i = 0; i < tasks->count; i++)
        printf ("%-10s  %-7s  %s\n", tasks->items[i].function,
                conditions[tasks->items[i].condition], tasks->items[i].detail);
    return (int)tasks->count;
}

static void cancel (daffi_global_t *garden, const char *label, const char *uuid)
{
    static const char *const outcomes[] = {"cancelled", "finished", "unknown"};
    daffi_cancel_t outcome;
    daffi_error_t error;
    if (daffi_global_cancel_scheduled_task_by_uuid (garden, NULL, uuid, &outcome,
                                                    &error))
        printf ("%s: %s\n", label, error.text);
    else
        printf ("%s: %s\n", label, outcomes[outcome]);
}

int main (void)
{
    char meter[DAFFI_UUID_SIZE];
    daffi_error_t error;
    sem_init (&pumping, 0, 0);
    sem_init (&ended, 0, 0);
    DAFFI_AUTO (daffi_global) *garden =
        daffi_global_new (DAFFI_OPTIONS (.process_name = "garden",
                                         .init_controller = true, .host = "127.0.0.1"),
                          &error);
    if (!garden ||
        daffi_global_subscribe_tasks (garden, false, on_task, NULL, &error) ||
        daffi_global_register (garden, "valve.open", open_valve, NULL, &error) ||
        daffi_global_register (garden, "pump.start", start_pump, NULL, &error) ||
        daffi_global_schedule (garden, "valve.open", DAFFI_ARGS ("bed 1"),
                               DAFFI_SCHEDULE (.interval = "200ms", .max_runs = 5),
                               NULL, &error) ||
        daffi_global_schedule (garden, "pump.start", DAFFI_ARGS (),
                               DAFFI_SCHEDULE (.delay = "0.3 seconds"), NULL, &error) ||
        daffi_global_schedule (
            garden, "meter.read", DAFFI_ARGS (),
            DAFFI_SCHEDULE (.cron = "30 3 * * *", .zone = "Europe/Berlin"), meter,
            &error))
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;
    list (garden);

    sem_wait (&pumping);
    printf ("pump on\n");
    for (int i = 0; i < 2; i++)  //  the pump's task and the valve's
        sem_wait (&ended);
    printf ("bed 1 watered %d times\n", atomic_load (&watered));

    if (daffi_global_schedule (
            garden, "valve.open", DAFFI_ARGS (),
            DAFFI_SCHEDULE (.at = (const char *[]){"2020-01-01T08:00Z", NULL}), NULL,
            &error))
        printf ("no times in the past: %s\n", error.text);
    cancel (garden, "meter.read", meter);
    cancel (garden, "meter.read once more", meter);
    printf ("%d tasks left\n", list (garden));
    return EXIT_SUCCESS;
}
