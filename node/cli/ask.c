//  SPDX-License-Identifier: MPL-2.0
//  Questions to the controller and to nodes.

#include "ask.h"

daffi_exit_t daffi_ask (daffi_cli_t *self, const char *process, const char *function,
                        daffi_args_t args, daffi_result_t **result)
{
    daffi_error_t error;
    if (daffi_call (
            self->global, function, args,
            DAFFI_CALL (.process = process, .timeout_ms = 5000, .idempotent = true),
            result, &error))
        return daffi_cli_failed (self, &error);
    return DAFFI_EXIT_OK;
}

uint64_t daffi_map_number (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    uint64_t number;
    if (daffi_value_find (map, key, &value) || daffi_value_get_uint (&value, &number))
        return 0;
    return number;
}

bool daffi_map_bool (const daffi_value_t *map, const char *key)
{
    daffi_value_t value;
    bool flag;
    return !daffi_value_find (map, key, &value) &&
           !daffi_value_get_bool (&value, &flag) && flag;
}

const char *daffi_value_kept (daffi_cli_t *self, const daffi_value_t *value)
{
    const void *bytes;
    size_t size;
    if (daffi_value_get_bytes (value, &bytes, &size))
        return "";
    return daffi_keep_text (&self->keep, bytes, size);
}

const char *daffi_map_text (daffi_cli_t *self, const daffi_value_t *map,
                            const char *key)
{
    daffi_value_t value;
    return daffi_value_find (map, key, &value) ? "" : daffi_value_kept (self, &value);
}
