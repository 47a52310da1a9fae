//  SPDX-License-Identifier: MPL-2.0
//  Values as JSON text and back.

#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

enum { DEPTH_MAX = 17 };  //  one more than a body may have: that one refuses it by name

//  --- values to JSON ---------------------------------------------------------------

static struct json_object *text_object (const daffi_value_t *value)
{
    const void *data = "";
    size_t size = 0;
    if (daffi_value_get_bytes (value, &data, &size))
        return NULL;
    return json_object_new_string_len (data, (int)size);
}

static struct json_object *base64_object (const daffi_value_t *value)
{
    const void *data = "";
    size_t size = 0;
    daffi_keep_t keep = {NULL};
    if (daffi_value_get_bytes (value, &data, &size))
        return NULL;
    struct json_object *text =
        json_object_new_string (daffi_base64_write (&keep, data, size));
    daffi_keep_done (&keep);
    return text;
}

static struct json_object *with_key (const char *key, struct json_object *value)
{
    struct json_object *object = json_object_new_object ();
    json_object_object_add (object, key, value);
    return object;
}

static struct json_object *ext_object (const daffi_value_t *value)
{
    struct json_object *pair = json_object_new_array ();
    json_object_array_add (pair, json_object_new_int (value->ext_type));
    json_object_array_add (pair, base64_object (value));
    return with_key ("$ext", pair);
}

//  The fewest digits that are read back as the same number.
static struct json_object *double_object (double number)
{
    char text[32];
    if (!isfinite (number))
        return NULL;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf (text, sizeof text, "%.*g", digits, number);
        if (strtod (text, NULL) >= number && strtod (text, NULL) <= number)
            break;
    }
    if (!strpbrk (text, ".e"))
        snprintf (text + strlen (text), sizeof text - strlen (text), ".0");
    return json_object_new_double_s (number, text);
}

static struct json_object *array_object (const daffi_value_t *value)
{
    struct json_object *array = json_object_new_array ();
    daffi_iterator_t it = daffi_value_iterate (value);
    daffi_value_t item;
    while (daffi_iterator_next (&it, NULL, &item))
        json_object_array_add (array, daffi_json_of (&item));
    return array;
}

static struct json_object *map_object (const daffi_value_t *value)
{
    struct json_object *map = json_object_new_object ();
    daffi_iterator_t it = daffi_value_iterate (value);
    daffi_value_t key, item;
    while (daffi_iterator_next (&it, &key, &item)) {
        struct json_object *name = daffi_json_of (&key);
        json_object_object_add (map, name ? json_object_get_string (name) : "null",
                                daffi_json_of (&item));
        json_object_put (name);
    }
    return map;
}

static struct json_object *raw_object (const daffi_value_t *value)
{
    daffi_value_t read;
    return daffi_value_unpack (value->as.data, value->size, &read)
               ? NULL
               : daffi_json_of (&read);
}

struct json_object *daffi_json_of (const daffi_value_t *value)
{
    switch ((daffi_kind_t)value->kind) {
    case DAFFI_KIND_NIL:
        return NULL;
    case DAFFI_KIND_BOOL:
        return json_object_new_boolean (value->as.boolean);
    case DAFFI_KIND_INT:
        return json_object_new_int64 (value->as.integer);
    case DAFFI_KIND_UINT:
        return json_object_new_uint64 (value->as.uinteger);
    case DAFFI_KIND_DOUBLE:
        return double_object (value->as.number);
    case DAFFI_KIND_STRING:
        return text_object (value);
    case DAFFI_KIND_BINARY:
        return with_key ("$binary", base64_object (value));
    case DAFFI_KIND_ARRAY:
        return array_object (value);
    case DAFFI_KIND_MAP:
        return map_object (value);
    case DAFFI_KIND_EXT:
        return ext_object (value);
    case DAFFI_KIND_RAW:
        return raw_object (value);
    }
    return NULL;
}

enum { FLAGS = JSON_C_TO_STRING_NOSLASHESCAPE };

void daffi_json_print (struct json_object *object, bool pretty)
{
    int flags = pretty ? FLAGS | JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
                       : FLAGS | JSON_C_TO_STRING_SPACED;
    puts (json_object_to_json_string_ext (object, flags));
    json_object_put (object);
}

const char *daffi_json_text (daffi_keep_t *keep, const daffi_value_t *value)
{
    struct json_object *object = daffi_json_of (value);
    const char *text =
        json_object_to_json_string_ext (object, FLAGS | JSON_C_TO_STRING_PLAIN);
    char *kept = daffi_keep_text (keep, text, strlen (text));
    json_object_put (object);
    return kept;
}

//  --- JSON to values ---------------------------------------------------------------

static daffi_value_t value_of (daffi_keep_t *keep, struct json_object *object);

static daffi_value_t string_of (daffi_keep_t *keep, struct json_object *object)
{
    size_t size = (size_t)json_object_get_string_len (object);
    return daffi_value_text (
        daffi_keep_text (keep, json_object_get_string (object), size), size);
}

//  *bytes of base64 text. False: it is none.
static bool bytes_of (daffi_keep_t *keep, struct json_object *object,
                      const void **bytes, size_t *size)
{
    return json_object_is_type (object, json_type_string) &&
           daffi_base64_read (keep, json_object_get_string (object), bytes, size);
}

static bool is_special (daffi_keep_t *keep, struct json_object *object,
                        daffi_value_t *value)
{
    struct json_object *inner;
    const void *bytes;
    size_t size;
    if (json_object_object_length (object) != 1)
        return false;
    if (json_object_object_get_ex (object, "$binary", &inner) &&
        bytes_of (keep, inner, &bytes, &size)) {
        *value = daffi_value_binary (bytes, size);
        return true;
    }
    if (!json_object_object_get_ex (object, "$ext", &inner) ||
        !json_object_is_type (inner, json_type_array) ||
        json_object_array_length (inner) != 2 ||
        !bytes_of (keep, json_object_array_get_idx (inner, 1), &bytes, &size))
        return false;
    int type = json_object_get_int (json_object_array_get_idx (inner, 0));
    if (type < INT8_MIN || type > INT8_MAX)
        return false;
    *value = daffi_value_ext ((int8_t)type, bytes, size);
    return true;
}

static daffi_value_t map_of (daffi_keep_t *keep, struct json_object *object)
{
    size_t pairs = (size_t)json_object_object_length (object);
    size_t at = 0;
    daffi_value_t special;
    if (is_special (keep, object, &special))
        return special;
    daffi_value_t *items = daffi_keep (keep, 2 * pairs * sizeof *items);
    json_object_object_foreach (object, key, item)
    {
        items[at++] = daffi_value_string (daffi_keep_text (keep, key, strlen (key)));
        items[at++] = value_of (keep, item);
    }
    return daffi_value_map (items, pairs);
}

static daffi_value_t array_of (daffi_keep_t *keep, struct json_object *object)
{
    size_t count = json_object_array_length (object);
    daffi_value_t *items = daffi_keep (keep, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = value_of (keep, json_object_array_get_idx (object, i));
    return daffi_value_array (items, count);
}

static daffi_value_t integer_of (struct json_object *object)
{
    int64_t number = json_object_get_int64 (object);
    return number < 0 ? daffi_value_int (number)
                      : daffi_value_uint (json_object_get_uint64 (object));
}

static daffi_value_t value_of (daffi_keep_t *keep, struct json_object *object)
{
    switch (json_object_get_type (object)) {
    case json_type_null:
        return daffi_value_nil ();
    case json_type_boolean:
        return daffi_value_bool (json_object_get_boolean (object));
    case json_type_double:
        return daffi_value_double (json_object_get_double (object));
    case json_type_int:
        return integer_of (object);
    case json_type_object:
        return map_of (keep, object);
    case json_type_array:
        return array_of (keep, object);
    case json_type_string:
        return string_of (keep, object);
    }
    return daffi_value_nil ();
}

//  --- numbers in JSON --------------------------------------------------------------
//
//  json-c takes NaN and Infinity, which are no JSON, and cuts what it cannot hold
//  without a word; so numbers are looked at once more, in the text.

static daffi_json_t check_number (const char *number)
{
    char *end;
    bool negative = number[0] == '-';
    const char *digits = number + negative;
    if (digits[0] < '0' || digits[0] > '9' ||
        (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'))
        return DAFFI_JSON_NONE;
    if (strpbrk (number, ".eE"))
        return isfinite (strtod (number, NULL)) ? DAFFI_JSON_READ : DAFFI_JSON_NUMBER;
    errno = 0;
    if (negative)
        (void)strtoll (number, &end, 10);
    else
        (void)strtoull (number, &end, 10);
    return errno == ERANGE ? DAFFI_JSON_NUMBER : DAFFI_JSON_READ;
}

//  Behind the string that begins here, of text that is JSON.
static const char *skip_string (const char *at)
{
    for (at++; *at && *at != '"'; at++)
        at += *at == '\\' && at[1];
    return at + (*at == '"');
}

static daffi_json_t check_numbers (daffi_keep_t *keep, const char *text,
                                   const char **number)
{
    static const char characters[] = "+-.0123456789eE";
    while (*text) {
        size_t size = strcspn (text, "\"-0123456789NI");
        text += size;
        if (*text == '"') {
            text = skip_string (text);
            continue;
        }
        if (*text == 'N' || *text == 'I')
            return DAFFI_JSON_NONE;
        size = strspn (text, characters);
        if (!size)
            break;
        const char *mine = daffi_keep_text (keep, text, size);
        daffi_json_t outcome = check_number (mine);
        if (outcome == DAFFI_JSON_NUMBER && number)
            *number = mine;
        if (outcome)
            return outcome;
        text += size;
    }
    return DAFFI_JSON_READ;
}

daffi_json_t daffi_json_read (daffi_keep_t *keep, const char *text, size_t size,
                              daffi_value_t *value, const char **number)
{
    daffi_json_t outcome = DAFFI_JSON_NONE;
    struct json_tokener *tokener = json_tokener_new_ex (DEPTH_MAX);
    if (!tokener || size > INT32_MAX - 1)
        return outcome;
    json_tokener_set_flags (tokener, JSON_TOKENER_STRICT);
    char *copy = daffi_keep_text (keep, text, size);
    //  with the NUL behind it, so that a number at the end is known to be complete
    struct json_object *object = json_tokener_parse_ex (tokener, copy, (int)size + 1);
    if (json_tokener_get_error (tokener) == json_tokener_success && size > 0 &&
        memchr (copy, '\0', size) == NULL)
        outcome = check_numbers (keep, copy, number);
    if (outcome == DAFFI_JSON_READ)
        *value = value_of (keep, object);
    json_object_put (object);
    json_tokener_free (tokener);
    return outcome;
}

bool daffi_json_argument (daffi_keep_t *keep, const char *word, daffi_value_t *value,
                          const char **number)
{
    daffi_json_t outcome = daffi_json_read (keep, word, strlen (word), value, number);
    if (outcome == DAFFI_JSON_NONE)
        *value = daffi_value_of_bytes (word, strlen (word));
    return outcome != DAFFI_JSON_NUMBER;
}

//  --- bytes ------------------------------------------------------------------------

//  Bytes of the sequence that begins with this one; 0: none does.
static size_t sequence (unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if ((first & 0xf0) == 0xe0)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

//  The second byte rules out overlong forms, surrogates and what is beyond U+10FFFF.
static bool second_fits (unsigned char first, unsigned char second)
{
    if (first == 0xe0)
        return second >= 0xa0;
    if (first == 0xed)
        return second < 0xa0;
    if (first == 0xf0)
        return second >= 0x90;
    return first != 0xf4 || second < 0x90;
}

bool daffi_is_utf8 (const void *data, size_t size)
{
    const unsigned char *at = data;
    while (size) {
        size_t length = sequence (*at);
        if (!length || length > size || (length > 1 && !second_fits (at[0], at[1])))
            return false;
        for (size_t i = 1; i < length; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += length;
        size -= length;
    }
    return true;
}

daffi_value_t daffi_value_of_bytes (const void *data, size_t size)
{
    return daffi_is_utf8 (data, size) ? daffi_value_text (data, size)
                                      : daffi_value_binary (data, size);
}
