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

const char *daffi_help_usage (const daffi_command_t *command, daffi_keep_t *keep)
{
    //  behind `--` nothing is an option
    const char *rest = strstr (command->usage, "-- ");
    size_t size = rest && rest[-1] != '[' ? (size_t)(rest - command->usage)
                                          : strlen (command->usage);
    const char *blank = size && command->usage[size - 1] != ' ' ? " " : "";
    return daffi_keep_format (keep, "%.*s%s[option…]%s%s", (int)size, command->usage,
                              blank, command->usage[size] ? " " : "",
                              command->usage + size);
}

void daffi_help_command (const daffi_command_t *command, const char *program)
{
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    daffi_keep_t keep = {NULL};
    printf ("usage: %s %s\n\n", program, daffi_help_usage (command, &keep));
    daffi_keep_done (&keep);
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
