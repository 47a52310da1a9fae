//  SPDX-License-Identifier: MPL-2.0
//  Names: the one grammar for processes and functions.

#include "text.h"

#include "daffi_status.h"

static bool name_char (char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '.' || c == '_' || c == '-';
}

bool daffi_name_reserved (daffi_text_t name)
{
    return name.size > 0 && name.data[0] == '$';
}

bool daffi_name_valid (daffi_text_t name)
{
    uint32_t first = daffi_name_reserved (name) ? 1 : 0;
    if (name.size <= first || name.size > DAFFI_NAME_MAX)
        return false;
    for (uint32_t i = first; i < name.size; i++)
        if (!name_char (name.data[i]))
            return false;
    return true;
}

void daffi_name_copy (char *out, daffi_text_t name)
{
    uint32_t size = name.size < DAFFI_NAME_MAX ? name.size : DAFFI_NAME_MAX;
    if (size)
        memcpy (out, name.data, size);
    out[size] = 0;
}
