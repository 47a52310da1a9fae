//  SPDX-License-Identifier: MPL-2.0
//  A borrowed piece of text with its length: names as they stand in a packet.

#ifndef DAFFI_TEXT_H
#define DAFFI_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const char *data;  //  not NUL-terminated
    uint32_t size;
} daffi_text_t;

static inline daffi_text_t daffi_text (const char *data, size_t size)
{
    daffi_text_t self = {data, (uint32_t)size};
    return self;
}

static inline daffi_text_t daffi_text_of (const char *string)
{
    return daffi_text (string, strlen (string));
}

static inline bool daffi_text_equal (daffi_text_t a, daffi_text_t b)
{
    return a.size == b.size && (a.size == 0 || memcmp (a.data, b.data, a.size) == 0);
}

//  A name by the grammar of DESIGN: 1 to 128 of [A-Za-z0-9._-], one leading `$`
//  allowed.
bool daffi_name_valid (daffi_text_t name);
//  Begins with `$`: daffi's own.
bool daffi_name_reserved (daffi_text_t name);

//  The group's own name, or one that goes on behind it with a dot: "gpu.1" is in "gpu".
bool daffi_name_in_group (daffi_text_t name, daffi_text_t group);

//  Copies into `out` of DAFFI_NAME_MAX + 1 bytes, NUL-terminated, cut if longer.
void daffi_name_copy (char *out, daffi_text_t name);

#endif
