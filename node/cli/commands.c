//  SPDX-License-Identifier: MPL-2.0
//  The list of all commands.

#include "commands.h"

#include <string.h>

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
