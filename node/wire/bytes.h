//  SPDX-License-Identifier: MPL-2.0
//  Big-endian numbers in place: what msgpack is made of.
//
//  Byte by byte, so that alignment and the host's order do not matter; gcc and clang
//  make one load and one swap of it.

#ifndef DAFFI_BYTES_H
#define DAFFI_BYTES_H

#include <stdint.h>

static inline uint16_t daffi_load16 (const uint8_t *from)
{
    return (uint16_t)((unsigned)from[0] << 8 | from[1]);
}

static inline uint32_t daffi_load32 (const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 |
           from[3];
}

static inline uint64_t daffi_load64 (const uint8_t *from)
{
    return (uint64_t)daffi_load32 (from) << 32 | daffi_load32 (from + 4);
}

//  A number of 1, 2, 4 or 8 bytes.
static inline uint64_t daffi_load (const uint8_t *from, unsigned width)
{
    switch (width) {
    case 1:
        return from[0];
    case 2:
        return daffi_load16 (from);
    case 4:
        return daffi_load32 (from);
    default:
        return daffi_load64 (from);
    }
}

static inline void daffi_store16 (uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static inline void daffi_store32 (uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 24);
    to[1] = (uint8_t)(value >> 16);
    to[2] = (uint8_t)(value >> 8);
    to[3] = (uint8_t)value;
}

static inline void daffi_store64 (uint8_t *to, uint64_t value)
{
    daffi_store32 (to, (uint32_t)(value >> 32));
    daffi_store32 (to + 4, (uint32_t)value);
}

#endif
