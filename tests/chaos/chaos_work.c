//  SPDX-License-Identifier: MPL-2.0
//  Both sides' knowledge of what a call must look like.
#include "chaos_work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t chaos_work_sent_size (const chaos_call_t *call)
{
    return call->kind == CHAOS_BIG ? call->parameter : call->parameter % 64;
}

//  Another size than was sent, so that an echo of the arguments is noticed.
size_t chaos_work_back_size (const chaos_call_t *call)
{
    size_t size = chaos_work_sent_size (call);
    return call->kind == CHAOS_BIG ? CHAOS_BODY_MAX - size / 2 > size ? size / 2 : size
                                   : 63 - size;
}

static uint64_t word_at (uint64_t start, size_t index)
{
    return start + index * UINT64_C (0x9e3779b97f4a7c15);
}

void chaos_work_fill (uint8_t *bytes, size_t size, uint64_t number)
{
    uint64_t start = chaos_mix (number);
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = word_at (start, i / 8);
        memcpy (bytes + i, &word, size - i < 8 ? size - i : 8);
    }
}

bool chaos_work_matches (const void *bytes, size_t size, uint64_t number)
{
    uint64_t start = chaos_mix (number);
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = word_at (start, i / 8);
        if (memcmp (at + i, &word, size - i < 8 ? size - i : 8) != 0)
            return false;
    }
    return true;
}

uint64_t chaos_work_digest (uint64_t number, const chaos_call_t *call)
{
    return chaos_mix (number * 31 + call->kind) ^ call->parameter;
}

bool chaos_work_result_right (uint64_t number, const chaos_call_t *call,
                              const daffi_value_t *value)
{
    daffi_value_t items[3];
    uint64_t said, digest;
    const void *bytes;
    size_t size;
    if (!value || value->kind != DAFFI_KIND_ARRAY || value->count != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (daffi_value_item (value, i, &items[i]))
            return false;
    return !daffi_value_get_uint (&items[0], &said) &&
           !daffi_value_get_uint (&items[1], &digest) &&
           !daffi_value_get_bytes (&items[2], &bytes, &size) && said == number &&
           digest == chaos_work_digest (number, call) &&
           size == chaos_work_back_size (call) &&
           chaos_work_matches (bytes, size, ~number);
}

void chaos_work_failure (uint64_t number, char text[64])
{
    snprintf (text, 64, "call %" PRIu64 " is one that fails", number);
}

void chaos_work_wrong (chaos_call_t *call, uint8_t what)
{
    atomic_fetch_or (&call->wrong, what);
}
