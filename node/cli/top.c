//  SPDX-License-Identifier: MPL-2.0
//  daffi top: what the system does now, again and again.
//
//  Rates are differences between two looks, so the first look shows none.

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "commands.h"
#include "follow.h"
#include "rows.h"
#include "shared_options.h"

enum { OPTION_INTERVAL, OPTION_NUMBER, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_INTERVAL] = DAFFI_OPTION_OF_INTERVAL (50, "between two looks"),
    [OPTION_NUMBER] = {.name = "count",
                       .letter = 'n',
                       .value = "N",
                       .standard = "0",
                       .example = "1",
                       .kind = DAFFI_OPTION_NUMBER,
                       .max = INT32_MAX,
                       .help = "so many looks; 0: until it is interrupted"},
};

static const daffi_example_t examples[] = {
    {"daffi top", "once a second"},
    {"daffi top -n 2 --interval 10s --json", "the rates of ten seconds, for programs"},
    {NULL, NULL}};

enum { FUNCTIONS_MAX = 4096, PROCESSES_MAX = 200 };

//  A function of a process, as the last look found it.
typedef struct {
    uint64_t name;  //  hash of both names
    uint64_t calls;
} seen_t;

typedef struct {
    daffi_cli_t *cli;
    daffi_rows_t rows;
    seen_t seen[FUNCTIONS_MAX];
    size_t seen_count;
    seen_t now[FUNCTIONS_MAX];
    size_t now_count;
    uint64_t calls;  //  of the controller
    double looked_s;
    double passed_s;  //  since the last look; 0: this is the first
} top_t;

static double now_s (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t hash (const char *process, const char *function)
{
    uint64_t h = UINT64_C (0xcbf29ce484222325);
    for (const char *c = process; *c; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C (0x100000001b3);
    h = (h ^ '/') * UINT64_C (0x100000001b3);
    for (const char *c = function; *c; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C (0x100000001b3);
    return h;
}

//  Calls a second since the last look.
static double rate_of (top_t *self, const char *process, const char *function,
                       uint64_t calls)
{
    uint64_t name = hash (process, function);
    uint64_t before = calls;
    if (self->now_count < FUNCTIONS_MAX)
        self->now[self->now_count++] = (seen_t){name, calls};
    for (size_t i = 0; i < self->seen_count; i++)
        if (self->seen[i].name == name && self->seen[i].calls <= calls)
            before = self->seen[i].calls;
    return self->passed_s > 0 ? (double)(calls - before) / self->passed_s : 0;
}

static void add_time (top_t *self, const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    double time_us = 0;
    if (!daffi_value_find (map, key, &value))
        (void)!daffi_value_get_double (&value, &time_us);
    daffi_rows_both (&self->rows, daffi_microseconds (&self->cli->keep, time_us),
                     json_object_new_double (time_us));
}

static void add_function (top_t *self, const char *process, const daffi_value_t *map)
{
    const char *function = daffi_map_text (self->cli, map, "function");
    uint64_t calls = daffi_map_number (map, "calls");
    uint64_t failed = daffi_map_number (map, "failed");
    uint64_t running = daffi_map_number (map, "running");
    double rate = rate_of (self, process, function, calls);
    daffi_rows_add (&self->rows);
    daffi_rows_text (&self->rows, function);
    daffi_rows_text (&self->rows, process);
    daffi_rows_both (
        &self->rows,
        daffi_keep_format (&self->cli->keep, "%.*f", rate < 10 ? 1 : 0, rate),
        json_object_new_double (rate));
    daffi_rows_number (&self->rows, running);
    daffi_rows_number (&self->rows, calls);
    daffi_rows_number (&self->rows, failed);
    add_time (self, map, "p50_us");
    add_time (self, map, "p99_us");
    add_time (self, map, "max_us");
}

static void add_process (top_t *self, const char *process)
{
    daffi_result_t *result;
    daffi_value_t functions, map;
    //  whoever does not answer is left out: this is a look, not a check
    if (daffi_call (
            self->cli->global, "$node.stats", DAFFI_ARGS (),
            DAFFI_CALL (.process = process, .timeout_ms = 1000, .no_retry = true),
            &result, NULL))
        return;
    if (!daffi_value_find (daffi_result_value (result), "functions", &functions)) {
        daffi_iterator_t it = daffi_value_iterate (&functions);
        while (daffi_iterator_next (&it, NULL, &map))
            add_function (self, process, &map);
    }
    daffi_result_destroy (&result);
}

static daffi_exit_t add_processes (top_t *self)
{
    daffi_result_t *result;
    daffi_value_t map;
    size_t count = 0;
    daffi_exit_t code =
        daffi_ask (self->cli, NULL, "$sys.processes", DAFFI_ARGS (), &result);
    if (code)
        return code;
    daffi_iterator_t it = daffi_value_iterate (daffi_result_value (result));
    while (count < PROCESSES_MAX && daffi_iterator_next (&it, NULL, &map)) {
        const char *process = daffi_map_text (self->cli, &map, "process");
        if (daffi_map_number (&map, "functions"))
            add_process (self, process);
        count++;
    }
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t print_head (top_t *self)
{
    daffi_result_t *result;
    daffi_exit_t code =
        daffi_ask (self->cli, NULL, "$sys.stats", DAFFI_ARGS (), &result);
    if (code)
        return code;
    const daffi_value_t *stats = daffi_result_value (result);
    uint64_t calls = daffi_map_number (stats, "calls");
    double looked_s = now_s ();
    //  a controller that was started again counts from 0, as a new one
    bool known = self->looked_s > 0 && calls >= self->calls;
    self->passed_s = known ? looked_s - self->looked_s : 0;
    double rate =
        self->passed_s > 0 ? (double)(calls - self->calls) / self->passed_s : 0;
    self->calls = calls;
    self->looked_s = looked_s;
    if (!self->cli->json)
        printf ("%llu processes  %llu functions  %.0f calls/s  %llu running  "
                "%llu waiting  %llu failed  %llu lost\n\n",
                (unsigned long long)daffi_map_number (stats, "processes"),
                (unsigned long long)daffi_map_number (stats, "functions"), rate,
                (unsigned long long)daffi_map_number (stats, "running"),
                (unsigned long long)daffi_map_number (stats, "waiting"),
                (unsigned long long)daffi_map_number (stats, "errors"),
                (unsigned long long)daffi_map_number (stats, "lost"));
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t look (daffi_cli_t *cli, void *arg)
{
    top_t *self = arg;
    static const daffi_column_t columns[] = {
        {"FUNCTION", false, DAFFI_INK_NAME}, {"PROCESS", false, DAFFI_INK_NONE},
        {"CALLS/S", true, DAFFI_INK_NONE},   {"RUNNING", true, DAFFI_INK_NONE},
        {"CALLS", true, DAFFI_INK_NONE},     {"FAILED", true, DAFFI_INK_NONE},
        {"P50", true, DAFFI_INK_NONE},       {"P99", true, DAFFI_INK_NONE},
        {"MAX", true, DAFFI_INK_NONE}};
    //  where the terminal is too narrow: MAX, CALLS, RUNNING, and of names the end
    static const daffi_give_t gives[] = {
        {8, 0, false}, {4, 0, false}, {3, 0, false}, {1, 12, false}, {0, 16, false}};
    //  the head, a blank line, the headings, "more", and the cursor
    enum { OTHERS = 5 };
    size_t lines = cli->json ? SIZE_MAX : daffi_screen_begin (&cli->style);
    daffi_exit_t code = print_head (self);
    self->now_count = 0;
    daffi_rows_init (&self->rows, cli, columns, sizeof columns / sizeof columns[0]);
    self->rows.gives = gives;
    self->rows.give_count = sizeof gives / sizeof gives[0];
    if (lines != SIZE_MAX)
        self->rows.most = lines > OTHERS ? lines - OTHERS : 1;
    if (!code)
        code = add_processes (self);
    if (!code)
        daffi_rows_print (&self->rows);
    daffi_rows_done (&self->rows);
    memcpy (self->seen, self->now, self->now_count * sizeof *self->now);
    self->seen_count = self->now_count;
    return code;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_exit_t code = daffi_follow_begin (self, NULL);
    top_t *top = daffi_keep (&self->keep, sizeof *top);
    top->cli = self;
    if (code)
        return code;
    return daffi_follow_looks (self, daffi_cli_option (self, OPTION_INTERVAL)->number,
                               daffi_cli_option (self, OPTION_NUMBER)->number, look,
                               top);
}

const daffi_command_t daffi_command_top = {
    .name = "top",
    .group = "Look",
    .summary = "watch rates and times of all functions",
    .usage = "",
    .text =
        "Shows, again and again, how much is called in all, and of each function in "
        "each process how often a second it is called, how many runs of it there are "
        "now, and how long they take. Ctrl-C ends it. Where the controller goes it "
        "says "
        "so on standard error, and goes on when it is back.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .json = true,
    .run = run,
};
