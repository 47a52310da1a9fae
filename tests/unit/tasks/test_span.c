//  SPDX-License-Identifier: MPL-2.0
//  Intervals as people type them.

#include "span.h"

#include "test.h"

static int64_t parse (const char *text)
{
    int64_t ms = -1;
    daffi_error_t error;
    if (daffi_span_parse ("interval", daffi_text_of (text), &ms, &error))
        daffi_test_fail (__FILE__, __LINE__, "%s", error.text);
    return ms;
}

static void check_refused (const char *text, const char *expected)
{
    int64_t ms = -1;
    daffi_error_t error;
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_span_parse ("interval", daffi_text_of (text), &ms, &error));
    CHECK_EQ_INT (ms, -1);
    CHECK_EQ_STR (error.text, expected);
}

TEST ("what the ancestor documents is understood")
{
    CHECK_EQ_INT (parse ("5"), 5000);
    CHECK_EQ_INT (parse ("5s"), 5000);
    CHECK_EQ_INT (parse ("1m24s"), 84000);
    CHECK_EQ_INT (parse ("1.2 minutes"), 72000);
}

TEST ("what people type is understood")
{
    CHECK_EQ_INT (parse ("1h 30m"), 5400000);
    CHECK_EQ_INT (parse ("250ms"), 250);
    CHECK_EQ_INT (parse ("2 days"), 172800000);
    CHECK_EQ_INT (parse ("1 Week, 2 Days"), 777600000);
    CHECK_EQ_INT (parse ("  0.5s "), 500);
    CHECK_EQ_INT (parse (".5 h"), 1800000);
    CHECK_EQ_INT (parse ("1 hour 2 minutes 3 seconds 4 milliseconds"), 3723004);
    CHECK_EQ_INT (parse ("0.0005s"), 1);
    CHECK_EQ_INT (parse ("36500 days"), DAFFI_SPAN_MAX_MS);
}

TEST ("a mistake is told with its place")
{
    check_refused ("", "interval \"\": at column 1: nothing is there");
    check_refused ("5x",
                   "interval \"5x\": at column 2: 'x' is no unit; there are ms, s, "
                   "m, h, d and w");
    check_refused ("1m 24",
                   "interval \"1m 24\": at column 6: a unit was expected: ms, s, "
                   "m, h, d or w");
    check_refused ("soon", "interval \"soon\": at column 1: a number was expected");
    check_refused ("-5s", "interval \"-5s\": at column 1: a number was expected");
    check_refused ("0", "interval \"0\": at column 1: shorter than 1 ms");
    check_refused ("36501d", "interval \"36501d\": at column 1: more than 100 years");
    check_refused ("99999999999999s",
                   "interval \"99999999999999s\": at column 1: more than 100 years");
    check_refused ("1\n",
                   "interval \"1?\": at column 2: a unit was expected: ms, s, m, "
                   "h, d or w");
}

TEST ("a length is shown so that it is read as the same one")
{
    static const int64_t lengths[] = {1,       999,      1000,     84000,
                                      5400000, 86400001, 777600000};
    char text[64];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        daffi_span_format (lengths[i], text, sizeof text);
        CHECK_EQ_INT (parse (text), lengths[i]);
    }
    daffi_span_format (84000, text, sizeof text);
    CHECK_EQ_STR (text, "1m 24s");
}
