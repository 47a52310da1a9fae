//  SPDX-License-Identifier: MPL-2.0
//  The rule of a zone for all years.

#include "zone_rule.h"

#include "moment.h"

//  --- reading ------------------------------------------------------------------------

static bool read_number (const char **text, int max, int *out)
{
    if (**text < '0' || **text > '9')
        return false;
    for (*out = 0; **text >= '0' && **text <= '9'; (*text)++) {
        *out = *out * 10 + (**text - '0');
        if (*out > max)
            return false;
    }
    return true;
}

//  "CET", or "<+03>".
static bool skip_name (const char **text)
{
    const char *begin = *text;
    if (*begin == '<') {
        while (**text && **text != '>')
            (*text)++;
        return *(*text)++ == '>';
    }
    while ((**text >= 'a' && **text <= 'z') || (**text >= 'A' && **text <= 'Z'))
        (*text)++;
    return *text - begin >= 3;
}

//  [+-]hh[:mm[:ss]] in seconds.
static bool read_time (const char **text, int64_t *out)
{
    int hour, minute = 0, second = 0;
    bool negative = **text == '-';
    if (**text == '-' || **text == '+')
        (*text)++;
    if (!read_number (text, 167, &hour))
        return false;
    if (**text == ':' && ((*text)++, !read_number (text, 59, &minute)))
        return false;
    if (**text == ':' && ((*text)++, !read_number (text, 59, &second)))
        return false;
    *out = (hour * INT64_C (60) + minute) * 60 + second;
    if (negative)
        *out = -*out;
    return true;
}

static bool read_month_day (const char **text, daffi_zone_day_t *out)
{
    out->kind = DAFFI_DAY_OF_MONTH;
    return read_number (text, 12, &out->month) && out->month > 0 && *(*text)++ == '.' &&
           read_number (text, 5, &out->week) && out->week > 0 && *(*text)++ == '.' &&
           read_number (text, 6, &out->day);
}

//  ",M3.5.0/2"
static bool read_day (const char **text, daffi_zone_day_t *out)
{
    bool read;
    if (*(*text)++ != ',')
        return false;
    if (**text == 'M') {
        (*text)++;
        read = read_month_day (text, out);
    } else {
        out->kind = **text == 'J' ? DAFFI_DAY_JULIAN : DAFFI_DAY_OF_YEAR;
        *text += **text == 'J';
        read = read_number (text, 365, &out->day) &&
               (out->kind == DAFFI_DAY_OF_YEAR || out->day > 0);
    }
    out->time_s = 2 * 3600;
    if (read && **text == '/')
        read = ((*text)++, read_time (text, &out->time_s));
    return read;
}

bool daffi_zone_rule_parse (daffi_zone_rule_t *self, const char *text)
{
    int64_t west;
    if (!skip_name (&text) || !read_time (&text, &west))
        return false;
    self->standard_s = -west;
    self->summer_s = self->standard_s + 3600;
    self->has_summer = *text;
    if (!*text)
        return true;
    if (!skip_name (&text))
        return false;
    if (*text != ',') {
        if (!read_time (&text, &west))
            return false;
        self->summer_s = -west;
    }
    return read_day (&text, &self->begin) && read_day (&text, &self->end) && !*text;
}

//  --- asking -------------------------------------------------------------------------

//  Local seconds since 1970 of a rule's day in a year.
static int64_t day_in (const daffi_zone_day_t *self, int64_t year)
{
    daffi_date_t date = {year, 1, 1};
    int64_t days = daffi_date_days (&date);
    switch (self->kind) {
    case DAFFI_DAY_OF_MONTH: {
        date.month = self->month;
        days = daffi_date_days (&date);
        int length = daffi_month_length (year, self->month);
        int day = (self->day - daffi_weekday (days) + 7) % 7 + 7 * (self->week - 1);
        days += day < length ? day : day - 7;
        break;
    }
    case DAFFI_DAY_JULIAN:
        days += self->day - 1;
        days += self->day > 59 && daffi_month_length (year, 2) == 29;
        break;
    case DAFFI_DAY_OF_YEAR:
        days += self->day;
        break;
    }
    return days * 86400 + self->time_s;
}

//  Takes the change at `at_s` into account for the span around utc_s.
static void consider (daffi_zone_span_t *span, int64_t utc_s, int64_t at_s,
                      int64_t offset_s)
{
    if (at_s <= utc_s && at_s >= span->begin_s) {
        span->begin_s = at_s;
        span->offset_s = offset_s;
    } else if (at_s > utc_s && at_s < span->end_s) {
        span->end_s = at_s;
    }
}

daffi_zone_span_t daffi_zone_rule_at (const daffi_zone_rule_t *self, int64_t utc_s)
{
    daffi_zone_span_t span = {INT64_MIN, INT64_MAX, self->standard_s};
    if (!self->has_summer)
        return span;
    int64_t year = daffi_date_of (daffi_floor_div (utc_s, 86400)).year;
    for (int64_t y = year - 1; y <= year + 1; y++) {
        int64_t begin = day_in (&self->begin, y) - self->standard_s;
        int64_t end = day_in (&self->end, y) - self->summer_s;
        consider (&span, utc_s, begin, self->summer_s);
        consider (&span, utc_s, end, self->standard_s);
    }
    return span;
}
