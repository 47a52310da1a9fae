//  SPDX-License-Identifier: MPL-2.0
//  Cron expressions, against an oracle that looks at every minute of years.
//
//  The oracle shares nothing with the product: it asks libc for the local time of each
//  minute, reads the fields by itself, and knows of daylight saving time only that a
//  local clock was seen to repeat or to leave out minutes.

#include "cron.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test.h"
#include "zone_file.h"

//  --- the oracle ---------------------------------------------------------------------

typedef struct {
    const char *text;
    daffi_cron_t cron;
    bool matches[5][64];
    bool either_day, rhythm;
    int64_t next_s;  //  what the product says
    uint64_t runs;
} subject_t;

//  "a", "a-b", "*", each with "/n", of numbers.
static bool item_matches (const char *item, int value, int min, int max)
{
    int low = min, high = max, step = 1;
    const char *slash = strchr (item, '/');
    if (slash)
        step = atoi (slash + 1);
    if (item[0] != '*') {
        low = high = atoi (item);
        const char *dash = strchr (item, '-');
        if (dash)
            high = atoi (dash + 1);
    }
    return value >= low && value <= high && (value - low) % step == 0;
}

static bool list_matches (const char *list, int value, int min, int max)
{
    char copy[64];
    snprintf (copy, sizeof copy, "%s", list);
    char *rest = NULL;
    for (char *item = strtok_r (copy, ",", &rest); item;
         item = strtok_r (NULL, ",", &rest))
        if (item_matches (item, value, min, max))
            return true;
    return false;
}

static void subject_init (subject_t *self, const char *text)
{
    static const int mins[] = {0, 0, 1, 1, 0}, maxs[] = {59, 23, 31, 12, 6};
    char fields[5][48];
    daffi_error_t error;
    memset (self, 0, sizeof *self);
    self->text = text;
    CHECK_OK (daffi_cron_parse (&self->cron, daffi_text_of (text), &error));
    CHECK_EQ_INT (sscanf (text, "%47s %47s %47s %47s %47s", fields[0], fields[1],
                          fields[2], fields[3], fields[4]),
                  5);
    for (int i = 0; i < 5; i++)
        for (int value = mins[i]; value <= maxs[i]; value++)
            self->matches[i][value] =
                list_matches (fields[i], value, mins[i], maxs[i]) ||
                (i == 4 && value == 0 && list_matches (fields[i], 7, 1, 7) &&
                 fields[i][0] != '*');
    self->either_day = fields[2][0] != '*' && fields[4][0] != '*';
    self->rhythm = fields[0][0] == '*' || fields[1][0] == '*';
}

static bool local_matches (const subject_t *self, int64_t local_minute)
{
    time_t at = (time_t)(local_minute * 60);
    struct tm tm;
    gmtime_r (&at, &tm);
    bool month_day = self->matches[2][tm.tm_mday],
         week_day = self->matches[4][tm.tm_wday];
    return self->matches[0][tm.tm_min] && self->matches[1][tm.tm_hour] &&
           self->matches[3][tm.tm_mon + 1] &&
           (self->either_day ? month_day || week_day : month_day && week_day);
}

//  `seen`: the latest minute that the local clock has shown before.
static bool fires (const subject_t *self, int64_t local_minute, int64_t seen)
{
    if (self->rhythm)
        return local_matches (self, local_minute);
    if (local_minute <= seen)
        return false;
    for (int64_t minute = seen + 1; minute <= local_minute; minute++)
        if (local_matches (self, minute))
            return true;
    return false;
}

//  --- against it ---------------------------------------------------------------------

static const char *const expressions[] = {
    "* * * * *",       "*/7 * * * *",  "30 * * * *",          "0 0 * * *",
    "30 2 * * *",      "0 2 * * *",    "15,45 1-3 * * *",     "59 23 * * *",
    "*/20 2 * * *",    "0 3 * * *",    "30 0 * * *",          "0 12 13 * 5",
    "0 0 29 2 *",      "5 4 */5 * *",  "10 1 * 3,10 0",       "10 1 * 3,10 7",
    "0 */6 1-7 * 1-5", "0 0 1 1 *",    "0 9-17/4 * 2-11/3 2", "30 2 * * 0",
    "17 5 31 * *",     "0 2 */2 * */3"};
enum { EXPRESSIONS = sizeof expressions / sizeof expressions[0] };

static int64_t year_s (int year)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mday = 1};
    return (int64_t)timegm (&tm);
}

static void compare (const char *zone_name, int first_year, int last_year)
{
    static subject_t subjects[EXPRESSIONS];
    daffi_zone_t *zone = zone_open (zone_name);
    int64_t begin_s = year_s (first_year), end_s = year_s (last_year + 1);
    int64_t seen = (begin_s - 60 + zone_libc_offset (begin_s - 60)) / 60;
    for (int i = 0; i < EXPRESSIONS; i++) {
        subject_init (&subjects[i], expressions[i]);
        subjects[i].next_s = daffi_cron_next (&subjects[i].cron, zone, begin_s - 1);
    }
    for (int64_t at = begin_s; at < end_s; at += 60) {
        int64_t local = (at + zone_libc_offset (at)) / 60;
        for (int i = 0; i < EXPRESSIONS; i++) {
            subject_t *self = &subjects[i];
            //  the cheap half first: nothing can match in an ordinary minute
            bool plain = local == seen + 1 && !self->matches[0][local % 60];
            bool expected = !plain && fires (self, local, seen);
            if (expected != (self->next_s == at))
                daffi_test_fail (
                    __FILE__, __LINE__,
                    "'%s' in %s: at %lld a run was%s expected, next is %lld",
                    self->text, zone_name, (long long)at, expected ? "" : " not",
                    (long long)self->next_s);
            if (expected) {
                self->next_s = daffi_cron_next (&self->cron, zone, at);
                self->runs++;
            }
        }
        seen = local > seen ? local : seen;
    }
    CHECK_EQ_UINT (subjects[0].runs, (end_s - begin_s) / 60);
    daffi_zone_destroy (&zone);
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
