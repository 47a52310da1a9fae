//  SPDX-License-Identifier: MPL-2.0
//  daffi: the command line. It finds the command, lets it run and says how it ended.

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "help.h"

//  What was printed is worth nothing where it could not be written.
static daffi_exit_t flushed (const char *program)
{
    bool failed = fflush (stdout) != 0;
    const char *reason = failed ? strerror (errno) : "not all of it was written";
    if (!failed && !ferror (stdout))
        return DAFFI_EXIT_OK;
    fprintf (stderr, "%s: standard output: %s\n", program, reason);
    return DAFFI_EXIT_INTERNAL;
}

//  In red on a terminal, and nothing where a command has said it itself.
static void say (const daffi_cli_t *self, const char *program)
{
    bool colour = self->style.colour_of_errors;
    if (self->problem.text[0])
        fprintf (stderr, "%s%s:%s %s\n", colour ? "\033[31m" : "", program,
                 colour ? "\033[0m" : "", self->problem.text);
}

static daffi_exit_t refuse (daffi_cli_t *self, const char *typed)
{
    const char *words[64] = {NULL};
    size_t count = 0;
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++)
        words[count++] = (*each)->name;
    const char *hint = daffi_hint (typed, words);
    daffi_style_init (&self->style, DAFFI_COLOUR_AUTO);
    daffi_problem_set (&self->problem, DAFFI_EXIT_USAGE,
                       "no such command: %s%s%s%s\n  see daffi --help", typed,
                       hint ? "\n  did you mean daffi " : "", hint ? hint : "",
                       hint ? "?" : "");
    say (self, "daffi");
    return DAFFI_EXIT_USAGE;
}

static daffi_exit_t run (daffi_cli_t *self, int argc, char *const *argv)
{
    snprintf (self->program, sizeof self->program, "daffi %s", self->command->name);
    if (self->command->raw)
        return self->command->raw (self->program, argc, argv);
    daffi_exit_t code = daffi_cli_read (self, argc, argv);
    if (!code && self->command)
        code = self->command->run (self);
    say (self, self->program);
    if (!code || (ferror (stdout) && !self->problem.text[0]))
        code = flushed (self->program);
    daffi_cli_done (self);
    return code;
}

int main (int argc, char **argv)
{
    static daffi_cli_t cli;
    setlocale (LC_CTYPE, "");
    const char *typed = argc > 1 ? argv[1] : "--help";
    if (strcmp (typed, "--help") == 0 || strcmp (typed, "-h") == 0 ||
        (strcmp (typed, "help") == 0 && argc < 3)) {
        daffi_help_program ();
        return (int)flushed ("daffi");
    }
    if (strcmp (typed, "--version") == 0) {
        printf ("daffi %s (libdaffi %s)\n", DAFFI_VERSION, daffi_version ());
        return (int)flushed ("daffi");
    }
    if (strcmp (typed, "help") == 0) {
        static char *const help[] = {"help", "--help", NULL};
        cli.command = daffi_command_find (argv[2]);
        return (int)(cli.command ? run (&cli, 2, help) : refuse (&cli, argv[2]));
    }
    cli.command = daffi_command_find (typed);
    return (int)(cli.command ? run (&cli, argc - 1, argv + 1) : refuse (&cli, typed));
}
