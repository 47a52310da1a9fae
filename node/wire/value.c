//  SPDX-License-Identifier: MPL-2.0
//  Values read in place: an array or a map that came from the wire stays msgpack and is
//  decoded step by step while it is walked, so nothing is allocated.
//
//  A raw value is read as what it encodes. Its bytes came from the program and are
//  validated at each use; bytes behind `packed` were validated by daffi_value_unpack
//  ().

#include "daffi_value.h"

#include "item.h"
#include "validate.h"

//  One whole value; an array or a map is measured, so that its `size` is right.
static const uint8_t *read_whole (const uint8_t *cursor, const uint8_t *end,
                                  daffi_value_t *out)
{
    const uint8_t *const first = daffi_item_read (cursor, end, out);
    if (!first)
        return NULL;
    const uint8_t *const next = daffi_item_skip (first, end, daffi_item_children (out));
    if (next && out->packed)
        out->size = (size_t)(next - first);
    return next;
}

daffi_status_t daffi_value_unpack (const void *data, size_t size, daffi_value_t *out)
{
    daffi_value_t value;
    uint32_t items = 1;
    if (size == 0)
        return DAFFI_PROTOCOL;
    const uint8_t *const end = (const uint8_t *)data + size;
    const uint8_t *const first = daffi_item_read (data, end, &value);
    if (!first)
        return DAFFI_PROTOCOL;
    const size_t behind = (size_t)(end - first);
    const uint64_t children = daffi_item_children (&value);
    if (children ? daffi_validate_run (first, behind, children, 1, &items) : behind > 0)
        return DAFFI_PROTOCOL;
    if (value.packed)
        value.size = behind;
    *out = value;
    return DAFFI_OK;
}

//  The value itself, or what a raw one encodes; NULL where that is no msgpack.
static const daffi_value_t *resolve (const daffi_value_t *self, daffi_value_t *room)
{
    if (self->kind != DAFFI_KIND_RAW)
        return self;
    return daffi_value_unpack (self->as.data, self->size, room) ? NULL : room;
}

daffi_status_t daffi_value_get_bool (const daffi_value_t *self, bool *out)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (!self || self->kind != DAFFI_KIND_BOOL)
        return DAFFI_TYPE;
    *out = self->as.boolean;
    return DAFFI_OK;
}

daffi_status_t daffi_value_get_int (const daffi_value_t *self, int64_t *out)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (self && self->kind == DAFFI_KIND_INT)
        *out = self->as.integer;
    else if (self && self->kind == DAFFI_KIND_UINT && self->as.uinteger <= INT64_MAX)
        *out = (int64_t)self->as.uinteger;
    else
        return DAFFI_TYPE;
    return DAFFI_OK;
}

daffi_status_t daffi_value_get_uint (const daffi_value_t *self, uint64_t *out)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (self && self->kind == DAFFI_KIND_UINT)
        *out = self->as.uinteger;
    else if (self && self->kind == DAFFI_KIND_INT && self->as.integer >= 0)
        *out = (uint64_t)self->as.integer;
    else
        return DAFFI_TYPE;
    return DAFFI_OK;
}

daffi_status_t daffi_value_get_double (const daffi_value_t *self, double *out)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (self && self->kind == DAFFI_KIND_DOUBLE)
        *out = self->as.number;
    else if (self && self->kind == DAFFI_KIND_INT)
        *out = (double)self->as.integer;
    else if (self && self->kind == DAFFI_KIND_UINT)
        *out = (double)self->as.uinteger;
    else
        return DAFFI_TYPE;
    return DAFFI_OK;
}

daffi_status_t daffi_value_get_bytes (const daffi_value_t *self, const void **data,
                                      size_t *size)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (!self || (self->kind != DAFFI_KIND_STRING && self->kind != DAFFI_KIND_BINARY &&
                  self->kind != DAFFI_KIND_EXT))
        return DAFFI_TYPE;
    *data = self->as.data;
    *size = self->size;
    return DAFFI_OK;
}

//  --- arrays and maps ----------------------------------------------------------------

//  The array or map that `it` walks, without validating a raw one again: that was done
//  when the walk began.
static const daffi_value_t *walked (const daffi_iterator_t *it, daffi_value_t *room)
{
    const daffi_value_t *const value = it->value;
    if (value->kind != DAFFI_KIND_RAW)
        return value;
    const uint8_t *const data = value->as.data;
    const uint8_t *const first = daffi_item_read (data, data + value->size, room);
    room->size = (size_t)(data + value->size - first);
    return room;
}

daffi_iterator_t daffi_value_iterate (const daffi_value_t *self)
{
    daffi_iterator_t it = {NULL, NULL, 0};
    daffi_value_t room;
    const daffi_value_t *const list = resolve (self, &room);
    if (!list || (list->kind != DAFFI_KIND_ARRAY && list->kind != DAFFI_KIND_MAP))
        return it;
    it.value = self;
    if (list->packed)
        it.cursor = list->as.data;
    return it;
}

//  The next value of a walk: from the items, or from the packed bytes.
static bool step (daffi_iterator_t *self, const daffi_value_t *list, uint64_t index,
                  daffi_value_t *out)
{
    if (!list->packed) {
        *out = list->as.items[index];
        return true;
    }
    if (!self->cursor)
        return false;
    const uint8_t *const end = (const uint8_t *)list->as.data + list->size;
    self->cursor = read_whole (self->cursor, end, out);
    return self->cursor;
}

bool daffi_iterator_next (daffi_iterator_t *self, daffi_value_t *key,
                          daffi_value_t *value)
{
    if (!self->value)
        return false;
    daffi_value_t room;
    const daffi_value_t *const list = walked (self, &room);
    if (self->index >= list->count)
        return false;
    const bool map = list->kind == DAFFI_KIND_MAP;
    const uint64_t at = map ? 2 * (uint64_t)self->index : self->index;
    daffi_value_t first = daffi_value_nil ();
    daffi_value_t second;
    if (map && !step (self, list, at, &first))
        return false;
    if (!step (self, list, map ? at + 1 : at, &second))
        return false;
    self->index++;
    if (key)
        *key = first;
    if (value)
        *value = second;
    return true;
}

daffi_status_t daffi_value_item (const daffi_value_t *self, size_t index,
                                 daffi_value_t *out)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (!self || self->kind != DAFFI_KIND_ARRAY)
        return DAFFI_TYPE;
    if (index >= self->count)
        return DAFFI_NOT_FOUND;
    if (!self->packed) {
        *out = self->as.items[index];
        return DAFFI_OK;
    }
    const uint8_t *const end = (const uint8_t *)self->as.data + self->size;
    const uint8_t *const cursor = daffi_item_skip (self->as.data, end, index);
    daffi_value_t item;
    if (!cursor || !read_whole (cursor, end, &item))
        return DAFFI_NOT_FOUND;
    *out = item;
    return DAFFI_OK;
}

static bool is_text (const daffi_value_t *self, const char *text, size_t size)
{
    daffi_value_t room;
    self = resolve (self, &room);
    return self && self->kind == DAFFI_KIND_STRING && self->size == size &&
           (size == 0 || memcmp (self->as.string, text, size) == 0);
}

daffi_status_t daffi_value_find (const daffi_value_t *self, const char *key,
                                 daffi_value_t *out)
{
    daffi_value_t room;
    self = resolve (self, &room);
    if (!self || self->kind != DAFFI_KIND_MAP)
        return DAFFI_TYPE;
    const size_t size = strlen (key);
    daffi_iterator_t it = daffi_value_iterate (self);
    daffi_value_t found;
    daffi_value_t value;
    while (daffi_iterator_next (&it, &found, &value)) {
        if (is_text (&found, key, size)) {
            *out = value;
            return DAFFI_OK;
        }
    }
    return DAFFI_NOT_FOUND;
}

//  --- comparison ---------------------------------------------------------------------

static bool same_bytes (const daffi_value_t *a, const daffi_value_t *b)
{
    return a->size == b->size &&
           (a->size == 0 || memcmp (a->as.data, b->as.data, a->size) == 0);
}

static bool same_integer (const daffi_value_t *a, const daffi_value_t *b)
{
    int64_t x, y;
    uint64_t u, v;
    if (!daffi_value_get_int (a, &x) && !daffi_value_get_int (b, &y))
        return x == y;
    return !daffi_value_get_uint (a, &u) && !daffi_value_get_uint (b, &v) && u == v;
}

static bool equal (const daffi_value_t *a, const daffi_value_t *b, unsigned depth);

static bool same_items (const daffi_value_t *a, const daffi_value_t *b, unsigned depth)
{
    if (a->count != b->count || depth == DAFFI_DEPTH_MAX)
        return false;
    if (a->packed && b->packed && same_bytes (a, b))
        return true;
    daffi_iterator_t left = daffi_value_iterate (a);
    daffi_iterator_t right = daffi_value_iterate (b);
    daffi_value_t key, value, other_key, other_value;
    uint32_t count = 0;
    while (daffi_iterator_next (&left, &key, &value)) {
        if (!daffi_iterator_next (&right, &other_key, &other_value) ||
            !equal (&key, &other_key, depth + 1) ||
            !equal (&value, &other_value, depth + 1))
            return false;
        count++;
    }
    return count == a->count;
}

static bool equal (const daffi_value_t *a, const daffi_value_t *b, unsigned depth)
{
    if (a->kind == DAFFI_KIND_RAW && b->kind == DAFFI_KIND_RAW && same_bytes (a, b))
        return true;
    daffi_value_t room_a, room_b;
    a = resolve (a, &room_a);
    b = resolve (b, &room_b);
    if (!a || !b)
        return false;
    if (a->kind == DAFFI_KIND_INT || a->kind == DAFFI_KIND_UINT)
        return same_integer (a, b);
    if (a->kind != b->kind)
        return false;
    switch ((daffi_kind_t)a->kind) {
    case DAFFI_KIND_NIL:
        return true;
    case DAFFI_KIND_BOOL:
        return a->as.boolean == b->as.boolean;
    case DAFFI_KIND_DOUBLE:  //  a NaN is a NaN
        return a->as.number == b->as.number ||
               (a->as.number != a->as.number && b->as.number != b->as.number);
    case DAFFI_KIND_STRING:
    case DAFFI_KIND_BINARY:
        return same_bytes (a, b);
    case DAFFI_KIND_EXT:
        return a->ext_type == b->ext_type && same_bytes (a, b);
    case DAFFI_KIND_ARRAY:
    case DAFFI_KIND_MAP:
        return same_items (a, b, depth);
    case DAFFI_KIND_INT:
    case DAFFI_KIND_UINT:
    case DAFFI_KIND_RAW:
        break;
    }
    return false;
}

bool daffi_value_equal (const daffi_value_t *a, const daffi_value_t *b)
{
    return equal (a, b, 0);
}
