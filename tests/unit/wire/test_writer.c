//  SPDX-License-Identifier: MPL-2.0
//  msgpack out: the bytes of every kind, and what is refused.

#include "writer.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "trees.h"
#include "validate.h"

static daffi_buffer_t out;

static void fresh (void)
{
    daffi_buffer_done (&out);
}

#define CHECK_OUT(text)                                           \
    do {                                                          \
        CHECK_EQ_MEM (out.data, out.size, text, sizeof text - 1); \
        fresh ();                                                 \
    } while (0)

TEST ("each writer appends one value in its shortest form")
{
    daffi_write_nil (&out);
    CHECK_OUT ("\xc0");
    daffi_write_bool (&out, true);
    daffi_write_bool (&out, false);
    CHECK_OUT ("\xc3\xc2");
    daffi_write_int (&out, -1);
    daffi_write_int (&out, 5);
    daffi_write_int (&out, -129);
    daffi_write_int (&out, INT64_MIN);
    CHECK_OUT ("\xff\x05\xd1\xff\x7f\xd3\x80\0\0\0\0\0\0\0");
    daffi_write_uint (&out, 5);
    daffi_write_uint (&out, 200);
    daffi_write_uint (&out, 70000);
    daffi_write_uint (&out, UINT64_MAX);
    CHECK_OUT ("\x05\xcc\xc8\xce\0\1\x11\x70\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    daffi_write_double (&out, 0.5);
    CHECK_OUT ("\xcb\x3f\xe0\0\0\0\0\0\0");
    daffi_write_text (&out, daffi_text ("abc", 2));
    daffi_write_text (&out, daffi_text (NULL, 0));
    daffi_write_string (&out, "xyz");
    CHECK_OUT ("\xa2"
               "ab\xa0\xa3xyz");
    daffi_write_array (&out, 0);
    daffi_write_array (&out, 16);
    daffi_write_array (&out, 65536);
    CHECK_OUT ("\x90\xdc\0\x10\xdd\0\1\0\0");
    daffi_write_map (&out, 15);
    daffi_write_map (&out, 16);
    daffi_write_map (&out, 65536);
    CHECK_OUT ("\x8f\xde\0\x10\xdf\0\1\0\0");
    daffi_write_binary_head (&out, 5);
    daffi_write_binary_head (&out, 256);
    daffi_write_binary_head (&out, UINT32_MAX);
    CHECK_OUT ("\xc4\5\xc5\1\0\xc6\xff\xff\xff\xff");
}

TEST ("an argument list is an array")
{
    CHECK_OK (daffi_write_args (&out, DAFFI_ARGS ()));
    CHECK_OUT ("\x90");
    CHECK_OK (
        daffi_write_args (&out, DAFFI_ARGS (2, "x", 0.5, (bool)true, daffi_value_nil (),
                                            DAFFI_ARRAY (1, 2), DAFFI_MAP ("k", -1))));
    CHECK_OUT ("\x97\x02\xa1x\xcb\x3f\xe0\0\0\0\0\0\0\xc3\xc0\x92\1\2\x81\xa1k\xff");
}

TEST ("lengths change their form at 32, 256 and 65,536 bytes")
{
    static const struct {
        size_t size;
        size_t string_head;
        size_t binary_head;
        size_t ext_head;
    } cases[] = {{0, 1, 2, 3},     {1, 1, 2, 2},     {2, 1, 2, 2},
                 {3, 1, 2, 3},     {4, 1, 2, 2},     {8, 1, 2, 2},
                 {16, 1, 2, 2},    {31, 1, 2, 3},    {32, 2, 2, 3},
                 {255, 2, 2, 3},   {256, 3, 3, 4},   {65535, 3, 3, 4},
                 {65536, 5, 5, 6}, {70000, 5, 5, 6}, {1 << 20, 5, 5, 6}};
    char *const data = calloc (1, 1 << 20);
    CHECK (data != NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t size = cases[i].size;
        const daffi_value_t values[] = {daffi_value_text (data, size),
                                        daffi_value_binary (data, size),
                                        daffi_value_ext (5, data, size)};
        const size_t heads[] = {cases[i].string_head, cases[i].binary_head,
                                cases[i].ext_head};
        for (size_t kind = 0; kind < 3; kind++) {
            CHECK_OK (daffi_write_value (&out, &values[kind]));
            CHECK_EQ_INT (out.size, heads[kind] + size);
            trees_check (out.data, out.size, &values[kind]);
            fresh ();
        }
    }
    free (data);
}

TEST ("what msgpack-c reads from 3,000 random values is what was written")
{
    random_t random = {8};
    for (int i = 0; i < 3000; i++) {
        json_arena_t arena = {NULL};
        const daffi_value_t value = trees_value (&arena, &random, 5);
        CHECK_OK (daffi_write_value (&out, &value));
        CHECK_OK (daffi_validate (out.data, out.size));
        trees_check (out.data, out.size, &value);
        json_free (&arena);
        fresh ();
    }
}

TEST ("a raw value is copied as it is")
{
    const daffi_value_t raw = daffi_value_raw ("\xd3\0\0\0\0\0\0\0\5", 9);
    const daffi_value_t list = DAFFI_ARRAY (raw, raw);
    CHECK_OK (daffi_write_value (&out, &list));
    CHECK_OUT ("\x92\xd3\0\0\0\0\0\0\0\5\xd3\0\0\0\0\0\0\0\5");
}

TEST ("a raw value that is not one msgpack value is refused, and nothing is written")
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {{"", 0},         {"\xc1", 1},     {"\x01\x02", 2},
                 {"\x92\x01", 2}, {"\xa5text", 5}, {"\xdd\xff\xff\xff\xff", 5},
                 {NULL, 0}};
    daffi_write_string (&out, "before");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const daffi_value_t raw = daffi_value_raw (cases[i].bytes, cases[i].size);
        const daffi_value_t list = DAFFI_ARRAY (1, raw);
        CHECK_STATUS (DAFFI_INVALID, daffi_write_value (&out, &raw));
        CHECK_STATUS (DAFFI_INVALID, daffi_write_value (&out, &list));
        CHECK_EQ_INT (out.size, 7);
    }
    CHECK_OUT ("\xa6"
               "before");
}

//  `depth` arrays inside each other around `core`; `rooms` holds them.
static daffi_value_t nested (daffi_value_t *rooms, size_t depth, daffi_value_t core)
{
    for (size_t i = 0; i < depth; i++) {
        rooms[i] = core;
        core = daffi_value_array (&rooms[i], 1);
    }
    return core;
}

TEST ("16 containers inside each other are written, 17 are refused, however they are "
      "made")
{
    daffi_value_t rooms[20];
    uint8_t bytes[20];
    memset (bytes, 0x91, sizeof bytes);
    for (size_t inner = 0; inner <= 16; inner++) {
        bytes[inner] = 0xc0;
        daffi_value_t unpacked;
        CHECK_OK (daffi_value_unpack (bytes, inner + 1, &unpacked));
        const daffi_value_t cores[] = {daffi_value_raw (bytes, inner + 1), unpacked};
        for (size_t core = 0; core < 2; core++) {
            const daffi_value_t good = nested (rooms, 16 - inner, cores[core]);
            CHECK_OK (daffi_write_value (&out, &good));
            CHECK_OK (daffi_validate (out.data, out.size));
            CHECK_EQ_INT (out.size, 17);
            fresh ();
            const daffi_value_t bad = nested (rooms, 17 - inner, cores[core]);
            CHECK_STATUS (DAFFI_INVALID, daffi_write_value (&out, &bad));
            CHECK_EQ_INT (out.size, 0);
            fresh ();
        }
        bytes[inner] = 0x91;
    }
}

TEST ("100,000 values are written, one more is refused")
{
    daffi_value_t *const items = calloc (DAFFI_ITEMS_MAX, sizeof *items);
    CHECK (items != NULL);
    daffi_value_t list = daffi_value_array (items, DAFFI_ITEMS_MAX - 1);
    CHECK_OK (daffi_write_value (&out, &list));
    CHECK_OK (daffi_validate (out.data, out.size));
    fresh ();
    list.count++;
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_write_value (&out, &list));
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_write_args (&out, (daffi_args_t){items, DAFFI_ITEMS_MAX}));
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_write_args (&out, (daffi_args_t){items, SIZE_MAX / 64}));
    const daffi_value_t huge = daffi_value_map (NULL, UINT32_MAX);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_write_value (&out, &huge));
    free (items);
    fresh ();
}

TEST ("a kind that is none is refused")
{
    daffi_value_t value = daffi_value_nil ();
    value.kind = 200;
    CHECK_STATUS (DAFFI_INVALID, daffi_write_value (&out, &value));
    value = daffi_value_binary (NULL, (size_t)UINT32_MAX + 1);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_write_value (&out, &value));
    CHECK_EQ_INT (out.size, 0);
}

TEST ("a buffer that ran out of memory says so")
{
    out.failed = true;
    const daffi_value_t value = daffi_value_int (5);
    daffi_write_nil (&out);
    CHECK_STATUS (DAFFI_NO_MEMORY, daffi_write_value (&out, &value));
    CHECK (out.failed);
    fresh ();
}
