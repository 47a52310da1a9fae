//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a packet, as anybody may send it.
//
//  Whatever is accepted must lie within the packet, and must mean the same after it was
//  written again. Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "record.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static void require_inside (daffi_text_t text, const uint8_t *data, size_t size)
{
    const uint8_t *const begin = (const uint8_t *)text.data;
    require (text.size <= DAFFI_NAME_MAX);
    if (text.size > 0)
        require (begin >= data && begin + text.size <= data + size);
}

static void require_same (const daffi_header_t *a, const daffi_header_t *b)
{
    require (a->type == b->type && a->id == b->id && a->ttl_ms == b->ttl_ms);
    require (a->size == b->size && a->detached == b->detached);
    require (daffi_text_equal (a->name, b->name) &&
             daffi_text_equal (a->peer, b->peer));
    require (a->present == b->present && a->status == b->status);
    require (a->executed == b->executed && a->sent_ms == b->sent_ms);
    require (a->all == b->all && a->policy == b->policy);
    require (a->items == b->items && a->bytes == b->bytes);
    require (daffi_text_equal (a->key, b->key));
}

static void check_header (const daffi_header_t *header)
{
    uint8_t first[DAFFI_HEADER_ROOM];
    uint8_t second[DAFFI_HEADER_ROOM];
    daffi_header_t again;
    size_t used_bytes;
    const size_t size = daffi_header_write (header, first);
    require (size <= sizeof first);
    require (daffi_header_read (first, size, &again, &used_bytes) == DAFFI_OK);
    require (used_bytes == size);
    require_same (header, &again);
    require (daffi_header_write (&again, second) == size);
    require (memcmp (first, second, size) == 0);
    if (header->ttl_ms == DAFFI_TTL_NONE)
        return;
    (void)daffi_header_patch_ttl (first + daffi_header_ttl_offset (header), 5);
    require (daffi_header_read (first, size, &again, &used_bytes) == DAFFI_OK);
    again.ttl_ms = again.ttl_ms == 5 ? header->ttl_ms : DAFFI_TTL_NONE;
    require_same (header, &again);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    daffi_packet_reader_t reader = daffi_packet_reader (data, size);
    daffi_record_t record;
    daffi_status_t status;
    const uint8_t *before = reader.cursor;
    while (!(status = daffi_packet_next (&reader, &record))) {
        require (reader.cursor > before && reader.cursor <= data + size);
        require_inside (record.header.name, data, size);
        require_inside (record.header.peer, data, size);
        require_inside (record.header.key, data, size);
        if (record.header.detached)
            require (!record.body && record.header.size == 0);
        else
            require (record.body > before &&
                     record.body + record.header.size == reader.cursor);
        check_header (&record.header);
        before = reader.cursor;
    }
    require (status == (reader.cursor == reader.end ? DAFFI_END : DAFFI_PROTOCOL));
    return 0;
}
