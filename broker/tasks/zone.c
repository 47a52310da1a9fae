//  SPDX-License-Identifier: MPL-2.0
//  Time zones: the table of a TZif file, and beyond its end the rule of its footer.

#include "zone.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bytes.h"
#include "zone_rule.h"

//  A file comes from the machine's administrator; these only keep it sane.
enum { CHANGES_MAX = 20000, TYPES_MAX = 256, HEADER_SIZE = 44 };

typedef struct {
    int64_t begin_s;
    int64_t offset_s;
} change_t;

struct daffi_zone {
    change_t *changes;  //  ascending; the first is since ever
    uint32_t count;
    daffi_zone_rule_t rule;
    bool has_rule;  //  beyond the last change
};

//  --- reading ------------------------------------------------------------------------

//  The six counts of a header, and where the data of its block lies.
typedef struct {
    uint32_t isut, isstd, leap, times, types, chars;
    const uint8_t *data;
    unsigned width;  //  bytes of a time
} block_t;

static size_t block_size (const block_t *self)
{
    return (size_t)self->times * (self->width + 1) + (size_t)self->types * 6 +
           self->chars + (size_t)self->leap * (self->width + 4) + self->isstd +
           self->isut;
}

static bool read_block (const uint8_t *data, size_t size, unsigned width, block_t *out)
{
    if (size < HEADER_SIZE || memcmp (data, "TZif", 4) != 0)
        return false;
    const uint8_t *counts = data + 20;
    out->isut = daffi_load32 (counts);
    out->isstd = daffi_load32 (counts + 4);
    out->leap = daffi_load32 (counts + 8);
    out->times = daffi_load32 (counts + 12);
    out->types = daffi_load32 (counts + 16);
    out->chars = daffi_load32 (counts + 20);
    out->data = data + HEADER_SIZE;
    out->width = width;
    return out->isut <= TYPES_MAX && out->isstd <= TYPES_MAX &&
           out->leap <= TYPES_MAX && out->times <= CHANGES_MAX && out->types > 0 &&
           out->types <= TYPES_MAX && out->chars <= 4096 &&
           block_size (out) <= size - HEADER_SIZE;
}

static int64_t offset_of_type (const block_t *block, unsigned type)
{
    const uint8_t *types = block->data + (size_t)block->times * (block->width + 1);
    return (int32_t)daffi_load32 (types + (size_t)type * 6);
}

static bool read_changes (daffi_zone_t *self, const block_t *block)
{
    const uint8_t *kinds = block->data + (size_t)block->times * block->width;
    self->changes = daffi_new ((block->times + 1) * sizeof *self->changes);
    self->changes[0].begin_s = INT64_MIN;
    self->changes[0].offset_s = offset_of_type (block, 0);
    self->count = 1;
    for (uint32_t i = 0; i < block->times; i++) {
        const uint8_t *at = block->data + (size_t)i * block->width;
        int64_t begin =
            block->width == 8 ? (int64_t)daffi_load64 (at) : (int32_t)daffi_load32 (at);
        if (kinds[i] >= block->types ||
            (i > 0 && begin <= self->changes[self->count - 1].begin_s))
            return false;
        int64_t offset = offset_of_type (block, kinds[i]);
        if (offset < -86400 * 2 || offset > 86400 * 2)
            return false;
        self->changes[self->count].begin_s = begin;
        self->changes[self->count++].offset_s = offset;
    }
    return true;
}

//  The text between two newlines at the end of the file.
static bool read_footer (daffi_zone_t *self, const uint8_t *data, size_t size)
{
    char text[128];
    if (size < 2 || size - 2 >= sizeof text || data[0] != '\n' ||
        data[size - 1] != '\n')
        return false;
    memcpy (text, data + 1, size - 2);
    text[size - 2] = 0;
    if (text[0])
        self->has_rule = daffi_zone_rule_parse (&self->rule, text);
    return !text[0] || self->has_rule;
}

//  Version 1 has one block with times of 32 bits; later ones have another one behind it
//  with 64, and a footer.
static bool read_file (daffi_zone_t *self, const uint8_t *data, size_t size)
{
    block_t block;
    if (!read_block (data, size, 4, &block))
        return false;
    if (data[4] < '2')
        return read_changes (self, &block);
    size_t skip = HEADER_SIZE + block_size (&block);
    if (!read_block (data + skip, size - skip, 8, &block))
        return false;
    size_t end = skip + HEADER_SIZE + block_size (&block);
    return read_changes (self, &block) && read_footer (self, data + end, size - end);
}

daffi_zone_t *daffi_zone_new (const void *data, size_t size)
{
    daffi_zone_t *self = daffi_new (sizeof *self);
    if (size == 0) {
        self->changes = daffi_new (sizeof *self->changes);
        self->changes[0].begin_s = INT64_MIN;
        self->count = 1;
    } else if (!read_file (self, data, size)) {
        daffi_zone_destroy (&self);
    }
    return self;
}

void daffi_zone_destroy (daffi_zone_t **self_p)
{
    daffi_zone_t *self = *self_p;
    if (!self)
        return;
    free (self->changes);
    free (self);
    *self_p = NULL;
}

//  --- asking -------------------------------------------------------------------------

//  Beyond the table: which of the rule's changes are around the second?
static daffi_zone_span_t span_of_rule (const daffi_zone_t *self, int64_t utc_s)
{
    daffi_zone_span_t span = daffi_zone_rule_at (&self->rule, utc_s);
    int64_t last = self->changes[self->count - 1].begin_s;
    if (span.begin_s < last)
        span.begin_s = last;
    return span;
}

daffi_zone_span_t daffi_zone_at (const daffi_zone_t *self, int64_t utc_s)
{
    uint32_t low = 0, high = self->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (self->changes[middle].begin_s <= utc_s)
            low = middle;
        else
            high = middle;
    }
    if (low + 1 == self->count && self->has_rule)
        return span_of_rule (self, utc_s);
    daffi_zone_span_t span = {
        .begin_s = self->changes[low].begin_s,
        .end_s = low + 1 < self->count ? self->changes[low + 1].begin_s : INT64_MAX,
        .offset_s = self->changes[low].offset_s};
    return span;
}

int64_t daffi_zone_utc (const daffi_zone_t *self, int64_t local_s, int64_t *exists)
{
    //  the earliest span that could hold it
    daffi_zone_span_t span = daffi_zone_at (self, local_s - 2 * 86400);
    *exists = 1;
    while (span.end_s != INT64_MAX && local_s - span.offset_s >= span.end_s) {
        int64_t end = span.end_s;
        span = daffi_zone_at (self, end);
        if (local_s - span.offset_s < end) {
            *exists = 0;
            return end;
        }
    }
    return local_s - span.offset_s;
}
