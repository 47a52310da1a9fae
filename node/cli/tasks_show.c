//  SPDX-License-Identifier: MPL-2.0
//  Tasks as they are shown: a line each, and one with all that is known of it.

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daffi_tasks.h"
#include "json.h"
#include "rows.h"
#include "tasks.h"

//  NULL: there is none.
static const char *moment (daffi_cli_t *self, int64_t moment_ms)
{
    char text[32];
    struct tm utc;
    time_t seconds = (time_t)(moment_ms / 1000);
    if (!moment_ms || !gmtime_r (&seconds, &utc))
        return NULL;
    strftime (text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return daffi_keep_text (&self->keep, text, strlen (text));
}

static const char *state_name (daffi_task_state_t state)
{
    switch (state) {
    case DAFFI_TASK_SCHEDULED:
        return "scheduled";
    case DAFFI_TASK_PAUSED:
        return "paused";
    case DAFFI_TASK_FINISHED:
        return "finished";
    case DAFFI_TASK_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}

static const char *condition_name (daffi_condition_t condition)
{
    switch (condition) {
    case DAFFI_CONDITION_PERIOD:
        return "period";
    case DAFFI_CONDITION_AT_TIME:
        return "at_time";
    case DAFFI_CONDITION_CRON:
        return "cron";
    }
    return "unknown";
}

static const char *executed_name (daffi_executed_t executed)
{
    switch (executed) {
    case DAFFI_EXECUTED_NO:
        return "no";
    case DAFFI_EXECUTED_MAYBE:
        return "maybe";
    case DAFFI_EXECUTED_YES:
        return "yes";
    }
    return "unknown";
}

static const char *last_of (const daffi_task_t *task)
{
    return task->last_status == DAFFI_PENDING ? NULL
                                              : daffi_status_name (task->last_status);
}

//  --- all that is known of one -----------------------------------------------------

typedef struct {
    daffi_value_t pairs[2 * 24];
    size_t count;
    bool whole;  //  also what is not there, as nil
} facts_t;

static void fact (facts_t *self, const char *key, daffi_value_t value)
{
    if (value.kind == DAFFI_KIND_NIL && !self->whole)
        return;
    self->pairs[2 * self->count] = daffi_value_string (key);
    self->pairs[2 * self->count++ + 1] = value;
}

static void fact_text (facts_t *self, const char *key, const char *text)
{
    fact (self, key, text && text[0] ? daffi_value_string (text) : daffi_value_nil ());
}

//  In the order in which people ask for them.
static daffi_value_t facts_of (daffi_cli_t *self, const daffi_task_t *task,
                               facts_t *facts)
{
    *facts = (facts_t){.whole = self->json};
    fact_text (facts, "uuid", task->uuid);
    fact_text (facts, "function", task->function);
    fact (facts, "args_size", daffi_value_uint (task->args_size));
    fact_text (facts, "condition", condition_name (task->condition));
    fact_text (facts, "when", task->detail);
    fact_text (facts, "until", moment (self, task->until_ms));
    fact_text (facts, "process", task->process);
    fact (facts, "all", daffi_value_bool (task->all));
    fact_text (facts, "owner", task->owner);
    fact_text (facts, "created", moment (self, task->created_ms));
    fact_text (facts, "state", state_name (task->state));
    fact_text (facts, "next_run", moment (self, task->next_run_ms));
    fact (facts, "running", daffi_value_uint (task->running));
    fact (facts, "runs", daffi_value_uint (task->runs));
    fact (facts, "failed", daffi_value_uint (task->failed));
    fact (facts, "skipped", daffi_value_uint (task->skipped));
    fact (facts, "left",
          task->remaining < 0 ? daffi_value_nil () : daffi_value_int (task->remaining));
    fact_text (facts, "last_run", moment (self, task->last_run_ms));
    fact_text (facts, "last", last_of (task));
    fact_text (facts, "last_process", task->last_process);
    fact_text (facts, "last_error", task->last_error);
    return daffi_value_map (facts->pairs, facts->count);
}

//  --- a line each ------------------------------------------------------------------

static void add_row (daffi_cli_t *self, daffi_rows_t *rows, const daffi_task_t *task)
{
    const char *next = moment (self, task->next_run_ms), *last = last_of (task);
    daffi_rows_add (rows);
    daffi_rows_text (rows, task->uuid);
    daffi_rows_text (rows, task->function);
    daffi_rows_text (rows, task->detail);
    daffi_rows_ink (rows, state_name (task->state),
                    task->state == DAFFI_TASK_SCHEDULED ? DAFFI_INK_GOOD
                                                        : DAFFI_INK_WARN);
    daffi_rows_text (rows, next ? next : "-");
    daffi_rows_number (rows, task->runs);
    if (task->remaining < 0)
        daffi_rows_text (rows, "-");
    else
        daffi_rows_number (rows, (uint64_t)task->remaining);
    daffi_rows_ink (rows, last ? last : "-",
                    last && task->last_status ? DAFFI_INK_BAD : DAFFI_INK_NONE);
    daffi_rows_text (rows, task->owner);
    daffi_rows_text (rows, task->all          ? "all"
                           : task->process[0] ? task->process
                                              : "any");
}

static void print_json (daffi_cli_t *self, const daffi_tasks_t *tasks)
{
    struct json_object *list = json_object_new_array ();
    for (size_t i = 0; i < tasks->count; i++) {
        facts_t facts;
        daffi_value_t map = facts_of (self, &tasks->items[i], &facts);
        json_object_array_add (list, daffi_json_of (&map));
    }
    daffi_json_print (list, self->style.terminal);
}

static int by_uuid (const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp (*one, *other);
}

//  Characters of a uuid that tell each task from all others: eight, or as many as it
//  takes.
static size_t telling_size (daffi_cli_t *self, const daffi_tasks_t *tasks)
{
    size_t size = 8;
    const char **uuids = daffi_keep (&self->keep, (tasks->count + 1) * sizeof *uuids);
    for (size_t i = 0; i < tasks->count; i++)
        uuids[i] = tasks->items[i].uuid;
    qsort (uuids, tasks->count, sizeof *uuids, by_uuid);
    for (size_t i = 1; i < tasks->count; i++)
        while (strncmp (uuids[i - 1], uuids[i], size) == 0 && uuids[i][size])
            size++;
    return size;
}

enum { UUID, FUNCTION, WHEN, STATE, NEXT, RUNS, LEFT, LAST, OWNER, TO, COLUMN_COUNT };

static void print_rows (daffi_cli_t *self, const daffi_tasks_t *tasks)
{
    static const daffi_column_t columns[COLUMN_COUNT] = {
        [UUID] = {"UUID", false, DAFFI_INK_NAME},
        [FUNCTION] = {"FUNCTION", false, DAFFI_INK_NONE},
        [WHEN] = {"WHEN", false, DAFFI_INK_NONE},
        [STATE] = {"STATE", false, DAFFI_INK_NONE},
        [NEXT] = {"NEXT RUN", false, DAFFI_INK_NONE},
        [RUNS] = {"RUNS", true, DAFFI_INK_NONE},
        [LEFT] = {"LEFT", true, DAFFI_INK_NONE},
        [LAST] = {"LAST", false, DAFFI_INK_NONE},
        [OWNER] = {"OWNER", false, DAFFI_INK_NONE},
        [TO] = {"TO", false, DAFFI_INK_NONE}};
    //  what is left out, `info` tells
    const daffi_give_t gives[] = {{UUID, telling_size (self, tasks), true},
                                  {OWNER, 0, false},
                                  {LEFT, 0, false},
                                  {RUNS, 0, false},
                                  {TO, 0, false},
                                  {WHEN, 16, false},
                                  {LAST, 0, false},
                                  {STATE, 0, false},
                                  {FUNCTION, 16, false}};
    daffi_rows_t rows;
    daffi_rows_init (&rows, self, columns, COLUMN_COUNT);
    rows.gives = gives;
    rows.give_count = sizeof gives / sizeof gives[0];
    for (size_t i = 0; i < tasks->count; i++)
        add_row (self, &rows, &tasks->items[i]);
    daffi_rows_print (&rows);
    daffi_rows_done (&rows);
}

daffi_exit_t daffi_tasks_show (daffi_cli_t *self, const char *process)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_tasks) *tasks =
        daffi_global_get_scheduled_tasks (self->global, process, &error);
    if (!tasks)
        return daffi_cli_failed (self, &error);
    if (self->json)
        print_json (self, tasks);
    else
        print_rows (self, tasks);
    return DAFFI_EXIT_OK;
}

//  --- one, as it is named ----------------------------------------------------------

daffi_exit_t daffi_tasks_find (daffi_cli_t *self, const char **word)
{
    daffi_error_t error;
    const char *found = NULL;
    size_t size = strlen (*word);
    if (size == 0 || size >= DAFFI_UUID_SIZE - 1)
        return DAFFI_EXIT_OK;
    DAFFI_AUTO (daffi_tasks) *tasks =
        daffi_global_get_scheduled_tasks (self->global, NULL, &error);
    if (!tasks)
        return daffi_cli_failed (self, &error);
    for (size_t i = 0; i < tasks->count; i++) {
        const char *uuid = tasks->items[i].uuid;
        if (strncmp (uuid, *word, size) != 0)
            continue;
        if (found)
            return daffi_cli_usage (self,
                                    "%s begins the uuids of several tasks: %s, %s…\n"
                                    "  say more of the one that is meant",
                                    *word, found, uuid);
        found = daffi_keep_text (&self->keep, uuid, strlen (uuid));
    }
    if (found)
        *word = found;
    return DAFFI_EXIT_OK;
}

//  --- one, with its last runs ------------------------------------------------------

static void add_run (daffi_cli_t *self, daffi_rows_t *rows, const daffi_task_run_t *run)
{
    const char *due = moment (self, run->due_ms), *began = moment (self, run->began_ms);
    int64_t took_ms = run->ended_ms - run->began_ms;
    daffi_rows_add (rows);
    daffi_rows_text (rows, due ? due : "-");
    daffi_rows_text (rows, began ? began : "-");
    daffi_rows_both (rows, daffi_duration (&self->keep, took_ms),
                     json_object_new_int64 (took_ms));
    daffi_rows_ink (rows, daffi_status_name (run->status),
                    run->status ? DAFFI_INK_BAD : DAFFI_INK_GOOD);
    daffi_rows_text (rows, executed_name (run->executed));
    daffi_rows_text (rows, run->process[0] ? run->process : "-");
    daffi_rows_text (rows, run->text);
}

daffi_status_t daffi_tasks_info (daffi_cli_t *self, const char *uuid,
                                 daffi_error_t *error)
{
    static const daffi_column_t columns[] = {
        {"DUE", false, DAFFI_INK_NONE},      {"BEGAN", false, DAFFI_INK_NONE},
        {"TOOK", true, DAFFI_INK_NONE},      {"STATUS", false, DAFFI_INK_NONE},
        {"EXECUTED", false, DAFFI_INK_NONE}, {"PROCESS", false, DAFFI_INK_NONE},
        {"ERROR", false, DAFFI_INK_NONE}};
    facts_t facts;
    daffi_rows_t rows;
    DAFFI_AUTO (daffi_tasks) *tasks = daffi_global_get_task (self->global, uuid, error);
    DAFFI_AUTO (daffi_task_runs) *runs =
        tasks ? daffi_global_get_task_runs (self->global, uuid, error) : NULL;
    if (!runs)
        return error->status;
    daffi_rows_init (&rows, self, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < runs->count; i++)
        add_run (self, &rows, &runs->items[i]);
    daffi_value_t map = facts_of (self, &tasks->items[0], &facts);
    if (self->json) {
        struct json_object *object = daffi_json_of (&map);
        json_object_object_add (object, "history", daffi_rows_json (&rows));
        daffi_json_print (object, self->style.terminal);
    } else {
        daffi_facts_print (self, &map);
        putchar ('\n');
        daffi_rows_print (&rows);
    }
    daffi_rows_done (&rows);
    return DAFFI_OK;
}
