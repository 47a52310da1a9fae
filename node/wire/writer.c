//  SPDX-License-Identifier: MPL-2.0
//  msgpack out, by msgpack-c's packer: the one place where bodies are encoded.
//
//  The packer hands its bytes to a callback. Each function below makes its packer on
//  its own stack with the one callback there is: so the compiler sees through it, and
//  the head of a value becomes a compare and a store (three times as fast as a packer
//  that is handed around). Values are walked by recursion, which the nesting limit
//  bounds.

#include "writer.h"

#include <msgpack/pack.h>

#include "validate.h"

//  Where the bytes go: a buffer that grows, or one of fixed size, past whose end they
//  are only counted.
typedef struct {
    daffi_buffer_t *buffer;
    size_t missing;
    bool fixed;
} sink_t;

static int append_slowly (sink_t *self, const char *bytes, size_t size)
{
    if (self->fixed)
        self->missing += size;
    else
        daffi_buffer_append (self->buffer, bytes, size);
    return 0;
}

static inline int append (void *data, const char *bytes, size_t size)
{
    sink_t *const self = data;
    daffi_buffer_t *const buffer = self->buffer;
    if (size > buffer->capacity - buffer->size || self->missing)
        return append_slowly (self, bytes, size);
    memcpy (buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return 0;
}

//  As append (), for bytes that may be none at all.
static void append_bytes (sink_t *self, const void *bytes, size_t size)
{
    if (size > 0)
        append (self, bytes, size);
}

#define DAFFI_PACKER(name, out)             \
    sink_t name##_sink = {(out), 0, false}; \
    msgpack_packer name = {&name##_sink, append}

void daffi_write_nil (daffi_buffer_t *out)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_nil (&packer);
}

void daffi_write_bool (daffi_buffer_t *out, bool value)
{
    DAFFI_PACKER (packer, out);
    if (value)
        msgpack_pack_true (&packer);
    else
        msgpack_pack_false (&packer);
}

void daffi_write_int (daffi_buffer_t *out, int64_t value)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_int64 (&packer, value);
}

void daffi_write_uint (daffi_buffer_t *out, uint64_t value)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_uint64 (&packer, value);
}

void daffi_write_double (daffi_buffer_t *out, double value)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_double (&packer, value);
}

void daffi_write_text (daffi_buffer_t *out, daffi_text_t text)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_str (&packer, text.size);
    append_bytes (&packer_sink, text.data, text.size);
}

void daffi_write_string (daffi_buffer_t *out, const char *string)
{
    daffi_write_text (out, daffi_text_of (string));
}

void daffi_write_array (daffi_buffer_t *out, uint32_t count)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_array (&packer, count);
}

void daffi_write_map (daffi_buffer_t *out, uint32_t pairs)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_map (&packer, pairs);
}

void daffi_write_binary_head (daffi_buffer_t *out, uint32_t size)
{
    DAFFI_PACKER (packer, out);
    msgpack_pack_bin (&packer, size);
}

void daffi_write_key_int (daffi_buffer_t *out, const char *key, int64_t value)
{
    daffi_write_string (out, key);
    daffi_write_int (out, value);
}

void daffi_write_key_uint (daffi_buffer_t *out, const char *key, uint64_t value)
{
    daffi_write_string (out, key);
    daffi_write_uint (out, value);
}

void daffi_write_key_text (daffi_buffer_t *out, const char *key, daffi_text_t value)
{
    daffi_write_string (out, key);
    daffi_write_text (out, value);
}

void daffi_write_key_string (daffi_buffer_t *out, const char *key, const char *value)
{
    daffi_write_string (out, key);
    daffi_write_string (out, value);
}

//  --- values of the public API -------------------------------------------------------

static daffi_status_t pack_value (sink_t *sink, const daffi_value_t *value,
                                  unsigned depth, uint32_t *items);

//  Encoded bytes, taken over as they are: `count` values inside `depth` containers.
static daffi_status_t pack_encoded (sink_t *sink, const daffi_value_t *value,
                                    uint64_t count, unsigned depth, uint32_t *items)
{
    const void *const bytes = value->as.data ? value->as.data : "";
    const size_t size = value->as.data ? value->size : 0;
    if (daffi_validate_run (bytes, size, count, depth, items))
        return DAFFI_INVALID;
    append_bytes (sink, bytes, size);
    return DAFFI_OK;
}

static daffi_status_t pack_container (sink_t *sink, const daffi_value_t *value,
                                      unsigned depth, uint32_t *items)
{
    msgpack_packer packer = {sink, append};
    const bool map = value->kind == DAFFI_KIND_MAP;
    const uint64_t children = map ? 2 * (uint64_t)value->count : value->count;
    if (depth == DAFFI_DEPTH_MAX)
        return DAFFI_INVALID;
    if (children > DAFFI_ITEMS_MAX)
        return DAFFI_TOO_BIG;
    if (map)
        msgpack_pack_map (&packer, value->count);
    else
        msgpack_pack_array (&packer, value->count);
    if (value->packed)
        return pack_encoded (sink, value, children, depth + 1, items);
    daffi_status_t status = DAFFI_OK;
    for (uint64_t i = 0; i < children && !status; i++)
        status = pack_value (sink, value->as.items + i, depth + 1, items);
    return status;
}

static void pack_scalar (sink_t *sink, const daffi_value_t *value)
{
    msgpack_packer packer = {sink, append};
    if (value->kind == DAFFI_KIND_INT)
        msgpack_pack_int64 (&packer, value->as.integer);
    else if (value->kind == DAFFI_KIND_UINT)
        msgpack_pack_uint64 (&packer, value->as.uinteger);
    else if (value->kind == DAFFI_KIND_DOUBLE)
        msgpack_pack_double (&packer, value->as.number);
    else if (value->kind == DAFFI_KIND_NIL)
        msgpack_pack_nil (&packer);
    else if (value->as.boolean)
        msgpack_pack_true (&packer);
    else
        msgpack_pack_false (&packer);
}

static daffi_status_t pack_bytes (sink_t *sink, const daffi_value_t *value)
{
    msgpack_packer packer = {sink, append};
    if (value->size > UINT32_MAX)
        return DAFFI_TOO_BIG;
    if (value->kind == DAFFI_KIND_STRING)
        msgpack_pack_str (&packer, value->size);
    else if (value->kind == DAFFI_KIND_BINARY)
        msgpack_pack_bin (&packer, value->size);
    else
        msgpack_pack_ext (&packer, value->size, value->ext_type);
    append_bytes (sink, value->as.data, value->size);
    return DAFFI_OK;
}

static daffi_status_t pack_value (sink_t *sink, const daffi_value_t *value,
                                  unsigned depth, uint32_t *items)
{
    if (value->kind == DAFFI_KIND_RAW)
        return pack_encoded (sink, value, 1, depth, items);
    if (*items == DAFFI_ITEMS_MAX)
        return DAFFI_TOO_BIG;
    *items += 1;
    switch ((daffi_kind_t)value->kind) {
    case DAFFI_KIND_NIL:
    case DAFFI_KIND_BOOL:
    case DAFFI_KIND_INT:
    case DAFFI_KIND_UINT:
    case DAFFI_KIND_DOUBLE:
        pack_scalar (sink, value);
        return DAFFI_OK;
    case DAFFI_KIND_STRING:
    case DAFFI_KIND_BINARY:
    case DAFFI_KIND_EXT:
        return pack_bytes (sink, value);
    case DAFFI_KIND_ARRAY:
    case DAFFI_KIND_MAP:
        return pack_container (sink, value, depth, items);
    case DAFFI_KIND_RAW:
        break;
    }
    return DAFFI_INVALID;
}

daffi_status_t daffi_write_value (daffi_buffer_t *out, const daffi_value_t *value)
{
    sink_t sink = {out, 0, false};
    const size_t before = out->size;
    uint32_t items = 0;
    daffi_status_t status = pack_value (&sink, value, 0, &items);
    if (!status && out->failed)
        status = DAFFI_NO_MEMORY;
    if (status)
        out->size = before;
    return status;
}

daffi_status_t daffi_write_args (daffi_buffer_t *out, daffi_args_t args)
{
    if (args.count > DAFFI_ITEMS_MAX)
        return DAFFI_TOO_BIG;
    const daffi_value_t list = daffi_value_array (args.items, args.count);
    return daffi_write_value (out, &list);
}

daffi_status_t daffi_value_pack (const daffi_value_t *self, void *buffer,
                                 size_t capacity, size_t *size_bytes)
{
    daffi_buffer_t window = {buffer, 0, capacity, false};
    sink_t sink = {&window, 0, true};
    uint32_t items = 0;
    if (pack_value (&sink, self, 0, &items))
        return DAFFI_INVALID;
    *size_bytes = window.size + sink.missing;
    return sink.missing ? DAFFI_TOO_BIG : DAFFI_OK;
}
