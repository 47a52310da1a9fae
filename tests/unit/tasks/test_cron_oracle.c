//  SPDX-License-Identifier: MPL-2.0
//  Does the oracle look? Mistakes are planted, and it has to find every one of them.

#include "cron_oracle.h"

#include <stdio.h>
#include <time.h>

#include "test.h"

//  Each of these is the product with one mistake that somebody could make.

static int64_t next_in_winter (const daffi_cron_t *cron, const daffi_zone_t *zone,
                               int64_t after_s)
{
    daffi_zone_t *utc = daffi_zone_new (NULL, 0);
    int64_t offset_s = daffi_zone_at (zone, cron_year_s (2026)).offset_s;
    int64_t next_s = daffi_cron_next (cron, utc, after_s + offset_s);
    daffi_zone_destroy (&utc);
    return next_s == INT64_MAX ? next_s : next_s - offset_s;
}

static int64_t next_but_one (const daffi_cron_t *cron, const daffi_zone_t *zone,
                             int64_t after_s)
{
    return daffi_cron_next (cron, zone, after_s + 60);
}

static int64_t next_of_both_days (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                  int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    wrong.either_day = false;
    return daffi_cron_next (&wrong, zone, after_s);
}

static int64_t next_of_either_day (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                   int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    wrong.either_day = true;
    return daffi_cron_next (&wrong, zone, after_s);
}

static int64_t next_twice_in_autumn (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                     int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    wrong.rhythm = true;
    return daffi_cron_next (&wrong, zone, after_s);
}

static int64_t next_once_in_autumn (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                    int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    wrong.rhythm = false;
    return daffi_cron_next (&wrong, zone, after_s);
}

static int64_t next_but_in_spring (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                   int64_t after_s)
{
    int64_t next_s = daffi_cron_next (cron, zone, after_s);
    int64_t local_s = next_s + daffi_zone_at (zone, next_s).offset_s;
    bool at_the_change = daffi_zone_at (zone, next_s).begin_s == next_s;
    bool named = cron->hours >> (local_s / 3600 % 24) & 1;
    return at_the_change && !named ? daffi_cron_next (cron, zone, next_s) : next_s;
}

static int64_t next_without_sunday (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                    int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    wrong.weekdays &= (uint8_t)~1u;
    return wrong.weekdays ? daffi_cron_next (&wrong, zone, after_s) : INT64_MAX;
}

static int64_t next_without_leap_day (const daffi_cron_t *cron,
                                      const daffi_zone_t *zone, int64_t after_s)
{
    int64_t next_s = daffi_cron_next (cron, zone, after_s);
    time_t at = (time_t)next_s;
    struct tm tm;
    if (next_s == INT64_MAX || !gmtime_r (&at, &tm))
        return next_s;
    return tm.tm_mon == 1 && tm.tm_mday == 29 ? daffi_cron_next (cron, zone, next_s)
                                              : next_s;
}

static int64_t next_month_from_zero (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                     int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    wrong.months = (uint16_t)(cron->months << 1 & 0x1ffe);
    return wrong.months ? daffi_cron_next (&wrong, zone, after_s) : INT64_MAX;
}

static int64_t next_from_step_one (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                   int64_t after_s)
{
    daffi_cron_t wrong = *cron;
    if (cron->days & (1u << 1) && !(cron->days & (1u << 2)))
        wrong.days = cron->days >> 1;  //  */5 as 5, 10, 15 instead of 1, 6, 11
    return wrong.days ? daffi_cron_next (&wrong, zone, after_s) : INT64_MAX;
}

TEST ("the oracle finds every one of the mistakes that are planted")
{
    static const struct {
        const char *name;
        cron_next_fn *next;
    } mistakes[] = {{"daylight saving time unknown", next_in_winter},
                    {"a minute that is missed", next_but_one},
                    {"both days needed", next_of_both_days},
                    {"either day enough", next_of_either_day},
                    {"a time of the day twice in autumn", next_twice_in_autumn},
                    {"a rhythm once in autumn", next_once_in_autumn},
                    {"no run for a time that is left out", next_but_in_spring},
                    {"no Sunday", next_without_sunday},
                    {"no leap day", next_without_leap_day},
                    {"months from zero", next_month_from_zero},
                    {"steps from zero", next_from_step_one}};
    static cron_trial_t trial;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        trial.next = mistakes[i].next;
        //  2028 has a leap day
        if (cron_agrees (&trial, "Europe/Berlin", 2028, 2028))
            daffi_test_fail (__FILE__, __LINE__, "not found: %s", mistakes[i].name);
        printf ("     %s: %s\n", mistakes[i].name, trial.why);
    }
}
