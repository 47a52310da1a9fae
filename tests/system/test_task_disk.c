//  SPDX-License-Identifier: MPL-2.0
//  A disk that fails under daffi-broker: tasks are refused with a clear error, none is
//  lost unseen, and what was accepted is there after a new start.

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <daffi_tasks.h>

#include "machine.h"

static const daffi_schedule_t daily = {.cron = "@daily"};

static daffi_status_t schedule (daffi_global_t *node, int number,
                                const daffi_schedule_t *when, char *uuid,
                                daffi_error_t *error)
{
    return daffi_global_schedule (node, "run", DAFFI_ARGS (number), when, uuid, error);
}

static void check_refused (daffi_global_t *node)
{
    daffi_error_t error;
    CHECK_STATUS (DAFFI_SYSTEM, schedule (node, 9, &daily, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK (strstr (error.text, "the store of tasks takes no changes until the "
                               "controller is started again"));
}

static size_t count_of (daffi_global_t *node)
{
    daffi_error_t error;
    daffi_tasks_t *tasks = daffi_global_get_scheduled_tasks (node, NULL, &error);
    CHECK (tasks);
    size_t count = tasks->count;
    daffi_tasks_destroy (&tasks);
    return count;
}

static bool is_there (daffi_global_t *node, const char *uuid)
{
    daffi_error_t error;
    daffi_tasks_t *task = daffi_global_get_task (node, uuid, &error);
    bool there = task != NULL;
    CHECK (there || error.status == DAFFI_NOT_FOUND);
    daffi_tasks_destroy (&task);
    return there;
}

static void on_task (daffi_global_t *global, const daffi_task_event_t *event, void *arg)
{
    (void)global;
    (void)arg;
    if (event->type == DAFFI_TASK_EVENT_FAILED && event->status == DAFFI_SYSTEM &&
        event->executed == DAFFI_EXECUTED_NO && strstr (event->text, "the store "))
        board_add (BOARD_FAILED, 1);
}

static void check_failing (const char *what, int sync_error, int write_error)
{
    place_t at;
    char store[200], kept[DAFFI_UUID_SIZE], busy[DAFFI_UUID_SIZE];
    daffi_error_t error;
    daffi_cancel_t outcome;
    place_init (&at, false);
    snprintf (store, sizeof store, "%s/tasks.db", test_tmpdir ());
    machine_words_t *machine = machine_open ();
    process_t broker = MACHINE_BROKER (&at, "--store", store);
    daffi_global_t *node = server_start (&at, "server");
    CHECK_FINE (daffi_global_subscribe_tasks (node, false, on_task, NULL, &error),
                error);
    CHECK_FINE (schedule (node, 1, &daily, kept, &error), error);
    CHECK_FINE (schedule (node, 2, DAFFI_SCHEDULE (.interval_ms = 50), busy, &error),
                error);
    board_wait (BOARD_ENDED, 2);
    machine->sync_error = sync_error;
    machine->write_error = write_error;
    //  its runs fail, are not begun, and their owner is told
    board_wait (BOARD_FAILED, 2);
    CHECK (machine->failed > 0);
    int runs = board_runs (2);
    check_refused (node);
    CHECK_STATUS (DAFFI_SYSTEM, daffi_global_cancel_scheduled_task_by_uuid (
                                    node, NULL, kept, &outcome, &error));
    CHECK (strstr (error.text, what));
    CHECK_STATUS (DAFFI_SYSTEM, daffi_global_pause_task (node, kept, &error));
    //  looking still works, and a disk that has recovered is not trusted
    machine->sync_error = machine->write_error = 0;
    CHECK_EQ_UINT (count_of (node), 2);
    check_refused (node);
    board_wait (BOARD_FAILED, 4);
    CHECK_EQ_INT (board_runs (2), runs);
    process_kill (&broker);
    broker = MACHINE_BROKER (&at, "--store", store, "--settle", "5000");
    wait_for_function (node, "run");
    CHECK (is_there (node, kept));
    CHECK_EQ_UINT (count_of (node), 2);
    board_wait (BOARD_ENDED, runs + 2);
    CHECK_FINE (schedule (node, 3, &daily, NULL, &error), error);
    daffi_global_destroy (&node);
    broker_stop (&broker);
}

TEST (
    "a failed fsync makes the store read-only until the next start, and loses nothing")
{
    check_failing ("I/O error", EIO, 0);
}

TEST ("a full disk makes the store read-only until the next start, and loses nothing")
{
    check_failing ("full", 0, ENOSPC);
}

TEST ("a task whose write fails is refused: perhaps it is there after a start, and no "
      "other is")
{
    place_t at;
    char store[200], kept[DAFFI_UUID_SIZE];
    daffi_error_t error;
    place_init (&at, false);
    snprintf (store, sizeof store, "%s/tasks.db", test_tmpdir ());
    machine_words_t *machine = machine_open ();
    process_t broker = MACHINE_BROKER (&at, "--store", store);
    daffi_global_t *node = server_start (&at, "server");
    CHECK_FINE (schedule (node, 1, &daily, kept, &error), error);
    machine->sync_error = EIO;
    CHECK_STATUS (DAFFI_SYSTEM, schedule (node, 2, &daily, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK (strstr (error.text, "not written to the store: the store "));
    check_refused (node);
    CHECK_EQ_UINT (count_of (node), 1);
    process_kill (&broker);
    machine->sync_error = 0;
    broker = MACHINE_BROKER (&at, "--store", store);
    wait_for_function (node, "run");
    CHECK (is_there (node, kept));
    size_t there = count_of (node);
    CHECK (there == 1 || there == 2);
    daffi_global_destroy (&node);
    broker_stop (&broker);
}

//  --- a disk that is really full -----------------------------------------------------

static void mount_small_disk (char *folder, size_t size)
{
    snprintf (folder, size, "%s/disk", test_tmpdir ());
    CHECK (mkdir (folder, 0700) == 0);
    //  seen by this process and those that it starts, and gone with them
    if (unshare (CLONE_NEWNS) || mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount ("small", folder, "tmpfs", 0, "size=512k,mode=0700"))
        SKIP ("mounting a small disk is for root: %s", strerror (errno));
}

TEST ("a file system without a free block: every task that was accepted is there again")
{
    enum { TASKS = 200 };
    static char uuids[TASKS][DAFFI_UUID_SIZE];
    static char large[8000];
    place_t at;
    char folder[200], store[220];
    daffi_error_t error;
    size_t accepted = 0;
    place_init (&at, false);
    mount_small_disk (folder, sizeof folder);
    snprintf (store, sizeof store, "%s/tasks.db", folder);
    process_t broker = BROKER (&at, "--store", store);
    daffi_global_t *node = server_start (&at, "server");
    memset (large, 'x', sizeof large - 1);
    while (accepted < TASKS && !daffi_global_schedule (node, "run", DAFFI_ARGS (large),
                                                       &daily, uuids[accepted], &error))
        accepted++;
    CHECK (accepted > 5 && accepted < TASKS);
    CHECK_STATUS (DAFFI_SYSTEM, error.status);
    CHECK (strstr (error.text, "full"));
    check_refused (node);
    CHECK_EQ_UINT (count_of (node), accepted);
    process_kill (&broker);
    //  still full: what is there can be read all the same
    broker = BROKER (&at, "--store", store);
    wait_for_function (node, "run");
    for (size_t i = 0; i < accepted; i++)
        CHECK (is_there (node, uuids[i]));
    daffi_global_destroy (&node);
    broker_stop (&broker);
    CHECK (umount2 (folder, MNT_DETACH) == 0);
}
