//  SPDX-License-Identifier: MPL-2.0
//  Random values of every kind, and msgpack-c's unpacker as an independent judge.

#include "trees.h"

#include <msgpack.h>

#include "test.h"

static daffi_value_t bytes (json_arena_t *arena, random_t *random, unsigned kind)
{
    static const size_t limits[] = {4, 40, 300, 70000};
    const size_t size =
        random_below (random, limits[random_below (random, 50) ? 1 : 3]);
    char *const data = json_alloc (arena, size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)random_next (random);
    if (kind == DAFFI_KIND_STRING)
        return daffi_value_text (data, size);
    if (kind == DAFFI_KIND_BINARY)
        return daffi_value_binary (data, size);
    return daffi_value_ext ((int8_t)random_next (random), data, size);
}

static daffi_value_t container (json_arena_t *arena, random_t *random, unsigned kind,
                                unsigned depth)
{
    const size_t count = random_below (random, random_below (random, 8) ? 6 : 40);
    const size_t items = kind == DAFFI_KIND_MAP ? 2 * count : count;
    daffi_value_t *const list =
        json_alloc (arena, (items + 1) * sizeof (daffi_value_t));
    for (size_t i = 0; i < items; i++)
        list[i] = trees_value (arena, random, depth - 1);
    return kind == DAFFI_KIND_MAP ? daffi_value_map (list, count)
                                  : daffi_value_array (list, count);
}

daffi_value_t trees_value (json_arena_t *arena, random_t *random, unsigned depth)
{
    const unsigned kind =
        (unsigned)random_below (random, depth ? DAFFI_KIND_EXT + 1 : DAFFI_KIND_ARRAY);
    switch ((daffi_kind_t)kind) {
    case DAFFI_KIND_NIL:
        return daffi_value_nil ();
    case DAFFI_KIND_BOOL:
        return daffi_value_bool (random_below (random, 2));
    case DAFFI_KIND_INT:
        return daffi_value_int ((int64_t)(random_below (random, 2)
                                              ? random_bits (random)
                                              : ~random_bits (random)));
    case DAFFI_KIND_UINT:
        return daffi_value_uint (random_bits (random));
    case DAFFI_KIND_DOUBLE:
        return daffi_value_double ((double)(int64_t)random_next (random) / 1e9);
    case DAFFI_KIND_STRING:
    case DAFFI_KIND_BINARY:
    case DAFFI_KIND_EXT:
        return bytes (arena, random, kind);
    case DAFFI_KIND_ARRAY:
    case DAFFI_KIND_MAP:
        return container (arena, random, kind, depth);
    case DAFFI_KIND_RAW:
        break;
    }
    return daffi_value_nil ();
}

static void check_object (const msgpack_object *object, const daffi_value_t *value);

static void check_integer (const msgpack_object *object, const daffi_value_t *value)
{
    const bool negative = value->kind == DAFFI_KIND_INT && value->as.integer < 0;
    CHECK_EQ_INT (object->type, negative ? MSGPACK_OBJECT_NEGATIVE_INTEGER
                                         : MSGPACK_OBJECT_POSITIVE_INTEGER);
    if (negative)
        CHECK_EQ_INT (object->via.i64, value->as.integer);
    else
        CHECK_EQ_UINT (object->via.u64, value->as.uinteger);
}

static void check_container (const msgpack_object *object, const daffi_value_t *value)
{
    const daffi_value_t *item = value->as.items;
    if (value->kind == DAFFI_KIND_ARRAY) {
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_ARRAY);
        CHECK_EQ_INT (object->via.array.size, value->count);
        for (uint32_t i = 0; i < value->count; i++)
            check_object (&object->via.array.ptr[i], item++);
        return;
    }
    CHECK_EQ_INT (object->type, MSGPACK_OBJECT_MAP);
    CHECK_EQ_INT (object->via.map.size, value->count);
    for (uint32_t i = 0; i < value->count; i++) {
        check_object (&object->via.map.ptr[i].key, item++);
        check_object (&object->via.map.ptr[i].val, item++);
    }
}

static void check_object (const msgpack_object *object, const daffi_value_t *value)
{
    switch ((daffi_kind_t)value->kind) {
    case DAFFI_KIND_NIL:
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_NIL);
        return;
    case DAFFI_KIND_BOOL:
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_BOOLEAN);
        CHECK_EQ_INT (object->via.boolean, value->as.boolean);
        return;
    case DAFFI_KIND_INT:
    case DAFFI_KIND_UINT:
        check_integer (object, value);
        return;
    case DAFFI_KIND_DOUBLE:
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_FLOAT64);
        CHECK_EQ_DOUBLE (object->via.f64, value->as.number);
        return;
    case DAFFI_KIND_STRING:
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_STR);
        CHECK_EQ_MEM (object->via.str.ptr, object->via.str.size, value->as.data,
                      value->size);
        return;
    case DAFFI_KIND_BINARY:
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_BIN);
        CHECK_EQ_MEM (object->via.bin.ptr, object->via.bin.size, value->as.data,
                      value->size);
        return;
    case DAFFI_KIND_EXT:
        CHECK_EQ_INT (object->type, MSGPACK_OBJECT_EXT);
        CHECK_EQ_INT (object->via.ext.type, value->ext_type);
        CHECK_EQ_MEM (object->via.ext.ptr, object->via.ext.size, value->as.data,
                      value->size);
        return;
    case DAFFI_KIND_ARRAY:
    case DAFFI_KIND_MAP:
        check_container (object, value);
        return;
    case DAFFI_KIND_RAW:
        break;
    }
    daffi_test_fail (__FILE__, __LINE__, "no such kind");
}

void trees_check (const uint8_t *data, size_t size, const daffi_value_t *expected)
{
    msgpack_unpacked unpacked;
    msgpack_unpacked_init (&unpacked);
    size_t offset = 0;
    CHECK_EQ_INT (msgpack_unpack_next (&unpacked, (const char *)data, size, &offset),
                  MSGPACK_UNPACK_SUCCESS);
    CHECK_EQ_INT (offset, size);
    check_object (&unpacked.data, expected);
    msgpack_unpacked_destroy (&unpacked);
}
