//  SPDX-License-Identifier: MPL-2.0
//  The golden vectors of tests/vectors, as our own types.

#include "vectors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

const json_t *vectors_load (json_arena_t *arena, const char *name)
{
    char path[4096];
    snprintf (path, sizeof path, DAFFI_SOURCE_DIR "/tests/vectors/%s", name);
    size_t size;
    const json_t *const all = json_parse (arena, json_read_file (arena, path, &size));
    CHECK_EQ_INT (all->kind, JSON_ARRAY);
    CHECK (all->size > 0);
    return all;
}

bytes_t vectors_hex (json_arena_t *arena, const char *hex)
{
    bytes_t out = {json_alloc (arena, strlen (hex) / 2 + 1), 0};
    for (hex += strspn (hex, " \n"); *hex; hex += strspn (hex, " \n")) {
        const char digits[3] = {hex[0], hex[1], '\0'};
        char *end;
        out.data[out.size++] = (uint8_t)strtoul (digits, &end, 16);
        CHECK (end == digits + 2);
        hex += 2;
    }
    return out;
}

static daffi_value_t integer (const char *text)
{
    return text[0] == '-' ? daffi_value_int (strtoll (text, NULL, 10))
                          : daffi_value_uint (strtoull (text, NULL, 10));
}

static daffi_value_t array (json_arena_t *arena, const json_t *list)
{
    daffi_value_t *const items =
        json_alloc (arena, (list->size + 1) * sizeof (daffi_value_t));
    size_t count = 0;
    for (const json_t *item = list->first; item; item = item->next)
        items[count++] = vectors_value (arena, item);
    return daffi_value_array (items, count);
}

static daffi_value_t map (json_arena_t *arena, const json_t *list)
{
    daffi_value_t *const items =
        json_alloc (arena, (2 * list->size + 1) * sizeof (daffi_value_t));
    size_t count = 0;
    for (const json_t *pair = list->first; pair; pair = pair->next) {
        CHECK_EQ_INT (pair->size, 2);
        items[count++] = vectors_value (arena, pair->first);
        items[count++] = vectors_value (arena, pair->first->next);
    }
    return daffi_value_map (items, count / 2);
}

//  {"int": "5"}, {"double": "0.5"}, {"bin": "00ff"}, {"ext": [5, "00"]}, {"map": […]}
static daffi_value_t tagged (json_arena_t *arena, const json_t *description)
{
    const json_t *const inner = description->first;
    CHECK_EQ_INT (description->size, 1);
    if (strcmp (inner->key, "int") == 0)
        return integer (inner->text);
    if (strcmp (inner->key, "double") == 0)
        return daffi_value_double (strtod (inner->text, NULL));
    if (strcmp (inner->key, "map") == 0)
        return map (arena, inner);
    if (strcmp (inner->key, "bin") == 0) {
        const bytes_t bytes = vectors_hex (arena, inner->text);
        return daffi_value_binary (bytes.data, bytes.size);
    }
    CHECK_EQ_STR (inner->key, "ext");
    const bytes_t bytes = vectors_hex (arena, inner->first->next->text);
    const int type = (int)strtol (inner->first->text, NULL, 10);
    return daffi_value_ext ((int8_t)type, bytes.data, bytes.size);
}

daffi_value_t vectors_value (json_arena_t *arena, const json_t *description)
{
    switch (description->kind) {
    case JSON_NULL:
        return daffi_value_nil ();
    case JSON_FALSE:
        return daffi_value_bool (false);
    case JSON_TRUE:
        return daffi_value_bool (true);
    case JSON_NUMBER:
        return integer (description->text);
    case JSON_STRING:
        return daffi_value_text (description->text, description->size);
    case JSON_ARRAY:
        return array (arena, description);
    case JSON_OBJECT:
        break;
    }
    return tagged (arena, description);
}

static uint32_t number (const json_t *object, const char *key)
{
    return (uint32_t)strtoull (json_text (object, key), NULL, 10);
}

static bool option (const json_t *options, const char *key, unsigned bit,
                    daffi_header_t *out, uint32_t *value)
{
    if (!json_find (options, key))
        return false;
    out->present |= bit;
    *value = number (options, key);
    return true;
}

static void read_options (const json_t *options, daffi_header_t *out)
{
    uint32_t value;
    if (option (options, "status", DAFFI_OPT_STATUS, out, &value))
        out->status = (uint8_t)value;
    if (option (options, "executed", DAFFI_OPT_EXECUTED, out, &value))
        out->executed = (uint8_t)value;
    if (option (options, "policy", DAFFI_OPT_POLICY, out, &value))
        out->policy = (uint8_t)value;
    option (options, "sent_ms", DAFFI_OPT_SENT, out, &out->sent_ms);
    option (options, "tail", DAFFI_OPT_TAIL, out, &value);
    option (options, "all", DAFFI_OPT_ALL, out, &out->all);
    option (options, "part", DAFFI_OPT_PART, out, &value);
    option (options, "stream", DAFFI_OPT_STREAM, out, &value);
    option (options, "items", DAFFI_OPT_ITEMS, out, &out->items);
    option (options, "bytes", DAFFI_OPT_BYTES, out, &out->bytes);
    option (options, "delay_ms", DAFFI_OPT_DELAY, out, &out->delay_ms);
    if (option (options, "priority", DAFFI_OPT_PRIORITY, out, &value))
        out->priority = (uint8_t)value;
    if (json_find (options, "key")) {
        out->present |= DAFFI_OPT_KEY;
        out->key = daffi_text_of (json_text (options, "key"));
    }
}

daffi_header_t vectors_header (const json_t *record)
{
    daffi_header_t out;
    memset (&out, 0, sizeof out);
    out.type = (uint8_t)number (record, "number");
    out.id = strtoull (json_text (record, "id"), NULL, 10);
    out.name = daffi_text_of (json_text (record, "name"));
    out.peer = daffi_text_of (json_text (record, "peer"));
    out.ttl_ms = json_get (record, "ttl_ms")->kind == JSON_NULL
                     ? DAFFI_TTL_NONE
                     : number (record, "ttl_ms");
    out.detached = json_get (record, "size")->kind == JSON_NULL;
    out.size = out.detached ? 0 : number (record, "size");
    const json_t *const options = json_get (record, "options");
    read_options (options, &out);
    return out;
}

#define CHECK_FIELD(field)                                                \
    if ((uint64_t)actual->field != (uint64_t)expected->field)             \
    daffi_test_fail (__FILE__, __LINE__,                                  \
                     "%s: " #field " is %" PRIu64 ", not %" PRIu64, name, \
                     (uint64_t)actual->field, (uint64_t)expected->field)

void vectors_check_header (const char *name, const daffi_header_t *actual,
                           const daffi_header_t *expected)
{
    CHECK_FIELD (type);
    CHECK_FIELD (id);
    CHECK_FIELD (ttl_ms);
    CHECK_FIELD (size);
    CHECK_FIELD (detached);
    CHECK_FIELD (present);
    CHECK_FIELD (status);
    CHECK_FIELD (executed);
    CHECK_FIELD (sent_ms);
    CHECK_FIELD (all);
    CHECK_FIELD (policy);
    CHECK_FIELD (items);
    CHECK_FIELD (bytes);
    CHECK_FIELD (priority);
    CHECK_FIELD (delay_ms);
    if (!daffi_text_equal (actual->key, expected->key))
        daffi_test_fail (__FILE__, __LINE__, "%s: key is %.*s", name,
                         (int)actual->key.size, actual->key.data);
    if (!daffi_text_equal (actual->name, expected->name))
        daffi_test_fail (__FILE__, __LINE__, "%s: name is %.*s", name,
                         (int)actual->name.size, actual->name.data);
    if (!daffi_text_equal (actual->peer, expected->peer))
        daffi_test_fail (__FILE__, __LINE__, "%s: peer is %.*s", name,
                         (int)actual->peer.size, actual->peer.data);
}
