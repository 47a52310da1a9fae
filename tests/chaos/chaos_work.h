//  SPDX-License-Identifier: MPL-2.0
//  What is called: arguments and results are functions of the call's number, so that
//  each side can tell a wrong one.
#ifndef CHAOS_WORK_H
#define CHAOS_WORK_H

#include <daffi.h>

#include "chaos_board.h"

#define CHAOS_POOLED_NAME "work"
#define CHAOS_INLINE_NAME "quick"
#define CHAOS_NOBODY_NAME "nobody"

enum { CHAOS_BODY_MAX = 1 << 20 };

//  Bytes that go with the call, and that come back.
size_t chaos_work_sent_size (const chaos_call_t *call);
size_t chaos_work_back_size (const chaos_call_t *call);
void chaos_work_fill (uint8_t *bytes, size_t size, uint64_t number);
bool chaos_work_matches (const void *bytes, size_t size, uint64_t number);

uint64_t chaos_work_digest (uint64_t number, const chaos_call_t *call);
//  Is it the one result that this call can have?
bool chaos_work_result_right (uint64_t number, const chaos_call_t *call,
                              const daffi_value_t *value);
//  The text of an error of the function itself.
void chaos_work_failure (uint64_t number, char text[64]);

void chaos_work_wrong (chaos_call_t *call, uint8_t what);

#endif
