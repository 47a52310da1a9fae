//  SPDX-License-Identifier: MPL-2.0
//  Values as a program reads them: made, received, or raw.

#include "daffi_value.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "trees.h"

//  Each value as it was made, as it is received, and raw.
typedef struct {
    daffi_value_t forms[3];
    uint8_t bytes[256];
} forms_t;

static void make_forms (forms_t *self, daffi_value_t value)
{
    size_t size;
    CHECK_OK (daffi_value_pack (&value, self->bytes, sizeof self->bytes, &size));
    self->forms[0] = value;
    CHECK_OK (daffi_value_unpack (self->bytes, size, &self->forms[1]));
    self->forms[2] = daffi_value_raw (self->bytes, size);
}

TEST ("integers convert where the number fits")
{
    static const struct {
        uint64_t bits;
        double as_double;
        bool is_signed, as_int, as_uint;
    } cases[] = {
        {0, 0.0, true, true, true},
        {(uint64_t)-1, -1.0, true, true, false},
        {(uint64_t)INT64_MIN, -9223372036854775808.0, true, true, false},
        {INT64_MAX, 9223372036854775807.0, true, true, true},
        {0, 0.0, false, true, true},
        {INT64_MAX, 9223372036854775807.0, false, true, true},
        {(uint64_t)INT64_MAX + 1, 9223372036854775808.0, false, false, true},
        {UINT64_MAX, 18446744073709551615.0, false, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forms_t forms;
        make_forms (&forms, cases[i].is_signed
                                ? daffi_value_int ((int64_t)cases[i].bits)
                                : daffi_value_uint (cases[i].bits));
        for (size_t form = 0; form < 3; form++) {
            const daffi_value_t *const value = &forms.forms[form];
            int64_t integer = 4711;
            uint64_t uinteger = 4711;
            double number = 4711;
            bool boolean = true;
            CHECK_STATUS (cases[i].as_int ? DAFFI_OK : DAFFI_TYPE,
                          daffi_value_get_int (value, &integer));
            CHECK_EQ_INT (integer, cases[i].as_int ? (int64_t)cases[i].bits : 4711);
            CHECK_STATUS (cases[i].as_uint ? DAFFI_OK : DAFFI_TYPE,
                          daffi_value_get_uint (value, &uinteger));
            CHECK_EQ_UINT (uinteger, cases[i].as_uint ? cases[i].bits : 4711);
            CHECK_OK (daffi_value_get_double (value, &number));
            CHECK_EQ_DOUBLE (number, cases[i].as_double);
            CHECK_STATUS (DAFFI_TYPE, daffi_value_get_bool (value, &boolean));
        }
    }
}

TEST ("nothing but integers converts, and a wrong type leaves the output alone")
{
    const daffi_value_t values[] = {
        daffi_value_nil (),       daffi_value_bool (true),     daffi_value_double (1.0),
        daffi_value_string ("1"), daffi_value_binary ("1", 1), DAFFI_ARRAY (1),
        DAFFI_MAP ("1", 1),       daffi_value_ext (1, "1", 1)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        forms_t forms;
        make_forms (&forms, values[i]);
        for (size_t form = 0; form < 3; form++) {
            const daffi_value_t *const value = &forms.forms[form];
            const daffi_kind_t kind = (daffi_kind_t)values[i].kind;
            int64_t integer = 4711;
            uint64_t uinteger = 4711;
            double number = 4711;
            bool boolean = false;
            const void *data = &forms;
            size_t size = 4711;
            CHECK_STATUS (DAFFI_TYPE, daffi_value_get_int (value, &integer));
            CHECK_STATUS (DAFFI_TYPE, daffi_value_get_uint (value, &uinteger));
            CHECK (integer == 4711 && uinteger == 4711);
            CHECK_EQ_INT (daffi_value_get_bool (value, &boolean) == DAFFI_OK,
                          kind == DAFFI_KIND_BOOL);
            CHECK_EQ_INT (daffi_value_get_double (value, &number) == DAFFI_OK,
                          kind == DAFFI_KIND_DOUBLE);
            if (daffi_value_get_bytes (value, &data, &size)) {
                CHECK (data == &forms && size == 4711);
            } else {
                CHECK (kind == DAFFI_KIND_STRING || kind == DAFFI_KIND_BINARY ||
                       kind == DAFFI_KIND_EXT);
                CHECK_EQ_MEM (data, size, "1", 1);
            }
        }
    }
}

TEST ("float 32 is read as double")
{
    daffi_value_t value;
    double number;
    CHECK_OK (daffi_value_unpack ("\xca\x3f\0\0\0", 5, &value));
    CHECK_OK (daffi_value_get_double (&value, &number));
    CHECK_EQ_DOUBLE (number, 0.5);
}

TEST ("an array is walked in order, made, received or raw")
{
    forms_t forms;
    make_forms (&forms, DAFFI_ARRAY (10, "text", DAFFI_ARRAY (1, DAFFI_ARRAY (2)), 13));
    for (size_t form = 0; form < 3; form++) {
        daffi_iterator_t it = daffi_value_iterate (&forms.forms[form]);
        daffi_value_t item, inner;
        int64_t number;
        CHECK (daffi_iterator_next (&it, NULL, &item));
        CHECK_OK (daffi_value_get_int (&item, &number));
        CHECK_EQ_INT (number, 10);
        CHECK (daffi_iterator_next (&it, NULL, NULL));
        CHECK (daffi_iterator_next (&it, NULL, &item));
        CHECK_EQ_INT (item.kind, DAFFI_KIND_ARRAY);
        CHECK_EQ_INT (item.count, 2);
        CHECK_OK (daffi_value_item (&item, 1, &inner));
        CHECK_EQ_INT (inner.count, 1);
        CHECK (daffi_iterator_next (&it, NULL, &item));
        CHECK_OK (daffi_value_get_int (&item, &number));
        CHECK_EQ_INT (number, 13);
        CHECK (!daffi_iterator_next (&it, NULL, &item));
        CHECK (!daffi_iterator_next (&it, NULL, &item));
    }
}

TEST ("a map is walked in order, and its keys may be of any kind")
{
    forms_t forms;
    make_forms (&forms,
                DAFFI_MAP ("a", 1, 2, "b", daffi_value_nil (), DAFFI_ARRAY (3)));
    for (size_t form = 0; form < 3; form++) {
        daffi_iterator_t it = daffi_value_iterate (&forms.forms[form]);
        daffi_value_t key, value;
        size_t count = 0;
        static const daffi_kind_t keys[] = {DAFFI_KIND_STRING, DAFFI_KIND_UINT,
                                            DAFFI_KIND_NIL};
        while (daffi_iterator_next (&it, &key, &value)) {
            CHECK (count < 3);
            if (form > 0)
                CHECK_EQ_INT (key.kind, keys[count]);
            count++;
        }
        CHECK_EQ_INT (count, 3);
        CHECK_EQ_INT (value.kind, DAFFI_KIND_ARRAY);
    }
}

TEST ("what is no array and no map has nothing to walk, nor to look up")
{
    const daffi_value_t values[] = {daffi_value_nil (),
                                    daffi_value_int (5),
                                    daffi_value_string ("text"),
                                    DAFFI_ARRAY (),
                                    DAFFI_MAP (),
                                    daffi_value_raw ("\x91", 1),
                                    daffi_value_raw ("\xa1x", 2)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        daffi_iterator_t it = daffi_value_iterate (&values[i]);
        daffi_value_t out;
        CHECK (!daffi_iterator_next (&it, NULL, &out));
        CHECK (daffi_value_item (&values[i], 0, &out) ==
               (values[i].kind == DAFFI_KIND_ARRAY ? DAFFI_NOT_FOUND : DAFFI_TYPE));
        CHECK (daffi_value_find (&values[i], "k", &out) ==
               (values[i].kind == DAFFI_KIND_MAP ? DAFFI_NOT_FOUND : DAFFI_TYPE));
    }
}

TEST ("items are found by their index, and beyond the last there is none")
{
    forms_t forms;
    make_forms (&forms, DAFFI_ARRAY (0, DAFFI_MAP ("x", DAFFI_ARRAY (1, 2, 3)), 2, 3));
    for (size_t form = 0; form < 3; form++) {
        daffi_value_t item;
        for (size_t i = 0; i < 4; i++) {
            CHECK_OK (daffi_value_item (&forms.forms[form], i, &item));
            uint64_t number = i;
            if (i != 1)
                CHECK_OK (daffi_value_get_uint (&item, &number));
            CHECK_EQ_UINT (number, i);
        }
        CHECK_STATUS (DAFFI_NOT_FOUND, daffi_value_item (&forms.forms[form], 4, &item));
        CHECK_STATUS (DAFFI_NOT_FOUND,
                      daffi_value_item (&forms.forms[form], SIZE_MAX, &item));
    }
}

TEST ("a map finds the first value under a string key")
{
    forms_t forms;
    make_forms (&forms,
                DAFFI_MAP (1, "number", "", "empty", "name", "first", "name", "second",
                           "namex", "longer", daffi_value_binary ("bin", 3), "binary"));
    for (size_t form = 0; form < 3; form++) {
        daffi_value_t value;
        const daffi_value_t *const map = &forms.forms[form];
        const daffi_value_t first = daffi_value_string ("first");
        const daffi_value_t empty = daffi_value_string ("empty");
        CHECK_OK (daffi_value_find (map, "name", &value));
        CHECK (daffi_value_equal (&value, &first));
        CHECK_OK (daffi_value_find (map, "", &value));
        CHECK (daffi_value_equal (&value, &empty));
        CHECK_STATUS (DAFFI_NOT_FOUND, daffi_value_find (map, "nam", &value));
        CHECK_STATUS (DAFFI_NOT_FOUND, daffi_value_find (map, "bin", &value));
        CHECK_STATUS (DAFFI_NOT_FOUND, daffi_value_find (map, "1", &value));
    }
}

TEST ("a received array borrows its bytes, and knows how many they are")
{
    static const uint8_t bytes[] = {0x92, 0x93, 1, 2, 3, 0xa1, 'x'};
    daffi_value_t value, inner;
    CHECK_OK (daffi_value_unpack (bytes, sizeof bytes, &value));
    CHECK_EQ_INT (value.packed, 1);
    CHECK_EQ_INT (value.count, 2);
    CHECK_EQ_INT (value.size, 6);
    CHECK (value.as.data == bytes + 1);
    CHECK_OK (daffi_value_item (&value, 0, &inner));
    CHECK_EQ_INT (inner.packed, 1);
    CHECK_EQ_INT (inner.count, 3);
    CHECK_EQ_INT (inner.size, 3);
    CHECK (inner.as.data == bytes + 2);
}

TEST ("bytes that are not one value are not unpacked")
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"", 0},
        {"\xc1", 1},
        {"\x01\x02", 2},
        {"\x92\x01", 2},
        {"\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x90", 17}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        daffi_value_t value = daffi_value_int (4711);
        CHECK_STATUS (DAFFI_PROTOCOL,
                      daffi_value_unpack (cases[i].bytes, cases[i].size, &value));
        CHECK_EQ_INT (value.as.integer, 4711);
    }
}

TEST ("packing measures, fills a buffer that is just large enough, and refuses less")
{
    const daffi_value_t value = DAFFI_ARRAY (1, "four", DAFFI_MAP ("k", 0.5), -70000);
    uint8_t bytes[64];
    size_t needed = 0;
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_value_pack (&value, NULL, 0, &needed));
    CHECK_EQ_INT (needed, 1 + 1 + 5 + 1 + 2 + 9 + 5);
    for (size_t capacity = 0; capacity < sizeof bytes; capacity++) {
        memset (bytes, 0xee, sizeof bytes);
        size_t size = 0;
        CHECK_STATUS (capacity < needed ? DAFFI_TOO_BIG : DAFFI_OK,
                      daffi_value_pack (&value, bytes, capacity, &size));
        CHECK_EQ_INT (size, needed);
        for (size_t i = capacity; i < sizeof bytes; i++)
            CHECK_EQ_INT (bytes[i], 0xee);
    }
}

TEST ("packing refuses what cannot be msgpack, and sets no size")
{
    daffi_value_t rooms[18];
    daffi_value_t deep = daffi_value_nil ();
    for (size_t i = 0; i < 17; i++) {
        rooms[i] = deep;
        deep = daffi_value_array (&rooms[i], 1);
    }
    const daffi_value_t cases[] = {daffi_value_raw ("\xc1", 1), daffi_value_raw ("", 0),
                                   deep, daffi_value_array (NULL, 100001)};
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = 4711;
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_value_pack (&cases[i], bytes, sizeof bytes, &size));
        CHECK_EQ_INT (size, 4711);
    }
}

TEST ("values are equal to themselves in every form, and to no other")
{
    const daffi_value_t values[] = {daffi_value_nil (),
                                    daffi_value_bool (true),
                                    daffi_value_bool (false),
                                    daffi_value_int (-1),
                                    daffi_value_int (1),
                                    daffi_value_uint (UINT64_MAX),
                                    daffi_value_double (1.0),
                                    daffi_value_double (1.5),
                                    daffi_value_double (NAN),
                                    daffi_value_string (""),
                                    daffi_value_string ("a"),
                                    daffi_value_binary ("a", 1),
                                    daffi_value_ext (1, "a", 1),
                                    daffi_value_ext (2, "a", 1),
                                    DAFFI_ARRAY (),
                                    DAFFI_ARRAY (1),
                                    DAFFI_ARRAY (1, 2),
                                    DAFFI_ARRAY (2, 1),
                                    DAFFI_MAP (),
                                    DAFFI_MAP (1, 2),
                                    DAFFI_MAP (2, 1),
                                    DAFFI_ARRAY (1, DAFFI_ARRAY ("x"))};
    enum { COUNT = sizeof values / sizeof *values };
    forms_t *const forms = calloc (COUNT, sizeof *forms);
    CHECK (forms != NULL);
    for (size_t i = 0; i < COUNT; i++)
        make_forms (&forms[i], values[i]);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            for (size_t form = 0; form < 9; form++)
                CHECK_EQ_INT (daffi_value_equal (&forms[i].forms[form % 3],
                                                 &forms[j].forms[form / 3]),
                              i == j);
    free (forms);
}

TEST ("int and uint of the same number are equal, whatever their sign allows")
{
    const daffi_value_t a = daffi_value_int (5);
    const daffi_value_t b = daffi_value_uint (5);
    const daffi_value_t c = daffi_value_int (-1);
    const daffi_value_t d = daffi_value_uint (UINT64_MAX);
    CHECK (daffi_value_equal (&a, &b) && daffi_value_equal (&b, &a));
    CHECK (!daffi_value_equal (&c, &d) && !daffi_value_equal (&d, &c));
}

TEST ("a raw value that is no msgpack equals only the same bytes")
{
    const daffi_value_t a = daffi_value_raw ("\xc1", 1);
    const daffi_value_t b = daffi_value_raw ("\xc1\xc1", 2);
    const daffi_value_t nil = daffi_value_nil ();
    CHECK (daffi_value_equal (&a, &a));
    CHECK (!daffi_value_equal (&a, &b));
    CHECK (!daffi_value_equal (&a, &nil) && !daffi_value_equal (&nil, &a));
}

TEST ("2,000 random values come back equal from the wire")
{
    random_t random = {9};
    for (int i = 0; i < 2000; i++) {
        json_arena_t arena = {NULL};
        const daffi_value_t value = trees_value (&arena, &random, 6);
        size_t size = 0;
        (void)!daffi_value_pack (&value, NULL, 0, &size);
        uint8_t *const bytes = json_alloc (&arena, size);
        CHECK_OK (daffi_value_pack (&value, bytes, size, &size));
        daffi_value_t again;
        CHECK_OK (daffi_value_unpack (bytes, size, &again));
        CHECK (daffi_value_equal (&again, &value) &&
               daffi_value_equal (&value, &again));
        uint8_t *const twice = json_alloc (&arena, size);
        size_t twice_size;
        CHECK_OK (daffi_value_pack (&again, twice, size, &twice_size));
        CHECK_EQ_MEM (twice, twice_size, bytes, size);
        json_free (&arena);
    }
}

static void check_format (daffi_value_t value, const char *expected)
{
    char text[512];
    CHECK_EQ_INT (daffi_value_format (&value, text, sizeof text), strlen (expected));
    CHECK_EQ_STR (text, expected);
}

TEST ("values are written for people, much as JSON writes them")
{
    check_format (daffi_value_nil (), "null");
    check_format (daffi_value_bool (true), "true");
    check_format (daffi_value_bool (false), "false");
    check_format (daffi_value_int (-5), "-5");
    check_format (daffi_value_int (INT64_MIN), "-9223372036854775808");
    check_format (daffi_value_uint (UINT64_MAX), "18446744073709551615");
    check_format (daffi_value_double (0.5), "0.5");
    check_format (daffi_value_double (2), "2.0");
    check_format (daffi_value_double (-0.0), "-0.0");
    check_format (daffi_value_double (0.1), "0.1");
    check_format (daffi_value_double (1.0 / 3), "0.3333333333333333");
    check_format (daffi_value_double (1e300), "1e+300");
    check_format (daffi_value_double (5e-324), "4.94065645841247e-324");
    check_format (daffi_value_double (INFINITY), "inf");
    check_format (daffi_value_double (-INFINITY), "-inf");
    check_format (daffi_value_double (NAN), "nan");
    check_format (daffi_value_string ("text"), "\"text\"");
    check_format (daffi_value_text ("a\"b\\c\nd\te\0f\x7f", 12),
                  "\"a\\\"b\\\\c\\nd\\te\\u0000f\\u007f\"");
    check_format (
        daffi_value_string ("gr\xc3\xbc\xc3\x9f \xe4\xb8\x96 \xf0\x9f\x98\x80"),
        "\"gr\xc3\xbc\xc3\x9f \xe4\xb8\x96 \xf0\x9f\x98\x80\"");
    check_format (daffi_value_binary ("abc", 3), "<3 bytes>");
    check_format (daffi_value_ext (-1, "abcd", 4), "<ext -1, 4 bytes>");
    check_format (DAFFI_ARRAY (), "[]");
    check_format (DAFFI_MAP (), "{}");
    check_format (
        DAFFI_ARRAY (1, DAFFI_MAP ("k", daffi_value_nil (), 2, DAFFI_ARRAY ()), "x"),
        "[1, {\"k\": null, 2: []}, \"x\"]");
    check_format (daffi_value_raw ("\x92\x01\xa1x", 4), "[1, \"x\"]");
    check_format (daffi_value_raw ("\xc1", 1), "<invalid>");
}

TEST ("bytes that are no UTF-8 are shown as such")
{
    check_format (daffi_value_string ("\xff"), "\"\\xff\"");
    check_format (daffi_value_string ("\xc3"), "\"\\xc3\"");
    check_format (daffi_value_string ("\xc0\x80"), "\"\\xc0\\x80\"");
    check_format (daffi_value_string ("\xe0\x80\x80"), "\"\\xe0\\x80\\x80\"");
    check_format (daffi_value_string ("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\"");
    check_format (daffi_value_string ("\xf4\x90\x80\x80"), "\"\\xf4\\x90\\x80\\x80\"");
    check_format (daffi_value_string ("\xe4\xb8"), "\"\\xe4\\xb8\"");
    check_format (daffi_value_string ("a\x80z"), "\"a\\x80z\"");
}

TEST ("a text that is too long is cut, ended, and its whole length is returned")
{
    const daffi_value_t value = DAFFI_ARRAY (1, "text", 0.5);
    const char *const whole = "[1, \"text\", 0.5]";
    const size_t size = strlen (whole);
    CHECK_EQ_INT (daffi_value_format (&value, NULL, 0), size);
    for (size_t capacity = 1; capacity < 32; capacity++) {
        char text[32];
        memset (text, '#', sizeof text);
        CHECK_EQ_INT (daffi_value_format (&value, text, capacity), size);
        const size_t kept = size < capacity ? size : capacity - 1;
        CHECK_EQ_INT (strlen (text), kept);
        CHECK (memcmp (text, whole, kept) == 0);
        for (size_t i = capacity; i < sizeof text; i++)
            CHECK_EQ_INT (text[i], '#');
    }
}

TEST ("a number has a point in every locale")
{
    if (!setlocale (LC_NUMERIC, "de_DE.UTF-8") &&
        !setlocale (LC_NUMERIC, "fr_FR.UTF-8"))
        SKIP ("no locale with a decimal comma is installed");
    check_format (daffi_value_double (0.5), "0.5");
    check_format (daffi_value_double (2), "2.0");
}

TEST ("nesting that cannot travel is cut short in text, and is never equal")
{
    daffi_value_t rooms[100];
    daffi_value_t deep = daffi_value_nil ();
    for (size_t i = 0; i < 100; i++) {
        rooms[i] = deep;
        deep = daffi_value_array (&rooms[i], 1);
    }
    check_format (deep, "[[[[[[[[[[[[[[[[...]]]]]]]]]]]]]]]]");
    CHECK (!daffi_value_equal (&deep, &deep));
}
