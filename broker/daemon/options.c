//  SPDX-License-Identifier: MPL-2.0
//  Command-line options by table: how texts become values.
//
//  Not getopt: it would want the names a second time, and knows neither environment nor
//  hints.

#include "options.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

//  One text that is being read, and how it is told of.
typedef struct {
    const daffi_option_t *option;
    daffi_option_value_t *value;
    daffi_problem_t *problem;
    const char *given;      //  "--port", "DAFFI_PORT", "port"
    const char *where;      //  "", " (in the environment)", " (in daffi.cfg)"
    const char *separator;  //  between name and value
    daffi_exit_t code;      //  where it is refused: a mistake in the environment or a
                            //  file is one of whoever set this machine up
} reading_t;

static bool endless (const daffi_option_t *option)
{
    return option->kind == DAFFI_OPTION_TIME && option->max == INT64_MAX;
}

static int64_t most (const daffi_option_t *option)
{
    return option->max == INT64_MAX ? INT32_MAX : option->max;
}

static daffi_exit_t refuse_number (const reading_t *self)
{
    const daffi_option_t *option = self->option;
    return daffi_problem_set (
        self->problem, self->code,
        "%s%s: \"%s\" is not a whole number%s from %lld to %lld%s\n"
        "  for example: %s%s%s",
        self->given, self->where, self->value->text,
        option->kind == DAFFI_OPTION_TIME ? " of milliseconds, or of s, m or h," : "",
        (long long)option->min, (long long)most (option),
        endless (option) ? ", or \"forever\"" : "", self->given, self->separator,
        option->example);
}

//  0: it is none.
static int64_t unit_of (const daffi_option_t *option, const char *text)
{
    static const char *const units[] = {"", "ms", "s", "m", "h"};
    static const int64_t factors[] = {1, 1, 1000, 60000, 3600000};
    size_t count = option->kind == DAFFI_OPTION_TIME ? 5 : 1;
    for (size_t i = 0; i < count; i++)
        if (strcmp (text, units[i]) == 0)
            return factors[i];
    return 0;
}

static daffi_exit_t read_number (const reading_t *self)
{
    const char *text = self->value->text;
    if (endless (self->option) && strcasecmp (text, "forever") == 0) {
        self->value->number = -1;
        return DAFFI_EXIT_OK;
    }
    char *end;
    errno = 0;
    long long number = strtoll (text, &end, 10);
    int64_t unit = unit_of (self->option, end);
    //  strtoll () would take leading blanks and a plus sign as well.
    bool digits = text[0] >= '0' && text[0] <= '9' && unit;
    if (!digits || errno || number > most (self->option) / unit ||
        number * unit < self->option->min)
        return refuse_number (self);
    self->value->number = number * unit;
    return DAFFI_EXIT_OK;
}

//  The place of `text` in `words`, from 1; 0: it is not there.
static int64_t place_of (const char *text, const char *const *words)
{
    for (int64_t i = 0; words[i]; i++)
        if (strcasecmp (text, words[i]) == 0)
            return i + 1;
    return 0;
}

static void join (char *out, size_t size, const char *const *words)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; words[i] && used < size; i++)
        used +=
            (size_t)snprintf (out + used, size - used, "%s%s", i ? ", " : "", words[i]);
}

static daffi_exit_t read_choice (const reading_t *self)
{
    const char *text = self->value->text;
    const char *const *choices = self->option->choices;
    self->value->number = place_of (text, choices);
    if (self->value->number)
        return DAFFI_EXIT_OK;
    const char *hint = daffi_hint (text, choices);
    char words[256];
    join (words, sizeof words, choices);
    return daffi_problem_set (self->problem, self->code,
                              "%s%s: \"%s\" is not one of %s%s%s%s", self->given,
                              self->where, text, words, hint ? "\n  did you mean " : "",
                              hint ? hint : "", hint ? "?" : "");
}

static daffi_exit_t read_flag (const reading_t *self)
{
    static const char *const words[] = {"1", "yes", "true", "0", "no", "false", NULL};
    int64_t place = place_of (self->value->text, words);
    if (!place)
        return daffi_problem_set (self->problem, self->code,
                                  "%s%s: \"%s\" is neither yes nor no\n"
                                  "  for example: %s%s1",
                                  self->given, self->where, self->value->text,
                                  self->given, self->separator);
    self->value->number = place <= 3;
    return DAFFI_EXIT_OK;
}

static daffi_exit_t read_text (const reading_t *self)
{
    if (!self->value->text[0])
        return daffi_problem_set (self->problem, self->code,
                                  "%s%s: the value is empty\n  for example: %s%s%s",
                                  self->given, self->where, self->given,
                                  self->separator, self->option->example);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t read_value (const reading_t *self)
{
    switch (self->option->kind) {
    case DAFFI_OPTION_FLAG:
        return read_flag (self);
    case DAFFI_OPTION_TEXT:
        return read_text (self);
    case DAFFI_OPTION_NUMBER:
    case DAFFI_OPTION_TIME:
        return read_number (self);
    case DAFFI_OPTION_CHOICE:
        return read_choice (self);
    }
    return DAFFI_EXIT_INTERNAL;
}

daffi_exit_t daffi_option_set_value (daffi_option_set_t *self, size_t index,
                                     const char *text, daffi_source_t source,
                                     daffi_problem_t *problem)
{
    char given[64];
    char where[600] = "";
    const daffi_option_t *option = &self->table[index];
    self->values[index] = (daffi_option_value_t){.source = source, .text = text};
    if (source == DAFFI_SOURCE_ENVIRONMENT)
        snprintf (where, sizeof where, " (in the environment)");
    else if (source == DAFFI_SOURCE_FILE)
        snprintf (where, sizeof where, " (in %s)", self->file);
    bool typed = source == DAFFI_SOURCE_ARGUMENTS;
    reading_t reading = {
        .option = option,
        .value = &self->values[index],
        .problem = problem,
        .given = daffi_option_given_as (option, source, given, sizeof given),
        .where = where,
        .separator = typed                         ? " "
                     : source == DAFFI_SOURCE_FILE ? " = "
                                                   : "=",
        .code = typed ? DAFFI_EXIT_USAGE : DAFFI_EXIT_CONFIGURATION};
    return read_value (&reading);
}

//  --- the command line ------------------------------------------------------

static daffi_exit_t refuse_unknown (const daffi_option_set_t *self, const char *typed,
                                    int typed_size, daffi_problem_t *problem)
{
    const char *words[64] = {0};
    assert (self->count < sizeof words / sizeof words[0]);
    for (size_t i = 0; i < self->count; i++)
        words[i] = self->table[i].name;
    char bare[64];
    snprintf (bare, sizeof bare, "%.*s", typed_size, typed);
    const char *hint = daffi_hint (bare + strspn (bare, "-"), words);
    return daffi_problem_set (problem, DAFFI_EXIT_USAGE,
                              "no such option: %.*s%s%s%s\n  see %s --help", typed_size,
                              typed, hint ? "\n  did you mean --" : "",
                              hint ? hint : "", hint ? "?" : "", self->program);
}

//  The option that `argument` names, and in *value what stands behind `=`, or NULL.
static const daffi_option_t *find (const daffi_option_set_t *self, const char *argument,
                                   const char **value)
{
    *value = NULL;
    size_t size = strcspn (argument, "=");
    for (size_t i = 0; i < self->count; i++) {
        const daffi_option_t *option = &self->table[i];
        if (option->letter && argument[0] == '-' && argument[1] == option->letter &&
            argument[2] == '\0')
            return option;
        if (strncmp (argument, "--", 2) == 0 && strlen (option->name) == size - 2 &&
            strncmp (argument + 2, option->name, size - 2) == 0) {
            *value = argument[size] ? argument + size + 1 : NULL;
            return option;
        }
    }
    return NULL;
}

static daffi_exit_t refuse_missing (const daffi_option_t *option,
                                    daffi_problem_t *problem)
{
    return daffi_problem_set (
        problem, DAFFI_EXIT_USAGE, "--%s wants a value: %s\n  for example: --%s %s",
        option->name, option->value, option->name, option->example);
}

static daffi_exit_t refuse_flag_value (const daffi_option_t *option, const char *value,
                                       daffi_problem_t *problem)
{
    return daffi_problem_set (problem, DAFFI_EXIT_USAGE,
                              "--%s takes no value, but \"%s\" was given\n"
                              "  write just --%s",
                              option->name, value, option->name);
}

//  No option: a bare word, `-` alone (standard input), or a negative number.
static bool is_word (const char *argument)
{
    return argument[0] != '-' || !argument[1] ||
           (argument[1] >= '0' && argument[1] <= '9') || argument[1] == '.';
}

static daffi_exit_t take_word (daffi_option_set_t *self, const char *argument,
                               daffi_problem_t *problem)
{
    if (!self->words)
        return daffi_problem_set (problem, DAFFI_EXIT_USAGE,
                                  "\"%s\" is no option, and nothing else is taken\n"
                                  "  see %s --help",
                                  argument, self->program);
    if (self->word_count == self->word_limit)
        return daffi_problem_set (problem, DAFFI_EXIT_USAGE,
                                  "\"%s\" is one argument too many\n  see %s --help",
                                  argument, self->program);
    self->words[self->word_count++] = argument;
    return DAFFI_EXIT_OK;
}

static daffi_exit_t take_rest (daffi_option_set_t *self, int argc, char *const *argv,
                               daffi_problem_t *problem)
{
    self->rest = self->word_count;
    for (int i = 0; i < argc; i++) {
        daffi_exit_t code = take_word (self, argv[i], problem);
        if (code)
            return code;
    }
    return DAFFI_EXIT_OK;
}

daffi_exit_t daffi_option_set_arguments (daffi_option_set_t *self, int argc,
                                         char *const *argv, daffi_problem_t *problem)
{
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (self->words && strcmp (argument, "--") == 0)
            return take_rest (self, argc - i - 1, argv + i + 1, problem);
        if (is_word (argument)) {
            daffi_exit_t code = take_word (self, argument, problem);
            if (code)
                return code;
            continue;
        }
        const char *value;
        const daffi_option_t *option = find (self, argument, &value);
        if (!option)
            return refuse_unknown (self, argument, (int)strcspn (argument, "="),
                                   problem);
        bool flag = option->kind == DAFFI_OPTION_FLAG;
        if (flag && value)
            return refuse_flag_value (option, value, problem);
        if (flag)
            value = "yes";
        else if (!value) {
            //  The next option is no value: `--host --port 8888` forgot one.
            if (i + 1 == argc || strncmp (argv[i + 1], "--", 2) == 0)
                return refuse_missing (option, problem);
            value = argv[++i];
        }
        daffi_exit_t code =
            daffi_option_set_value (self, (size_t)(option - self->table), value,
                                    DAFFI_SOURCE_ARGUMENTS, problem);
        if (code)
            return code;
    }
    self->rest = self->word_count;
    return DAFFI_EXIT_OK;
}

//  --- what the command line left open ---------------------------------------

daffi_exit_t daffi_option_set_environment (daffi_option_set_t *self,
                                           daffi_problem_t *problem)
{
    for (size_t i = 0; i < self->count; i++) {
        const char *name = self->table[i].environment;
        if (self->values[i].source != DAFFI_SOURCE_NONE || !name)
            continue;
        //  Set to nothing is how scripts say unset.
        const char *text = getenv (name);
        if (!text || !text[0])
            continue;
        daffi_exit_t code =
            daffi_option_set_value (self, i, text, DAFFI_SOURCE_ENVIRONMENT, problem);
        if (code)
            return code;
    }
    return DAFFI_EXIT_OK;
}

void daffi_option_set_standard (daffi_option_set_t *self)
{
    for (size_t i = 0; i < self->count; i++) {
        const char *text = self->table[i].standard;
        if (self->values[i].source != DAFFI_SOURCE_NONE || !text)
            continue;
        daffi_problem_t problem;
        daffi_exit_t code =
            daffi_option_set_value (self, i, text, DAFFI_SOURCE_STANDARD, &problem);
        assert (code == DAFFI_EXIT_OK);
        (void)code;
    }
}

static void drop_weaker (daffi_option_value_t *value, daffi_source_t strongest)
{
    if (value->source < strongest)
        *value = (daffi_option_value_t){DAFFI_SOURCE_NONE, NULL, 0};
}

void daffi_option_settle_endpoint (daffi_option_value_t *host,
                                   daffi_option_value_t *port,
                                   daffi_option_value_t *folder)
{
    daffi_source_t tcp = host->source > port->source ? host->source : port->source;
    if (tcp > folder->source)
        drop_weaker (folder, tcp);
    if (folder->source > tcp) {
        drop_weaker (host, folder->source);
        drop_weaker (port, folder->source);
    }
}
