//  SPDX-License-Identifier: MPL-2.0
//  Bodies that came in: whole, split at any byte, or broken.

#include "received.h"

#include <stdlib.h>
#include <string.h>

#include "packed.h"
#include "record.h"
#include "test.h"

typedef struct {
    daffi_received_t received;
    uint8_t *room;
} kept_t;

//  Keeps a body and lets go of what it was made of.
static kept_t keep (const daffi_body_t *body)
{
    kept_t self;
    memset (&self, 0, sizeof self);
    self.room = malloc (daffi_received_room (body) + 1);
    CHECK (self.room != NULL);
    daffi_received_keep (&self.received, body, self.room);
    return self;
}

static void let_go (kept_t *self)
{
    daffi_received_done (&self->received);
    free (self->room);
}

static void *copy_of (const void *data, size_t size)
{
    void *copy = malloc (size ? size : 1);
    CHECK (copy != NULL);
    if (size)
        memcpy (copy, data, size);
    return copy;
}

//  The same bytes, borrowed or in a blob, the last `tail_size` of them as a tail; all
//  of it is gone but what was kept.
static kept_t receive (const uint8_t *data, size_t size, size_t tail_size, bool blob)
{
    size_t front = size - tail_size;
    uint8_t *exact = copy_of (data, front);
    daffi_body_t body = daffi_body_borrowed (exact, front);
    if (blob)
        body = daffi_body_of (daffi_blob_copy (data, front));
    body.tail = tail_size ? daffi_blob_copy (data + front, tail_size) : NULL;
    kept_t self = keep (&body);
    memset (exact, 0xc1, front);
    free (exact);
    daffi_blob_unref (body.blob);
    daffi_blob_unref (body.tail);
    return self;
}

static uint8_t *pack (const daffi_value_t *value, size_t *size)
{
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_value_pack (value, NULL, 0, size));
    uint8_t *data = malloc (*size);
    CHECK (data != NULL);
    CHECK_OK (daffi_value_pack (value, data, *size, size));
    return data;
}

static void check_every_split (const daffi_value_t *value)
{
    size_t size;
    uint8_t *data = pack (value, &size);
    for (size_t tail = 0; tail <= size; tail++)
        for (int blob = 0; blob < 2; blob++) {
            kept_t kept = receive (data, size, tail, blob);
            CHECK_OK (daffi_received_read (&kept.received));
            CHECK (daffi_value_equal (&kept.received.value, value));
            let_go (&kept);
        }
    free (data);
}

TEST ("a value is the same wherever it is split")
{
    uint8_t bytes[300];
    memset (bytes, 0x5a, sizeof bytes);
    daffi_value_t binary = daffi_value_binary (bytes, sizeof bytes);
    daffi_value_t number = daffi_value_int (-70000);
    daffi_value_t text = daffi_value_string ("a text of some length");
    check_every_split (&binary);
    check_every_split (&number);
    check_every_split (&text);
    daffi_value_t items[] = {daffi_value_int (1), text, daffi_value_array (&number, 1),
                             binary};
    daffi_value_t array = daffi_value_array (items, 4);
    daffi_value_t map = daffi_value_map (items, 2);
    check_every_split (&array);
    check_every_split (&map);
    daffi_value_t inside[] = {text, array};
    daffi_value_t nested = daffi_value_array (inside, 2);
    check_every_split (&nested);
}

TEST ("a tail that is a binary, alone or last in its array, is not copied")
{
    enum { SIZE = 70000 };
    uint8_t *data = calloc (1, SIZE);
    CHECK (data != NULL);
    const daffi_args_t before[] = {DAFFI_ARGS (), DAFFI_ARGS (1),
                                   DAFFI_ARGS (1, "two")};
    for (int way = 0; way < 4; way++) {
        bool alone = way == 3;
        const daffi_args_t *args = alone ? NULL : &before[way];
        daffi_packed_t packed;
        daffi_value_t last;
        const void *bytes;
        size_t size;
        CHECK_OK (daffi_pack_take (&packed, args, data, SIZE, NULL, NULL));
        daffi_body_t body = daffi_packed_body (&packed);
        kept_t kept = keep (&body);
        daffi_packed_done (&packed);
        CHECK_OK (daffi_received_read (&kept.received));
        last = kept.received.value;
        if (!alone) {
            CHECK_EQ_UINT (last.count, args->count + 1);
            CHECK_OK (daffi_value_item (&kept.received.value, args->count, &last));
        }
        CHECK_OK (daffi_value_get_bytes (&last, &bytes, &size));
        CHECK (bytes == data);
        CHECK_EQ_UINT (size, SIZE);
        let_go (&kept);
    }
    free (data);
}

TEST ("bytes that look like the head of a binary by chance change nothing")
{
    //  a text that ends with what would announce the tail, which goes on with it
    uint8_t bytes[600];
    memset (bytes, 'x', sizeof bytes);
    for (size_t tail = 1; tail < 300; tail++) {
        size_t front = sizeof bytes - tail;
        memset (bytes, 'x', sizeof bytes);
        bytes[front - 3] = 0xc5;
        bytes[front - 2] = (uint8_t)(tail >> 8);
        bytes[front - 1] = (uint8_t)tail;
        const daffi_value_t text = daffi_value_text ((const char *)bytes, sizeof bytes);
        const daffi_value_t list = daffi_value_array ((daffi_value_t *)&text, 1);
        for (int inside = 0; inside < 2; inside++) {
            size_t size;
            uint8_t *data = pack (inside ? &list : &text, &size);
            kept_t kept = receive (data, size, tail, true);
            CHECK_OK (daffi_received_read (&kept.received));
            CHECK (daffi_value_equal (&kept.received.value, inside ? &list : &text));
            let_go (&kept);
            free (data);
        }
    }
}

TEST ("nothing at all is nil")
{
    kept_t kept = receive ((const uint8_t *)"", 0, 0, false);
    CHECK_OK (daffi_received_read (&kept.received));
    CHECK_EQ_INT (kept.received.value.kind, DAFFI_KIND_NIL);
    let_go (&kept);
}

TEST ("what is not exactly one value is refused, wherever it is split")
{
    static const struct {
        const char *bytes;
        size_t size;
    } broken[] = {
        {"\xc1", 1},
        {"\x01\x02", 2},
        {"\x92\x01", 2},
        {"\xc4\x05"
         "abcd",
         6},
        {"\xc5\x00\x05"
         "abcd",
         7},
        {"\xc5\x00\x04"
         "abcdX",
         8},
        {"\x91\xc5\x00\x04"
         "abcdX",
         9},
        {"\x92\xc5\x00\x04"
         "abcd",
         8},
        {"\x90\xc5\x00\x04"
         "abcd",
         8},
        {"\x92\xc1\xc5\x00\x04"
         "abcd",
         9},
        {"\x81\xc5\x00\x04"
         "abcd",
         8},
        {"\xdd\xff\xff\xff\xff\xc5\x00\x04"
         "abcd",
         12},
        {"\x93\x01\xc5\x00\x04"
         "abcd",
         9},
        {"\x92\x01\x02\xc5\x00\x04"
         "abcd",
         10},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        for (size_t tail = 0; tail <= broken[i].size; tail++)
            for (int blob = 0; blob < 2; blob++) {
                kept_t kept = receive ((const uint8_t *)broken[i].bytes, broken[i].size,
                                       tail, blob);
                CHECK_STATUS (DAFFI_PROTOCOL, daffi_received_read (&kept.received));
                let_go (&kept);
            }
}

TEST ("nesting and number of values count over both parts")
{
    static uint8_t deep[17 + 3 + 4];
    memset (deep, 0x91, 16);
    memcpy (deep + 16,
            "\xc5\x00\x04"
            "abcd",
            7);
    kept_t kept = receive (deep, 23, 4, true);
    CHECK_OK (daffi_received_read (&kept.received));
    let_go (&kept);
    memset (deep, 0x91, 17);
    memcpy (deep + 17,
            "\xc5\x00\x04"
            "abcd",
            7);
    kept = receive (deep, 24, 4, true);
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_received_read (&kept.received));
    let_go (&kept);

    //  an array of 99,999 values, the last of them the tail, and one of 100,000
    for (uint32_t count = 99999; count <= 100000; count++) {
        size_t size = 5 + (count - 1) + 7;
        uint8_t *many = calloc (1, size);
        CHECK (many != NULL);
        many[0] = 0xdd;
        many[2] = (uint8_t)(count >> 16);
        many[3] = (uint8_t)(count >> 8);
        many[4] = (uint8_t)count;
        memcpy (many + size - 7,
                "\xc5\x00\x04"
                "abcd",
                7);
        kept = receive (many, size, 4, true);
        CHECK_STATUS (count == 99999 ? DAFFI_OK : DAFFI_PROTOCOL,
                      daffi_received_read (&kept.received));
        let_go (&kept);
        free (many);
    }
}
