//  SPDX-License-Identifier: MPL-2.0
//  daffi wait: until processes and functions are there.

#include <string.h>

#include "commands.h"
#include "shared_options.h"

enum { OPTION_TIMEOUT, OPTION_COUNT };

static const daffi_option_t options[OPTION_COUNT] = {
    [OPTION_TIMEOUT] = DAFFI_OPTION_OF_TIMEOUT (
        "forever", INT64_MAX,
        "how long: milliseconds, or 30s, 5m; exit code 5 after that"),
};

static const daffi_example_t examples[] = {
    {"daffi wait function=add && daffi call add 2 3", "in a script"},
    {"daffi wait process=gpu-1 process=gpu-2 --timeout 30s", "both of them"},
    {NULL, NULL}};

static daffi_exit_t too_late (daffi_cli_t *self, const char *word)
{
    char endpoint[256];
    if (daffi_global_state (self->global, NULL) == DAFFI_STATE_CONNECTED)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_TIMEOUT,
                                  "%s is not there, and the time is over\n"
                                  "  who is there: daffi ls",
                                  word);
    daffi_cli_endpoint (self, endpoint, sizeof endpoint);
    return daffi_problem_set (
        &self->problem, DAFFI_EXIT_TIMEOUT,
        "%s is not there, nor is a controller at %s, and the time "
        "is over\n  start one: daffi up\n"
        "  see what is the matter: daffi doctor",
        word, endpoint);
}

static daffi_exit_t wait_one (daffi_cli_t *self, const char *word,
                              daffi_future_t *future)
{
    daffi_error_t error;
    const void *name = "";
    size_t size = 0;
    if (daffi_future_wait (future, DAFFI_FOREVER, &error)) {
        if (error.status != DAFFI_TIMEOUT)
            return daffi_cli_failed (self, &error);
        return too_late (self, word);
    }
    if (!daffi_value_get_bytes (daffi_future_value (future), &name, &size))
        printf ("%s\t%.*s\n", word, (int)size, (const char *)name);
    return DAFFI_EXIT_OK;
}

static daffi_future_t *begin (daffi_cli_t *self, const char *word, daffi_error_t *error)
{
    int64_t timeout_ms = daffi_cli_option (self, OPTION_TIMEOUT)->number;
    const char *name = strchr (word, '=') + 1;
    return word[0] == 'p'
               ? daffi_global_wait_process_start (self->global, name, timeout_ms, error)
               : daffi_global_wait_function_start (self->global, name, timeout_ms,
                                                   error);
}

static daffi_exit_t refuse (daffi_cli_t *self, const char *word)
{
    static const char *const keys[] = {"function", "process", NULL};
    const char *equals = strchr (word, '=');
    const char *typed =
        daffi_keep_text (&self->keep, word, equals ? (size_t)(equals - word) : 0);
    const char *meant = daffi_hint (typed, keys);
    return daffi_cli_usage (self,
                            "\"%s\" is neither process=NAME nor function=NAME\n"
                            "  for example: daffi wait %s=%s",
                            word, meant ? meant : keys[0], equals ? equals + 1 : word);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_error_t error;
    size_t count = self->set.word_count;
    for (size_t i = 0; i < count; i++)
        if (strncmp (self->words[i], "process=", 8) != 0 &&
            strncmp (self->words[i], "function=", 9) != 0)
            return refuse (self, self->words[i]);
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    daffi_future_t **all = daffi_keep (&self->keep, count * sizeof (daffi_future_t *));
    for (size_t i = 0; i < count && !code; i++) {
        all[i] = begin (self, self->words[i], &error);
        if (!all[i])
            code = daffi_cli_failed (self, &error);
    }
    for (size_t i = 0; i < count && !code; i++)
        code = wait_one (self, self->words[i], all[i]);
    for (size_t i = 0; i < count; i++)
        daffi_future_destroy (&all[i]);
    return code;
}

const daffi_command_t daffi_command_wait = {
    .name = "wait",
    .group = "Look",
    .summary = "wait until processes and functions are there",
    .usage = "process=NAME|function=NAME…",
    .text =
        "Waits until all of them are there at once or one after the other, and tells "
        "of each who it is. It waits for a controller as well.",
    .examples = examples,
    .options = options,
    .option_count = OPTION_COUNT,
    .least_words = 1,
    .most_words = DAFFI_WORDS_MAX,
    .patient = true,
    .run = run,
};
