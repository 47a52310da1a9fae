//  SPDX-License-Identifier: MPL-2.0
//  Lengths of time as people type them: "5", "1m24s", "1.2 minutes", "1h 30m".

#ifndef DAFFI_SPAN_H
#define DAFFI_SPAN_H

#include "daffi_status.h"
#include "text.h"

#define DAFFI_SPAN_MAX_MS (INT64_C (36500) * 24 * 3600 * 1000)

//  Milliseconds, 1 to DAFFI_SPAN_MAX_MS. DAFFI_INVALID: `error` says where it is wrong;
//  `what` is the name of the thing in that text.
DAFFI_MUST_USE daffi_status_t daffi_span_parse (const char *what, daffi_text_t text,
                                                int64_t *ms, daffi_error_t *error);

//  "1m 24s", "250ms"; cut if `size` is too small, always terminated.
void daffi_span_format (int64_t ms, char *out, size_t size);

//  DAFFI_INVALID and `what "text": at column N: problem`, with what of `text` can be
//  shown.
daffi_status_t daffi_refuse_text (daffi_error_t *error, const char *what,
                                  daffi_text_t text, size_t offset, const char *format,
                                  ...) DAFFI_PRINTF (5, 6);

#endif
