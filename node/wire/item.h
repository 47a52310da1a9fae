//  SPDX-License-Identifier: MPL-2.0
//  One msgpack value, read where it stands: the step that the validator, the value
//  reader and the slow path of the header reader have in common.
//
//  https://github.com/msgpack/msgpack/blob/master/spec.md, section "Formats". Every
//  length is held against the bytes that are there, and every count too: an item takes
//  at least one byte. So nothing that a peer announces is believed.

#ifndef DAFFI_ITEM_H
#define DAFFI_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "daffi_value.h"

//  How many values stand inside an array or a map that was read; 0 for all else.
static inline uint64_t daffi_item_children (const daffi_value_t *item)
{
    if (item->kind == DAFFI_KIND_ARRAY)
        return item->count;
    return item->kind == DAFFI_KIND_MAP ? 2 * (uint64_t)item->count : 0;
}

static inline const uint8_t *daffi_item_uint (const uint8_t *after, uint64_t number,
                                              daffi_value_t *out)
{
    *out = daffi_value_uint (number);
    return after;
}

static inline const uint8_t *daffi_item_int (const uint8_t *after, int64_t number,
                                             daffi_value_t *out)
{
    if (number >= 0)
        return daffi_item_uint (after, (uint64_t)number, out);
    *out = daffi_value_int (number);
    return after;
}

//  float 32 and float 64
static inline const uint8_t *daffi_item_double (const uint8_t *cursor, unsigned width,
                                                daffi_value_t *out)
{
    if (width == 4) {
        const uint32_t bits = daffi_load32 (cursor);
        float number;
        memcpy (&number, &bits, sizeof number);
        *out = daffi_value_double (number);
    } else {
        const uint64_t bits = daffi_load64 (cursor);
        double number;
        memcpy (&number, &bits, sizeof number);
        *out = daffi_value_double (number);
    }
    return cursor + width;
}

static inline int64_t daffi_item_sign (uint64_t number, unsigned width)
{
    const unsigned shift = (64 - 8 * width) & 63;
    return (int64_t)(number << shift) >> shift;
}

//  The bytes of a string, a binary or an ext.
static inline const uint8_t *daffi_item_bytes (const uint8_t *cursor,
                                               const uint8_t *end, uint64_t size,
                                               daffi_kind_t kind, daffi_value_t *out)
{
    if (size > (uint64_t)(end - cursor))
        return NULL;
    *out = daffi_value_binary (cursor, (size_t)size);
    out->kind = (uint8_t)kind;
    return cursor + size;
}

static inline const uint8_t *daffi_item_ext (const uint8_t *cursor, const uint8_t *end,
                                             uint64_t size, daffi_value_t *out)
{
    if (cursor == end)
        return NULL;
    const int8_t type = (int8_t)*cursor;
    cursor = daffi_item_bytes (cursor + 1, end, size, DAFFI_KIND_EXT, out);
    if (cursor)
        out->ext_type = type;
    return cursor;
}

static inline const uint8_t *daffi_item_container (const uint8_t *cursor,
                                                   const uint8_t *end, uint64_t count,
                                                   daffi_kind_t kind,
                                                   daffi_value_t *out)
{
    *out = daffi_value_nil ();
    out->kind = (uint8_t)kind;
    out->packed = 1;
    out->count = (uint32_t)count;
    out->as.data = cursor;
    return daffi_item_children (out) <= (uint64_t)(end - cursor) ? cursor : NULL;
}

//  The formats that begin with 0xc0 to 0xdf, `byte` being read already.
static inline const uint8_t *daffi_item_read_typed (uint8_t byte, const uint8_t *cursor,
                                                    const uint8_t *end,
                                                    daffi_value_t *out)
{
    //  Bytes of the number that follows the first byte: 0 = none, 16 = no format.
    static const uint8_t widths[32] = {
        0, 16, 0, 0, 1, 2, 4, 1, 2, 4, 4, 8, 1, 2, 4, 8,  //  0xc0
        1, 2,  4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4,  //  0xd0
    };
    const unsigned width = widths[byte & 0x1f];
    if (width > (size_t)(end - cursor) || width == 16)
        return NULL;
    const uint64_t number = width ? daffi_load (cursor, width) : 0;
    const uint8_t *const after = cursor + width;
    switch (byte) {
    case 0xc0:
        *out = daffi_value_nil ();
        return after;
    case 0xc2:
    case 0xc3:
        *out = daffi_value_bool (byte == 0xc3);
        return after;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return daffi_item_bytes (after, end, number, DAFFI_KIND_BINARY, out);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return daffi_item_ext (after, end, number, out);
    case 0xca:
    case 0xcb:
        return daffi_item_double (cursor, width, out);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return daffi_item_uint (after, number, out);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return daffi_item_int (after, daffi_item_sign (number, width), out);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return daffi_item_bytes (after, end, number, DAFFI_KIND_STRING, out);
    case 0xdc:
    case 0xdd:
        return daffi_item_container (after, end, number, DAFFI_KIND_ARRAY, out);
    case 0xde:
    case 0xdf:
        return daffi_item_container (after, end, number, DAFFI_KIND_MAP, out);
    default:  //  0xd4 to 0xd8: an ext of 1, 2, 4, 8 or 16 bytes
        return daffi_item_ext (after, end, 1u << (byte - 0xd4), out);
    }
}

//  Reads the value at `cursor`, which borrows from there, and returns where the next
//  one begins; NULL where it is cut off or no msgpack. An array or a map is read
//  without what it holds: the returned place is that of its first item, and its `size`
//  is 0.
static inline const uint8_t *daffi_item_read (const uint8_t *cursor, const uint8_t *end,
                                              daffi_value_t *out)
{
    if (cursor == end)
        return NULL;
    const uint8_t byte = *cursor++;
    if (byte <= 0x7f)
        return daffi_item_uint (cursor, byte, out);
    if (byte >= 0xe0)
        return daffi_item_int (cursor, (int8_t)byte, out);
    if (byte >= 0xc0)
        return daffi_item_read_typed (byte, cursor, end, out);
    if (byte >= 0xa0)
        return daffi_item_bytes (cursor, end, byte & 0x1f, DAFFI_KIND_STRING, out);
    if (byte >= 0x90)
        return daffi_item_container (cursor, end, byte & 0x0f, DAFFI_KIND_ARRAY, out);
    return daffi_item_container (cursor, end, byte & 0x0f, DAFFI_KIND_MAP, out);
}

//  Steps over `count` whole values; NULL where they are cut off or no msgpack. One
//  counter does for any nesting, so it needs neither a stack nor a limit.
static inline const uint8_t *daffi_item_skip (const uint8_t *cursor, const uint8_t *end,
                                              uint64_t count)
{
    while (count > 0 && cursor) {
        daffi_value_t item;
        cursor = daffi_item_read (cursor, end, &item);
        if (cursor)
            count += daffi_item_children (&item) - 1;
    }
    return cursor;
}

#endif
