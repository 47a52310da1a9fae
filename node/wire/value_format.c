//  SPDX-License-Identifier: MPL-2.0
//  Values as text for people: JSON, except that binaries and extensions are only
//  described and bytes that are no UTF-8 are shown as \xNN.
//
//  Made for logs and for the command line, so it never fails: what does not fit is cut,
//  what is nested too deeply is an ellipsis.

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daffi_value.h"
#include "validate.h"

typedef struct {
    char *text;
    size_t capacity;
    size_t size;  //  of the whole text, also where it is longer than the capacity
} page_t;

static void put (page_t *self, const char *text, size_t size)
{
    if (self->size < self->capacity) {
        const size_t room = self->capacity - self->size;
        memcpy (self->text + self->size, text, size < room ? size : room);
    }
    self->size += size;
}

static void put_string (page_t *self, const char *text)
{
    put (self, text, strlen (text));
}

static void DAFFI_PRINTF (2, 3) put_format (page_t *self, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    put_string (self, text);
}

//  The shortest of 15, 16 or 17 digits that reads back as the same number, with a point
//  whatever the locale writes, and recognisable as a double: 2 is written 2.0.
static void put_double (page_t *self, double number)
{
    char text[64];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf (text, sizeof text, "%.*g", digits, number);
        if (strtod (text, NULL) == number)
            break;
    }
    const size_t whole = strspn (text, "-0123456789");
    const bool plain = text[whole] == '\0';
    const size_t rest = whole + strcspn (text + whole, "0123456789einfa");
    put (self, text, whole);
    if (rest > whole)
        put_string (self, ".");
    put_string (self, text + rest);
    if (plain)
        put_string (self, ".0");
}

//  Bytes of the well-formed UTF-8 sequence at `text`, 0 if there is none (RFC 3629,
//  section 4).
static size_t utf8_sequence (const uint8_t *text, size_t size)
{
    const uint8_t first = text[0];
    const size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || first > 0xf4 || length > size)
        return 0;
    const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static size_t put_character (page_t *self, const uint8_t *text, size_t size)
{
    static const char escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const uint8_t byte = text[0];
    for (const char *escape = escapes; *escape; escape += 2) {
        if (byte == (uint8_t)*escape) {
            put_format (self, "\\%c", escape[1]);
            return 1;
        }
    }
    if (byte < 0x20 || byte == 0x7f) {
        put_format (self, "\\u%04x", byte);
        return 1;
    }
    const size_t length = byte < 0x80 ? 1 : utf8_sequence (text, size);
    if (length == 0) {
        put_format (self, "\\x%02x", byte);
        return 1;
    }
    put (self, (const char *)text, length);
    return length;
}

static void put_text (page_t *self, const uint8_t *text, size_t size)
{
    put_string (self, "\"");
    for (size_t i = 0; i < size;)
        i += put_character (self, text + i, size - i);
    put_string (self, "\"");
}

static void put_value (page_t *self, const daffi_value_t *value, unsigned depth);

static void put_items (page_t *self, const daffi_value_t *value, unsigned depth)
{
    const bool map = value->kind == DAFFI_KIND_MAP;
    if (depth == DAFFI_DEPTH_MAX) {
        put_string (self, "...");
        return;
    }
    put_string (self, map ? "{" : "[");
    daffi_iterator_t it = daffi_value_iterate (value);
    daffi_value_t key, item;
    const char *comma = "";
    while (daffi_iterator_next (&it, &key, &item)) {
        put_string (self, comma);
        comma = ", ";
        if (map) {
            put_value (self, &key, depth + 1);
            put_string (self, ": ");
        }
        put_value (self, &item, depth + 1);
    }
    put_string (self, map ? "}" : "]");
}

static void put_value (page_t *self, const daffi_value_t *value, unsigned depth)
{
    daffi_value_t decoded;
    switch ((daffi_kind_t)value->kind) {
    case DAFFI_KIND_NIL:
        put_string (self, "null");
        return;
    case DAFFI_KIND_BOOL:
        put_string (self, value->as.boolean ? "true" : "false");
        return;
    case DAFFI_KIND_INT:
        put_format (self, "%" PRId64, value->as.integer);
        return;
    case DAFFI_KIND_UINT:
        put_format (self, "%" PRIu64, value->as.uinteger);
        return;
    case DAFFI_KIND_DOUBLE:
        put_double (self, value->as.number);
        return;
    case DAFFI_KIND_STRING:
        put_text (self, value->as.data, value->size);
        return;
    case DAFFI_KIND_BINARY:
        put_format (self, "<%zu bytes>", value->size);
        return;
    case DAFFI_KIND_EXT:
        put_format (self, "<ext %d, %zu bytes>", value->ext_type, value->size);
        return;
    case DAFFI_KIND_ARRAY:
    case DAFFI_KIND_MAP:
        put_items (self, value, depth);
        return;
    case DAFFI_KIND_RAW:
        if (daffi_value_unpack (value->as.data, value->size, &decoded))
            put_string (self, "<invalid>");
        else
            put_value (self, &decoded, depth);
        return;
    }
    put_string (self, "<invalid>");
}

size_t daffi_value_format (const daffi_value_t *self, char *text, size_t capacity)
{
    page_t page = {text, capacity ? capacity - 1 : 0, 0};
    put_value (&page, self, 0);
    if (capacity)
        text[page.size < capacity ? page.size : capacity - 1] = '\0';
    return page.size;
}
