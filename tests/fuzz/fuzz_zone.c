//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a moment (8 bytes) and a TZif file, as a machine may have it. A stretch
//  holds the moment that it was asked for, and a local time that exists leads back to
//  itself. Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "cron.h"
#include "zone.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static void ask (const daffi_zone_t *zone, int64_t utc_s)
{
    int64_t exists = -1;
    daffi_zone_span_t span = daffi_zone_at (zone, utc_s);
    require (span.begin_s <= utc_s && utc_s < span.end_s);
    int64_t back_s = daffi_zone_utc (zone, utc_s + span.offset_s, &exists);
    require (exists == 0 || exists == 1);
    if (exists)
        require (back_s + daffi_zone_at (zone, back_s).offset_s ==
                 utc_s + span.offset_s);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    uint64_t number = 0;
    daffi_cron_t cron;
    daffi_error_t error;
    if (size < sizeof number)
        return 0;
    memcpy (&number, data, sizeof number);
    daffi_zone_t *zone = daffi_zone_new (data + sizeof number, size - sizeof number);
    if (!zone)
        return 0;
    //  1700 to 2500
    int64_t utc_s = (int64_t)(number % (UINT64_C (800) * 365 * 86400)) -
                    INT64_C (270) * 365 * 86400;
    ask (zone, utc_s);
    daffi_zone_span_t span = daffi_zone_at (zone, utc_s);
    if (span.begin_s > INT64_MIN)
        ask (zone, span.begin_s);
    if (span.end_s < INT64_MAX)
        ask (zone, span.end_s);
    require (!daffi_cron_parse (&cron, daffi_text_of ("30 2 * * *"), &error));
    require (daffi_cron_next (&cron, zone, utc_s) > utc_s);
    daffi_zone_destroy (&zone);
    return 0;
}
