//  SPDX-License-Identifier: MPL-2.0
//  daffi cancel: end a call of somebody else.

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "commands.h"

static const daffi_example_t examples[] = {
    {"daffi ls calls", "tells which calls there are"},
    {"daffi cancel shop-12/7", "ends one of them"},
    {NULL, NULL}};

//  "caller/id". False: it is none.
static bool read_call (daffi_cli_t *self, const char *word, const char **caller,
                       uint64_t *id)
{
    char *end;
    const char *slash = strrchr (word, '/');
    if (!slash || slash == word || slash[1] < '0' || slash[1] > '9')
        return false;
    *caller = daffi_keep_text (&self->keep, word, (size_t)(slash - word));
    *id = strtoull (slash + 1, &end, 10);
    return *end == '\0';
}

static daffi_exit_t cancel (daffi_cli_t *self, const char *word)
{
    const char *caller;
    uint64_t id;
    daffi_error_t error;
    if (!read_call (self, word, &caller, &id))
        return daffi_cli_usage (self,
                                "\"%s\" is no call: they are named like shop-12/7\n"
                                "  which there are: daffi ls calls",
                                word);
    if (!daffi_call (self->global, "$sys.cancel", DAFFI_ARGS (caller, id), NULL, NULL,
                     &error))
        return DAFFI_EXIT_OK;
    if (error.status == DAFFI_NOT_FOUND)
        return daffi_problem_set (&self->problem, DAFFI_EXIT_NOT_THERE,
                                  "no such call is in flight: %s\n"
                                  "  which there are: daffi ls calls",
                                  word);
    return daffi_cli_failed (self, &error);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    for (size_t i = 0; i < self->set.word_count && !code; i++)
        code = cancel (self, self->words[i]);
    return code;
}

const daffi_command_t daffi_command_cancel = {
    .name = "cancel",
    .group = "Interfere",
    .summary = "end a call of another process",
    .usage = "CALL…",
    .text = "Ends calls of other processes as if they had cancelled them: the function "
            "that runs is told to stop, and the caller is told that its call was "
            "cancelled. A CALL is named as daffi ls calls does it. Whoever reaches the "
            "controller may do this.",
    .examples = examples,
    .least_words = 1,
    .most_words = DAFFI_WORDS_MAX,
    .run = run,
};
