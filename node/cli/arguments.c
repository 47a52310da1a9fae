//  SPDX-License-Identifier: MPL-2.0
//  Words of the command line as arguments of a call.

#include "arguments.h"

#include <string.h>

#include "input.h"
#include "json.h"

static daffi_exit_t read_input (daffi_cli_t *self, bool *taken, daffi_value_t *value)
{
    const void *data;
    size_t size;
    if (*taken)
        return daffi_cli_usage (self, "`-` stands for standard input, and that can be "
                                      "read once only");
    *taken = true;
    daffi_exit_t code = daffi_input_all (self, &data, &size);
    if (!code)
        *value = daffi_value_of_bytes (data, size);
    return code;
}

daffi_exit_t daffi_number_refused (daffi_cli_t *self, const char *number)
{
    enum { SHOWN = 40 };
    const char *rest = strlen (number) > SHOWN ? "…" : "";
    return daffi_problem_set (
        &self->problem, DAFFI_EXIT_USAGE,
        "%.*s%s is %s\n"
        "  to pass its digits as a string, quote them, as JSON does: '\"%.*s%s\"'",
        SHOWN, number, rest,
        strpbrk (number, ".eE") ? "beyond the greatest double"
                                : "an integer of more than 64 bits",
        SHOWN, number, rest);
}

daffi_exit_t daffi_argument (daffi_cli_t *self, const char *word, bool string,
                             daffi_value_t *value)
{
    const char *number;
    if (string)
        *value = daffi_value_of_bytes (word, strlen (word));
    else if (!daffi_json_argument (&self->keep, word, value, &number))
        return daffi_number_refused (self, number);
    return DAFFI_EXIT_OK;
}

daffi_exit_t daffi_arguments (daffi_cli_t *self, const daffi_argument_words_t *words,
                              daffi_args_t *args)
{
    size_t count = words->end > words->first ? words->end - words->first : 0;
    bool stdin_taken = words->no_stdin;
    daffi_value_t *items = daffi_keep (&self->keep, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const char *word = self->words[words->first + i];
        bool input = strcmp (word, "-") == 0 && words->first + i < self->set.rest;
        daffi_exit_t code =
            input ? read_input (self, &stdin_taken, &items[i])
                  : daffi_argument (self, word, words->strings, &items[i]);
        if (code)
            return code;
    }
    *args = (daffi_args_t){items, count};
    return DAFFI_EXIT_OK;
}
