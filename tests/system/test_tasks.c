//  SPDX-License-Identifier: MPL-2.0
//  Scheduled tasks, from the outside: scheduled, run, listed, steered, told of.

#include <daffi_tasks.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "place.h"

static void schedule (daffi_global_t *node, const char *function, daffi_args_t args,
                      const daffi_schedule_t *when, char *uuid)
{
    daffi_error_t error;
    CHECK_FINE (daffi_global_schedule (node, function, args, when, uuid, &error),
                error);
}

static daffi_tasks_t *tasks_of (daffi_global_t *node, const char *process)
{
    daffi_error_t error;
    daffi_tasks_t *tasks = daffi_global_get_scheduled_tasks (node, process, &error);
    if (!tasks)
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    return tasks;
}

static size_t count_of (daffi_global_t *node, const char *process)
{
    daffi_tasks_t *tasks = tasks_of (node, process);
    size_t count = tasks->count;
    daffi_tasks_destroy (&tasks);
    return count;
}

static daffi_tasks_t *task (daffi_global_t *node, const char *uuid)
{
    daffi_error_t error;
    daffi_tasks_t *found = daffi_global_get_task (node, uuid, &error);
    if (!found)
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    return found;
}

//  --- events as something to wait for ------------------------------------------------

static atomic_int failed, ended;
static daffi_task_event_type_t last_type;
static char last_text[DAFFI_TEXT_MAX + 1];
static char last_uuid[DAFFI_UUID_SIZE];

static void on_task (daffi_global_t *global, const daffi_task_event_t *event, void *arg)
{
    (void)global;
    (void)arg;
    last_type = event->type;
    snprintf (last_text, sizeof last_text, "%s", event->text);
    snprintf (last_uuid, sizeof last_uuid, "%s", event->uuid);
    failed += event->type == DAFFI_TASK_EVENT_FAILED;
    ended += event->type == DAFFI_TASK_EVENT_ENDED;
    board_add (BOARD_OTHER, 1);
}

static void subscribe (daffi_global_t *node, bool everybody)
{
    daffi_error_t error;
    CHECK_FINE (daffi_global_subscribe_tasks (node, everybody, on_task, NULL, &error),
                error);
    //  the subscription has arrived once a later call was answered
    count_of (node, NULL);
}

//  --- running ------------------------------------------------------------------------

SYSTEM_TEST (
    "an interval, a time and a delay run with their arguments, for their owner")
{
    daffi_global_t *hub = hub_start (at), *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    int64_t soon[] = {(int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1200};
    subscribe (caller, false);
    schedule (caller, "run", DAFFI_ARGS (1),
              DAFFI_SCHEDULE (.interval = "20ms", .max_runs = 4), NULL);
    schedule (caller, "run", DAFFI_ARGS (2),
              DAFFI_SCHEDULE (.at_ms = soon, .at_count = 1), NULL);
    schedule (caller, "run", DAFFI_ARGS (3),
              DAFFI_SCHEDULE (.delay = "0.05 s", .process = "server"), NULL);
    schedule (caller, "run", DAFFI_ARGS (4),
              DAFFI_SCHEDULE (.delay_ms = 5, .all = true), NULL);
    board_wait (BOARD_OTHER, 4);
    CHECK_EQ_INT (ended, 4);
    CHECK_EQ_INT (failed, 0);
    CHECK_EQ_INT (board_runs (1), 4);
    CHECK_EQ_INT (board_runs (2), 1);
    CHECK_EQ_INT (board_runs (3), 1);
    CHECK_EQ_INT (board_runs (4), 1);
    CHECK_EQ_UINT (count_of (caller, NULL), 0);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a task goes on without the process that scheduled it, and sees its name")
{
    char uuid[DAFFI_UUID_SIZE];
    daffi_global_t *hub = hub_start (at), *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    schedule (caller, "run", DAFFI_ARGS (7), DAFFI_SCHEDULE (.interval_ms = 20), uuid);
    daffi_global_destroy (&caller);
    board_wait (BOARD_ENDED, 5);
    daffi_tasks_t *found = task (server, uuid);
    CHECK_EQ_STR (found->items[0].owner, "caller");
    CHECK_EQ_STR (found->items[0].function, "run");
    CHECK_EQ_STR (found->items[0].uuid, uuid);
    CHECK_EQ_STR (found->items[0].detail, "every 20ms");
    CHECK_EQ_STR (found->items[0].last_process, "server");
    CHECK_EQ_INT (found->items[0].condition, DAFFI_CONDITION_PERIOD);
    CHECK_EQ_INT (found->items[0].last_status, DAFFI_OK);
    CHECK_EQ_INT (found->items[0].remaining, -1);
    CHECK_EQ_UINT (found->items[0].args_size, 2);
    CHECK (found->items[0].runs >= 4 && found->items[0].next_run_ms > 0);
    daffi_tasks_destroy (&found);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

//  --- steering -----------------------------------------------------------------------

SYSTEM_TEST (
    "any process lists, pauses, resumes, runs and cancels the tasks of another")
{
    char uuid[DAFFI_UUID_SIZE], far[DAFFI_UUID_SIZE];
    daffi_cancel_t outcome;
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at), *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    schedule (caller, "run", DAFFI_ARGS (8), DAFFI_SCHEDULE (.interval = "1 day"),
              uuid);
    schedule (caller, "run", DAFFI_ARGS (9),
              DAFFI_SCHEDULE (.cron = "@yearly", .process = "server"), far);
    CHECK_EQ_UINT (count_of (server, NULL), 2);
    CHECK_EQ_UINT (count_of (server, "caller"), 2);
    CHECK_EQ_UINT (count_of (server, "server"), 1);
    CHECK_EQ_UINT (count_of (server, "stranger"), 0);
    CHECK_FINE (daffi_global_pause_task (server, uuid, &error), error);
    daffi_tasks_t *found = task (caller, uuid);
    CHECK_EQ_INT (found->items[0].state, DAFFI_TASK_PAUSED);
    daffi_tasks_destroy (&found);
    CHECK_FINE (daffi_global_run_task (server, uuid, &error), error);
    board_wait (BOARD_ENDED, 1);
    CHECK_EQ_INT (board_runs (8), 1);
    CHECK_FINE (daffi_global_resume_task (server, uuid, &error), error);
    CHECK_FINE (daffi_global_cancel_scheduled_task_by_uuid (server, "stranger", uuid,
                                                            &outcome, &error),
                error);
    CHECK_EQ_INT (outcome, DAFFI_CANCEL_UNKNOWN);
    CHECK_FINE (daffi_global_cancel_scheduled_task_by_uuid (server, "caller", uuid,
                                                            &outcome, &error),
                error);
    CHECK_EQ_INT (outcome, DAFFI_CANCEL_CANCELLED);
    CHECK_FINE (daffi_global_cancel_scheduled_task_by_uuid (server, NULL, uuid,
                                                            &outcome, &error),
                error);
    CHECK_EQ_INT (outcome, DAFFI_CANCEL_FINISHED);
    CHECK_STATUS (DAFFI_INVALID, daffi_global_resume_task (server, uuid, &error));
    CHECK (strstr (error.text, uuid) != NULL);
    uuid[0] = uuid[0] == 'a' ? 'b' : 'a';
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_global_pause_task (server, uuid, &error));
    CHECK (strstr (error.text, uuid) != NULL);
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_global_run_task (server, "\033[31m", &error));
    CHECK (strstr (error.text, "\033") == NULL);
    CHECK (!daffi_global_get_task (server, uuid, &error));
    CHECK_EQ_INT (error.status, DAFFI_NOT_FOUND);
    CHECK_EQ_UINT (count_of (server, NULL), 1);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a list of thousands comes in pages and is whole")
{
    enum { COUNT = 2500 };
    daffi_global_t *hub = hub_start (at), *caller = caller_start (at);
    for (int i = 0; i < COUNT; i++)
        schedule (caller, "run", DAFFI_ARGS (i), DAFFI_SCHEDULE (.interval = "1 day"),
                  NULL);
    CHECK_EQ_UINT (count_of (caller, NULL), COUNT);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

//  --- errors -------------------------------------------------------------------------

SYSTEM_TEST ("the errors of runs reach the owner, and the history in any case")
{
    char uuid[DAFFI_UUID_SIZE];
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at), *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    subscribe (caller, false);
    schedule (caller, "fail", DAFFI_ARGS (DAFFI_FAILED, "no paper"),
              DAFFI_SCHEDULE (.interval_ms = 20, .max_runs = 2), uuid);
    board_wait (BOARD_OTHER, 3);
    CHECK_EQ_INT (failed, 2);
    CHECK_EQ_INT (ended, 1);
    CHECK_EQ_STR (last_uuid, uuid);
    daffi_task_runs_t *runs = daffi_global_get_task_runs (server, uuid, &error);
    CHECK (runs);
    CHECK_EQ_UINT (runs->count, 2);
    CHECK_EQ_INT (runs->items[1].status, DAFFI_FAILED);
    CHECK_EQ_INT (runs->items[1].executed, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (runs->items[1].text, "no paper");
    CHECK_EQ_STR (runs->items[1].process, "server");
    //  the two clocks are read one after the other, and the machine may be busy between
    int64_t apart_ms = runs->items[1].due_ms - runs->items[0].due_ms;
    CHECK (apart_ms >= 10 && apart_ms <= 10000);
    daffi_task_runs_destroy (&runs);
    daffi_tasks_t *found = task (caller, uuid);
    CHECK_EQ_UINT (found->items[0].failed, 2);
    daffi_tasks_destroy (&found);
    //  nobody offers it
    schedule (caller, "nothing", DAFFI_ARGS (), DAFFI_SCHEDULE (.delay_ms = 1), uuid);
    board_wait (BOARD_OTHER, 5);
    runs = daffi_global_get_task_runs (server, uuid, &error);
    CHECK (runs);
    CHECK_EQ_INT (runs->items[0].status, DAFFI_NO_FUNCTION);
    CHECK_EQ_INT (runs->items[0].executed, DAFFI_EXECUTED_NO);
    daffi_task_runs_destroy (&runs);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a run that takes too long fails at its deadline")
{
    char uuid[DAFFI_UUID_SIZE];
    daffi_global_t *hub = hub_start (at), *server = server_start (at, "server");
    subscribe (server, false);
    //  again and again: on a busy machine one's time may be over before it begins
    schedule (server, "watch", DAFFI_ARGS (1),
              DAFFI_SCHEDULE (.interval_ms = 60, .timeout_ms = 50), uuid);
    board_wait (BOARD_CANCELLED, 1);
    board_wait (BOARD_OTHER, 1);
    daffi_tasks_t *found = task (server, uuid);
    CHECK_EQ_INT (found->items[0].last_status, DAFFI_TIMEOUT);
    daffi_tasks_destroy (&found);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

static void check_refused (daffi_global_t *node, const daffi_schedule_t *when,
                           const char *expected)
{
    daffi_error_t error = {.text = ""};
    CHECK_STATUS (DAFFI_INVALID, daffi_global_schedule (node, "run", DAFFI_ARGS (1),
                                                        when, NULL, &error));
    if (!strstr (error.text, expected))
        daffi_test_fail (__FILE__, __LINE__, "'%s' is not in '%s'", expected,
                         error.text);
}

SYSTEM_TEST ("a schedule with a mistake is refused, and told where it is")
{
    daffi_global_t *hub = hub_start (at), *caller = caller_start (at);
    int64_t long_ago[] = {1000};
    check_refused (caller, NULL, "exactly one of interval, at and cron");
    check_refused (caller, DAFFI_SCHEDULE (.interval = "5 parsecs"),
                   "at column 3: 'parsecs' is no unit");
    check_refused (caller, DAFFI_SCHEDULE (.cron = "61 * * * *"), "at column 1");
    check_refused (caller, DAFFI_SCHEDULE (.at_ms = long_ago, .at_count = 1),
                   "1970-01-01T00:00:01Z has passed");
    check_refused (caller, DAFFI_SCHEDULE (.interval_ms = -5), "interval_ms");
    check_refused (caller,
                   DAFFI_SCHEDULE (.interval = "5", .all = true, .process = "x"),
                   "exclude each other");
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

//  --- the disk -----------------------------------------------------------------------

TEST ("tasks survive their controller, with their history and their next time")
{
    place_t at;
    char store[200], uuid[DAFFI_UUID_SIZE], gone[DAFFI_UUID_SIZE];
    daffi_error_t error;
    daffi_cancel_t outcome;
    place_init (&at, false);
    snprintf (store, sizeof store, "%s/tasks.db", test_tmpdir ());
    process_t broker = BROKER (&at, "--store", store);
    daffi_global_t *server = server_start (&at, "server");
    schedule (server, "run", DAFFI_ARGS (5), DAFFI_SCHEDULE (.interval = "1 day"),
              uuid);
    schedule (server, "run", DAFFI_ARGS (6), DAFFI_SCHEDULE (.interval = "1 day"),
              gone);
    CHECK_FINE (daffi_global_run_task (server, uuid, &error), error);
    board_wait (BOARD_ENDED, 1);
    CHECK_FINE (daffi_global_pause_task (server, uuid, &error), error);
    CHECK_FINE (daffi_global_cancel_scheduled_task_by_uuid (server, NULL, gone,
                                                            &outcome, &error),
                error);
    daffi_tasks_t *before = task (server, uuid);
    process_kill (&broker);
    broker = BROKER (&at, "--store", store);
    CHECK_FINE (daffi_global_wait_function (server, "run", BOARD_PATIENCE_MS, &error),
                error);
    daffi_tasks_t *after = task (server, uuid);
    CHECK_EQ_INT (after->items[0].state, DAFFI_TASK_PAUSED);
    CHECK_EQ_UINT (after->items[0].runs, 1);
    CHECK_EQ_INT (after->items[0].created_ms, before->items[0].created_ms);
    int64_t moved = after->items[0].next_run_ms - before->items[0].next_run_ms;
    CHECK (moved >= -5 && moved <= 5);
    CHECK_FINE (daffi_global_cancel_scheduled_task_by_uuid (server, NULL, gone,
                                                            &outcome, &error),
                error);
    CHECK_EQ_INT (outcome, DAFFI_CANCEL_FINISHED);
    daffi_tasks_destroy (&before);
    daffi_tasks_destroy (&after);
    daffi_global_destroy (&server);
    broker_stop (&broker);
}

TEST ("an embedded controller keeps its tasks where it is told to, over stop and start")
{
    char store[200];
    daffi_error_t error;
    snprintf (store, sizeof store, "%s/tasks.db", test_tmpdir ());
    daffi_global_t *both = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "both", .init_controller = true,
                       .host = "127.0.0.1", .store = store),
        &error);
    CHECK (both);
    schedule (both, "run", DAFFI_ARGS (5), DAFFI_SCHEDULE (.cron = "@daily"), NULL);
    daffi_global_stop (both);
    CHECK_FINE (daffi_global_start (both, &error), error);
    CHECK_EQ_UINT (count_of (both, NULL), 1);
    //  one store has one controller
    daffi_global_t *second = daffi_global_new (
        DAFFI_OPTIONS (.init_controller = true, .host = "127.0.0.1", .store = store),
        &error);
    CHECK (!second);
    CHECK (strstr (error.text, "in use by another controller"));
    daffi_global_destroy (&both);
}
