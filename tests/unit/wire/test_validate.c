//  SPDX-License-Identifier: MPL-2.0
//  What is msgpack and what is not, held against msgpack-c's unpacker.

#include "validate.h"

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "random.h"
#include "test.h"
#include "vectors.h"

//  One value of each format, as short as it may be.
static const char *const valid[] = {"00",
                                    "7f",
                                    "80",
                                    "8101c0",
                                    "90",
                                    "91c0",
                                    "a0",
                                    "a161",
                                    "c0",
                                    "c2",
                                    "c3",
                                    "c400",
                                    "c40161",
                                    "c50000",
                                    "c5000161",
                                    "c600000000",
                                    "c60000000161",
                                    "c70005",
                                    "c7010561",
                                    "c8000005",
                                    "c800010561",
                                    "c90000000005",
                                    "c9000000010561",
                                    "ca00000000",
                                    "cb0000000000000000",
                                    "ccff",
                                    "cdffff",
                                    "ceffffffff",
                                    "cfffffffffffffffff",
                                    "d080",
                                    "d18000",
                                    "d280000000",
                                    "d38000000000000000",
                                    "d40561",
                                    "d5056161",
                                    "d60561616161",
                                    "d7056161616161616161",
                                    "d80561616161616161616161616161616161",
                                    "d900",
                                    "d90161",
                                    "da0000",
                                    "da000161",
                                    "db00000000",
                                    "db0000000161",
                                    "dc0000",
                                    "dc0001c0",
                                    "dd00000000",
                                    "dd00000001c0",
                                    "de0000",
                                    "de000101c0",
                                    "df00000000",
                                    "df0000000101c0",
                                    "e0",
                                    "ff",
                                    "93019202039104"};

static daffi_status_t validate_exactly (const uint8_t *data, size_t size)
{
    uint8_t *const copy = malloc (size ? size : 1);
    CHECK (copy != NULL);
    memcpy (copy, data, size);
    const daffi_status_t status = daffi_validate (copy, size);
    free (copy);
    return status;
}

TEST ("every format of msgpack is valid")
{
    json_arena_t arena = {NULL};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        const bytes_t bytes = vectors_hex (&arena, valid[i]);
        if (validate_exactly (bytes.data, bytes.size))
            daffi_test_fail (__FILE__, __LINE__, "%s is rejected", valid[i]);
    }
    json_free (&arena);
}

TEST ("a value that was cut anywhere, or has a byte too many, is rejected")
{
    json_arena_t arena = {NULL};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        const bytes_t bytes = vectors_hex (&arena, valid[i]);
        for (size_t cut = 0; cut < bytes.size; cut++)
            CHECK_STATUS (DAFFI_PROTOCOL, validate_exactly (bytes.data, cut));
        uint8_t *const more = json_alloc (&arena, bytes.size + 1);
        memcpy (more, bytes.data, bytes.size);
        CHECK_STATUS (DAFFI_PROTOCOL, validate_exactly (more, bytes.size + 1));
    }
    json_free (&arena);
}

TEST ("0xc1 is rejected, alone and at any place inside")
{
    CHECK_STATUS (DAFFI_PROTOCOL, validate_exactly ((const uint8_t *)"\xc1", 1));
    CHECK_STATUS (DAFFI_PROTOCOL,
                  validate_exactly ((const uint8_t *)"\x92\xc1\x00", 3));
    CHECK_STATUS (DAFFI_PROTOCOL,
                  validate_exactly ((const uint8_t *)"\x81\x00\xc1", 3));
}

TEST ("a count that the bytes cannot hold is rejected at once")
{
    static const char *const cases[] = {"ddffffffff", "dfffffffff",   "df80000000",
                                        "dcffff",     "deffff",       "9f00",
                                        "8f0000",     "dd00000002c0", "df00000001c0"};
    json_arena_t arena = {NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bytes_t bytes = vectors_hex (&arena, cases[i]);
        CHECK_STATUS (DAFFI_PROTOCOL, validate_exactly (bytes.data, bytes.size));
    }
    json_free (&arena);
}

TEST ("16 containers inside each other are valid, 17 are not")
{
    uint8_t arrays[20];
    memset (arrays, 0x91, sizeof arrays);
    arrays[16] = 0xc0;
    CHECK_OK (daffi_validate (arrays, 17));
    arrays[15] = 0x90;
    CHECK_OK (daffi_validate (arrays, 16));
    arrays[15] = 0x91;
    arrays[16] = 0x90;
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_validate (arrays, 17));

    uint8_t maps[64];
    for (size_t i = 0; i < 17; i++)
        memcpy (maps + 2 * i, "\x81\xc0", 2);
    maps[32] = 0xc0;
    CHECK_OK (daffi_validate (maps, 33));
    memcpy (maps + 32, "\x81\xc0\xc0", 3);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_validate (maps, 35));
}

TEST ("depth counts what is open, not what was passed")
{
    uint8_t wide[1 + 15 * 16];
    wide[0] = 0x9f;
    for (size_t i = 0; i < 15; i++) {
        memset (wide + 1 + 16 * i, 0x91, 15);
        wide[1 + 16 * i + 14] = 0x91;
        wide[1 + 16 * i + 15] = 0xc0;
    }
    CHECK_OK (daffi_validate (wide, sizeof wide));
}

TEST ("100,000 values are valid, one more is not")
{
    enum { COUNT = DAFFI_ITEMS_MAX };
    uint8_t *const bytes = calloc (1, COUNT + 5);
    CHECK (bytes != NULL);
    //  the array itself is one of them
    const uint32_t items = COUNT - 1;
    memcpy (bytes,
            ((uint8_t[]){0xdd, 0, (uint8_t)(items >> 16), (uint8_t)(items >> 8),
                         (uint8_t)items}),
            5);
    CHECK_OK (daffi_validate (bytes, 5 + items));
    const uint32_t more = COUNT;
    memcpy (bytes,
            ((uint8_t[]){0xdd, 0, (uint8_t)(more >> 16), (uint8_t)(more >> 8),
                         (uint8_t)more}),
            5);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_validate (bytes, 5 + more));
    free (bytes);
}

TEST ("a run of values is held against the depth and the count around it")
{
    uint32_t items = 0;
    CHECK_OK (daffi_validate_run ("\x01\x02\x90", 3, 3, 15, &items));
    CHECK_EQ_INT (items, 3);
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_validate_run ("\x01\x02\x90", 3, 3, 16, &items));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_validate_run ("\x01\x02\x90", 3, 2, 0, &items));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_validate_run ("\x01\x02\x90", 3, 4, 0, &items));
    CHECK_OK (daffi_validate_run ("", 0, 0, 0, &items));
    CHECK_EQ_INT (items, 3);
    items = DAFFI_ITEMS_MAX - 1;
    CHECK_STATUS (DAFFI_TOO_BIG, daffi_validate_run ("\x01\x02", 2, 2, 0, &items));
    CHECK_EQ_INT (items, DAFFI_ITEMS_MAX - 1);
    CHECK_OK (daffi_validate_run ("\x01", 1, 1, 0, &items));
    CHECK_EQ_INT (items, DAFFI_ITEMS_MAX);
}

//  msgpack-c allocates for what a 32-bit count announces, so those are left out.
static bool announces_billions (const uint8_t *data, size_t size)
{
    return memchr (data, 0xdd, size) || memchr (data, 0xdf, size);
}

TEST ("on 300,000 runs of random bytes the verdict is that of msgpack-c's unpacker")
{
    random_t random = {7};
    size_t counts[2] = {0, 0};
    for (int i = 0; i < 300000; i++) {
        uint8_t bytes[24];
        const size_t size = 1 + random_below (&random, sizeof bytes);
        for (size_t at = 0; at < size; at++)
            bytes[at] = (uint8_t)random_next (&random);
        if (i % 2)  //  more structure than chance would give
            bytes[0] = (uint8_t)(0x80 | (bytes[0] & 0x1f));
        if (announces_billions (bytes, size))
            continue;
        const daffi_status_t status = validate_exactly (bytes, size);
        if (status == DAFFI_TOO_BIG)
            continue;
        msgpack_unpacked unpacked;
        msgpack_unpacked_init (&unpacked);
        size_t offset = 0;
        const bool accepted = msgpack_unpack_next (&unpacked, (const char *)bytes, size,
                                                   &offset) == MSGPACK_UNPACK_SUCCESS &&
                              offset == size;
        msgpack_unpacked_destroy (&unpacked);
        CHECK_EQ_INT (status == DAFFI_OK, accepted);
        counts[accepted]++;
    }
    CHECK (counts[0] > 1000);
    CHECK (counts[1] > 1000);
}
