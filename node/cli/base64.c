//  SPDX-License-Identifier: MPL-2.0
//  Base64 as RFC 4648, section 4, says.

#include "base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *daffi_base64_write (daffi_keep_t *keep, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    char *text = daffi_keep (keep, (size + 2) / 3 * 4 + 1);
    char *at = text;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        *at++ = alphabet[group >> 18];
        *at++ = alphabet[group >> 12 & 63];
        *at++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
        *at++ = left > 2 ? alphabet[group & 63] : '=';
    }
    return text;
}

bool daffi_base64_read (daffi_keep_t *keep, const char *text, const void **data,
                        size_t *size)
{
    size_t length = strlen (text);
    size_t used = strcspn (text, "=");
    if (length % 4 || length - used > 2 || strspn (text + used, "=") != length - used)
        return false;
    uint8_t *bytes = daffi_keep (keep, length / 4 * 3 + 1);
    size_t count = 0;
    uint32_t group = 0;
    for (size_t i = 0; i < used; i++) {
        const char *place = strchr (alphabet, text[i]);
        if (!place)
            return false;
        group = group << 6 | (uint32_t)(place - alphabet);
        if (i % 4)
            bytes[count++] = (uint8_t)(group >> (6 - 2 * (i % 4)));
    }
    *data = bytes;
    *size = count;
    return true;
}
