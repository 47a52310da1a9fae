//  SPDX-License-Identifier: MPL-2.0
//  Is this msgpack, and harmless? Before anybody reads a body.
//
//  Five bytes can announce an array of four billion items; a generic unpacker allocates
//  for it. So a body is walked once, without allocation and without recursion, before
//  its first value is read.

#ifndef DAFFI_VALIDATE_H
#define DAFFI_VALIDATE_H

#include <stddef.h>
#include <stdint.h>

#include "daffi_status.h"

enum {
    DAFFI_DEPTH_MAX = 16,      //  nesting; deeper is a mistake or an attack
    DAFFI_ITEMS_MAX = 100000,  //  values in one body, containers and keys counted
};

//  DAFFI_OK: `data` is exactly one msgpack value within the limits above, with every
//  length inside the bytes that are there. Else DAFFI_PROTOCOL, or DAFFI_TOO_BIG for
//  depth and items.
DAFFI_MUST_USE daffi_status_t daffi_validate (const void *data, size_t size);

//  The same for `count` values back to back that will stand inside `depth` containers,
//  after `*items` values were counted: for pieces that are put into a larger body.
//  *items grows by what they hold; untouched on failure.
DAFFI_MUST_USE daffi_status_t daffi_validate_run (const void *data, size_t size,
                                                  uint64_t count, unsigned depth,
                                                  uint32_t *items);

#endif
