//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: ISO 8601, with and without a zone for texts that name none. What is
//  read and shown again is the same to the second. Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "moment.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static void read_one (daffi_text_t text, const daffi_zone_t *zone)
{
    int64_t ms = -1, again = -1;
    char shown[DAFFI_MOMENT_SIZE];
    daffi_error_t error;
    daffi_status_t status = daffi_moment_parse ("at", text, zone, &ms, &error);
    if (status) {
        require (status == DAFFI_INVALID && ms == -1);
        require (strstr (error.text, "at column ") != NULL);
        return;
    }
    daffi_moment_format (ms, shown);
    require (!daffi_moment_parse ("at", daffi_text_of (shown), NULL, &again, &error));
    require (again == daffi_floor_div (ms, 1000) * 1000);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size > 1000)
        return 0;
    daffi_text_t text = daffi_text ((const char *)data, (uint32_t)size);
    daffi_zone_t *utc = daffi_zone_new (NULL, 0);
    require (utc != NULL);
    read_one (text, NULL);
    read_one (text, utc);
    daffi_zone_destroy (&utc);
    return 0;
}
