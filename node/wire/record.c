//  SPDX-License-Identifier: MPL-2.0
//  Headers read and written by hand.
//
//  Every call passes here twice at the controller, so the encodings that our own writer
//  makes take a straight path, and all others that msgpack allows take the slower one
//  through item.h. Reader and writer stand side by side, field by field.

#include "record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "bounds.h"
#include "bytes.h"
#include "item.h"

enum {
    ELEMENTS_MIN = 6,  //  type, id, name, peer, ttl_ms, size
    OPTION_STATUS = 1,
    OPTION_EXECUTED = 2,
    OPTION_SENT = 3,
    OPTION_TAIL = 4,
    OPTION_ALL = 5,
    OPTION_PART = 6,
    OPTION_POLICY = 7,
    OPTION_KEY = 8,
    OPTION_STREAM = 9,
    OPTION_ITEMS = 10,
    OPTION_BYTES = 11,
    OPTION_PRIORITY = 12,
    OPTION_DELAY = 13,
};

static_assert (DAFFI_OPT_STATUS == 1u << OPTION_STATUS, "bits follow the keys");
static_assert (DAFFI_OPT_EXECUTED == 1u << OPTION_EXECUTED, "bits follow the keys");
static_assert (DAFFI_OPT_SENT == 1u << OPTION_SENT, "bits follow the keys");
static_assert (DAFFI_OPT_TAIL == 1u << OPTION_TAIL, "bits follow the keys");
static_assert (DAFFI_OPT_ALL == 1u << OPTION_ALL, "bits follow the keys");
static_assert (DAFFI_OPT_PART == 1u << OPTION_PART, "bits follow the keys");
static_assert (DAFFI_OPT_POLICY == 1u << OPTION_POLICY, "bits follow the keys");
static_assert (DAFFI_OPT_KEY == 1u << OPTION_KEY, "bits follow the keys");
static_assert (DAFFI_OPT_STREAM == 1u << OPTION_STREAM, "bits follow the keys");
static_assert (DAFFI_OPT_ITEMS == 1u << OPTION_ITEMS, "bits follow the keys");
static_assert (DAFFI_OPT_BYTES == 1u << OPTION_BYTES, "bits follow the keys");
static_assert (DAFFI_OPT_PRIORITY == 1u << OPTION_PRIORITY, "bits follow the keys");
static_assert (DAFFI_OPT_DELAY == 1u << OPTION_DELAY, "bits follow the keys");
static_assert (1 + 1 + 9 + 2 * (2 + DAFFI_NAME_MAX) + 5 + 5 + 1 + 3 + 2 + 6 + 2 + 6 +
                       2 + 3 + 3 + DAFFI_NAME_MAX + 2 + 6 + 6 + 2 + 6 <=
                   DAFFI_HEADER_ROOM,
               "the longest header that daffi_header_write makes has room");

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

//  --- writing: each takes a place and returns the next one ---------------------------

static inline uint8_t *write_uint (uint8_t *to, uint32_t value)
{
    if (value <= 0x7f) {
        *to = (uint8_t)value;
        return to + 1;
    }
    if (value <= UINT8_MAX) {
        to[0] = 0xcc;
        to[1] = (uint8_t)value;
        return to + 2;
    }
    if (value <= UINT16_MAX) {
        to[0] = 0xcd;
        daffi_store16 (to + 1, (uint16_t)value);
        return to + 3;
    }
    to[0] = 0xce;
    daffi_store32 (to + 1, value);
    return to + 5;
}

static inline uint8_t *write_u32 (uint8_t *to, uint32_t value)
{
    to[0] = 0xce;
    daffi_store32 (to + 1, value);
    return to + 5;
}

static inline size_t text_head (daffi_text_t text)
{
    return text.size <= 31 ? 1 : 2;
}

//  memcpy () for a name: most are shorter than what its call costs. Copies the first
//  and the last bytes, which may overlap.
static inline void copy_name (uint8_t *to, const char *from, size_t size)
{
    if (size > 16) {
        memcpy (to, from, size);
    } else if (size >= 8) {
        memcpy (to, from, 8);
        memcpy (to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy (to, from, 4);
        memcpy (to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = (uint8_t)from[i];
    }
}

static inline uint8_t *write_text (uint8_t *to, daffi_text_t text)
{
    assert (text.size <= DAFFI_NAME_MAX);
    if (text.size == 0) {
        *to = 0xc0;
        return to + 1;
    }
    if (text.size <= 31) {
        *to++ = (uint8_t)(0xa0 | text.size);
    } else {
        *to++ = 0xd9;
        *to++ = (uint8_t)text.size;
    }
    copy_name (to, text.data, text.size);
    return to + text.size;
}

static uint8_t *write_pair (uint8_t *to, uint8_t key, uint32_t value)
{
    *to++ = key;
    return write_uint (to, value);
}

static uint8_t *write_options_any (uint8_t *to, const daffi_header_t *header,
                                   uint32_t present)
{
    enum { KNOWN = (2 << OPTION_DELAY) - (1 << OPTION_STATUS) };
    present &= KNOWN;
    uint8_t *const head = to++;
    *head = 0x80;
    for (uint32_t left = present; left; left &= left - 1)
        ++*head;
    if (present & DAFFI_OPT_STATUS)
        to = write_pair (to, OPTION_STATUS, header->status);
    if (present & DAFFI_OPT_EXECUTED)
        to = write_pair (to, OPTION_EXECUTED, header->executed);
    if (present & DAFFI_OPT_SENT) {
        *to++ = OPTION_SENT;
        to = write_u32 (to, header->sent_ms);
    }
    if (present & DAFFI_OPT_TAIL)
        to = write_pair (to, OPTION_TAIL, 1);
    if (present & DAFFI_OPT_ALL)
        to = write_pair (to, OPTION_ALL, header->all);
    if (present & DAFFI_OPT_PART)
        to = write_pair (to, OPTION_PART, 1);
    if (present & DAFFI_OPT_POLICY)
        to = write_pair (to, OPTION_POLICY, header->policy);
    if (present & DAFFI_OPT_KEY) {
        *to++ = OPTION_KEY;
        to = write_text (to, header->key);
    }
    if (present & DAFFI_OPT_STREAM)
        to = write_pair (to, OPTION_STREAM, 1);
    if (present & DAFFI_OPT_ITEMS)
        to = write_pair (to, OPTION_ITEMS, header->items);
    if (present & DAFFI_OPT_BYTES)
        to = write_pair (to, OPTION_BYTES, header->bytes);
    if (present & DAFFI_OPT_PRIORITY)
        to = write_pair (to, OPTION_PRIORITY, header->priority);
    if (present & DAFFI_OPT_DELAY)
        to = write_pair (to, OPTION_DELAY, header->delay_ms);
    return to;
}

static inline uint8_t *write_options (uint8_t *to, const daffi_header_t *header,
                                      uint32_t present)
{
    if (present != DAFFI_OPT_SENT)
        return write_options_any (to, header, present);
    to[0] = 0x81;
    to[1] = OPTION_SENT;
    return write_u32 (to + 2, header->sent_ms);
}

size_t daffi_header_write_as (const daffi_header_t *header,
                              const daffi_header_fit_t *fit, uint8_t *out,
                              size_t *ttl_offset)
{
    assert (header->type <= 0x7f);
    uint8_t *to = out;
    to[0] = fit->present ? 0x97 : 0x96;
    to[1] = header->type;
    to[2] = 0xcf;
    daffi_store64 (to + 3, header->id);
    to = write_text (to + 11, header->name);
    to = write_text (to, header->peer);
    *ttl_offset = (size_t)(to - out);
    if (header->ttl_ms == DAFFI_TTL_NONE)
        *to++ = 0xc0;
    else
        to = write_u32 (to, header->ttl_ms);
    if (fit->detached)
        *to++ = 0xc0;
    else
        to = write_uint (to, fit->size);
    if (fit->present)
        to = write_options (to, header, fit->present);
    return (size_t)(to - out);
}

size_t daffi_header_write (const daffi_header_t *header, uint8_t *out)
{
    const daffi_header_fit_t fit = {header->present, header->size, header->detached};
    size_t ttl_offset;
    return daffi_header_write_as (header, &fit, out, &ttl_offset);
}

size_t daffi_header_ttl_offset (const daffi_header_t *header)
{
    return 1 + 1 + 9 + text_head (header->name) + header->name.size +
           text_head (header->peer) + header->peer.size;
}

void daffi_header_patch_ttl (uint8_t *ttl, uint32_t ttl_ms)
{
    assert (ttl[0] == 0xce);
    daffi_store32 (ttl + 1, ttl_ms == DAFFI_TTL_NONE ? DAFFI_TTL_NONE - 1 : ttl_ms);
}
