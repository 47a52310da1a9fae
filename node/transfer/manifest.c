//  SPDX-License-Identifier: MPL-2.0
//  What is known of a payload without looking at it: the text that is signed.

#include "manifest.h"

#include "failure.h"
#include "writer.h"

enum { FORMAT = 1, KEYS = 10 };

void daffi_write_manifest (daffi_buffer_t *out, const daffi_manifest_t *manifest)
{
    daffi_write_map (out, KEYS);
    daffi_write_key_uint (out, "daffi", FORMAT);
    daffi_write_string (out, "hash");
    daffi_write_binary_head (out, DAFFI_HASH_SIZE);
    daffi_buffer_append (out, manifest->hash, DAFFI_HASH_SIZE);
    daffi_write_key_uint (out, "size", manifest->size);
    daffi_write_key_text (out, "name", manifest->name);
    daffi_write_key_text (out, "version", manifest->version);
    daffi_write_key_text (out, "arch", manifest->architecture);
    daffi_write_key_uint (out, "abi", manifest->abi);
    daffi_write_key_uint (out, "expires", manifest->expires_s);
    daffi_write_key_text (out, "processes", manifest->processes);
    daffi_write_string (out, "functions");
    if (daffi_write_value (out, &manifest->functions))
        out->failed = true;
}

//  --- reading ------------------------------------------------------------------------

static bool get_text (const daffi_value_t *map, const char *key, daffi_text_t *out)
{
    daffi_value_t value;
    if (daffi_value_find (map, key, &value) || value.kind != DAFFI_KIND_STRING ||
        value.size > DAFFI_MANIFEST_TEXT_MAX ||
        (value.size && memchr (value.as.string, 0, value.size)))
        return false;
    *out = daffi_text (value.as.string, value.size);
    return true;
}

static bool get_number (const daffi_value_t *map, const char *key, uint64_t *out)
{
    daffi_value_t value;
    return !daffi_value_find (map, key, &value) && !daffi_value_get_uint (&value, out);
}

static bool get_hash (const daffi_value_t *map, uint8_t *hash)
{
    daffi_value_t value;
    if (daffi_value_find (map, "hash", &value) || value.kind != DAFFI_KIND_BINARY ||
        value.size != DAFFI_HASH_SIZE)
        return false;
    memcpy (hash, value.as.data, DAFFI_HASH_SIZE);
    return true;
}

static bool is_string (const daffi_value_t *value)
{
    return value->kind == DAFFI_KIND_STRING && value->size <= 512 &&
           !(value->size && memchr (value->as.string, 0, value->size));
}

static bool get_functions (const daffi_value_t *map, daffi_value_t *out)
{
    daffi_value_t row, name, signature;
    if (daffi_value_find (map, "functions", out) || out->kind != DAFFI_KIND_ARRAY ||
        out->count > 256)
        return false;
    daffi_iterator_t it = daffi_value_iterate (out);
    while (daffi_iterator_next (&it, NULL, &row))
        if (row.kind != DAFFI_KIND_ARRAY || daffi_value_item (&row, 0, &name) ||
            daffi_value_item (&row, 1, &signature) || !is_string (&name) ||
            !is_string (&signature))
            return false;
    return true;
}

daffi_status_t daffi_read_manifest (const void *data, size_t size,
                                    daffi_manifest_t *out, daffi_error_t *error)
{
    daffi_value_t map;
    uint64_t format;
    if (size > DAFFI_MANIFEST_MAX || daffi_value_unpack (data, size, &map) ||
        map.kind != DAFFI_KIND_MAP || !get_number (&map, "daffi", &format))
        return daffi_fail (error, DAFFI_BAD_PAYLOAD, "the manifest is malformed");
    if (format != FORMAT)
        return daffi_fail (error, DAFFI_BAD_PAYLOAD,
                           "the manifest is of version %llu, this process knows 1",
                           (unsigned long long)format);
    if (!get_hash (&map, out->hash) || !get_number (&map, "size", &out->size) ||
        !get_text (&map, "name", &out->name) ||
        !get_text (&map, "version", &out->version) ||
        !get_text (&map, "arch", &out->architecture) ||
        !get_number (&map, "abi", &out->abi) ||
        !get_number (&map, "expires", &out->expires_s) ||
        !get_text (&map, "processes", &out->processes) ||
        !get_functions (&map, &out->functions))
        return daffi_fail (error, DAFFI_BAD_PAYLOAD,
                           "the manifest lacks something, or it is of a wrong type");
    return DAFFI_OK;
}

//  --- patterns -----------------------------------------------------------------------

//  Goes back to the last star only: no pattern takes more than its length times the
//  name's.
static bool fits (daffi_text_t pattern, daffi_text_t name)
{
    uint32_t at = 0, in = 0, star = UINT32_MAX, mark = 0;
    while (in < name.size) {
        if (at < pattern.size && pattern.data[at] == '*') {
            star = at++;
            mark = in;
        } else if (at < pattern.size &&
                   (pattern.data[at] == '?' || pattern.data[at] == name.data[in])) {
            at++;
            in++;
        } else if (star != UINT32_MAX) {
            at = star + 1;
            in = ++mark;
        } else {
            return false;
        }
    }
    while (at < pattern.size && pattern.data[at] == '*')
        at++;
    return at == pattern.size;
}

bool daffi_patterns_fit (daffi_text_t patterns, daffi_text_t name)
{
    bool any = false;
    for (uint32_t start = 0; start < patterns.size;) {
        uint32_t end = start;
        while (end < patterns.size && patterns.data[end] != ' ')
            end++;
        any = any || end > start;
        if (end > start && fits (daffi_text (patterns.data + start, end - start), name))
            return true;
        start = end + 1;
    }
    return !any;
}
