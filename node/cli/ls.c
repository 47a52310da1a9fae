//  SPDX-License-Identifier: MPL-2.0
//  daffi ls: what is there, as the controller knows it.

#include <string.h>

#include "ask.h"
#include "commands.h"
#include "follow.h"
#include "payload.h"
#include "rows.h"
#include "shared_options.h"
#include "tasks.h"

enum { OPTION_WATCH, OPTION_INTERVAL, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_WATCH] = {.name = "watch",
                      .letter = 'w',
                      .kind = DAFFI_OPTION_FLAG,
                      .help = "again and again, until it is interrupted"},
    [OPTION_INTERVAL] =
        DAFFI_OPTION_OF_INTERVAL (50, "between two looks, with --watch"),
};

static const daffi_example_t examples[] = {
    {"daffi ls", "the processes"},
    {"daffi ls functions --json", "what they offer, for programs"},
    {"daffi ls calls --watch", "what runs and waits, live"},
    {NULL, NULL}};

//  --- the tables -------------------------------------------------------------------

static const daffi_column_t process_columns[] = {
    {"PROCESS", false, DAFFI_INK_NAME}, {"LANGUAGE", false, DAFFI_INK_NONE},
    {"VERSION", false, DAFFI_INK_NONE}, {"FUNCTIONS", true, DAFFI_INK_NONE},
    {"RUNNING", true, DAFFI_INK_NONE},  {"CAPACITY", true, DAFFI_INK_NONE},
    {"STATE", false, DAFFI_INK_NONE}};

static void add_process (daffi_cli_t *self, daffi_rows_t *rows,
                         const daffi_value_t *map)
{
    const char *name = daffi_map_text (self, map, "process");
    bool draining = daffi_map_bool (map, "draining");
    if (strcmp (name, daffi_global_process_name (self->global)) == 0)
        return;  //  this command itself
    daffi_rows_add (rows);
    daffi_rows_text (rows, name);
    daffi_rows_text (rows, daffi_map_text (self, map, "language"));
    daffi_rows_text (rows, daffi_map_text (self, map, "version"));
    daffi_rows_number (rows, daffi_map_number (map, "functions"));
    daffi_rows_number (rows, daffi_map_number (map, "running"));
    daffi_rows_number (rows, daffi_map_number (map, "capacity"));
    daffi_rows_ink (rows, draining ? "draining" : "ready",
                    draining ? DAFFI_INK_WARN : DAFFI_INK_GOOD);
}

static const daffi_column_t function_columns[] = {
    {"FUNCTION", false, DAFFI_INK_NAME},
    {"PROCESS", false, DAFFI_INK_NONE},
    {"SIGNATURE", false, DAFFI_INK_FAINT}};

static void add_function (daffi_cli_t *self, daffi_rows_t *rows,
                          const daffi_value_t *triple)
{
    static const size_t order[] = {1, 0, 2};
    daffi_value_t item;
    daffi_rows_add (rows);
    for (size_t i = 0; i < 3; i++)
        daffi_rows_text (rows, daffi_value_item (triple, order[i], &item)
                                   ? ""
                                   : daffi_value_kept (self, &item));
}

static const daffi_column_t call_columns[] = {
    {"CALL", false, DAFFI_INK_NAME},    {"FUNCTION", false, DAFFI_INK_NONE},
    {"PROCESS", false, DAFFI_INK_NONE}, {"STATE", false, DAFFI_INK_NONE},
    {"AGE", true, DAFFI_INK_NONE},      {"LEFT", true, DAFFI_INK_NONE}};

static void add_call (daffi_cli_t *self, daffi_rows_t *rows, const daffi_value_t *map)
{
    const char *caller = daffi_map_text (self, map, "caller");
    const char *state = daffi_map_text (self, map, "state");
    uint64_t age_ms = daffi_map_number (map, "age_ms");
    uint64_t left_ms = daffi_map_number (map, "left_ms");
    daffi_value_t left;
    bool ends =
        !daffi_value_find (map, "left_ms", &left) && left.kind != DAFFI_KIND_NIL;
    daffi_rows_add (rows);
    daffi_rows_text (
        rows, daffi_keep_format (&self->keep, "%s/%llu", caller[0] ? caller : "-",
                                 (unsigned long long)daffi_map_number (map, "id")));
    daffi_rows_text (rows, daffi_map_text (self, map, "function"));
    daffi_rows_text (rows, daffi_map_text (self, map, "process"));
    daffi_rows_ink (rows, state,
                    strcmp (state, "running") == 0 ? DAFFI_INK_GOOD : DAFFI_INK_WARN);
    daffi_rows_both (rows, daffi_duration (&self->keep, (int64_t)age_ms),
                     json_object_new_uint64 (age_ms));
    daffi_rows_both (rows, ends ? daffi_duration (&self->keep, (int64_t)left_ms) : "-",
                     ends ? json_object_new_uint64 (left_ms) : NULL);
}

//  --- which of them ----------------------------------------------------------------

typedef struct {
    const char *name;
    const char *question;  //  NULL: `show` lists them
    const daffi_column_t *columns;
    size_t column_count;
    const daffi_give_t *gives;
    size_t give_count;
    void (*add) (daffi_cli_t *self, daffi_rows_t *rows, const daffi_value_t *item);
    daffi_exit_t (*show) (daffi_cli_t *self, const char *process);
} kind_t;

//  Where the terminal is too narrow.
static const daffi_give_t process_gives[] = {
    {2, 0, false}, {1, 0, false}, {5, 0, false}, {4, 0, false}};
static const daffi_give_t function_gives[] = {{2, 16, false}};
static const daffi_give_t call_gives[] = {{5, 0, false}, {4, 0, false}};

#define COUNTED(array) array, sizeof array / sizeof array[0]
static const kind_t kinds[] = {
    {"processes", "$sys.processes", COUNTED (process_columns), COUNTED (process_gives),
     add_process, NULL},
    {"functions", "$sys.functions", COUNTED (function_columns),
     COUNTED (function_gives), add_function, NULL},
    {"calls", "$sys.calls", COUNTED (call_columns), COUNTED (call_gives), add_call,
     NULL},
    {"tasks", NULL, NULL, 0, NULL, 0, NULL, daffi_tasks_show},
    {"payloads", NULL, NULL, 0, NULL, 0, NULL, daffi_payloads_show},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static const char *const kind_names[] = {"processes", "functions", "calls",
                                         "tasks",     "payloads",  NULL};

static const kind_t *kind_of (const char *word)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp (kinds[i].name, word) == 0)
            return &kinds[i];
    return NULL;
}

//  `most`: rows, 0 = all.
static daffi_exit_t show (daffi_cli_t *self, const kind_t *kind, size_t most)
{
    daffi_result_t *result;
    daffi_value_t item;
    daffi_rows_t rows;
    if (!kind->question)
        return kind->show (self, NULL);
    daffi_exit_t code = daffi_ask (self, NULL, kind->question, DAFFI_ARGS (), &result);
    if (code)
        return code;
    daffi_rows_init (&rows, self, kind->columns, kind->column_count);
    rows.gives = kind->gives;
    rows.give_count = kind->give_count;
    rows.most = most;
    daffi_iterator_t it = daffi_value_iterate (daffi_result_value (result));
    while (daffi_iterator_next (&it, NULL, &item))
        kind->add (self, &rows, &item);
    daffi_rows_print (&rows);
    daffi_rows_done (&rows);
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t look (daffi_cli_t *self, void *arg)
{
    //  the headings, "more", and the cursor
    enum { OTHERS = 3 };
    const kind_t *const *kind = arg;
    size_t lines = self->json ? SIZE_MAX : daffi_screen_begin (&self->style);
    daffi_exit_t code = show (self, *kind,
                              lines == SIZE_MAX ? 0
                              : lines > OTHERS  ? lines - OTHERS
                                                : 1);
    if (!self->style.terminal && !self->json)
        putchar ('\n');
    return code;
}

static daffi_exit_t watch (daffi_cli_t *self, const kind_t *kind)
{
    daffi_exit_t code = daffi_follow_begin (self, NULL);
    if (code)
        return code;
    return daffi_follow_looks (self, daffi_cli_option (self, OPTION_INTERVAL)->number,
                               0, look, &kind);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    const char *word = self->set.word_count ? self->words[0] : "processes";
    const kind_t *kind = kind_of (word);
    if (!kind) {
        const char *hint = daffi_hint (word, kind_names);
        return daffi_cli_usage (self,
                                "there is no list of \"%s\", but of processes, "
                                "functions, calls, tasks and payloads%s%s%s",
                                word, hint ? "\n  did you mean " : "", hint ? hint : "",
                                hint ? "?" : "");
    }
    if (daffi_cli_option (self, OPTION_WATCH)->number)
        return watch (self, kind);
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    return code ? code : show (self, kind, 0);
}

const daffi_command_t daffi_command_ls = {
    .name = "ls",
    .group = "Look",
    .summary = "list processes, functions, calls in flight, tasks or payloads",
    .usage = "[processes|functions|calls|tasks|payloads]",
    .text =
        "Lists what is there now: processes unless you say otherwise. On a terminal "
        "it is a table, in a pipe one line each with tabs in between and no "
        "heading. A call is named by its caller and the caller's number for it: that "
        "is what daffi cancel wants. On a terminal that is too narrow for a table, "
        "columns "
        "are left out, and long signatures are cut.\n"
        "With --watch Ctrl-C ends it. Where the controller goes it says so on standard "
        "error, and goes on when it is back.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .most_words = 1,
    .first_word = DAFFI_WORD_CHOICE,
    .words = kind_names,
    .json = true,
    .run = run,
};
