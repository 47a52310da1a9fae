//  SPDX-License-Identifier: MPL-2.0
//  Just enough JSON (RFC 8259) to read our own test vectors.
//
//  For tests only: it trusts its input to be small, and ends the test where it is no
//  JSON. Numbers stay text, since some of ours have 64 bits.

#ifndef DAFFI_TEST_JSON_H
#define DAFFI_TEST_JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind_t;

typedef struct json json_t;

struct json {
    json_kind_t kind;
    const char *text;  //  number: as written; string: decoded, NUL-terminated
    size_t size;       //  string: bytes; array, object: members
    const char *key;   //  of a member of an object, else NULL
    json_t *first;     //  members
    json_t *next;
};

//  Memory that lives as long as the whole document.
typedef struct json_arena json_arena_t;

struct json_arena {
    struct json_block *blocks;
};

void *json_alloc (json_arena_t *arena, size_t size);  //  zeroed, never NULL
void json_free (json_arena_t *arena);

char *json_read_file (json_arena_t *arena, const char *path, size_t *size);
const json_t *json_parse (json_arena_t *arena, const char *text);

//  A member of an object; json_find returns NULL where there is none, json_get ends the
//  test.
const json_t *json_find (const json_t *object, const char *key);
const json_t *json_get (const json_t *object, const char *key);
const char *json_text (const json_t *object, const char *key);

#endif
