//  SPDX-License-Identifier: MPL-2.0
//  Names: the one grammar for processes and functions.

#include "text.h"

#include "daffi_status.h"

//  One bit a character: - . 0-9, A-Z _ a-z.
static bool name_char (char c)
{
    static const uint64_t allowed[4] = {UINT64_C (0x03ff600000000000),
                                        UINT64_C (0x07fffffe87fffffe)};
    const uint8_t byte = (uint8_t)c;
    return allowed[byte >> 6] >> (byte & 63) & 1;
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

bool daffi_name_in_group (daffi_text_t name, daffi_text_t group)
{
    return group.size && name.size >= group.size &&
           memcmp (name.data, group.data, group.size) == 0 &&
           (name.size == group.size || name.data[group.size] == '.');
}

void daffi_name_copy (char *out, daffi_text_t name)
{
    uint32_t size = name.size < DAFFI_NAME_MAX ? name.size : DAFFI_NAME_MAX;
    if (size)
        memcpy (out, name.data, size);
    out[size] = 0;
}
