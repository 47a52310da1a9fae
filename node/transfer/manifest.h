//  SPDX-License-Identifier: MPL-2.0
//  What is known of a payload without looking at it: the text that is signed.
//
//  The manifest holds the hash of the shared object, so one signature of some hundred
//  bytes vouches for all of it. The bytes that were signed are kept as they are and
//  never encoded again.

#ifndef DAFFI_MANIFEST_H
#define DAFFI_MANIFEST_H

#include "buffer.h"
#include "daffi_transfer.h"
#include "daffi_value.h"
#include "text.h"

enum {
    DAFFI_MANIFEST_MAX = 64 << 10,
    DAFFI_MANIFEST_TEXT_MAX = 128,
    DAFFI_KEY_SIZE = 32,
    DAFFI_SIGNATURE_SIZE = 64
};

typedef struct {
    uint8_t hash[DAFFI_HASH_SIZE];
    uint64_t size;
    daffi_text_t name;
    daffi_text_t version;
    daffi_text_t architecture;
    uint64_t abi;
    uint64_t expires_s;
    daffi_text_t processes;
    daffi_value_t functions;  //  array of [name, signature]
} daffi_manifest_t;

//  `functions` is an array of arrays of two strings.
void daffi_write_manifest (daffi_buffer_t *out, const daffi_manifest_t *manifest);
//  Borrows from the bytes. DAFFI_BAD_PAYLOAD and why.
DAFFI_MUST_USE daffi_status_t daffi_read_manifest (const void *data, size_t size,
                                                   daffi_manifest_t *out,
                                                   daffi_error_t *error);

//  A name against patterns with `*` and `?`, divided by spaces; no pattern at all fits
//  everything.
bool daffi_patterns_fit (daffi_text_t patterns, daffi_text_t name);

#endif
