//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a length of time as somebody types it. What is read is within its
//  bounds and, shown again, read as the same; what is refused is refused with a place.
//  Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "span.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    int64_t ms = -1, again = -1;
    char shown[64];
    daffi_error_t error;
    if (size > 1000)
        return 0;
    daffi_text_t text = daffi_text ((const char *)data, (uint32_t)size);
    daffi_status_t status = daffi_span_parse ("interval", text, &ms, &error);
    if (status) {
        require (status == DAFFI_INVALID && ms == -1);
        require (strstr (error.text, "at column ") != NULL);
        return 0;
    }
    require (ms >= 1 && ms <= DAFFI_SPAN_MAX_MS);
    daffi_span_format (ms, shown, sizeof shown);
    require (!daffi_span_parse ("interval", daffi_text_of (shown), &again, &error));
    require (again == ms);
    return 0;
}
