//  SPDX-License-Identifier: MPL-2.0
//  Random values of every kind, and msgpack-c's unpacker as an independent judge.

#ifndef DAFFI_TEST_TREES_H
#define DAFFI_TEST_TREES_H

#include "daffi_value.h"
#include "json.h"
#include "random.h"

//  A value nested `depth` containers deep at most.
daffi_value_t trees_value (json_arena_t *arena, random_t *random, unsigned depth);

//  Ends the test where msgpack-c reads something else than `expected` from the bytes.
void trees_check (const uint8_t *data, size_t size, const daffi_value_t *expected);

#endif
