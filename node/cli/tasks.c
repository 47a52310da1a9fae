//  SPDX-License-Identifier: MPL-2.0
//  daffi tasks: calls that the controller makes at their time.

#include "tasks.h"

#include <assert.h>
#include <string.h>

#include "arguments.h"
#include "commands.h"
#include "daffi_tasks.h"
#include "json.h"
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
    OPTION_JITTER,
    OPTION_OVERLAP,
    OPTION_MISSED,
    OPTION_TIMEOUT,
    OPTION_STRING,
    OPTION_COUNT
};

//  All of them; NULL ends them.
static const char *const overlaps[] = {[DAFFI_OVERLAP_SKIP] = "skip",
                                       [DAFFI_OVERLAP_QUEUE] = "queue",
                                       [DAFFI_OVERLAP_PARALLEL] = "parallel",
                                       [DAFFI_OVERLAP_PARALLEL + 1] = NULL};
static const char *const misseds[] = {[DAFFI_MISSED_ONCE] = "once",
                                      [DAFFI_MISSED_SKIP] = "skip",
                                      [DAFFI_MISSED_ALL] = "all",
                                      [DAFFI_MISSED_ALL + 1] = NULL};
static_assert (DAFFI_OVERLAP_PARALLEL == 2 && DAFFI_MISSED_ALL == 2,
               "a name for each, and no hole in between");

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
    [OPTION_JITTER] = {.name = "jitter",
                       .value = "TIME",
                       .example = "30s",
                       .kind = DAFFI_OPTION_TIME,
                       .min = 1,
                       .max = INT32_MAX,
                       .help = "add: each run begins up to so much later, at random"},
    [OPTION_OVERLAP] = {.name = "overlap",
                        .value = "HOW",
                        .standard = "skip",
                        .example = "queue",
                        .kind = DAFFI_OPTION_CHOICE,
                        .choices = overlaps,
                        .help = "add: a run whose time comes before the previous one "
                                "has ended: skip it, queue it, or run it in parallel"},
    [OPTION_MISSED] = {.name = "missed",
                       .value = "HOW",
                       .standard = "once",
                       .example = "all",
                       .kind = DAFFI_OPTION_CHOICE,
                       .choices = misseds,
                       .help = "add: runs whose time came while the controller was "
                               "away: one for all of them, skip them, or all (at most "
                               "100)"},
    [OPTION_TIMEOUT] =
        DAFFI_OPTION_OF_TIMEOUT ("30s", 172800000, "add: deadline of each run"),
    [OPTION_STRING] = DAFFI_OPTION_OF_STRING ("add: every argument is a string"),
};

static const daffi_example_t examples[] = {
    {"daffi tasks add rotate access.log --cron '30 3 * * *' --zone Europe/Berlin",
     "every night; prints the task's uuid"},
    {"daffi tasks add poll --every 1m24s --runs 10", "ten times"},
    {"daffi tasks ls", "what is scheduled"},
    {"daffi tasks info 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60",
     "all of one, and how its last runs ended"},
    {"daffi tasks cancel 6f0c1d52-7a43-4b8e-9a57-0b3c5d1e2f60",
     "no run comes any more"},
    {NULL, NULL}};

//  --- ls -----------------------------------------------------------------------------

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

static bool given (const daffi_cli_t *self, size_t index)
{
    return daffi_cli_option (self, index)->text != NULL;
}

static daffi_exit_t check_condition (daffi_cli_t *self)
{
    int count = (given (self, OPTION_EVERY) || given (self, OPTION_AFTER)) +
                given (self, OPTION_AT) + given (self, OPTION_CRON);
    if (count == 0)
        return daffi_cli_usage (self, "at what time? Say --every INTERVAL, --after "
                                      "INTERVAL, --at MOMENT or --cron EXPRESSION");
    if (count > 1)
        return daffi_cli_usage (self, "--every (or --after), --at and --cron exclude "
                                      "each other");
    if (given (self, OPTION_TO) && daffi_cli_option (self, OPTION_ALL)->number)
        return daffi_cli_usage (self, "--all and --to exclude each other");
    return DAFFI_EXIT_OK;
}

//  A task may wait for its function; but a name may also be misspelt.
static void note_missing (daffi_cli_t *self, const char *function, const char *process)
{
    DAFFI_AUTO (daffi_callbacks) *all =
        daffi_global_registered_callbacks (self->global, NULL);
    for (size_t i = 0; all && i < all->count; i++)
        if (strcmp (all->items[i].function, function) == 0 &&
            (!process || strcmp (all->items[i].process, process) == 0))
            return;
    if (all && function[0] != '$')
        fprintf (stderr, "%s: %s%s %s now; runs fail until that changes\n",
                 self->program, process ? process : "nobody",
                 process ? " does not offer" : " offers", function);
}

//  What the controller could not write to its disk.
static daffi_exit_t refused (daffi_cli_t *self, const daffi_error_t *error)
{
    if (error->status != DAFFI_SYSTEM)
        return daffi_cli_failed (self, error);
    return daffi_problem_set (
        &self->problem, DAFFI_EXIT_INTERNAL,
        "%s\n  start the controller again where it can write: daffi up --store FILE, "
        "or --no-store%s",
        error->text,
        error->executed == DAFFI_EXECUTED_NO
            ? ""
            : "\n  whether the change was made after all: daffi tasks ls, after that");
}

static daffi_exit_t add (daffi_cli_t *self)
{
    char uuid[DAFFI_UUID_SIZE];
    daffi_error_t error;
    daffi_args_t args;
    const daffi_argument_words_t words = {
        .first = 2,
        .end = self->set.word_count,
        .strings = daffi_cli_option (self, OPTION_STRING)->number};
    daffi_exit_t code = check_condition (self);
    if (!code)
        code = daffi_arguments (self, &words, &args);
    if (!code)
        code = daffi_cli_connect (self, NULL);
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
        .jitter_ms = daffi_cli_option (self, OPTION_JITTER)->number,
        .overlap =
            (daffi_overlap_t)(daffi_cli_option (self, OPTION_OVERLAP)->number - 1),
        .missed = (daffi_missed_t)(daffi_cli_option (self, OPTION_MISSED)->number - 1),
        .timeout_ms = daffi_cli_option (self, OPTION_TIMEOUT)->number};
    if (daffi_global_schedule (self->global, self->words[1], args, &schedule, uuid,
                               &error))
        return refused (self, &error);
    if (self->json)
        daffi_json_print (json_object_new_string (uuid), false);
    else
        puts (uuid);
    note_missing (self, self->words[1], schedule.process);
    return DAFFI_EXIT_OK;
}

//  --- cancel, pause, resume, run ---------------------------------------------------

static daffi_status_t cancel_task (daffi_cli_t *self, const char *uuid,
                                   daffi_error_t *error)
{
    daffi_cancel_t outcome;
    daffi_status_t status = daffi_global_cancel_scheduled_task_by_uuid (
        self->global, NULL, uuid, &outcome, error);
    if (status)
        return status;
    if (outcome == DAFFI_CANCEL_FINISHED)
        fprintf (stderr, "%s: %s: it had ended before\n", self->program, uuid);
    return outcome == DAFFI_CANCEL_UNKNOWN ? DAFFI_NOT_FOUND : DAFFI_OK;
}

static daffi_status_t pause_task (daffi_cli_t *self, const char *uuid,
                                  daffi_error_t *error)
{
    return daffi_global_pause_task (self->global, uuid, error);
}

static daffi_status_t resume_task (daffi_cli_t *self, const char *uuid,
                                   daffi_error_t *error)
{
    return daffi_global_resume_task (self->global, uuid, error);
}

static daffi_status_t run_task (daffi_cli_t *self, const char *uuid,
                                daffi_error_t *error)
{
    return daffi_global_run_task (self->global, uuid, error);
}

static daffi_exit_t explain (daffi_cli_t *self, const char *uuid, daffi_status_t status,
                             const daffi_error_t *error)
{
    if (status == DAFFI_NOT_FOUND)
        return daffi_problem_set (
            &self->problem, DAFFI_EXIT_NOT_THERE,
            "no such task: %s\n  what is scheduled: daffi tasks ls", uuid);
    if (status == DAFFI_INVALID)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_USAGE,
                                  "the task %s has ended: no run comes any more", uuid);
    return refused (self, error);
}

//  --- which of them ----------------------------------------------------------------

typedef daffi_status_t (one_fn) (daffi_cli_t *self, const char *uuid,
                                 daffi_error_t *error);

typedef struct {
    const char *name;
    const char *usage;
    size_t least_words;
    size_t most_words;
    daffi_exit_t (*run) (daffi_cli_t *self);
    one_fn *each;  //  or this one, for each uuid
} verb_t;

#define VERB_MAP(X)                                                                  \
    X ("ls", "", 0, 0, list, NULL)                                                   \
    X ("add", "FUNCTION [ARGUMENT…] --every INTERVAL (or --after, --at, --cron)", 1, \
       DAFFI_WORDS_MAX, add, NULL)                                                   \
    X ("info", "UUID…", 1, DAFFI_WORDS_MAX, NULL, daffi_tasks_info)                  \
    X ("cancel", "UUID…", 1, DAFFI_WORDS_MAX, NULL, cancel_task)                     \
    X ("pause", "UUID…", 1, DAFFI_WORDS_MAX, NULL, pause_task)                       \
    X ("resume", "UUID…", 1, DAFFI_WORDS_MAX, NULL, resume_task)                     \
    X ("run", "UUID…", 1, DAFFI_WORDS_MAX, NULL, run_task)

#define VERB_ROW(...) {__VA_ARGS__},
static const verb_t verbs[] = {VERB_MAP (VERB_ROW)};
#undef VERB_ROW
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

#define VERB_NAME(name, ...) name,
static const char *const verb_names[] = {VERB_MAP (VERB_NAME) NULL};
#undef VERB_NAME

//  What belongs to another verb was typed by mistake; in a file it may stand.
static daffi_exit_t check_options (daffi_cli_t *self, const verb_t *verb)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (daffi_cli_option (self, i)->source == DAFFI_SOURCE_ARGUMENTS &&
            verb->run != add && !(verb->run == list && i == OPTION_TO))
            return daffi_cli_usage (self, "tasks %s has no option --%s", verb->name,
                                    options[i].name);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t run_verb (daffi_cli_t *self, const verb_t *verb)
{
    daffi_error_t error;
    size_t count = self->set.word_count ? self->set.word_count - 1 : 0;
    if (count < verb->least_words || count > verb->most_words)
        return daffi_cli_usage (self, "usage: daffi tasks %s%s%s", verb->name,
                                verb->usage[0] ? " " : "", verb->usage);
    daffi_exit_t code = check_options (self, verb);
    if (!code && verb->run != add)
        code = daffi_cli_connect (self, NULL);
    if (code || verb->run)
        return code ? code : verb->run (self);
    for (size_t i = 1; i <= count && !code; i++) {
        code = daffi_tasks_find (self, &self->words[i]);
        daffi_status_t status =
            code ? DAFFI_OK : verb->each (self, self->words[i], &error);
        if (status)
            code = explain (self, self->words[i], status, &error);
    }
    return code;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    const char *word = self->set.word_count ? self->words[0] : "ls";
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp (verbs[i].name, word) == 0)
            return run_verb (self, &verbs[i]);
    const char *hint = daffi_hint (word, verb_names);
    return daffi_cli_usage (self, "no such thing to do with tasks: %s%s%s%s", word,
                            hint ? "\n  did you mean " : "", hint ? hint : "",
                            hint ? "?" : "");
}

const daffi_command_t daffi_command_tasks = {
    .name = "tasks",
    .group = "Start",
    .summary = "schedule calls, and list, pause or cancel them",
    .usage = "[ls|add|info|cancel|pause|resume|run] [ARGUMENT…]",
    .text =
        "Tasks are calls that the controller makes at their time, also when nobody "
        "who knows of them is there. add takes a function and its arguments, "
        "schedules a call and prints its uuid; info tells all of a task, with the "
        "errors of its last runs; cancel, pause, resume and run take uuids, too; "
        "run makes a run now, besides the schedule. The first characters of a uuid "
        "will do, where no other task's begins alike. Moments are told in UTC.\n"
        "On a terminal that is too narrow, ls shortens uuids and leaves columns out: "
        "info tells all, and so do a pipe and --json.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .most_words = DAFFI_WORDS_MAX,
    .first_word = DAFFI_WORD_CHOICE,
    .words = verb_names,
    .json = true,
    .run = run,
};
