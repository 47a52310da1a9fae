//  SPDX-License-Identifier: MPL-2.0
//  Cron expressions: against the oracle over years of minutes, and their mistakes.

#include "cron.h"

#include <stdlib.h>

#include "cron_oracle.h"
#include "test.h"
#include "zone_file.h"

static void compare (const char *zone_name, int first_year, int last_year)
{
    static cron_trial_t trial;
    trial.next = daffi_cron_next;
    if (!cron_agrees (&trial, zone_name, first_year, last_year))
        daffi_test_fail (__FILE__, __LINE__, "in %s: %s", zone_name, trial.why);
}

//  With DAFFI_TEST_LONG every year from 1975 to 2060, which takes minutes.
static bool long_run (void)
{
    return getenv ("DAFFI_TEST_LONG") != NULL;
}

TEST ("every minute of a year with changes of daylight saving time, in many zones")
{
    for (const char *const *name = zone_names; *name; name++)
        compare (*name, long_run () ? 1975 : 2026, 2026);
}

TEST ("the same in a year beyond the table of the zone's file")
{
    for (int i = 0; zone_names[i] && (i < 4 || long_run ()); i++)
        compare (zone_names[i], 2041, long_run () ? 2060 : 2041);
}

TEST ("the same where a whole day was left out")
{
    compare ("Pacific/Apia", 2011, 2012);
}

//  --- reading ------------------------------------------------------------------------

static void check_same (const char *a, const char *b)
{
    daffi_cron_t left = {0}, right = {0};
    daffi_error_t error;
    CHECK_OK (daffi_cron_parse (&left, daffi_text_of (a), &error));
    CHECK_OK (daffi_cron_parse (&right, daffi_text_of (b), &error));
    CHECK_EQ_UINT (left.minutes, right.minutes);
    CHECK_EQ_UINT (left.hours, right.hours);
    CHECK_EQ_UINT (left.days, right.days);
    CHECK_EQ_UINT (left.months, right.months);
    CHECK_EQ_UINT (left.weekdays, right.weekdays);
}

TEST ("names and nicknames stand for their numbers")
{
    check_same ("0 0 1 jan,DEC mon-fri", "0 0 1 1,12 1-5");
    check_same ("0 0 * * 7", "0 0 * * sun");
    check_same ("@daily", "0 0 * * *");
    check_same ("@midnight", "@daily");
    check_same ("@hourly", "0 * * * *");
    check_same ("@weekly", "0 0 * * 0");
    check_same ("@monthly", "0 0 1 * *");
    check_same ("@yearly", "@annually");
    check_same ("  1  2\t3 4 5 ", "1 2 3 4 5");
}

static void check_refused (const char *text, const char *expected)
{
    daffi_cron_t cron;
    daffi_error_t error;
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_cron_parse (&cron, daffi_text_of (text), &error));
    CHECK_EQ_STR (error.text, expected);
}

TEST ("a mistake is told with its place")
{
    check_refused ("60 * * * *",
                   "cron \"60 * * * *\": at column 1: minute goes from 0 to 59");
    check_refused (
        "* * * *",
        "cron \"* * * *\": at column 8: five fields were expected; day of week "
        "is missing");
    check_refused ("* * * * * *",
                   "cron \"* * * * * *\": at column 11: there are five fields already");
    check_refused ("* 9-5 * * *",
                   "cron \"* 9-5 * * *\": at column 3: the range runs backwards");
    check_refused (
        "5/2 * * * *",
        "cron \"5/2 * * * *\": at column 2: a step needs * or a range before it");
    check_refused ("* * * foo *",
                   "cron \"* * * foo *\": at column 7: month: a value was expected");
    check_refused ("@never", "cron \"@never\": at column 1: there are @hourly, @daily, "
                             "@weekly, @monthly and @yearly");
    check_refused ("*/0 * * * *",
                   "cron \"*/0 * * * *\": at column 3: minute goes from 1 to 59");
    check_refused ("1;2 * * * *",
                   "cron \"1;2 * * * *\": at column 2: a blank, a comma, - "
                   "or / was expected");
}

TEST ("a day that never comes is known as such")
{
    daffi_cron_t cron;
    daffi_error_t error;
    daffi_zone_t *zone = zone_open ("Europe/Berlin");
    CHECK_OK (daffi_cron_parse (&cron, daffi_text_of ("0 0 30 2 *"), &error));
    CHECK_EQ_INT (daffi_cron_next (&cron, zone, 1790000000), INT64_MAX);
    //  29 February that is a Monday: 2044, and `*/28` makes both day fields count
    CHECK_OK (daffi_cron_parse (&cron, daffi_text_of ("0 0 */28 2 1"), &error));
    CHECK (daffi_cron_next (&cron, zone, 1790000000) != INT64_MAX);
    daffi_zone_destroy (&zone);
}
