//  SPDX-License-Identifier: MPL-2.0
//  Bodies that this process makes: in place, in a blob, or with a tail.

#include "packed.h"

#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "record.h"
#include "test.h"
#include "validate.h"

static int freed;

static void count_free (void *data, void *hint)
{
    CHECK (hint == &freed);
    free (data);
    freed++;
}

static uint8_t *pattern (size_t size)
{
    uint8_t *data = malloc (size ? size : 1);
    CHECK (data != NULL);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    return data;
}

//  The bytes of a body, parts put together.
static uint8_t *join (const daffi_packed_t *packed, size_t *size)
{
    daffi_body_t body = daffi_packed_body (packed);
    *size = daffi_body_size (&body);
    uint8_t *out = malloc (*size ? *size : 1);
    CHECK (out != NULL);
    if (body.size)
        memcpy (out, body.data, body.size);
    if (body.tail)
        memcpy (out + body.size, body.tail->data, body.tail->size);
    return out;
}

//  The body is exactly this value.
static void check_value (const daffi_packed_t *packed, const daffi_value_t *expected)
{
    size_t size;
    daffi_value_t value;
    uint8_t *bytes = join (packed, &size);
    CHECK_OK (daffi_validate (bytes, size));
    CHECK_OK (daffi_value_unpack (bytes, size, &value));
    CHECK (daffi_value_equal (&value, expected));
    free (bytes);
}

TEST ("a small value stands in place, a larger one in a blob, at every size")
{
    for (size_t size = 0; size < 300; size++) {
        daffi_packed_t packed;
        uint8_t *data = pattern (size);
        daffi_value_t value = daffi_value_binary (data, size);
        CHECK_OK (daffi_pack (&packed, &value));
        bool in_place = size + 2 <= sizeof packed.small;
        CHECK ((packed.blob == NULL) == in_place);
        CHECK (packed.tail == NULL);
        check_value (&packed, &value);
        daffi_packed_done (&packed);
        CHECK (packed.blob == NULL && packed.size == 0);
        free (data);
    }
}

TEST ("a body that was moved is the same body")
{
    daffi_packed_t packed, moved;
    daffi_value_t value = daffi_value_string ("in place");
    CHECK_OK (daffi_pack (&packed, &value));
    moved = packed;
    memset (&packed, 0xff, sizeof packed);
    check_value (&moved, &value);
    daffi_packed_done (&moved);
}

TEST ("what cannot be packed is refused and leaves nothing")
{
    daffi_packed_t packed;
    daffi_value_t raw = daffi_value_raw ("\xc1", 1);
    CHECK_STATUS (DAFFI_INVALID, daffi_pack (&packed, &raw));
    static daffi_value_t items[100001];
    for (size_t i = 0; i < 100001; i++)
        items[i] = daffi_value_nil ();
    daffi_value_t many = daffi_value_array (items, 99999);
    CHECK_OK (daffi_pack (&packed, &many));
    daffi_packed_done (&packed);
    many = daffi_value_array (items, 100000);
    CHECK_STATUS (DAFFI_INVALID, daffi_pack (&packed, &many));
}

TEST ("a value over 64 MiB is too big")
{
    daffi_packed_t packed;
    uint8_t *data = calloc (1, DAFFI_BODY_MAX);
    CHECK (data != NULL);
    daffi_value_t value = daffi_value_binary (data, DAFFI_BODY_MAX - 5);
    CHECK_OK (daffi_pack (&packed, &value));
    daffi_packed_done (&packed);
    value = daffi_value_binary (data, DAFFI_BODY_MAX - 4);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_pack (&packed, &value));
    free (data);
}

TEST ("what is lent stays its owner's until it is taken, and is freed once then")
{
    static const size_t sizes[] = {0, 50, 4000, DAFFI_DETACH_MIN, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        daffi_packed_t packed;
        uint8_t *data = pattern (sizes[i]);
        daffi_value_t value = daffi_value_binary (data, sizes[i]);
        int before = freed;
        CHECK_OK (daffi_pack_lent (&packed, data, sizes[i]));
        daffi_packed_done (&packed);
        CHECK_EQ_INT (freed, before);
        CHECK_OK (daffi_pack_lent (&packed, data, sizes[i]));
        if (sizes[i] >= DAFFI_DETACH_MIN)
            CHECK (packed.tail->data == data);
        else
            check_value (&packed, &value);
        daffi_packed_take (&packed, data, count_free, &freed);
        CHECK_EQ_INT (freed, before + (sizes[i] < DAFFI_DETACH_MIN));
        daffi_packed_done (&packed);
        CHECK_EQ_INT (freed, before + 1);
    }
    daffi_packed_t packed;
    uint8_t *data = pattern (1);
    int before = freed;
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_pack_lent (&packed, data, DAFFI_BODY_MAX));
    CHECK_EQ_INT (freed, before);
    daffi_packed_take (&packed, data, count_free, &freed);
    CHECK_EQ_INT (freed, before + 1);
}

//  The taken binary, alone or behind other items, is what was meant.
static void check_taken (size_t size, const daffi_args_t *args)
{
    daffi_packed_t packed;
    uint8_t *data = pattern (size), *copy = pattern (size);
    int before = freed;
    CHECK_OK (daffi_pack_take (&packed, args, data, size, count_free, &freed));
    bool by_reference = size >= DAFFI_DETACH_MIN;
    CHECK ((packed.tail != NULL) == by_reference);
    CHECK_EQ_INT (freed - before, by_reference ? 0 : 1);
    if (by_reference)
        CHECK (packed.tail->data == data);
    daffi_value_t items[8];
    daffi_value_t expected = daffi_value_binary (copy, size);
    if (args) {
        for (size_t i = 0; i < args->count; i++)
            items[i] = args->items[i];
        items[args->count] = expected;
        expected = daffi_value_array (items, args->count + 1);
    }
    check_value (&packed, &expected);
    daffi_packed_done (&packed);
    CHECK_EQ_INT (freed - before, 1);
    free (copy);
}

TEST ("memory that is taken is copied where it is small, and sent as it is where large")
{
    char long_text[300];
    memset (long_text, 'x', sizeof long_text);
    daffi_value_t text = daffi_value_text (long_text, sizeof long_text);
    daffi_args_t none = DAFFI_ARGS (), few = DAFFI_ARGS (1, "two", 3.5);
    daffi_args_t longer = DAFFI_ARGS (text, text);
    static const size_t sizes[] = {
        0,     1,     100,    255, 256, DAFFI_DETACH_MIN - 1, DAFFI_DETACH_MIN,
        65535, 65536, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        check_taken (sizes[i], NULL);
        check_taken (sizes[i], &none);
        check_taken (sizes[i], &few);
        check_taken (sizes[i], &longer);
    }
}

TEST ("memory is given back once also where nothing can be packed")
{
    daffi_packed_t packed;
    daffi_value_t raw = daffi_value_raw ("\xc1", 1);
    daffi_args_t bad = DAFFI_ARGS (raw);
    const size_t sizes[] = {10, 20000};
    for (size_t i = 0; i < 2; i++) {
        freed = 0;
        CHECK_STATUS (DAFFI_INVALID, daffi_pack_take (&packed, &bad, pattern (sizes[i]),
                                                      sizes[i], count_free, &freed));
        CHECK_EQ_INT (freed, 1);
    }
    freed = 0;
    CHECK_STATUS (DAFFI_TOO_BIG,
                  daffi_pack_take (&packed, NULL, pattern (1), DAFFI_BODY_MAX + 1,
                                   count_free, &freed));
    CHECK_EQ_INT (freed, 1);
    freed = 0;
    uint8_t *whole = calloc (1, DAFFI_BODY_MAX);
    CHECK (whole != NULL);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_pack_take (&packed, NULL, whole, DAFFI_BODY_MAX,
                                                  count_free, &freed));
    CHECK_EQ_INT (freed, 1);
}

TEST ("memory that nobody wants back may be taken too")
{
    static uint8_t data[20000];
    daffi_packed_t packed;
    CHECK_OK (daffi_pack_take (&packed, NULL, data, sizeof data, NULL, NULL));
    CHECK (packed.tail != NULL);
    daffi_packed_done (&packed);
    CHECK_OK (daffi_pack_take (&packed, NULL, data, 10, NULL, NULL));
    CHECK (packed.tail == NULL);
    daffi_packed_done (&packed);
}

//  `depth` arrays inside each other.
static daffi_value_t nested (daffi_value_t *room, unsigned depth)
{
    daffi_value_t inner = daffi_value_array (NULL, 0);
    for (unsigned i = 1; i < depth; i++) {
        room[i] = inner;
        inner = daffi_value_array (&room[i], 1);
    }
    return inner;
}

TEST ("arguments before taken memory are held to the limits of the whole body")
{
    static daffi_value_t items[100001];
    daffi_value_t room[20];
    daffi_packed_t packed;
    for (size_t i = 0; i < 100001; i++)
        items[i] = daffi_value_nil ();
    const size_t sizes[] = {10, 20000};
    for (size_t i = 0; i < 2; i++) {
        daffi_args_t deep = DAFFI_ARGS (nested (room, 15));
        CHECK_OK (daffi_pack_take (&packed, &deep, pattern (sizes[i]), sizes[i],
                                   count_free, &freed));
        daffi_packed_done (&packed);
        daffi_args_t deeper = DAFFI_ARGS (nested (room, 16));
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_pack_take (&packed, &deeper, pattern (sizes[i]), sizes[i],
                                       count_free, &freed));
        daffi_args_t many = {items, 99998};
        CHECK_OK (daffi_pack_take (&packed, &many, pattern (sizes[i]), sizes[i],
                                   count_free, &freed));
        daffi_packed_done (&packed);
        many.count = 99999;
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_pack_take (&packed, &many, pattern (sizes[i]), sizes[i],
                                       count_free, &freed));
        many.count = 100001;
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_pack_take (&packed, &many, pattern (sizes[i]), sizes[i],
                                       count_free, &freed));
    }
}
