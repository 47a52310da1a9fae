//  SPDX-License-Identifier: MPL-2.0
//  The golden vectors of tests/vectors, as our own types.

#ifndef DAFFI_TEST_VECTORS_H
#define DAFFI_TEST_VECTORS_H

#include "daffi_value.h"
#include "json.h"
#include "record.h"

typedef struct {
    uint8_t *data;
    size_t size;
} bytes_t;

//  tests/vectors/NAME, parsed: an array.
const json_t *vectors_load (json_arena_t *arena, const char *name);

//  Pairs of hexadecimal digits; white space is skipped.
bytes_t vectors_hex (json_arena_t *arena, const char *hex);

//  A described value, made of items.
daffi_value_t vectors_value (json_arena_t *arena, const json_t *description);

//  The header that one element of "records" describes.
daffi_header_t vectors_header (const json_t *record);

//  Ends the test, naming the vector, where the headers differ.
void vectors_check_header (const char *name, const daffi_header_t *actual,
                           const daffi_header_t *expected);

#endif
