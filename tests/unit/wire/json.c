//  SPDX-License-Identifier: MPL-2.0
//  Just enough JSON to read our own test vectors: recursive descent, an arena, no
//  mercy.

#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

struct json_block {
    struct json_block *next;
    max_align_t memory[];
};

void *json_alloc (json_arena_t *arena, size_t size)
{
    struct json_block *const block = calloc (1, sizeof *block + size);
    CHECK (block != NULL);
    block->next = arena->blocks;
    arena->blocks = block;
    return block->memory;
}

void json_free (json_arena_t *arena)
{
    while (arena->blocks) {
        struct json_block *const block = arena->blocks;
        arena->blocks = block->next;
        free (block);
    }
}

char *json_read_file (json_arena_t *arena, const char *path, size_t *size)
{
    FILE *const file = fopen (path, "rb");
    if (!file)
        daffi_test_fail (__FILE__, __LINE__, "cannot open %s", path);
    CHECK (fseek (file, 0, SEEK_END) == 0);
    const long length = ftell (file);
    CHECK (length >= 0);
    rewind (file);
    char *const text = json_alloc (arena, (size_t)length + 1);
    *size = fread (text, 1, (size_t)length, file);
    CHECK_EQ_INT (*size, length);
    fclose (file);
    return text;
}

typedef struct {
    json_arena_t *arena;
    const char *cursor;
} parser_t;

static json_t *parse_value (parser_t *self);

static char peek (parser_t *self)
{
    self->cursor += strspn (self->cursor, " \t\r\n");
    return *self->cursor;
}

static bool take (parser_t *self, char c)
{
    if (peek (self) != c)
        return false;
    self->cursor++;
    return true;
}

static void expect (parser_t *self, char c)
{
    if (!take (self, c))
        daffi_test_fail (__FILE__, __LINE__, "JSON: '%c' expected at %.20s", c,
                         self->cursor);
}

static unsigned parse_hex4 (parser_t *self)
{
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        const char digit[2] = {*self->cursor++, '\0'};
        char *end;
        code = code << 4 | (unsigned)strtoul (digit, &end, 16);
        CHECK (*end == '\0' && end != digit);
    }
    return code;
}

static char *put_utf8 (char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xc0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *to++ = (char)(0xe0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    } else {
        *to++ = (char)(0xf0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3f));
        *to++ = (char)(0x80 | (code >> 6 & 0x3f));
        *to++ = (char)(0x80 | (code & 0x3f));
    }
    return to;
}

static char *parse_escape (parser_t *self, char *to)
{
    static const char from_chars[] = "\"\\/bfnrt";
    static const char to_chars[] = "\"\\/\b\f\n\r\t";
    const char c = *self->cursor++;
    if (c != 'u') {
        const char *const at = c ? strchr (from_chars, c) : NULL;
        CHECK (at != NULL);
        *to = to_chars[at - from_chars];
        return to + 1;
    }
    unsigned code = parse_hex4 (self);
    if (code >= 0xd800 && code < 0xdc00) {
        CHECK (self->cursor[0] == '\\' && self->cursor[1] == 'u');
        self->cursor += 2;
        code = 0x10000 + ((code - 0xd800) << 10) + (parse_hex4 (self) - 0xdc00);
    }
    return put_utf8 (to, code);
}

static const char *parse_string (parser_t *self, size_t *size)
{
    expect (self, '"');
    char *const text = json_alloc (self->arena, strcspn (self->cursor, "\n") + 1);
    char *to = text;
    while (*self->cursor != '"') {
        CHECK (*self->cursor != '\0' && *self->cursor != '\n');
        if (*self->cursor == '\\') {
            self->cursor++;
            to = parse_escape (self, to);
        } else {
            *to++ = *self->cursor++;
        }
    }
    self->cursor++;
    *size = (size_t)(to - text);
    return text;
}

static void parse_members (parser_t *self, json_t *out, char close)
{
    json_t **last = &out->first;
    self->cursor++;
    while (!take (self, close)) {
        if (out->size > 0)
            expect (self, ',');
        const char *key = NULL;
        size_t ignored;
        if (out->kind == JSON_OBJECT) {
            key = parse_string (self, &ignored);
            expect (self, ':');
        }
        *last = parse_value (self);
        (*last)->key = key;
        last = &(*last)->next;
        out->size++;
    }
}

static void parse_word (parser_t *self, json_t *out)
{
    const size_t size =
        strspn (self->cursor, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");
    char *const text = json_alloc (self->arena, size + 1);
    memcpy (text, self->cursor, size);
    self->cursor += size;
    out->text = text;
    if (strcmp (text, "null") == 0)
        out->kind = JSON_NULL;
    else if (strcmp (text, "true") == 0)
        out->kind = JSON_TRUE;
    else if (strcmp (text, "false") == 0)
        out->kind = JSON_FALSE;
    else if (size > 0 && strchr ("-0123456789", text[0]))
        out->kind = JSON_NUMBER;
    else
        daffi_test_fail (__FILE__, __LINE__, "JSON: a value expected at %.20s",
                         self->cursor - size);
}

static json_t *parse_value (parser_t *self)
{
    json_t *const out = json_alloc (self->arena, sizeof *out);
    switch (peek (self)) {
    case '{':
        out->kind = JSON_OBJECT;
        parse_members (self, out, '}');
        break;
    case '[':
        out->kind = JSON_ARRAY;
        parse_members (self, out, ']');
        break;
    case '"':
        out->kind = JSON_STRING;
        out->text = parse_string (self, &out->size);
        break;
    default:
        parse_word (self, out);
    }
    return out;
}

const json_t *json_parse (json_arena_t *arena, const char *text)
{
    parser_t parser = {arena, text};
    const json_t *const out = parse_value (&parser);
    CHECK (peek (&parser) == '\0');
    return out;
}

const json_t *json_find (const json_t *object, const char *key)
{
    CHECK_EQ_INT (object->kind, JSON_OBJECT);
    for (const json_t *member = object->first; member; member = member->next)
        if (strcmp (member->key, key) == 0)
            return member;
    return NULL;
}

const json_t *json_get (const json_t *object, const char *key)
{
    const json_t *const member = json_find (object, key);
    if (!member)
        daffi_test_fail (__FILE__, __LINE__, "JSON: no \"%s\"", key);
    return member;
}

const char *json_text (const json_t *object, const char *key)
{
    const json_t *const member = json_get (object, key);
    CHECK (member->kind == JSON_STRING || member->kind == JSON_NUMBER);
    return member->text;
}
