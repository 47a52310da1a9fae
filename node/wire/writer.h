//  SPDX-License-Identifier: MPL-2.0
//  msgpack out: bodies of the protocol's own records, and of calls, into a growing
//  buffer.

#ifndef DAFFI_WRITER_H
#define DAFFI_WRITER_H

#include "buffer.h"
#include "daffi_value.h"
#include "text.h"

//  Each appends one msgpack value; out of memory sticks in the buffer (buffer.h), so it
//  is looked at once, at the end.
void daffi_write_nil (daffi_buffer_t *out);
void daffi_write_bool (daffi_buffer_t *out, bool value);
void daffi_write_int (daffi_buffer_t *out, int64_t value);
void daffi_write_uint (daffi_buffer_t *out, uint64_t value);
void daffi_write_double (daffi_buffer_t *out, double value);
void daffi_write_text (daffi_buffer_t *out, daffi_text_t text);
void daffi_write_string (daffi_buffer_t *out, const char *string);
void daffi_write_array (daffi_buffer_t *out, uint32_t count);
void daffi_write_map (daffi_buffer_t *out, uint32_t pairs);
//  Only the head of a binary of `size` bytes: the bytes follow by other means.
void daffi_write_binary_head (daffi_buffer_t *out, uint32_t size);

//  A key and its value: two of the above.
void daffi_write_key_int (daffi_buffer_t *out, const char *key, int64_t value);
void daffi_write_key_uint (daffi_buffer_t *out, const char *key, uint64_t value);
void daffi_write_key_text (daffi_buffer_t *out, const char *key, daffi_text_t value);
void daffi_write_key_string (daffi_buffer_t *out, const char *key, const char *value);

//  A value of the public API. DAFFI_INVALID: a raw value that is not one msgpack value,
//  or nesting deeper than DAFFI_DEPTH_MAX; DAFFI_TOO_BIG: a length over 2^32 - 1.
DAFFI_MUST_USE daffi_status_t daffi_write_value (daffi_buffer_t *out,
                                                 const daffi_value_t *value);
//  An argument list as a msgpack array.
DAFFI_MUST_USE daffi_status_t daffi_write_args (daffi_buffer_t *out, daffi_args_t args);

#endif
