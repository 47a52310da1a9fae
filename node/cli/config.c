//  SPDX-License-Identifier: MPL-2.0
//  daffi config show: what every option is, and who said so.

#include <string.h>

#include "commands.h"
#include "rows.h"
#include "settings.h"

static const daffi_example_t examples[] = {
    {"daffi config show call", "the options of daffi call, where nobody gives any"},
    {"daffi config show up --config /etc/daffi/daffi.cfg", "those of the broker"},
    {NULL, NULL}};

static void show (daffi_cli_t *self, const daffi_option_set_t *set)
{
    static const daffi_column_t columns[] = {{"OPTION", false, DAFFI_INK_NAME},
                                             {"VALUE", false, DAFFI_INK_NONE},
                                             {"FROM", false, DAFFI_INK_NONE},
                                             {"WHERE", false, DAFFI_INK_FAINT}};
    daffi_rows_t rows;
    daffi_rows_init (&rows, self, columns, 4);
    for (size_t i = 0; i < set->count; i++) {
        const daffi_option_t *option = &set->table[i];
        const daffi_option_value_t *value = &set->values[i];
        const char *where = value->source == DAFFI_SOURCE_ENVIRONMENT
                                ? option->environment
                            : value->source == DAFFI_SOURCE_FILE ? self->config.path
                                                                 : "";
        if (strcmp (option->name, "help") == 0 || strcmp (option->name, "version") == 0)
            continue;
        daffi_rows_add (&rows);
        daffi_rows_text (&rows, option->name);
        daffi_rows_both (&rows, value->text ? value->text : "-",
                         value->text ? json_object_new_string (value->text) : NULL);
        daffi_rows_ink (&rows, daffi_source_name (value->source),
                        value->source > DAFFI_SOURCE_STANDARD ? DAFFI_INK_GOOD
                                                              : DAFFI_INK_NONE);
        daffi_rows_text (&rows, where);
    }
    daffi_rows_print (&rows);
    daffi_rows_done (&rows);
}

static size_t index_of (const daffi_option_set_t *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp (set->table[i].name, name) == 0)
            return i;
    return 0;
}

static daffi_exit_t run (daffi_cli_t *self)
{
    const char *name = self->set.word_count > 1 ? self->words[1] : "call";
    const daffi_command_t *command = daffi_command_find (name);
    if (strcmp (self->words[0], "show") != 0)
        return daffi_cli_usage (self, "usage: %s show [COMMAND]", self->program);
    if (!command)
        return daffi_cli_usage (self, "no such command: %s", name);
    daffi_option_t *own = daffi_keep (&self->keep, DAFFI_OPTIONS_MAX * sizeof *own);
    daffi_option_value_t *values =
        daffi_keep (&self->keep, DAFFI_OPTIONS_MAX * sizeof *values);
    daffi_option_set_t set = {.program = self->program, .table = own, .values = values};
    if (command->raw)
        set.table = daffi_settings_options (&set.count);
    else
        set.count = daffi_command_options (command, own);
    size_t config = index_of (&set, "config");
    //  the file that this command was given is the one that is asked about
    values[config] = self->values[index_of (&self->set, "config")];
    const daffi_config_others_t others = daffi_commands_others (&self->keep);
    daffi_exit_t code = daffi_option_set_environment (&set, &self->problem);
    daffi_config_done (&self->config);
    if (!code)
        code = daffi_config_apply (&self->config, &set, config,
                                   command->raw ? "broker" : command->name, &others,
                                   &self->problem);
    if (code)
        return code;
    daffi_option_set_standard (&set);
    show (self, &set);
    return DAFFI_EXIT_OK;
}

const daffi_command_t daffi_command_config = {
    .name = "config",
    .group = "Help",
    .summary = "show where the value of each option comes from",
    .usage = "show [COMMAND]",
    .text =
        "Shows what the options of a command (call, if none is named) are where the "
        "command line gives none, and who said so: the environment, the "
        "configuration file, or the default.\n"
        "The file has lines like `host = 127.0.0.1`, which count for every command, "
        "and below a line with the name of a command, each with four blanks before "
        "it, those for that one; the section of daffi up is `broker`.",
    .examples = examples,
    .least_words = 1,
    .most_words = 2,
    .json = true,
    .offline = true,
    .run = run,
};
