//  SPDX-License-Identifier: MPL-2.0
//  What is said where something failed: what, why, and what to type next.

#include <stdarg.h>
#include <string.h>

#include "command.h"

daffi_exit_t daffi_cli_code (const daffi_error_t *error)
{
    //  it ran, and this is what it answered: whatever status the function chose
    if (error->executed == DAFFI_EXECUTED_YES)
        return DAFFI_EXIT_FAILED;
    return daffi_exit_of (error->status);
}

daffi_exit_t daffi_cli_usage (daffi_cli_t *self, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    return daffi_problem_set (&self->problem, DAFFI_EXIT_USAGE, "%s\n  see %s --help",
                              text, self->program);
}

//  The value of the option of this name, or NULL: the command has none.
static const daffi_option_value_t *option_of (const daffi_cli_t *self, const char *name)
{
    for (size_t i = 0; i < self->set.count; i++)
        if (strcmp (self->table[i].name, name) == 0)
            return &self->values[i];
    return NULL;
}

//  What --to says, or NULL.
static const char *asked_process (const daffi_cli_t *self)
{
    const daffi_option_value_t *to = option_of (self, "to");
    return to ? to->text : NULL;
}

//  The process or function that was probably meant, of those that are there.
static const char *hint_of (daffi_cli_t *self, const daffi_error_t *error)
{
    bool process = error->status == DAFFI_NO_PROCESS;
    if (!self->global)
        return NULL;
    DAFFI_AUTO (daffi_callbacks) *all =
        daffi_global_registered_callbacks (self->global, NULL);
    if (!all)
        return NULL;
    const char **words = daffi_keep (&self->keep, (all->count + 1) * sizeof *words);
    for (size_t i = 0; i < all->count; i++) {
        const char *word = process ? all->items[i].process : all->items[i].function;
        words[i] = daffi_keep_text (&self->keep, word, strlen (word));
        //  it is there, but not where it was looked for
        if (strcmp (word, error->function) == 0 && !process)
            return NULL;
    }
    const char *typed = process ? error->process : error->function;
    if (process && asked_process (self))
        typed = asked_process (self);
    if (process && typed == error->process && self->set.word_count)
        typed = self->words[0];
    return daffi_hint (typed, words);
}

//  What to type next; "" where nothing helps.
static const char *advice_of (daffi_cli_t *self, const daffi_error_t *error)
{
    char endpoint[256];
    daffi_cli_endpoint (self, endpoint, sizeof endpoint);
    switch (error->status) {
    case DAFFI_NOT_CONNECTED:
    case DAFFI_CONTROLLER_LOST:
        return daffi_keep_format (&self->keep,
                                  "%s%s\n  start one: daffi up\n"
                                  "  see what is the matter: daffi doctor",
                                  strstr (error->text, endpoint) ? "" : "\n  at ",
                                  strstr (error->text, endpoint) ? "" : endpoint);
    case DAFFI_ENDPOINT:
        return daffi_exit_advice (error->status, strncmp (endpoint, "ipc:", 4) == 0);
    case DAFFI_NO_FUNCTION:
        return asked_process (self) && error->function[0] != '$'
                   ? daffi_keep_format (&self->keep,
                                        "\n  who offers it: daffi describe %s",
                                        error->function)
                   : "\n  what is offered: daffi ls functions";
    case DAFFI_NAME_TAKEN:
        return option_of (self, "takeover") ? "\n  to take its place: --takeover" : "";
    case DAFFI_NO_PROCESS:
        return "\n  who is there: daffi ls processes";
    case DAFFI_TIMEOUT:
        return option_of (self, "timeout") ? "\n  for more time: --timeout 5m"
                                           : "\n  see what is the matter: daffi doctor";
    case DAFFI_BUSY:
    case DAFFI_DRAINING:
        return "\n  try again later; what runs now: daffi ls calls";
    default:
        return "";
    }
}

//  Who is to blame, unless the text says it.
static const char *blame_of (daffi_cli_t *self, const daffi_error_t *error)
{
    if (error->status == DAFFI_NO_FUNCTION && error->executed == DAFFI_EXECUTED_NO)
        return daffi_keep_format (&self->keep, "no such function: %s (",
                                  error->function);
    if (error->executed == DAFFI_EXECUTED_YES)
        return daffi_keep_format (&self->keep, "%s at %s failed: ", error->function,
                                  error->process);
    return "";
}

daffi_exit_t daffi_cli_failed (daffi_cli_t *self, const daffi_error_t *error)
{
    daffi_exit_t code = daffi_cli_code (error);
    bool ran = error->executed == DAFFI_EXECUTED_YES;
    bool missing = !ran && error->status == DAFFI_NO_FUNCTION;
    const char *hint = NULL;
    const char *text = error->text[0] ? error->text : daffi_status_text (error->status);
    size_t size = strlen (error->function);
    //  the name is said before it already; and those of our own questions say nothing
    if ((missing || error->function[0] == '$') &&
        strncmp (text, error->function, size) == 0 &&
        strncmp (text + size, ": ", 2) == 0)
        text += size + 2;
    if (!ran &&
        (error->status == DAFFI_NO_FUNCTION || error->status == DAFFI_NO_PROCESS))
        hint = hint_of (self, error);
    return daffi_problem_set (
        &self->problem, code, "%s%s%s%s%s%s%s", blame_of (self, error), text,
        missing                                   ? ")"
        : error->executed == DAFFI_EXECUTED_MAYBE ? " (it may have run)"
                                                  : "",
        hint ? "\n  did you mean " : "", hint ? hint : "", hint ? "?" : "",
        ran ? "" : advice_of (self, error));
}
