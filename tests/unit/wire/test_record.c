//  SPDX-License-Identifier: MPL-2.0
//  Headers and packets: every field, every length, every way to be wrong.

#include "record.h"

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "test.h"
#include "vectors.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123"
                              "456789._-abcdefghijklmnopqr"
                              "stuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-$";

static daffi_header_t header_of (uint8_t type, uint64_t id, size_t name_size,
                                 size_t peer_size, uint32_t ttl_ms, uint32_t size)
{
    daffi_header_t self;
    memset (&self, 0, sizeof self);
    self.type = type;
    self.id = id;
    self.name = daffi_text (letters, name_size);
    self.peer = daffi_text (letters, peer_size);
    self.ttl_ms = ttl_ms;
    self.size = size;
    return self;
}

//  Those that few records have.
static void add_options (daffi_header_t *self, random_t *random)
{
    const uint32_t mask = DAFFI_OPT_TAIL | DAFFI_OPT_ALL | DAFFI_OPT_PART |
                          DAFFI_OPT_POLICY | DAFFI_OPT_KEY | DAFFI_OPT_STREAM |
                          DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
    const uint32_t chosen = (uint32_t)random_next (random) & mask;
    self->present |= chosen;
    if (chosen & DAFFI_OPT_ALL)
        self->all = (uint32_t)random_bits (random);
    if (chosen & DAFFI_OPT_POLICY)
        self->policy = (uint8_t)random_next (random);
    if (chosen & DAFFI_OPT_KEY)
        self->key = daffi_text (letters, random_below (random, DAFFI_NAME_MAX + 1));
    if (chosen & DAFFI_OPT_ITEMS)
        self->items = (uint32_t)random_bits (random);
    if (chosen & DAFFI_OPT_BYTES)
        self->bytes = (uint32_t)random_bits (random);
}

static daffi_header_t random_header (random_t *random)
{
    daffi_header_t self =
        header_of ((uint8_t)random_below (random, 128), random_bits (random),
                   random_below (random, DAFFI_NAME_MAX + 1),
                   random_below (random, DAFFI_NAME_MAX + 1),
                   (uint32_t)random_bits (random), (uint32_t)random_bits (random));
    self.detached = random_below (random, 4) == 0;
    if (self.detached)
        self.size = 0;
    if (random_below (random, 2)) {
        self.present |= DAFFI_OPT_STATUS;
        self.status = (uint8_t)random_next (random);
    }
    if (random_below (random, 2)) {
        self.present |= DAFFI_OPT_EXECUTED;
        self.executed = (uint8_t)random_below (random, 3);
    }
    if (random_below (random, 2)) {
        self.present |= DAFFI_OPT_SENT;
        self.sent_ms = (uint32_t)random_next (random);
    }
    if (random_below (random, 2))
        add_options (&self, random);
    return self;
}

//  Reads from a block of exactly this size, so that a sanitizer sees a read beyond it.
//  *out borrows from the returned block.
static uint8_t *read_exactly (const uint8_t *data, size_t size, daffi_header_t *out,
                              size_t *used_bytes, daffi_status_t *status)
{
    uint8_t *const copy = malloc (size ? size : 1);
    CHECK (copy != NULL);
    memcpy (copy, data, size);
    *status = daffi_header_read (copy, size, out, used_bytes);
    return copy;
}

static void check_round_trip (const daffi_header_t *header)
{
    uint8_t bytes[DAFFI_HEADER_ROOM];
    const size_t size = daffi_header_write (header, bytes);
    CHECK (size <= sizeof bytes);
    daffi_header_t actual;
    size_t used_bytes = 0;
    daffi_status_t status;
    uint8_t *const copy = read_exactly (bytes, size, &actual, &used_bytes, &status);
    CHECK_OK (status);
    CHECK_EQ_INT (used_bytes, size);
    vectors_check_header ("round trip", &actual, header);
    free (copy);
}

TEST ("the number of each record type has its name, and others are unknown")
{
    CHECK_EQ_STR (daffi_record_name (1), "HELLO");
    CHECK_EQ_STR (daffi_record_name (4), "CALL");
    CHECK_EQ_STR (daffi_record_name (20), "WHO");
    CHECK_EQ_STR (daffi_record_name (21), "PROGRESS");
    CHECK_EQ_STR (daffi_record_name (0), "UNKNOWN");
    CHECK_EQ_STR (daffi_record_name (22), "UNKNOWN");
    CHECK_EQ_STR (daffi_record_name (4000000000u), "UNKNOWN");
}

TEST ("a header is read as it was written, for every length of name and peer")
{
    for (size_t name = 0; name <= DAFFI_NAME_MAX; name++)
        for (size_t peer = 0; peer <= DAFFI_NAME_MAX; peer++) {
            const daffi_header_t header = header_of (4, 5, name, peer, 6, 7);
            check_round_trip (&header);
        }
}

TEST ("20,000 random headers are read as they were written")
{
    random_t random = {1};
    for (int i = 0; i < 20000; i++) {
        const daffi_header_t header = random_header (&random);
        check_round_trip (&header);
    }
}

TEST ("a size is written in the shortest form")
{
    static const struct {
        uint32_t size;
        size_t length;
    } cases[] = {{0, 1},     {127, 1},   {128, 2},   {255, 2},       {256, 3},
                 {65535, 3}, {65536, 5}, {70000, 5}, {UINT32_MAX, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[DAFFI_HEADER_ROOM];
        const daffi_header_t header =
            header_of (5, 1, 0, 0, DAFFI_TTL_NONE, cases[i].size);
        CHECK_EQ_INT (daffi_header_write (&header, bytes), 14 + cases[i].length);
        check_round_trip (&header);
    }
}

TEST ("the longest header fits into the room that is promised")
{
    daffi_header_t header = header_of (127, UINT64_MAX, 128, 128, 1, UINT32_MAX);
    header.present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED | DAFFI_OPT_SENT |
                     DAFFI_OPT_TAIL | DAFFI_OPT_ALL | DAFFI_OPT_PART |
                     DAFFI_OPT_POLICY | DAFFI_OPT_KEY | DAFFI_OPT_STREAM |
                     DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
    header.status = 255;
    header.executed = 2;
    header.sent_ms = header.all = header.items = header.bytes = UINT32_MAX;
    header.policy = 255;
    header.key = daffi_text (letters, DAFFI_NAME_MAX);
    check_round_trip (&header);
}

TEST ("a ttl is patched where it stands, and nothing else changes")
{
    random_t random = {2};
    for (int i = 0; i < 1000; i++) {
        daffi_header_t header = random_header (&random);
        header.ttl_ms = 30000;
        uint8_t bytes[DAFFI_HEADER_ROOM];
        const size_t size = daffi_header_write (&header, bytes);
        header.ttl_ms = (uint32_t)random_bits (&random);
        (void)daffi_header_patch_ttl (bytes + daffi_header_ttl_offset (&header),
                                      header.ttl_ms);
        if (header.ttl_ms == DAFFI_TTL_NONE)
            header.ttl_ms--;  //  the patch must not make it endless
        daffi_header_t actual;
        size_t used_bytes;
        CHECK_OK (daffi_header_read (bytes, size, &actual, &used_bytes));
        vectors_check_header ("patched", &actual, &header);
    }
}

TEST ("what msgpack-c reads from a header is what was written")
{
    random_t random = {3};
    for (int i = 0; i < 2000; i++) {
        const daffi_header_t header = random_header (&random);
        uint8_t bytes[DAFFI_HEADER_ROOM];
        const size_t size = daffi_header_write (&header, bytes);
        msgpack_unpacked unpacked;
        msgpack_unpacked_init (&unpacked);
        size_t offset = 0;
        CHECK (msgpack_unpack_next (&unpacked, (const char *)bytes, size, &offset) ==
               MSGPACK_UNPACK_SUCCESS);
        CHECK_EQ_INT (offset, size);
        CHECK (unpacked.data.type == MSGPACK_OBJECT_ARRAY);
        const msgpack_object_array array = unpacked.data.via.array;
        CHECK_EQ_INT (array.size, header.present ? 7 : 6);
        CHECK_EQ_INT (array.ptr[0].via.u64, header.type);
        CHECK_EQ_UINT (array.ptr[1].via.u64, header.id);
        if (header.name.size == 0)
            CHECK (array.ptr[2].type == MSGPACK_OBJECT_NIL);
        else
            CHECK_EQ_MEM (array.ptr[2].via.str.ptr, array.ptr[2].via.str.size,
                          header.name.data, header.name.size);
        if (header.detached)
            CHECK (array.ptr[5].type == MSGPACK_OBJECT_NIL);
        else
            CHECK_EQ_UINT (array.ptr[5].via.u64, header.size);
        if (header.present & DAFFI_OPT_STATUS)
            CHECK_EQ_UINT (array.ptr[6].via.map.ptr[0].val.via.u64, header.status);
        msgpack_unpacked_destroy (&unpacked);
    }
}

TEST ("a header that was cut anywhere is rejected")
{
    random_t random = {4};
    for (int i = 0; i < 300; i++) {
        const daffi_header_t header = random_header (&random);
        uint8_t bytes[DAFFI_HEADER_ROOM];
        const size_t size = daffi_header_write (&header, bytes);
        for (size_t cut = 0; cut < size; cut++) {
            daffi_header_t actual;
            size_t used_bytes;
            daffi_status_t status;
            free (read_exactly (bytes, cut, &actual, &used_bytes, &status));
            CHECK_STATUS (DAFFI_PROTOCOL, status);
        }
    }
}

//  Each field of PING in every form that msgpack has for the number 5.
TEST ("any integer format will do for type, id, ttl and size")
{
    static const char *const forms[] = {
        "05",   "cc05",   "cd0005",     "ce00000005",        "cf0000000000000005",
        "d005", "d10005", "d200000005", "d30000000000000005"};
    const size_t count = sizeof forms / sizeof *forms;
    for (size_t i = 0; i < count * count * count * count; i++) {
        char hex[128] = "96";
        strcat (hex, forms[i % count]);
        strcat (hex, forms[i / count % count]);
        strcat (hex, "c0c0");
        strcat (hex, forms[i / count / count % count]);
        strcat (hex, forms[i / count / count / count]);
        json_arena_t arena = {NULL};
        const bytes_t bytes = vectors_hex (&arena, hex);
        const daffi_header_t expected = header_of (5, 5, 0, 0, 5, 5);
        daffi_header_t actual;
        size_t used_bytes;
        CHECK_OK (daffi_header_read (bytes.data, bytes.size, &actual, &used_bytes));
        CHECK_EQ_INT (used_bytes, bytes.size);
        vectors_check_header (hex, &actual, &expected);
        json_free (&arena);
    }
}

TEST ("a header is at most 1,024 bytes, options and further elements included")
{
    //  PING with one unknown option: 81 64 c5 <length> and bytes
    uint8_t bytes[1100] = {0x97, 16, 7, 0xc0, 0xc0, 0xc0, 0, 0x81, 100, 0xc5};
    for (size_t length = 1000; length <= 1080; length++) {
        bytes[10] = (uint8_t)(length >> 8);
        bytes[11] = (uint8_t)length;
        const size_t size = 12 + length;
        daffi_header_t actual;
        size_t used_bytes;
        CHECK_STATUS (size <= 1024 ? DAFFI_OK : DAFFI_PROTOCOL,
                      daffi_header_read (bytes, sizeof bytes, &actual, &used_bytes));
        if (size <= 1024)
            CHECK_EQ_INT (used_bytes, size);
    }
}

TEST ("bytes behind the header are not looked at")
{
    uint8_t bytes[DAFFI_HEADER_ROOM + 8];
    memset (bytes, 0xc1, sizeof bytes);
    const daffi_header_t header = header_of (4, 1, 3, 0, 5, 100);
    const size_t size = daffi_header_write (&header, bytes);
    daffi_header_t actual;
    size_t used_bytes;
    CHECK_OK (daffi_header_read (bytes, sizeof bytes, &actual, &used_bytes));
    CHECK_EQ_INT (used_bytes, size);
}

TEST ("the texts of a header are borrowed from the packet")
{
    uint8_t bytes[DAFFI_HEADER_ROOM];
    const daffi_header_t header = header_of (4, 1, 40, 3, 5, 0);
    const size_t size = daffi_header_write (&header, bytes);
    daffi_header_t actual;
    size_t used_bytes;
    CHECK_OK (daffi_header_read (bytes, size, &actual, &used_bytes));
    const uint8_t *const name = (const uint8_t *)actual.name.data;
    const uint8_t *const peer = (const uint8_t *)actual.peer.data;
    CHECK (name > bytes && name + actual.name.size < bytes + size);
    CHECK (peer > name && peer + actual.peer.size < bytes + size);
}

TEST ("a packet is walked to its end, and its bodies stand where they should")
{
    uint8_t packet[4 * DAFFI_HEADER_ROOM];
    size_t size = 0;
    for (uint32_t i = 0; i < 4; i++) {
        const daffi_header_t header = header_of (5, i, 0, 0, DAFFI_TTL_NONE, i);
        size += daffi_header_write (&header, packet + size);
        memset (packet + size, (int)i, i);
        size += i;
    }
    daffi_packet_reader_t reader = daffi_packet_reader (packet, size);
    daffi_record_t record;
    for (uint32_t i = 0; i < 4; i++) {
        CHECK_OK (daffi_packet_next (&reader, &record));
        CHECK_EQ_INT (record.header.id, i);
        CHECK_EQ_INT (record.header.size, i);
        CHECK (record.body != NULL);
        for (uint32_t at = 0; at < i; at++)
            CHECK_EQ_INT (record.body[at], i);
    }
    CHECK_STATUS (DAFFI_END, daffi_packet_next (&reader, &record));
    CHECK_STATUS (DAFFI_END, daffi_packet_next (&reader, &record));
}

TEST ("an empty packet has no record")
{
    daffi_packet_reader_t reader = daffi_packet_reader ((const uint8_t *)"", 0);
    daffi_record_t record;
    CHECK_STATUS (DAFFI_END, daffi_packet_next (&reader, &record));
}

TEST ("a body that is larger than the rest of the packet is rejected")
{
    static const uint32_t sizes[] = {4, 100, 65536, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t packet[DAFFI_HEADER_ROOM + 3] = {0};
        const daffi_header_t header = header_of (5, 1, 0, 0, 5, sizes[i]);
        const size_t size = daffi_header_write (&header, packet) + 3;
        daffi_packet_reader_t reader = daffi_packet_reader (packet, size);
        daffi_record_t record;
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_packet_next (&reader, &record));
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_packet_next (&reader, &record));
    }
}

//  Whatever is accepted is in bounds and can be written again with the same meaning.
static bool check_accepted (const uint8_t *data, size_t size)
{
    daffi_header_t header;
    size_t used_bytes;
    daffi_status_t status;
    uint8_t *const copy = read_exactly (data, size, &header, &used_bytes, &status);
    if (!status) {
        CHECK (used_bytes <= size && used_bytes <= DAFFI_HEADER_MAX);
        CHECK (header.name.size <= DAFFI_NAME_MAX);
        CHECK (header.peer.size <= DAFFI_NAME_MAX);
        check_round_trip (&header);
    } else {
        CHECK_STATUS (DAFFI_PROTOCOL, status);
    }
    free (copy);
    return !status;
}

TEST ("200,000 damaged headers are rejected, or read as a header in bounds")
{
    random_t random = {5};
    size_t accepted = 0;
    size_t rejected = 0;
    for (int i = 0; i < 200000; i++) {
        const daffi_header_t header = random_header (&random);
        uint8_t bytes[DAFFI_HEADER_ROOM];
        const size_t size = daffi_header_write (&header, bytes);
        for (size_t hits = 1 + random_below (&random, 3); hits > 0; hits--)
            bytes[random_below (&random, size)] = (uint8_t)random_next (&random);
        if (check_accepted (bytes, size))
            accepted++;
        else
            rejected++;
    }
    CHECK (accepted > 1000);
    CHECK (rejected > 1000);
}

TEST ("200,000 runs of random bytes are rejected, or read as a header in bounds")
{
    random_t random = {6};
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[64];
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = (uint8_t)random_next (&random);
        bytes[0] = (uint8_t)(0x90 | (bytes[0] & 0x0f));
        check_accepted (bytes, random_below (&random, sizeof bytes + 1));
    }
}
