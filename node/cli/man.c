//  SPDX-License-Identifier: MPL-2.0
//  daffi man: the manual pages, made of the tables when daffi is built.

#include <string.h>

#include "commands.h"
#include "help.h"
#include "settings.h"

//  Text for troff (man (7)): a backslash would be a command, and so would a dot or a
//  quote at the beginning of a line.
//  Other letters than those of ASCII have names, for not every troff reads UTF-8.
static const char *print_letter (const char *text)
{
    unsigned char first = (unsigned char)*text++;
    unsigned letter = first < 0xe0   ? first & 0x1fu
                      : first < 0xf0 ? first & 0xfu
                                     : first & 7u;
    for (; ((unsigned char)*text & 0xc0) == 0x80; text++)
        letter = letter << 6 | ((unsigned char)*text & 0x3fu);
    if (letter == 0x2026)  //  a terminal of ASCII has none
        fputs ("\\&...", stdout);
    else
        printf ("\\[u%04X]", letter);
    return text - 1;
}

static void print_troff (const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs ("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs ("\\e", stdout);
        else if (*text == '-')
            fputs ("\\-", stdout);
        else if (*text == '\n')
            fputs ("\n.PP\n", stdout);
        else if ((unsigned char)*text >= 0x80)
            text = print_letter (text);
        else
            putchar (*text);
    }
    putchar ('\n');
}

static void print_option (const daffi_option_t *option)
{
    if (option->section) {
        printf (".SS ");
        print_troff (option->section);
    }
    printf (".TP\n.B ");
    if (option->letter)
        printf ("\\-%c, ", option->letter);
    printf ("\\-\\-");
    print_troff (option->name);
    if (option->value) {
        printf (".I ");
        print_troff (option->value);
        printf (".br\n");
    }
    print_troff (option->help);
    if (option->standard) {
        printf ("(default ");
        printf ("%s)\n", option->standard);
    }
    if (option->environment)
        printf ("[%s]\n", option->environment);
}

static void print_exits (void)
{
    puts (".SH EXIT STATUS");
#define PRINT(name, number, text)    \
    printf (".TP\n.B %d\n", number); \
    print_troff (text);
    DAFFI_EXIT_MAP (PRINT)
#undef PRINT
}

static void page_of_command (daffi_cli_t *self, const daffi_command_t *command)
{
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    const daffi_option_t *options = table;
    size_t count;
    if (command->raw)
        options = daffi_settings_options (&count);
    else
        count = daffi_command_options (command, table);
    printf (".TH DAFFI-%s 1 \"\" \"daffi %s\" \"daffi\"\n.SH NAME\n", command->name,
            DAFFI_VERSION);
    print_troff (daffi_keep_format (&self->keep, "daffi-%s - %s", command->name,
                                    command->summary));
    printf (".SH SYNOPSIS\n.B daffi %s\n", command->name);
    print_troff (daffi_help_usage (command, &self->keep));
    puts (".SH DESCRIPTION");
    print_troff (command->text);
    if (command->examples)
        puts (".SH EXAMPLES");
    for (const daffi_example_t *each = command->examples; each && each->line; each++) {
        printf (".TP\n.B ");
        print_troff (each->line);
        print_troff (each->help);
    }
    puts (".SH OPTIONS");
    for (size_t i = 0; i < count; i++)
        print_option (&options[i]);
    print_exits ();
    puts (".SH SEE ALSO\n.BR daffi (1)");
}

static void page_of_program (void)
{
    printf (
        ".TH DAFFI 1 \"\" \"daffi %s\" \"daffi\"\n.SH NAME\n"
        "daffi \\- call functions in other processes\n"
        ".SH SYNOPSIS\n.B daffi\n.I COMMAND\n[argument\\[u2026]] [option\\[u2026]]\n"
        ".SH COMMANDS\n",
        DAFFI_VERSION);
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++) {
        if ((*each)->hidden)
            continue;
        printf (".TP\n.BR daffi\\-%s (1)\n", (*each)->name);
        print_troff ((*each)->summary);
    }
    puts (".SH CONFIGURATION\n"
          "Every option may also be said by an environment variable, where its page "
          "names\n"
          "one, and by the configuration file: the one named by\n.B \\-\\-config\nor\n"
          ".BR DAFFI_CONFIG ,\nelse\n.IR ~/.config/daffi/daffi.cfg ,\nelse\n"
          ".IR /etc/daffi/daffi.cfg .\nThe command line wins, then the environment, "
          "then\n"
          "the file. It has lines like\n.PP\n.nf\nhost = 127.0.0.1\ncall\n"
          "    timeout = 5s\n.fi\n.PP\nwhere four blanks stand before what is for one\n"
          "command only; the section of\n.B daffi up\nand daffi\\-broker is\n.BR "
          "broker .");
    print_exits ();
}

static daffi_exit_t run (daffi_cli_t *self)
{
    const daffi_command_t *command =
        self->set.word_count ? daffi_command_find (self->words[0]) : NULL;
    if (self->set.word_count && !command)
        return daffi_cli_usage (self, "no such command: %s", self->words[0]);
    if (command)
        page_of_command (self, command);
    else
        page_of_program ();
    return DAFFI_EXIT_OK;
}

const daffi_command_t daffi_command_man = {
    .name = "man",
    .group = "Help",
    .summary = "print a manual page",
    .usage = "[COMMAND]",
    .text = "Prints the manual page of daffi or of one command, for man: "
            "daffi man call | man -l -",
    .most_words = 1,
    .first_word = DAFFI_WORD_COMMAND,
    .offline = true,
    .run = run,
};
