//  SPDX-License-Identifier: MPL-2.0
//  Registering, one by one, by the table and by the group.

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "global.h"

static daffi_status_t add (daffi_global_t *self, const daffi_function_t *functions,
                           size_t count, daffi_error_t *error)
{
    daffi_node_t *node = daffi_global_node (self, error);
    return node ? daffi_node_register (node, functions, count, error) : DAFFI_INVALID;
}

daffi_status_t daffi_global_register (daffi_global_t *self, const char *name,
                                      daffi_callback_fn *callback, void *arg,
                                      daffi_error_t *error)
{
    daffi_function_t function = {.name = name, .callback = callback, .arg = arg};
    return add (self, &function, 1, error);
}

daffi_status_t daffi_global_register_function (daffi_global_t *self,
                                               const daffi_function_t *function,
                                               daffi_error_t *error)
{
    return add (self, function, 1, error);
}

daffi_status_t daffi_global_unregister (daffi_global_t *self, const char *name,
                                        daffi_error_t *error)
{
    daffi_node_t *node = daffi_global_node (self, error);
    return node ? daffi_node_unregister (node, name, error) : DAFFI_INVALID;
}

//  --- tables -------------------------------------------------------------------------

//  "group.name" of all names and aliases, in one block.
typedef struct {
    daffi_function_t *functions;
    const char **aliases;
    char *texts;
} grouped_t;

static size_t alias_count (const daffi_function_t *function)
{
    size_t count = 0;
    while (function->aliases && function->aliases[count])
        count++;
    return count;
}

static const char *join (char **cursor, const char *group, const char *name)
{
    char *joined = *cursor;
    char *end = stpcpy (joined, group);  //  room_of () has counted
    *end = '.';
    end = stpcpy (end + 1, name);
    *cursor = end + 1;
    return joined;
}

static size_t room_of (const daffi_function_t *function, const char *group)
{
    size_t room = strlen (function->name) + strlen (group) + 2;
    for (size_t i = 0; i < alias_count (function); i++)
        room += strlen (function->aliases[i]) + strlen (group) + 2;
    return room;
}

static grouped_t in_group (const char *group, const daffi_function_t *table,
                           size_t count)
{
    size_t room = 0, aliases = 0;
    for (size_t i = 0; i < count; i++) {
        room += room_of (&table[i], group);
        aliases += alias_count (&table[i]) + 1;
    }
    grouped_t self = {daffi_new (count * sizeof *self.functions),
                      daffi_new (aliases * sizeof *self.aliases), daffi_new (room)};
    char *cursor = self.texts;
    const char **next = self.aliases;
    for (size_t i = 0; i < count; i++) {
        self.functions[i] = table[i];
        self.functions[i].name = join (&cursor, group, table[i].name);
        self.functions[i].aliases = next;
        for (size_t k = 0; k < alias_count (&table[i]); k++)
            *next++ = join (&cursor, group, table[i].aliases[k]);
        *next++ = NULL;
    }
    return self;
}

daffi_status_t daffi_global_register_table (daffi_global_t *self, const char *group,
                                            const daffi_function_t *table,
                                            daffi_error_t *error)
{
    size_t count = daffi_functions_count (table);
    if (!count)
        return daffi_fail (error, DAFFI_INVALID, "the table holds no function");
    if (!group)
        return add (self, table, count, error);
    grouped_t grouped = in_group (group, table, count);
    daffi_status_t status = add (self, grouped.functions, count, error);
    free (grouped.functions);
    free (grouped.aliases);
    free (grouped.texts);
    return status;
}

daffi_status_t daffi_global_unregister_group (daffi_global_t *self, const char *group,
                                              daffi_error_t *error)
{
    daffi_node_t *node = daffi_global_node (self, error);
    return node ? daffi_node_unregister_group (node, group, error) : DAFFI_INVALID;
}
