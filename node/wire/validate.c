//  SPDX-License-Identifier: MPL-2.0
//  The validator: one walk over the bytes, with the counts of the open containers on a
//  small stack.

#include "validate.h"

#include "item.h"

//  Steps over one of the values that are most frequent: small numbers, nil, bools, and
//  strings and binaries up to 255 bytes. NULL: read it.
static inline const uint8_t *step (const uint8_t *cursor, const uint8_t *end)
{
    const size_t left = (size_t)(end - cursor);
    if (left == 0)
        return NULL;
    const uint8_t byte = *cursor;
    size_t size = 1;
    if ((byte & 0xe0) == 0xa0)
        size += byte & 0x1f;
    else if ((byte == 0xc4 || byte == 0xd9) && left > 1)
        size += 1u + cursor[1];
    else if (byte > 0x7f && byte < 0xe0 && byte != 0xc0 && (byte & 0xfe) != 0xc2)
        return NULL;
    return size <= left ? cursor + size : NULL;
}

//  Walks `count` values that stand inside `depth` containers. *items grows by what was
//  seen; *cursor_p ends behind the last value.
static daffi_status_t walk (const uint8_t **cursor_p, const uint8_t *end,
                            uint64_t count, unsigned depth, uint32_t *items)
{
    uint64_t waiting[DAFFI_DEPTH_MAX + 1];  //  values to come in the containers around
    const uint8_t *cursor = *cursor_p;
    uint32_t room = DAFFI_ITEMS_MAX - *items;
    unsigned level = 0;
    for (;;) {
        while (count == 0) {
            if (level == 0) {
                *items = DAFFI_ITEMS_MAX - room;
                *cursor_p = cursor;
                return DAFFI_OK;
            }
            count = waiting[--level];
        }
        count--;
        if (room-- == 0)
            return DAFFI_TOO_BIG;
        const uint8_t *const next = step (cursor, end);
        if (next) {
            cursor = next;
            continue;
        }
        daffi_value_t item;
        cursor = daffi_item_read (cursor, end, &item);
        if (!cursor)
            return DAFFI_PROTOCOL;
        if (item.kind != DAFFI_KIND_ARRAY && item.kind != DAFFI_KIND_MAP)
            continue;
        if (depth + level == DAFFI_DEPTH_MAX)
            return DAFFI_TOO_BIG;
        waiting[level++] = count;
        count = daffi_item_children (&item);
    }
}

daffi_status_t daffi_validate_run (const void *data, size_t size, uint64_t count,
                                   unsigned depth, uint32_t *items)
{
    const uint8_t *cursor = data;
    const uint8_t *const end = cursor + size;
    uint32_t seen = *items;
    if (depth > DAFFI_DEPTH_MAX || seen > DAFFI_ITEMS_MAX)
        return DAFFI_TOO_BIG;
    const daffi_status_t status = walk (&cursor, end, count, depth, &seen);
    if (status)
        return status;
    if (cursor != end)
        return DAFFI_PROTOCOL;
    *items = seen;
    return DAFFI_OK;
}

daffi_status_t daffi_validate (const void *data, size_t size)
{
    uint32_t items = 0;
    return daffi_validate_run (data, size, 1, 0, &items);
}
