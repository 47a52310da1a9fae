//  SPDX-License-Identifier: MPL-2.0
//  --help, made of the tables.

#include "help.h"

#include <stdio.h>
#include <string.h>

void daffi_help_program (void)
{
    const char *group = "";
    puts ("usage: daffi COMMAND [argument…] [option…]\n\n"
          "Call functions in other processes, offer some, and see who is there.");
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++) {
        if ((*each)->hidden)
            continue;
        if (strcmp (group, (*each)->group) != 0)
            printf ("\n%s\n", (*each)->group);
        group = (*each)->group;
        printf ("  %-*s", 13, (*each)->name);
        daffi_print_wrapped (stdout, (*each)->summary, 15);
        putchar ('\n');
    }
    puts ("\nThe first five minutes\n"
          "  daffi up                          in one terminal\n"
          "  daffi serve upper -- tr a-z A-Z   in another\n"
          "  echo hello | daffi call upper -   in a third\n\n"
          "daffi COMMAND --help tells more, and so does man daffi-COMMAND.\n\n"
          "Exit codes of all commands");
    daffi_exits_print (stdout);
}

static void print_text (const char *text)
{
    while (*text) {
        char paragraph[1024];
        size_t size = strcspn (text, "\n");
        snprintf (paragraph, sizeof paragraph, "%.*s", (int)size, text);
        daffi_print_wrapped (stdout, paragraph, 0);
        putchar ('\n');
        text += size;
        if (*text)
            putchar ('\n');
        text += strspn (text, "\n");
    }
}

void daffi_help_command (const daffi_command_t *command, const char *program)
{
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    printf ("usage: %s%s%s [option…]\n\n", program, command->usage[0] ? " " : "",
            command->usage);
    print_text (command->text);
    for (const daffi_example_t *each = command->examples; each && each->line; each++) {
        printf ("%s  %s\n", each == command->examples ? "\nExamples\n" : "",
                each->line);
        printf ("      ");
        daffi_print_wrapped (stdout, each->help, 6);
        putchar ('\n');
    }
    daffi_option_table_print (table, daffi_command_options (command, table), stdout);
}
