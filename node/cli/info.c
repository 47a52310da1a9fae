//  SPDX-License-Identifier: MPL-2.0
//  daffi info: the controller, or one process, in all that it tells of itself.

#include <string.h>

#include "ask.h"
#include "commands.h"
#include "json.h"
#include "rows.h"
#include "timings.h"

static const daffi_example_t examples[] = {{"daffi info", "the controller"},
                                           {"daffi info worker", "one process"},
                                           {NULL, NULL}};

//  Facts as one object in JSON, as lines else.
static daffi_exit_t show_facts (daffi_cli_t *self, const char *process,
                                const char *question, struct json_object *into)
{
    daffi_result_t *result;
    daffi_exit_t code = daffi_ask (self, process, question, DAFFI_ARGS (), &result);
    if (code)
        return code;
    if (self->json)
        json_object_object_add (into, strchr (question, '.') + 1,
                                daffi_json_of (daffi_result_value (result)));
    else
        daffi_facts_print (self, daffi_result_value (result));
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t controller (daffi_cli_t *self, struct json_object *all)
{
    daffi_exit_t code = show_facts (self, NULL, "$sys.info", all);
    if (!code && !self->json)
        putchar ('\n');
    return code ? code : show_facts (self, NULL, "$sys.stats", all);
}

static daffi_exit_t process (daffi_cli_t *self, struct json_object *all)
{
    daffi_result_t *result;
    daffi_exit_t code = show_facts (self, self->words[0], "$node.info", all);
    if (code)
        return code;
    if (self->json)
        return show_facts (self, self->words[0], "$node.stats", all);
    code = daffi_ask (self, self->words[0], "$node.stats", DAFFI_ARGS (), &result);
    if (code)
        return code;
    putchar ('\n');
    daffi_timings_t timings;
    daffi_timings_init (&timings, self, DAFFI_TIMINGS_BY_FUNCTION);
    daffi_timings_add (&timings, daffi_result_value (result), NULL);
    daffi_timings_print (&timings);
    daffi_result_destroy (&result);
    return DAFFI_EXIT_OK;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    if (code)
        return code;
    struct json_object *all = json_object_new_object ();
    code = self->set.word_count ? process (self, all) : controller (self, all);
    if (!code && self->json)
        daffi_json_print (all, self->style.terminal);
    else
        json_object_put (all);
    return code;
}

const daffi_command_t daffi_command_info = {
    .name = "info",
    .group = "Look",
    .summary = "tell all about the controller or a process",
    .usage = "[PROCESS]",
    .text =
        "Tells what the controller knows of itself and what it has counted; or, with "
        "PROCESS, what that process is, and of each function that it has run how "
        "often and how long.",
    .examples = examples,
    .most_words = 1,
    .first_word = DAFFI_WORD_PROCESS,
    .json = true,
    .run = run,
};
