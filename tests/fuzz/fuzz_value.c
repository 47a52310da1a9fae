//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a body, as anybody may send it.
//
//  What the validator accepts is walked by every reading function, must be msgpack to
//  msgpack-c too, and must come back equal after it was written again. Aborts where
//  that is not so.

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "daffi_value.h"
#include "validate.h"
#include "writer.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static uint32_t walk (const daffi_value_t *value);

static uint32_t walk_items (const daffi_value_t *value)
{
    const bool map = value->kind == DAFFI_KIND_MAP;
    daffi_iterator_t it = daffi_value_iterate (value);
    daffi_value_t key, item, found;
    uint32_t count = 0;
    uint32_t all = 0;
    while (daffi_iterator_next (&it, &key, &item)) {
        if (map)
            all += walk (&key);
        all += walk (&item);
        if (!map && count < 8) {
            require (daffi_value_item (value, count, &found) == DAFFI_OK);
            require (daffi_value_equal (&found, &item));
        }
        count++;
    }
    require (count == value->count);
    require (daffi_value_item (value, count, &found) ==
             (map ? DAFFI_TYPE : DAFFI_NOT_FOUND));
    const daffi_status_t status = daffi_value_find (value, "k", &found);
    require (map ? status != DAFFI_TYPE : status == DAFFI_TYPE);
    return all;
}

//  Touches all that the value holds; returns how many values that are.
static uint32_t walk (const daffi_value_t *value)
{
    bool boolean;
    int64_t integer;
    uint64_t uinteger;
    double number;
    const void *bytes;
    size_t size;
    const daffi_kind_t kind = (daffi_kind_t)value->kind;
    require (!daffi_value_get_bool (value, &boolean) == (kind == DAFFI_KIND_BOOL));
    require (!daffi_value_get_double (value, &number) ==
             (kind == DAFFI_KIND_DOUBLE || kind == DAFFI_KIND_INT ||
              kind == DAFFI_KIND_UINT));
    if (!daffi_value_get_int (value, &integer) &&
        !daffi_value_get_uint (value, &uinteger))
        require ((uint64_t)integer == uinteger);
    if (!daffi_value_get_bytes (value, &bytes, &size)) {
        char *const copy = malloc (size + 1);
        require (copy != NULL);
        if (size > 0)
            memcpy (copy, bytes, size);
        free (copy);
    }
    if (kind != DAFFI_KIND_ARRAY && kind != DAFFI_KIND_MAP)
        return 1;
    return 1 + walk_items (value);
}

static void check_packing (const daffi_value_t *value)
{
    size_t size = 0;
    const daffi_status_t measured = daffi_value_pack (value, NULL, 0, &size);
    require (measured == DAFFI_TOO_BIG && size > 0);
    uint8_t *const bytes = malloc (size);
    require (bytes != NULL);
    require (daffi_value_pack (value, bytes, size, &size) == DAFFI_OK);
    daffi_value_t again;
    require (daffi_value_unpack (bytes, size, &again) == DAFFI_OK);
    require (daffi_value_equal (value, &again));
    free (bytes);
}

static void check_text (const daffi_value_t *value)
{
    char text[64];
    const size_t needed = daffi_value_format (value, text, sizeof text);
    require (strlen (text) == (needed < sizeof text ? needed : sizeof text - 1));
}

static void check_msgpack_c (const uint8_t *data, size_t size)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init (&unpacked);
    size_t offset = 0;
    require (msgpack_unpack_next (&unpacked, (const char *)data, size, &offset) ==
             MSGPACK_UNPACK_SUCCESS);
    require (offset == size);
    msgpack_unpacked_destroy (&unpacked);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    daffi_value_t value;
    const daffi_status_t status = daffi_validate (data, size);
    require (!daffi_value_unpack (data, size, &value) == (status == DAFFI_OK));
    if (status)
        return 0;
    uint32_t items = 0;
    require (daffi_validate_run (data, size, 1, 0, &items) == DAFFI_OK);
    require (walk (&value) == items);
    const daffi_value_t raw = daffi_value_raw (data, size);
    require (daffi_value_equal (&value, &raw));
    check_packing (&value);
    check_text (&value);
    check_msgpack_c (data, size);
    return 0;
}
