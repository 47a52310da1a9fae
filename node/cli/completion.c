//  SPDX-License-Identifier: MPL-2.0
//  daffi completion: what the shell offers when Tab is pressed.
//
//  Made of the tables; names of functions and processes are asked for when they are
//  wanted, with a short patience.

#include <string.h>

#include "commands.h"
#include "settings.h"

static const daffi_example_t examples[] = {
    {"source <(daffi completion bash)", "in ~/.bashrc"},
    {"daffi completion zsh >~/.zfunc/_daffi", "with ~/.zfunc in $fpath"},
    {"daffi completion fish >~/.config/fish/completions/daffi.fish", "once"},
    {NULL, NULL}};

static size_t options_of (const daffi_command_t *command, daffi_option_t *table)
{
    size_t count;
    if (!command->raw)
        return daffi_command_options (command, table);
    const daffi_option_t *own = daffi_settings_options (&count);
    memcpy (table, own, count * sizeof *own);
    return count;
}

static const char processes[] =
    "daffi ls processes --connect-timeout 300ms 2>/dev/null | cut -f1";

//  The list that a word may be taken from: a command that prints it, a line each.
static const char *source_of (const daffi_command_t *command)
{
    if (command->first_word == DAFFI_WORD_FUNCTION)
        return "daffi ls functions --connect-timeout 300ms 2>/dev/null | cut -f1";
    return command->first_word == DAFFI_WORD_PROCESS ? processes : NULL;
}

static bool takes_process (const daffi_option_t *option)
{
    return option->value && strcmp (option->value, "PROCESS") == 0;
}

//  Help in single quotes, without what would end them, and what else means something.
static void print_without (const char *unwanted, const char *text)
{
    for (; *text; text++)
        if (*text != '\'' && !strchr (unwanted, *text))
            putchar (*text);
}

//  --- bash -------------------------------------------------------------------------

static void bash_command (const daffi_command_t *command)
{
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    size_t count = options_of (command, table);
    printf ("        %s)\n            options=\"", command->name);
    for (size_t i = 0; i < count; i++)
        printf ("%s--%s", i ? " " : "", table[i].name);
    printf ("\"\n");
    for (size_t i = 0; i < count; i++) {
        if (takes_process (&table[i])) {
            printf ("            [[ $before == --%s", table[i].name);
            if (table[i].letter)
                printf (" || $before == -%c", table[i].letter);
            printf (" ]] && words=$(%s)\n", processes);
        }
        if (table[i].choices) {
            printf ("            [[ $before == --%s ]] && words=\"", table[i].name);
            for (size_t j = 0; table[i].choices[j]; j++)
                printf ("%s%s", j ? " " : "", table[i].choices[j]);
            printf ("\"\n");
        }
    }
    if (source_of (command))
        printf ("            [[ -z $words && $COMP_CWORD == 2 ]] && words=$(%s)\n",
                source_of (command));
    if (command->words) {
        printf ("            [[ -z $words && $COMP_CWORD == 2 ]] && words=\"");
        for (size_t i = 0; command->words[i]; i++)
            printf ("%s%s", i ? " " : "", command->words[i]);
        printf ("\"\n");
    }
    printf ("            ;;\n");
}

static void bash (void)
{
    printf (
        "#  bash completion for daffi\n"
        "_daffi () {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local options words=\n"
        "    if ((COMP_CWORD == 1)); then\n"
        "        COMPREPLY=($(compgen -W \"");
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++)
        if (!(*each)->hidden)
            printf ("%s ", (*each)->name);
    printf ("help --help --version\" -- \"$word\"))\n"
            "        return\n"
            "    fi\n"
            "    case ${COMP_WORDS[1]} in\n");
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++)
        if (!(*each)->hidden)
            bash_command (*each);
    printf ("    esac\n"
            "    [[ $word == -* ]] && words=$options\n"
            "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
            "}\n"
            "complete -o default -F _daffi daffi\n");
}

//  --- zsh --------------------------------------------------------------------------

static void zsh_command (const daffi_command_t *command)
{
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    size_t count = options_of (command, table);
    printf ("        %s)\n            _arguments \\\n", command->name);
    for (size_t i = 0; i < count; i++) {
        if (takes_process (&table[i])) {
            printf ("                \"--%s[", table[i].name);
            print_without ("[]:`\"$", table[i].help);
            printf ("]:%s:($(%s))\" \\\n", table[i].value, processes);
            continue;
        }
        printf ("                '--%s[", table[i].name);
        print_without ("[]:", table[i].help);
        printf ("]");
        if (table[i].value)
            printf (":%s:", table[i].value);
        if (table[i].choices) {
            printf ("(");
            for (size_t j = 0; table[i].choices[j]; j++)
                printf ("%s%s", j ? " " : "", table[i].choices[j]);
            printf (")");
        }
        printf ("' \\\n");
    }
    if (source_of (command))
        printf ("                \"1:name:($(%s))\" \\\n", source_of (command));
    if (command->words) {
        printf ("                '1:what:(");
        for (size_t i = 0; command->words[i]; i++)
            printf ("%s%s", i ? " " : "", command->words[i]);
        printf (")' \\\n");
    }
    printf ("                '*:argument:_files'\n            ;;\n");
}

static void zsh (void)
{
    printf ("#compdef daffi\n"
            "_daffi () {\n"
            "    if ((CURRENT == 2)); then\n"
            "        local -a commands=(\n");
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++) {
        if ((*each)->hidden)
            continue;
        printf ("            '%s:", (*each)->name);
        print_without ("[]:", (*each)->summary);
        printf ("'\n");
    }
    printf ("        )\n"
            "        _describe command commands\n"
            "        return\n"
            "    fi\n"
            "    local command=$words[2]\n"
            "    shift words\n"
            "    ((CURRENT--))\n"
            "    case $command in\n");
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++)
        if (!(*each)->hidden)
            zsh_command (*each);
    printf ("    esac\n"
            "}\n"
            "compdef _daffi daffi 2>/dev/null\n");
}

//  --- fish -------------------------------------------------------------------------

static void fish_command (const daffi_command_t *command)
{
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    size_t count = options_of (command, table);
    printf ("complete -c daffi -n __fish_use_subcommand -a %s -d '", command->name);
    print_without ("\\", command->summary);
    printf ("'\n");
    for (size_t i = 0; i < count; i++) {
        printf ("complete -c daffi -n '__fish_seen_subcommand_from %s' -l %s",
                command->name, table[i].name);
        if (table[i].letter)
            printf (" -s %c", table[i].letter);
        if (table[i].value)
            printf (" -x");
        if (takes_process (&table[i]))
            printf (" -a '(%s)'", processes);
        if (table[i].choices) {
            printf (" -a '");
            for (size_t j = 0; table[i].choices[j]; j++)
                printf ("%s%s", j ? " " : "", table[i].choices[j]);
            printf ("'");
        }
        printf (" -d '");
        print_without ("\\", table[i].help);
        printf ("'\n");
    }
    if (source_of (command) || command->words)
        printf ("complete -c daffi -n '__fish_seen_subcommand_from %s' -f\n",
                command->name);
    if (source_of (command))
        printf ("complete -c daffi -n '__fish_seen_subcommand_from %s' -a '(%s)'\n",
                command->name, source_of (command));
    for (size_t i = 0; command->words && command->words[i]; i++)
        printf ("complete -c daffi -n '__fish_seen_subcommand_from %s' -a %s\n",
                command->name, command->words[i]);
}

static void fish (void)
{
    puts ("#  fish completion for daffi");
    for (const daffi_command_t *const *each = daffi_commands (); *each; each++)
        if (!(*each)->hidden)
            fish_command (*each);
}

//  -------------------------------------------------------------------------------------

static const char *const shells[] = {"bash", "zsh", "fish", NULL};
static void (*const printers[]) (void) = {bash, zsh, fish};

static daffi_exit_t run (daffi_cli_t *self)
{
    for (size_t i = 0; shells[i]; i++)
        if (strcmp (shells[i], self->words[0]) == 0) {
            printers[i]();
            return DAFFI_EXIT_OK;
        }
    return daffi_cli_usage (self,
                            "no completion for %s: there is one for bash, zsh and "
                            "fish",
                            self->words[0]);
}

const daffi_command_t daffi_command_completion = {
    .name = "completion",
    .group = "Help",
    .summary = "print completions for a shell",
    .usage = "bash|zsh|fish",
    .text =
        "Prints a script that teaches the shell the commands and their options, and "
        "lets it ask for the names of functions and processes.",
    .examples = examples,
    .least_words = 1,
    .most_words = 1,
    .first_word = DAFFI_WORD_CHOICE,
    .words = shells,
    .offline = true,
    .run = run,
};
