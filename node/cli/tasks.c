//  SPDX-License-Identifier: MPL-2.0
//  daffi tasks: calls that the controller makes at their time.

#include "tasks.h"

#include <string.h>
#include <time.h>

#include "arguments.h"
#include "commands.h"
#include "daffi_tasks.h"
#include "json.h"
#include "rows.h"
#include "shared_options.h"

enum {
    OPTION_EVERY,
    OPTION_AFTER,
    OPTION_AT,
    OPTION_CRON,
    OPTION_ZONE,
    OPTION_TO,
    OPTION_ALL,
    OPTION_RUNS,
    OPTION_UNTIL,
    OPTION_TIMEOUT,
    OPTION_STRING,
    OPTION_COUNT
};

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_EVERY] = {.name = "every",
                      .value = "INTERVAL",
                      .example = "1m24s",
                      .kind = DAFFI_OPTION_TEXT,
                      .help = "add: at this distance: 5s, 1m24s, 2 days"},
    [OPTION_AFTER] = {.name = "after",
                      .value = "INTERVAL",
                      .example = "10m",
                      .kind = DAFFI_OPTION_TEXT,
                      .help =
                          "add: once, after this time; with --every the first time"},
    [OPTION_AT] = {.name = "at",
                   .value = "MOMENT",
                   .example = "2030-01-01T08:00Z",
                   .kind = DAFFI_OPTION_TEXT,
                   .help = "add: at this moment, as ISO 8601 writes it; several with "
                           "commas in between"},
    [OPTION_CRON] = {.name = "cron",
                     .value = "EXPRESSION",
                     .example = "'30 3 * * *'",
                     .kind = DAFFI_OPTION_TEXT,
                     .help =
                         "add: minute hour day month weekday, or @daily and its like"},
    [OPTION_ZONE] = {.name = "zone",
                     .value = "ZONE",
                     .example = "Europe/Berlin",
                     .kind = DAFFI_OPTION_TEXT,
                     .help = "add: time zone of --cron and --at; none: UTC"},
    [OPTION_TO] = DAFFI_OPTION_OF_PROCESS (
        "add: this process runs it; ls: tasks of this process"),
    [OPTION_ALL] = DAFFI_OPTION_OF_ALL ("add: every process that offers it runs it"),
    [OPTION_RUNS] = {.name = "runs",
                     .value = "N",
                     .example = "10",
                     .kind = DAFFI_OPTION_NUMBER,
                     .min = 1,
                     .max = INT32_MAX,
                     .help = "add: ends after so many runs"},
    [OPTION_UNTIL] = {.name = "until",
                      .value = "MOMENT",
                      .example = "2030-01-01T08:00Z",
                      .kind = DAFFI_OPTION_TEXT,
                      .help = "add: no run after this moment"},
    [OPTION_TIMEOUT] =
        DAFFI_OPTION_OF_TIMEOUT ("30s", 172800000, "add: deadline of each run"),
    [OPTION_STRING] = DAFFI_OPTION_OF_STRING ("add: every argument is a string"),
};

static const daffi_example_t examples[] = {
    {"daffi tasks add rotate access.log --cron '30 3 * * *' --zone Europe/Berlin",
     "every night; prints the task's uuid"},
    {"daffi tasks add poll --every 1m24s --runs 10", "ten times"},
    {"daffi tasks ls", "what is scheduled"},
    {"daffi tasks cancel 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60",
     "no run comes any more"},
    {NULL, NULL}};

//  --- ls ---------------------------------------------------------------------------

static const char *moment (daffi_cli_t *self, int64_t moment_ms)
{
    char text[32] = "-";
    struct tm utc;
    time_t seconds = (time_t)(moment_ms / 1000);
    if (moment_ms && gmtime_r (&seconds, &utc))
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

static void add_row (daffi_cli_t *self, daffi_rows_t *rows, const daffi_task_t *task)
{
    bool pending = task->last_status == DAFFI_PENDING;
    daffi_rows_add (rows);
    daffi_rows_text (rows, task->uuid);
    daffi_rows_text (rows, task->function);
    daffi_rows_text (rows, task->detail);
    daffi_rows_ink (rows, state_name (task->state),
                    task->state == DAFFI_TASK_SCHEDULED ? DAFFI_INK_GOOD
                                                        : DAFFI_INK_WARN);
    daffi_rows_text (rows, moment (self, task->next_run_ms));
    daffi_rows_number (rows, task->runs);
    if (task->remaining < 0)
        daffi_rows_both (rows, "-", NULL);
    else
        daffi_rows_number (rows, (uint64_t)task->remaining);
    daffi_rows_ink (rows, pending ? "-" : daffi_status_name (task->last_status),
                    pending || !task->last_status ? DAFFI_INK_NONE : DAFFI_INK_BAD);
    daffi_rows_text (rows, task->owner);
}

daffi_exit_t daffi_tasks_show (daffi_cli_t *self, const char *process)
{
    static const daffi_column_t columns[] = {
        {"UUID", false, DAFFI_INK_NAME},     {"FUNCTION", false, DAFFI_INK_NONE},
        {"WHEN", false, DAFFI_INK_NONE},     {"STATE", false, DAFFI_INK_NONE},
        {"NEXT RUN", false, DAFFI_INK_NONE}, {"RUNS", true, DAFFI_INK_NONE},
        {"LEFT", true, DAFFI_INK_NONE},      {"LAST", false, DAFFI_INK_NONE},
        {"OWNER", false, DAFFI_INK_NONE}};
    daffi_error_t error;
    daffi_rows_t rows;
    DAFFI_AUTO (daffi_tasks) *tasks =
        daffi_global_get_scheduled_tasks (self->global, process, &error);
    if (!tasks)
        return daffi_cli_failed (self, &error);
    daffi_rows_init (&rows, self, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < tasks->count; i++)
        add_row (self, &rows, &tasks->items[i]);
    daffi_rows_print (&rows);
    daffi_rows_done (&rows);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t list (daffi_cli_t *self)
{
    return daffi_tasks_show (self, daffi_cli_option (self, OPTION_TO)->text);
}

//  --- add --------------------------------------------------------------------------

//  What stands between the commas, ended by NULL.
static const char *const *split (daffi_cli_t *self, const char *text)
{
    size_t count = 2, at = 0;
    for (const char *c = text; *c; c++)
        count += *c == ',';
    const char **parts = daffi_keep (&self->keep, count * sizeof *parts);
    while (*text) {
        size_t size = strcspn (text, ",");
        parts[at++] = daffi_keep_text (&self->keep, text, size);
        text += size + (text[size] == ',');
    }
    return parts;
}

static daffi_exit_t add (daffi_cli_t *self)
{
    char uuid[DAFFI_UUID_SIZE];
    daffi_error_t error;
    if (self->set.word_count < 2)
        return daffi_cli_usage (self, "usage: daffi tasks add FUNCTION [ARGUMENT…] "
                                      "--every INTERVAL (or --after, --at, --cron)");
    daffi_args_t args;
    const daffi_argument_words_t words = {
        .first = 2,
        .end = self->set.word_count,
        .strings = daffi_cli_option (self, OPTION_STRING)->number};
    daffi_exit_t code = daffi_arguments (self, &words, &args);
    if (code)
        return code;
    const char *at = daffi_cli_option (self, OPTION_AT)->text;
    const daffi_schedule_t schedule = {
        .interval = daffi_cli_option (self, OPTION_EVERY)->text,
        .delay = daffi_cli_option (self, OPTION_AFTER)->text,
        .at = at ? split (self, at) : NULL,
        .cron = daffi_cli_option (self, OPTION_CRON)->text,
        .zone = daffi_cli_option (self, OPTION_ZONE)->text,
        .process = daffi_cli_option (self, OPTION_TO)->text,
        .all = daffi_cli_option (self, OPTION_ALL)->number,
        .max_runs = (uint64_t)daffi_cli_option (self, OPTION_RUNS)->number,
        .until = daffi_cli_option (self, OPTION_UNTIL)->text,
        .timeout_ms = daffi_cli_option (self, OPTION_TIMEOUT)->number};
    if (daffi_global_schedule (self->global, self->words[1], args, &schedule, uuid,
                               &error))
        return daffi_cli_failed (self, &error);
    if (self->json)
        daffi_json_print (json_object_new_string (uuid), false);
    else
        puts (uuid);
    return DAFFI_EXIT_OK;
}

//  --- cancel, pause, resume, run ---------------------------------------------------

static daffi_exit_t cancel_task (daffi_cli_t *self, const char *uuid)
{
    daffi_error_t error;
    daffi_cancel_t outcome;
    if (daffi_global_cancel_scheduled_task_by_uuid (self->global, NULL, uuid, &outcome,
                                                    &error))
        return daffi_cli_failed (self, &error);
    if (outcome == DAFFI_CANCEL_UNKNOWN)
        return daffi_problem_set (
            &self->problem, DAFFI_EXIT_NOT_THERE,
            "no such task: %s\n  what is scheduled: daffi tasks ls", uuid);
    if (outcome == DAFFI_CANCEL_FINISHED)
        fprintf (stderr, "%s: it had ended before\n", self->program);
    return DAFFI_EXIT_OK;
}

typedef daffi_status_t (steer_fn) (daffi_global_t *global, const char *uuid,
                                   daffi_error_t *error);

static daffi_exit_t steer (daffi_cli_t *self, steer_fn *how)
{
    daffi_error_t error;
    if (self->set.word_count < 2)
        return daffi_cli_usage (self, "usage: daffi tasks %s UUID…", self->words[0]);
    for (size_t i = 1; i < self->set.word_count; i++) {
        daffi_exit_t code = DAFFI_EXIT_OK;
        if (!how)
            code = cancel_task (self, self->words[i]);
        else if (how (self->global, self->words[i], &error))
            code = daffi_cli_failed (self, &error);
        if (code)
            return code;
    }
    return DAFFI_EXIT_OK;
}

static daffi_exit_t cancel (daffi_cli_t *self)
{
    return steer (self, NULL);
}

static daffi_exit_t pause_them (daffi_cli_t *self)
{
    return steer (self, daffi_global_pause_task);
}

static daffi_exit_t resume (daffi_cli_t *self)
{
    return steer (self, daffi_global_resume_task);
}

static daffi_exit_t run_now (daffi_cli_t *self)
{
    return steer (self, daffi_global_run_task);
}

//  --- which of them ----------------------------------------------------------------

static const char *const verbs[] = {"ls",     "add", "cancel", "pause",
                                    "resume", "run", NULL};
static daffi_exit_t (*const actions[]) (daffi_cli_t *self) = {
    list, add, cancel, pause_them, resume, run_now};

static daffi_exit_t run (daffi_cli_t *self)
{
    const char *verb = self->set.word_count ? self->words[0] : "ls";
    for (size_t i = 0; verbs[i]; i++) {
        if (strcmp (verbs[i], verb) != 0)
            continue;
        daffi_exit_t code = daffi_cli_connect (self, NULL);
        return code ? code : actions[i](self);
    }
    const char *hint = daffi_hint (verb, verbs);
    return daffi_cli_usage (self, "no such thing to do with tasks: %s%s%s%s", verb,
                            hint ? "\n  did you mean " : "", hint ? hint : "",
                            hint ? "?" : "");
}

const daffi_command_t daffi_command_tasks = {
    .name = "tasks",
    .group = "Start",
    .summary = "schedule calls, and list, pause or cancel them",
    .usage = "[ls|add|cancel|pause|resume|run] [ARGUMENT…]",
    .text = "Tasks are calls that the controller makes at their time, also when nobody "
            "who knows of them is there. add takes a function and its arguments, "
            "schedules a call and prints its uuid; cancel, "
            "pause, resume and run take uuids; run makes a run now, besides the "
            "schedule. Moments are told in UTC.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .most_words = DAFFI_WORDS_MAX,
    .first_word = DAFFI_WORD_CHOICE,
    .words = verbs,
    .json = true,
    .run = run,
};
