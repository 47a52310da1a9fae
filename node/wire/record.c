//  SPDX-License-Identifier: MPL-2.0
//  Headers read by hand.
//
//  Every call passes here twice at the controller, so the encodings that our own writer
//  makes take a straight path, and all others that msgpack allows take the slower one
//  through item.h.

#include "record.h"

#include <stddef.h>
#include <string.h>

#include "bounds.h"
#include "bytes.h"
#include "item.h"
#include "record_keys.h"

enum { ELEMENTS_MIN = 6 };  //  type, id, name, peer, ttl_ms, size

const char *daffi_record_name (unsigned type)
{
#define DAFFI_RECORD_TEXT(name, number) [number] = #name,
    static const char *const names[DAFFI_RECORD_LIMIT] = {
        DAFFI_RECORD_MAP (DAFFI_RECORD_TEXT)};
#undef DAFFI_RECORD_TEXT
    return type < DAFFI_RECORD_LIMIT && names[type] ? names[type] : "UNKNOWN";
}

//  --- reading: each takes a place and returns the next one, or NULL ------------------

static const uint8_t *read_uint_any (const uint8_t *cursor, const uint8_t *end,
                                     uint64_t max, uint64_t *out)
{
    daffi_value_t item;
    cursor = daffi_item_read (cursor, end, &item);
    if (!cursor || item.kind != DAFFI_KIND_UINT || item.as.uinteger > max)
        return NULL;
    *out = item.as.uinteger;
    return cursor;
}

//  Any integer format will do, as long as the number is 0 to `max`.
static inline const uint8_t *read_uint (const uint8_t *cursor, const uint8_t *end,
                                        uint64_t max, uint64_t *out)
{
    if (cursor != end && *cursor <= 0x7f) {
        *out = *cursor;
        return *out <= max ? cursor + 1 : NULL;
    }
    if (end - cursor >= 5 && *cursor == 0xce) {
        *out = daffi_load32 (cursor + 1);
        return *out <= max ? cursor + 5 : NULL;
    }
    return read_uint_any (cursor, end, max, out);
}

static inline const uint8_t *read_type (const uint8_t *cursor, const uint8_t *end,
                                        uint8_t *out)
{
    uint64_t number;
    cursor = read_uint (cursor, end, 0x7f, &number);
    if (cursor)
        *out = (uint8_t)number;
    return cursor;
}

static inline const uint8_t *read_id (const uint8_t *cursor, const uint8_t *end,
                                      uint64_t *out)
{
    if (end - cursor < 9 || *cursor != 0xcf)
        return read_uint (cursor, end, UINT64_MAX, out);
    *out = daffi_load64 (cursor + 1);
    return cursor + 9;
}

static const uint8_t *read_text_any (const uint8_t *cursor, const uint8_t *end,
                                     daffi_text_t *out)
{
    daffi_value_t item;
    cursor = daffi_item_read (cursor, end, &item);
    if (!cursor)
        return NULL;
    if (item.kind == DAFFI_KIND_NIL)
        item = daffi_value_text ("", 0);
    if (item.kind != DAFFI_KIND_STRING || item.size > DAFFI_NAME_MAX)
        return NULL;
    *out = daffi_text (item.as.string, item.size);
    return cursor;
}

static inline const uint8_t *read_text (const uint8_t *cursor, const uint8_t *end,
                                        daffi_text_t *out)
{
    if (cursor != end && *cursor == 0xc0) {
        *out = daffi_text ("", 0);
        return cursor + 1;
    }
    if (cursor == end || (*cursor & 0xe0) != 0xa0)
        return read_text_any (cursor, end, out);
    const uint32_t size = *cursor++ & 0x1f;
    if (size > (size_t)(end - cursor))
        return NULL;
    *out = daffi_text ((const char *)cursor, size);
    return cursor + size;
}

static inline const uint8_t *read_ttl (const uint8_t *cursor, const uint8_t *end,
                                       uint32_t *out)
{
    if (end - cursor >= 5 && *cursor == 0xce) {
        *out = daffi_load32 (cursor + 1);
        return *out == DAFFI_TTL_NONE ? NULL : cursor + 5;
    }
    if (cursor != end && *cursor == 0xc0) {
        *out = DAFFI_TTL_NONE;
        return cursor + 1;
    }
    uint64_t number;
    cursor = read_uint (cursor, end, DAFFI_TTL_NONE - 1, &number);
    if (cursor)
        *out = (uint32_t)number;
    return cursor;
}

static inline const uint8_t *read_size (const uint8_t *cursor, const uint8_t *end,
                                        daffi_header_t *out)
{
    out->detached = false;
    if (cursor != end && *cursor == 0xc0) {
        out->detached = true;
        out->size = 0;
        return cursor + 1;
    }
    uint64_t number;
    cursor = read_uint (cursor, end, UINT32_MAX, &number);
    if (cursor)
        out->size = (uint32_t)number;
    return cursor;
}

static const uint8_t *read_u8 (const uint8_t *cursor, const uint8_t *end, uint8_t max,
                               uint8_t *out)
{
    uint64_t number;
    cursor = read_uint (cursor, end, max, &number);
    if (cursor)
        *out = (uint8_t)number;
    return cursor;
}

static const uint8_t *read_u32 (const uint8_t *cursor, const uint8_t *end,
                                uint32_t *out)
{
    uint64_t number;
    cursor = read_uint (cursor, end, UINT32_MAX, &number);
    if (cursor)
        *out = (uint32_t)number;
    return cursor;
}

//  One value whose key is known and which must therefore be what PROTOCOL.md says.
static const uint8_t *read_option (const uint8_t *cursor, const uint8_t *end,
                                   uint64_t key, daffi_header_t *out)
{
    uint8_t flag = 1;
    switch (key) {
    case OPTION_STATUS:
        cursor = read_u8 (cursor, end, UINT8_MAX, &out->status);
        break;
    case OPTION_EXECUTED:
        cursor = read_u8 (cursor, end, DAFFI_EXECUTED_YES, &out->executed);
        break;
    case OPTION_SENT:
        cursor = read_u32 (cursor, end, &out->sent_ms);
        break;
    case OPTION_TAIL:
    case OPTION_PART:
    case OPTION_STREAM:
        cursor = read_u8 (cursor, end, 1, &flag);
        break;
    case OPTION_ALL:
        cursor = read_u32 (cursor, end, &out->all);
        break;
    case OPTION_POLICY:
        cursor = read_u8 (cursor, end, UINT8_MAX, &out->policy);
        break;
    case OPTION_ITEMS:
        cursor = read_u32 (cursor, end, &out->items);
        break;
    case OPTION_BYTES:
        cursor = read_u32 (cursor, end, &out->bytes);
        break;
    case OPTION_PRIORITY:
        cursor = read_u8 (cursor, end, DAFFI_PRIORITY_MAX, &out->priority);
        break;
    case OPTION_DELAY:
        cursor = read_u32 (cursor, end, &out->delay_ms);
        break;
    case OPTION_KEY:
        cursor = read_text (cursor, end, &out->key);
        break;
    default:
        return daffi_item_skip (cursor, end, 1);
    }
    out->present |= (uint32_t)flag << key;
    return cursor;
}

//  A pair whose key may be anything.
static const uint8_t *read_pair (const uint8_t *cursor, const uint8_t *end,
                                 daffi_header_t *out)
{
    if (cursor != end && *cursor <= 0x7f)
        return read_option (cursor + 1, end, *cursor, out);
    daffi_value_t key;
    const uint8_t *const value = daffi_item_read (cursor, end, &key);
    if (value && key.kind == DAFFI_KIND_UINT)
        return read_option (value, end, key.as.uinteger, out);
    return daffi_item_skip (cursor, end, 2);
}

static const uint8_t *read_map (const uint8_t *cursor, const uint8_t *end,
                                uint32_t *count)
{
    if (cursor != end && (*cursor & 0xf0) == 0x80) {
        *count = *cursor & 0x0f;
        return cursor + 1;
    }
    daffi_value_t item;
    cursor = daffi_item_read (cursor, end, &item);
    if (!cursor || (item.kind != DAFFI_KIND_MAP && item.kind != DAFFI_KIND_NIL))
        return NULL;
    *count = item.kind == DAFFI_KIND_MAP ? item.count : 0;
    return cursor;
}

static const uint8_t *read_options_any (const uint8_t *cursor, const uint8_t *end,
                                        daffi_header_t *out)
{
    uint32_t left;
    for (cursor = read_map (cursor, end, &left); cursor && left > 0; left--)
        cursor = read_pair (cursor, end, out);
    return cursor;
}

//  What a call has and nothing else: {3: uint32}.
static inline const uint8_t *read_options (const uint8_t *cursor, const uint8_t *end,
                                           daffi_header_t *out)
{
    if (end - cursor < 7 || cursor[0] != 0x81 || cursor[1] != OPTION_SENT ||
        cursor[2] != 0xce)
        return read_options_any (cursor, end, out);
    out->sent_ms = daffi_load32 (cursor + 3);
    out->present = DAFFI_OPT_SENT;
    return cursor + 7;
}

static const uint8_t *read_array (const uint8_t *cursor, const uint8_t *end,
                                  uint32_t *count)
{
    if (cursor != end && (*cursor & 0xf0) == 0x90) {
        *count = *cursor & 0x0f;
        return cursor + 1;
    }
    daffi_value_t item;
    cursor = daffi_item_read (cursor, end, &item);
    if (!cursor || item.kind != DAFFI_KIND_ARRAY)
        return NULL;
    *count = item.count;
    return cursor;
}

static inline void clear_options (daffi_header_t *out)
{
    const size_t first = offsetof (daffi_header_t, status);
    memset ((uint8_t *)out + first, 0, sizeof *out - first);
}

//  The place behind the header, or NULL.
static inline const uint8_t *read_header (const uint8_t *data, const uint8_t *end,
                                          daffi_header_t *out)
{
    uint32_t count;
    const uint8_t *cursor = read_array (data, end, &count);
    if (!cursor || count < ELEMENTS_MIN ||
        !(cursor = read_type (cursor, end, &out->type)) ||
        !(cursor = read_id (cursor, end, &out->id)) ||
        !(cursor = read_text (cursor, end, &out->name)) ||
        !(cursor = read_text (cursor, end, &out->peer)) ||
        !(cursor = read_ttl (cursor, end, &out->ttl_ms)) ||
        !(cursor = read_size (cursor, end, out)))
        return NULL;
    clear_options (out);
    if (count == ELEMENTS_MIN)
        return cursor;
    cursor = read_options (cursor, end, out);
    if (cursor && count > ELEMENTS_MIN + 1)
        cursor = daffi_item_skip (cursor, end, count - ELEMENTS_MIN - 1);
    return cursor;
}

static inline const uint8_t *header_end (const uint8_t *data, size_t size)
{
    return data + (size < DAFFI_HEADER_MAX ? size : DAFFI_HEADER_MAX);
}

daffi_status_t daffi_header_read (const uint8_t *data, size_t size, daffi_header_t *out,
                                  size_t *used_bytes)
{
    const uint8_t *cursor = read_header (data, header_end (data, size), out);
    if (!cursor)
        return DAFFI_PROTOCOL;
    *used_bytes = (size_t)(cursor - data);
    return DAFFI_OK;
}

daffi_status_t daffi_packet_read (daffi_packet_reader_t *self, daffi_header_t *header,
                                  const uint8_t **body)
{
    if (self->cursor == self->end)
        return DAFFI_END;
    const size_t left = (size_t)(self->end - self->cursor);
    const uint8_t *behind =
        read_header (self->cursor, header_end (self->cursor, left), header);
    if (!behind || header->size > (size_t)(self->end - behind))
        return DAFFI_PROTOCOL;
    *body = header->detached ? NULL : behind;
    self->cursor = behind + header->size;
    return DAFFI_OK;
}

daffi_status_t daffi_packet_next (daffi_packet_reader_t *self, daffi_record_t *out)
{
    return daffi_packet_read (self, &out->header, &out->body);
}
