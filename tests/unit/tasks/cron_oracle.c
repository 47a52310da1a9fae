//  SPDX-License-Identifier: MPL-2.0
//  An oracle for cron expressions: it looks at every minute of years.

#include "cron_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test.h"
#include "zone_file.h"

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

static void subject_init (cron_subject_t *self, const char *text)
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

static bool local_matches (const cron_subject_t *self, int64_t local_minute)
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
static bool fires (const cron_subject_t *self, int64_t local_minute, int64_t seen)
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
_Static_assert(sizeof expressions / sizeof expressions[0] == CRON_EXPRESSIONS,
               "each has its subject");

int64_t cron_year_s (int year)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mday = 1};
    return (int64_t)timegm (&tm);
}

//  One minute. False: the two disagree.
static bool agree_at (cron_trial_t *self, int64_t at, int64_t local, int64_t seen)
{
    for (int i = 0; i < CRON_EXPRESSIONS; i++) {
        cron_subject_t *subject = &self->subjects[i];
        //  the cheap half first: nothing can match in an ordinary minute
        bool plain = local == seen + 1 && !subject->matches[0][local % 60];
        bool expected = !plain && fires (subject, local, seen);
        if (expected != (subject->next_s == at)) {
            snprintf (self->why, sizeof self->why,
                      "'%s': at %lld a run was%s expected, next is %lld", subject->text,
                      (long long)at, expected ? "" : " not",
                      (long long)subject->next_s);
            return false;
        }
        if (expected) {
            subject->next_s = self->next (&subject->cron, self->zone, at);
            subject->runs++;
        }
    }
    return true;
}

//  The product, or what is tried in its place, against the oracle. False: self->why.
bool cron_agrees (cron_trial_t *self, const char *zone_name, int first_year,
                  int last_year)
{
    daffi_zone_t *zone = zone_open (zone_name);
    int64_t begin_s = cron_year_s (first_year), end_s = cron_year_s (last_year + 1);
    int64_t seen = (begin_s - 60 + zone_libc_offset (begin_s - 60)) / 60;
    bool agreed = true;
    self->zone = zone;
    for (int i = 0; i < CRON_EXPRESSIONS; i++) {
        subject_init (&self->subjects[i], expressions[i]);
        self->subjects[i].next_s =
            self->next (&self->subjects[i].cron, zone, begin_s - 1);
    }
    for (int64_t at = begin_s; at < end_s && agreed; at += 60) {
        int64_t local = (at + zone_libc_offset (at)) / 60;
        agreed = agree_at (self, at, local, seen);
        seen = local > seen ? local : seen;
    }
    if (agreed)
        CHECK_EQ_UINT (self->subjects[0].runs, (end_s - begin_s) / 60);
    daffi_zone_destroy (&zone);
    return agreed;
}
