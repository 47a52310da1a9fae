//  SPDX-License-Identifier: MPL-2.0
//  Values as JSON text and back.
//
//  What JSON does not know is written as an object with one key and read again from it:
//  {"$binary": "<base64>"}, {"$ext": [type, "<base64>"]}. Numbers that are none (NaN,
//  infinity) become null, keys that are no strings become their own JSON text.

#ifndef DAFFI_CLI_JSON_H
#define DAFFI_CLI_JSON_H

#include <json-c/json.h>
#include <stdbool.h>

#include "daffi.h"
#include "keep.h"

//  A new object (NULL stands for null, as everywhere in json-c).
struct json_object *daffi_json_of (const daffi_value_t *value);

typedef enum {
    DAFFI_JSON_READ,
    DAFFI_JSON_NONE,   //  not exactly one JSON value, or nested too deep
    DAFFI_JSON_NUMBER  //  it is one, with a number that no value holds
} daffi_json_t;

//  The value borrows from `keep`. DAFFI_JSON_NUMBER: *number, if not NULL, is that one.
daffi_json_t daffi_json_read (daffi_keep_t *keep, const char *text, size_t size,
                              daffi_value_t *value, const char **number);

//  What a person means by a word: JSON where it is that, else the word itself. False:
//  it has a number that no value holds, kept in *number.
bool daffi_json_argument (daffi_keep_t *keep, const char *word, daffi_value_t *value,
                          const char **number);

//  Bytes as a string where they are UTF-8, else as a binary. Borrows them.
daffi_value_t daffi_value_of_bytes (const void *data, size_t size);
bool daffi_is_utf8 (const void *data, size_t size);

//  Takes the object; one line, or several where `pretty`.
void daffi_json_print (struct json_object *object, bool pretty);
const char *daffi_json_text (daffi_keep_t *keep, const daffi_value_t *value);

#endif
