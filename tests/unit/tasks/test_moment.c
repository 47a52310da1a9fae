//  SPDX-License-Identifier: MPL-2.0
//  The calendar against libc, and ISO 8601.

#include "moment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test.h"
#include "zone_file.h"

TEST ("every day of 1600 to 2400 is the one that libc says")
{
    for (int64_t day = -135140; day < 157054; day++) {
        time_t at = (time_t)(day * 86400);
        struct tm tm;
        gmtime_r (&at, &tm);
        daffi_date_t date = daffi_date_of (day);
        CHECK (date.year == tm.tm_year + 1900 && date.month == tm.tm_mon + 1 &&
               date.day == tm.tm_mday);
        CHECK_EQ_INT (daffi_date_days (&date), day);
        CHECK_EQ_INT (daffi_weekday (day), tm.tm_wday);
    }
}

static int64_t parse (const char *text, const daffi_zone_t *zone)
{
    int64_t ms;
    daffi_error_t error;
    if (daffi_moment_parse ("at", daffi_text_of (text), zone, &ms, &error))
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    return ms;
}

TEST ("the forms of a moment are understood")
{
    const int64_t ms = INT64_C (1795368044) * 1000;
    CHECK_EQ_INT (parse ("2026-11-22T16:40:44Z", NULL), INT64_C (1795365644000));
    CHECK_EQ_INT (parse ("2026-11-22T17:20:44Z", NULL), ms);
    CHECK_EQ_INT (parse ("2026-11-22 18:20:44+01:00", NULL), ms);
    CHECK_EQ_INT (parse ("2026-11-22T18:20:44+0100", NULL), ms);
    CHECK_EQ_INT (parse ("2026-11-22T11:50:44-05:30", NULL), ms);
    CHECK_EQ_INT (parse ("2026-11-22t18:20:44+01", NULL), ms);
    CHECK_EQ_INT (parse ("2026-11-22T17:20:44.5Z", NULL), ms + 500);
    CHECK_EQ_INT (parse ("2026-11-22T17:20:44,1239Z", NULL), ms + 123);
    CHECK_EQ_INT (parse ("2026-11-22T17:20Z", NULL), ms - 44000);
}

TEST ("a moment without a zone is in the one that was given")
{
    daffi_zone_t *zone = zone_open ("Europe/Berlin");
    CHECK_EQ_INT (parse ("2026-07-01T12:00", zone), INT64_C (1782900000000));
    //  left out: the moment of the change; twice: the first
    CHECK_EQ_INT (parse ("2026-03-29T02:30:00.7", zone), INT64_C (1774746000000));
    CHECK_EQ_INT (parse ("2026-10-25T02:30", zone), INT64_C (1792888200000));
    CHECK_EQ_INT (parse ("2026-07-01T12:00Z", zone), INT64_C (1782907200000));
    daffi_zone_destroy (&zone);
}

static void check_refused (const char *text, const char *expected)
{
    int64_t ms;
    daffi_error_t error;
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_moment_parse ("at", daffi_text_of (text), NULL, &ms, &error));
    CHECK_EQ_STR (error.text, expected);
}

TEST ("a mistake is told with its place")
{
    check_refused ("2026-11-22T17:20:44",
                   "at \"2026-11-22T17:20:44\": at column 20: a zone is missing: Z or "
                   "+01:00, or give the key `zone`");
    check_refused ("2026-02-29T00:00Z",
                   "at \"2026-02-29T00:00Z\": at column 9: that month has no such day");
    check_refused ("2026-13-01T00:00Z",
                   "at \"2026-13-01T00:00Z\": at column 6: no such month");
    check_refused ("tomorrow", "at \"tomorrow\": at column 1: a date was expected, as "
                               "2026-11-22");
    check_refused ("2026-11-22", "at \"2026-11-22\": at column 11: T and a time were "
                                 "expected");
    check_refused (
        "2026-11-22T17:20Zz",
        "at \"2026-11-22T17:20Zz\": at column 18: nothing was expected here");
    check_refused ("2026-11-22T25:00Z",
                   "at \"2026-11-22T25:00Z\": at column 12: a time "
                   "was expected, as 17:20 or 17:20:44");
}

TEST ("a moment is shown as it is read")
{
    char text[DAFFI_MOMENT_SIZE];
    daffi_moment_format (INT64_C (1795368044999), text);
    CHECK_EQ_STR (text, "2026-11-22T17:20:44Z");
}

TEST ("a moment is in a year that can be written, also in UTC")
{
    int64_t ms = 7;
    daffi_error_t error;
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_moment_parse ("at", daffi_text_of ("9999-12-31T23:59:56-10:30"),
                                      NULL, &ms, &error));
    CHECK (strstr (error.text, "at column 1: years end with 9999, in UTC"));
    CHECK_EQ_INT (ms, 7);
    CHECK_OK (daffi_moment_parse ("at", daffi_text_of ("9999-12-31T23:59:59.999Z"),
                                  NULL, &ms, &error));
    CHECK_EQ_INT (ms, INT64_C (253402300799999));
}
