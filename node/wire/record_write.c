//  SPDX-License-Identifier: MPL-2.0
//  Headers written by hand, in the same order as record.c reads them: each function
//  takes a place and returns the next one.

#include <string.h>

#include "bounds.h"
#include "bytes.h"
#include "record.h"
#include "record_keys.h"

static_assert (1 + 1 + 9 + 2 * (2 + DAFFI_NAME_MAX) + 5 + 5 + 1 + 3 + 2 + 6 + 2 + 6 +
                       2 + 3 + 3 + DAFFI_NAME_MAX + 2 + 6 + 6 + 2 + 6 <=
                   DAFFI_HEADER_ROOM,
               "the longest header that daffi_header_write makes has room");

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

uint32_t daffi_header_patch_ttl (uint8_t *ttl, uint32_t ttl_ms)
{
    assert (ttl[0] == 0xce);
    uint32_t before_ms = daffi_load32 (ttl + 1);
    if (ttl_ms == DAFFI_TTL_NONE)
        ttl_ms--;
    daffi_store32 (ttl + 1, ttl_ms);
    return before_ms - ttl_ms;
}

//  Behind the ttl stands the size: nil, or a number in its shortest form.
void daffi_header_move_sent (uint8_t *ttl, uint32_t by_ms)
{
    uint8_t head = ttl[5];
    uint8_t *options = ttl + 5 +
                       (head == 0xce   ? 5
                        : head == 0xcd ? 3
                        : head == 0xcc ? 2
                                       : 1);
    assert (options[1] == OPTION_SENT && options[2] == 0xce);
    daffi_store32 (options + 3, daffi_load32 (options + 3) + by_ms);
}
