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

//  How an option is called in messages: "--port" or "DAFFI_PORT in the environment".
typedef struct {
    const char *before;
    const char *name;
    const char *after;
} label_t;

static label_t label_of (const daffi_option_t *option, daffi_source_t source)
{
    if (source == DAFFI_SOURCE_ENVIRONMENT)
        return (label_t){"", option->environment, " (in the environment)"};
    return (label_t){"--", option->name, ""};
}

//  A mistake in the environment is one of whoever set this machine up.
static daffi_exit_t code_of (daffi_source_t source)
{
    return source == DAFFI_SOURCE_ENVIRONMENT ? DAFFI_EXIT_CONFIGURATION
                                              : DAFFI_EXIT_USAGE;
}

static daffi_exit_t refuse_number (const daffi_option_t *option, const char *text,
                                   daffi_source_t source, daffi_problem_t *problem)
{
    label_t label = label_of (option, source);
    const char *separator = source == DAFFI_SOURCE_ENVIRONMENT ? "=" : " ";
    const char *unit = option->kind == DAFFI_OPTION_TIME ? " of milliseconds" : "";
    const char *forever = option->max == INT64_MAX ? ", or \"forever\"" : "";
    int64_t max = option->max == INT64_MAX ? INT32_MAX : option->max;
    return daffi_problem_set (
        problem, code_of (source),
        "%s%s%s: \"%s\" is not a whole number%s from %lld to %lld%s\n"
        "  for example: %s%s%s%s",
        label.before, label.name, label.after, text, unit, (long long)option->min,
        (long long)max, forever, label.before, label.name, separator, option->example);
}

static daffi_exit_t read_number (const daffi_option_t *option,
                                 daffi_option_value_t *value, daffi_problem_t *problem)
{
    const char *text = value->text;
    //  A time without upper end may be for ever.
    if (option->max == INT64_MAX && strcasecmp (text, "forever") == 0) {
        value->number = -1;
        return DAFFI_EXIT_OK;
    }
    char *end;
    errno = 0;
    long long number = strtoll (text, &end, 10);
    int64_t max = option->max == INT64_MAX ? INT32_MAX : option->max;
    //  strtoll () would take leading blanks and a plus sign as well.
    bool digits = text[0] >= '0' && text[0] <= '9' && *end == '\0';
    if (!digits || errno || number < option->min || number > max)
        return refuse_number (option, text, value->source, problem);
    value->number = number;
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

static daffi_exit_t read_choice (const daffi_option_t *option,
                                 daffi_option_value_t *value, daffi_problem_t *problem)
{
    int64_t place = place_of (value->text, option->choices);
    if (place) {
        value->number = place;
        return DAFFI_EXIT_OK;
    }
    label_t label = label_of (option, value->source);
    const char *hint = daffi_hint (value->text, option->choices);
    char words[256];
    join (words, sizeof words, option->choices);
    return daffi_problem_set (
        problem, code_of (value->source), "%s%s%s: \"%s\" is not one of %s%s%s%s",
        label.before, label.name, label.after, value->text, words,
        hint ? "\n  did you mean " : "", hint ? hint : "", hint ? "?" : "");
}

static daffi_exit_t read_flag (const daffi_option_t *option,
                               daffi_option_value_t *value, daffi_problem_t *problem)
{
    static const char *const words[] = {"1", "yes", "true", "0", "no", "false", NULL};
    int64_t place = place_of (value->text, words);
    label_t label = label_of (option, value->source);
    if (!place)
        return daffi_problem_set (problem, code_of (value->source),
                                  "%s%s%s: \"%s\" is neither yes nor no\n"
                                  "  for example: %s=1",
                                  label.before, label.name, label.after, value->text,
                                  label.name);
    value->number = place <= 3;
    return DAFFI_EXIT_OK;
}

static daffi_exit_t read_text (const daffi_option_t *option,
                               daffi_option_value_t *value, daffi_problem_t *problem)
{
    label_t label = label_of (option, value->source);
    if (!value->text[0])
        return daffi_problem_set (problem, code_of (value->source),
                                  "%s%s%s: the value is empty\n  for example: %s%s %s",
                                  label.before, label.name, label.after, label.before,
                                  label.name, option->example);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t read_value (daffi_option_set_t *self, size_t index,
                                const char *text, daffi_source_t source,
                                daffi_problem_t *problem)
{
    const daffi_option_t *option = &self->table[index];
    daffi_option_value_t *value = &self->values[index];
    *value = (daffi_option_value_t){.source = source, .text = text};
    switch (option->kind) {
    case DAFFI_OPTION_FLAG:
        return read_flag (option, value, problem);
    case DAFFI_OPTION_TEXT:
        return read_text (option, value, problem);
    case DAFFI_OPTION_NUMBER:
    case DAFFI_OPTION_TIME:
        return read_number (option, value, problem);
    case DAFFI_OPTION_CHOICE:
        return read_choice (option, value, problem);
    }
    return DAFFI_EXIT_INTERNAL;
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

daffi_exit_t daffi_option_set_arguments (daffi_option_set_t *self, int argc,
                                         char *const *argv, daffi_problem_t *problem)
{
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (argument[0] != '-' || !argument[1])
            return daffi_problem_set (problem, DAFFI_EXIT_USAGE,
                                      "\"%s\" is no option, and nothing else is taken\n"
                                      "  see %s --help",
                                      argument, self->program);
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
        daffi_exit_t code = read_value (self, (size_t)(option - self->table), value,
                                        DAFFI_SOURCE_ARGUMENTS, problem);
        if (code)
            return code;
    }
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
            read_value (self, i, text, DAFFI_SOURCE_ENVIRONMENT, problem);
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
        daffi_exit_t code = read_value (self, i, text, DAFFI_SOURCE_STANDARD, &problem);
        assert (code == DAFFI_EXIT_OK);
        (void)code;
    }
}
