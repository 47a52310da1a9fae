//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: a moment (8 bytes) and a cron expression. The next run is later than
//  the moment, at a time that matches by libc's calendar, and no minute before it
//  matches. Aborts where that is not so.

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cron.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static bool matches (const daffi_cron_t *cron, int64_t at_s)
{
    time_t at = (time_t)at_s;
    struct tm tm;
    gmtime_r (&at, &tm);
    bool day = cron->days >> tm.tm_mday & 1, weekday = cron->weekdays >> tm.tm_wday & 1;
    return (cron->minutes >> tm.tm_min & 1) && (cron->hours >> tm.tm_hour & 1) &&
           (cron->months >> (tm.tm_mon + 1) & 1) &&
           (cron->either_day ? day || weekday : day && weekday);
}

static void look_for_earlier (const daffi_cron_t *cron, int64_t after_s, int64_t next_s)
{
    enum { MINUTES = 1500 };
    int64_t at_s = after_s - after_s % 60 + 60;
    for (int i = 0; i < MINUTES && at_s < next_s; i++, at_s += 60)
        require (!matches (cron, at_s));
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    uint64_t number = 0;
    daffi_cron_t cron;
    daffi_error_t error;
    if (size < sizeof number || size > 1000)
        return 0;
    memcpy (&number, data, sizeof number);
    daffi_text_t text = daffi_text ((const char *)data + sizeof number,
                                    (uint32_t)(size - sizeof number));
    if (daffi_cron_parse (&cron, text, &error)) {
        require (strstr (error.text, "at column ") != NULL);
        return 0;
    }
    //  1970 to 2500
    int64_t after_s = (int64_t)(number % (UINT64_C (530) * 365 * 86400));
    daffi_zone_t *utc = daffi_zone_new (NULL, 0);
    for (int i = 0; i < 3; i++) {
        int64_t next_s = daffi_cron_next (&cron, utc, after_s);
        look_for_earlier (&cron, after_s, next_s);
        if (next_s == INT64_MAX)
            break;
        require (next_s > after_s && next_s % 60 == 0 && matches (&cron, next_s));
        after_s = next_s;
    }
    daffi_zone_destroy (&utc);
    return 0;
}
