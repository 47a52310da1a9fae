//  SPDX-License-Identifier: MPL-2.0
//  Cron expressions: when they come true next.
//
//  Local time is searched by the calendar, within one stretch between two settings of
//  the zone's clock after the other. What the settings leave out or bring twice is
//  dealt with where two stretches meet.

#include "cron.h"
#include "moment.h"

#define NEVER INT64_MAX

enum { DAY_MINUTES = 1440, YEARS_MAX = 50 };  //  29 February on a Monday: 28, or 40

static bool day_matches (const daffi_cron_t *self, int64_t day,
                         const daffi_date_t *date)
{
    bool of_month = self->days >> date->day & 1;
    bool of_week = self->weekdays >> daffi_weekday (day) & 1;
    return self->either_day ? of_month || of_week : of_month && of_week;
}

//  The first minute of a day that matches, from `minute` on; negative: none.
static int minute_from (const daffi_cron_t *self, int minute)
{
    for (int hour = minute / 60; hour < 24; hour++, minute = hour * 60) {
        if (!(self->hours >> hour & 1))
            continue;
        uint64_t left = self->minutes >> (minute % 60);
        if (left)
            return minute + __builtin_ctzll (left);
    }
    return -1;
}

//  The first local minute since 1970 that matches, from `local` on.
static int64_t next_local (const daffi_cron_t *self, int64_t local)
{
    int64_t day = daffi_floor_div (local, DAY_MINUTES);
    int minute = (int)(local - day * DAY_MINUTES);
    int64_t last_year = daffi_date_of (day).year + YEARS_MAX;
    for (;;) {
        daffi_date_t date = daffi_date_of (day);
        if (date.year > last_year)
            return NEVER;
        if (!(self->months >> date.month & 1)) {
            day += daffi_month_length (date.year, date.month) - date.day + 1;
        } else {
            int found =
                day_matches (self, day, &date) ? minute_from (self, minute) : -1;
            if (found >= 0)
                return day * DAY_MINUTES + found;
            day++;
        }
        minute = 0;
    }
}

static int64_t minute_up (int64_t seconds)
{
    return daffi_floor_div (seconds + 59, 60);
}

//  Does a time match that was left out when the clock was set forward?
static bool left_out (const daffi_cron_t *self, const daffi_zone_span_t *span,
                      int64_t offset_before)
{
    int64_t first = next_local (self, minute_up (span->begin_s + offset_before));
    return first != NEVER && first * 60 < span->begin_s + span->offset_s;
}

int64_t daffi_cron_next (const daffi_cron_t *self, const daffi_zone_t *zone,
                         int64_t after_s)
{
    int64_t from_s = after_s + 1;
    daffi_zone_span_t span = daffi_zone_at (zone, from_s);
    for (;;) {
        int64_t local_s = from_s + span.offset_s;
        if (!self->rhythm && span.begin_s != INT64_MIN) {
            int64_t before = daffi_zone_at (zone, span.begin_s - 1).offset_s;
            if (from_s == span.begin_s && before < span.offset_s &&
                left_out (self, &span, before))
                return from_s;
            //  until then the local times had come once already
            if (local_s < span.begin_s + before)
                local_s = span.begin_s + before;
        }
        int64_t found = next_local (self, minute_up (local_s));
        if (found == NEVER)
            return NEVER;
        int64_t utc_s = found * 60 - span.offset_s;
        if (utc_s < span.end_s)
            return utc_s;
        from_s = span.end_s;
        span = daffi_zone_at (zone, from_s);
    }
}
