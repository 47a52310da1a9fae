//  SPDX-License-Identifier: MPL-2.0
//  The list of all commands.

#include "commands.h"

#include <string.h>

#include "settings.h"

#define ENTRY(name) &daffi_command_##name,
static const daffi_command_t *const commands[] = {DAFFI_COMMAND_MAP (ENTRY) NULL};
#undef ENTRY

const daffi_command_t *const *daffi_commands (void)
{
    return commands;
}

const daffi_command_t *daffi_command_find (const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp (commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static size_t add_names (const char **names, const daffi_option_t *table, size_t count)
{
    for (size_t i = 0; i < count; i++)
        names[i] = table[i].name;
    return count;
}

daffi_config_others_t daffi_commands_others (daffi_keep_t *keep)
{
    enum { COMMANDS = sizeof commands / sizeof commands[0] };
    daffi_option_t table[DAFFI_OPTIONS_MAX];
    size_t count, at = 0;
    const char **options =
        daffi_keep (keep, (size_t)(COMMANDS * DAFFI_OPTIONS_MAX + 1) * sizeof *options);
    const char **sections = daffi_keep (keep, (COMMANDS + 1) * sizeof *sections);
    const daffi_option_t *broker = daffi_settings_options (&count);
    at += add_names (options, broker, count);
    sections[0] = "broker";
    for (size_t i = 0; commands[i]; i++) {
        sections[i + 1] = commands[i]->name;
        if (!commands[i]->raw)
            at += add_names (options + at, table,
                             daffi_command_options (commands[i], table));
    }
    return (daffi_config_others_t){options, sections};
}
