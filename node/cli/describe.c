//  SPDX-License-Identifier: MPL-2.0
//  daffi describe: a function, who offers it, how often it ran and how long it took.

#include <string.h>

#include "ask.h"
#include "commands.h"
#include "timings.h"

static const daffi_example_t examples[] = {
    {"daffi describe add", "its signature, and its figures in each process"},
    {NULL, NULL}};

//  A process need not tell anything of itself: then it is shown without figures.
static void add_process (daffi_cli_t *self, daffi_timings_t *timings,
                         const char *process)
{
    daffi_result_t *result;
    if (daffi_call (self->global, "$node.stats", DAFFI_ARGS (),
                    DAFFI_CALL (.process = process, .timeout_ms = 2000), &result,
                    NULL)) {
        daffi_timings_add_unknown (timings, process);
        return;
    }
    daffi_timings_add (timings, daffi_result_value (result), self->words[0]);
    daffi_result_destroy (&result);
}

static daffi_exit_t not_offered (daffi_cli_t *self)
{
    daffi_error_t error = {.status = DAFFI_NO_FUNCTION};
    snprintf (error.function, sizeof error.function, "%s", self->words[0]);
    snprintf (error.text, sizeof error.text, "no process offers it");
    return daffi_cli_failed (self, &error);
}

static daffi_exit_t run (daffi_cli_t *self)
{
    daffi_error_t error;
    daffi_timings_t timings;
    size_t found = 0;
    daffi_exit_t code = daffi_cli_connect (self, NULL);
    if (code)
        return code;
    DAFFI_AUTO (daffi_callbacks) *all =
        daffi_global_registered_callbacks (self->global, &error);
    if (!all)
        return daffi_cli_failed (self, &error);
    daffi_timings_init (&timings, self, DAFFI_TIMINGS_BY_PROCESS);
    for (size_t i = 0; i < all->count; i++) {
        const daffi_registered_t *each = &all->items[i];
        if (strcmp (each->function, self->words[0]) != 0)
            continue;
        if (!found++ && !self->json)
            printf ("%s%s%s %s\n\n", daffi_ink (&self->style, DAFFI_INK_NAME),
                    each->function, daffi_ink_off (&self->style), each->signature);
        add_process (self, &timings, each->process);
    }
    if (found)
        daffi_timings_print (&timings);
    else {
        daffi_rows_done (&timings.rows);
        code = not_offered (self);
    }
    return code;
}

const daffi_command_t daffi_command_describe = {
    .name = "describe",
    .group = "Look",
    .summary = "tell all about a function",
    .usage = "FUNCTION",
    .text =
        "Tells the signature of a function and, for each process that offers it, how "
        "often it ran and failed there, and how long it took: half of the runs took "
        "no longer than P50, 99 of 100 no longer than P99. The times are those of "
        "the function alone, without the way to it.",
    .examples = examples,
    .least_words = 1,
    .most_words = 1,
    .first_word = DAFFI_WORD_FUNCTION,
    .json = true,
    .run = run,
};
