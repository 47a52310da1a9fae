//  SPDX-License-Identifier: MPL-2.0
//  Moments, the calendar, and ISO 8601.

#include "moment.h"

#include <stdio.h>

#include "span.h"

//  --- the calendar -------------------------------------------------------------------

static bool is_leap (int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int daffi_month_length (int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap (year) ? 29 : lengths[(unsigned)(month - 1) % 12];
}

//  Years begin in March here, so that the leap day is the last one of its year.
static int64_t days_before_year (int64_t year)
{
    return 365 * year + daffi_floor_div (year, 4) - daffi_floor_div (year, 100) +
           daffi_floor_div (year, 400);
}

enum { DAYS_TO_1970 = 719468 };  //  from 0000-03-01

int64_t daffi_date_days (const daffi_date_t *date)
{
    int64_t year = date->month > 2 ? date->year : date->year - 1;
    int month = date->month > 2 ? date->month - 3 : date->month + 9;
    return days_before_year (year) + (153 * month + 2) / 5 + date->day - 1 -
           DAYS_TO_1970;
}

daffi_date_t daffi_date_of (int64_t days)
{
    days += DAYS_TO_1970;
    //  never too late a year, and at most one too early
    int64_t year = daffi_floor_div (days * 400 - 400, 146097);
    while (days_before_year (year + 1) <= days)
        year++;
    int rest = (int)(days - days_before_year (year));
    int month = (5 * rest + 2) / 153;
    daffi_date_t date = {.year = month < 10 ? year : year + 1,
                         .month = month < 10 ? month + 3 : month - 9,
                         .day = rest - (153 * month + 2) / 5 + 1};
    return date;
}

int daffi_weekday (int64_t days)
{
    //  1970-01-01 was a Thursday
    return (int)(days + 4 - 7 * daffi_floor_div (days + 4, 7));
}

//  --- ISO 8601 -----------------------------------------------------------------------

typedef struct {
    const char *what;
    daffi_text_t text;
    size_t at;
    daffi_error_t *error;
} reader_t;

static char peek (const reader_t *self)
{
    return self->at < self->text.size ? self->text.data[self->at] : 0;
}

static daffi_status_t refuse (const reader_t *self, size_t at, const char *problem)
{
    return daffi_refuse_text (self->error, self->what, self->text, at, "%s", problem);
}

//  Exactly `digits` of them, from min to max.
static daffi_status_t read_number (reader_t *self, int digits, int min, int max,
                                   const char *problem, int *out)
{
    size_t begin = self->at;
    int number = 0;
    for (int i = 0; i < digits; i++, self->at++) {
        if (peek (self) < '0' || peek (self) > '9')
            return refuse (self, self->at, problem);
        number = number * 10 + (peek (self) - '0');
    }
    if (number < min || number > max)
        return refuse (self, begin, problem);
    *out = number;
    return DAFFI_OK;
}

static daffi_status_t read_mark (reader_t *self, const char *marks, const char *problem)
{
    if (!peek (self) || !strchr (marks, peek (self)))
        return refuse (self, self->at, problem);
    self->at++;
    return DAFFI_OK;
}

static daffi_status_t read_date (reader_t *self, int64_t *days)
{
    static const char form[] = "a date was expected, as 2026-11-22";
    int year = 0, month = 0, day = 0;
    size_t begin = self->at;
    daffi_status_t status = read_number (self, 4, 1970, 9999, form, &year);
    status = status ? status : read_mark (self, "-", form);
    status = status ? status : read_number (self, 2, 1, 12, "no such month", &month);
    status = status ? status : read_mark (self, "-", form);
    status = status ? status : read_number (self, 2, 1, 31, "no such day", &day);
    if (!status && day > daffi_month_length (year, month))
        status = refuse (self, begin + 8, "that month has no such day");
    if (status)
        return status;
    daffi_date_t date = {year, month, day};
    *days = daffi_date_days (&date);
    return DAFFI_OK;
}

static daffi_status_t read_seconds (reader_t *self, int64_t *ms)
{
    int second = 0;
    if (peek (self) != ':')
        return DAFFI_OK;
    self->at++;
    daffi_status_t status =
        read_number (self, 2, 0, 59, "seconds are 00 to 59", &second);
    if (status)
        return status;
    *ms += second * INT64_C (1000);
    if (peek (self) != '.' && peek (self) != ',')
        return DAFFI_OK;
    self->at++;
    if (peek (self) < '0' || peek (self) > '9')
        return refuse (self, self->at, "a fraction was expected");
    for (int place = 100; peek (self) >= '0' && peek (self) <= '9'; self->at++) {
        *ms += place * (peek (self) - '0');
        place /= 10;
    }
    return DAFFI_OK;
}

static daffi_status_t read_time (reader_t *self, int64_t *ms)
{
    static const char form[] = "a time was expected, as 17:20 or 17:20:44";
    int hour = 0, minute = 0;
    daffi_status_t status = read_number (self, 2, 0, 23, form, &hour);
    status = status ? status : read_mark (self, ":", form);
    status = status ? status : read_number (self, 2, 0, 59, form, &minute);
    if (status)
        return status;
    *ms = (hour * INT64_C (60) + minute) * 60000;
    return read_seconds (self, ms);
}

//  The numbers behind a sign.
static daffi_status_t read_offset (reader_t *self, int64_t *ms)
{
    static const char form[] = "a zone was expected, as Z or +01:00";
    int hour, minute = 0;
    bool west = peek (self) == '-';
    self->at++;
    daffi_status_t status = read_number (self, 2, 0, 23, form, &hour);
    if (!status && peek (self) == ':')
        self->at++;
    if (!status && self->at < self->text.size)
        status = read_number (self, 2, 0, 59, form, &minute);
    if (status)
        return status;
    *ms = (hour * INT64_C (60) + minute) * 60000 * (west ? -1 : 1);
    return DAFFI_OK;
}

//  Takes `local_ms` to UTC, by what the text says of its zone, or by `zone`.
static daffi_status_t resolve (reader_t *self, int64_t local_ms,
                               const daffi_zone_t *zone, int64_t *ms)
{
    int64_t offset_ms = 0;
    daffi_status_t status = DAFFI_OK;
    if (!peek (self) && !zone)
        return refuse (self, self->at,
                       "a zone is missing: Z or +01:00, or give the key `zone`");
    if (!peek (self)) {
        int64_t seconds = daffi_floor_div (local_ms, 1000);
        *ms = daffi_zone_utc (zone, seconds, &seconds) * 1000;
        if (seconds)  //  not in a gap
            *ms += local_ms - 1000 * daffi_floor_div (local_ms, 1000);
        return DAFFI_OK;
    }
    if (peek (self) == 'Z' || peek (self) == 'z')
        self->at++;
    else if (peek (self) == '+' || peek (self) == '-')
        status = read_offset (self, &offset_ms);
    else
        status = refuse (self, self->at, "a zone was expected, as Z or +01:00");
    if (!status && self->at < self->text.size)
        status = refuse (self, self->at, "nothing was expected here");
    if (!status)
        *ms = local_ms - offset_ms;
    return status;
}

//  The last millisecond of 9999.
#define LAST_MS (INT64_C (253402300800) * 1000 - 1)

daffi_status_t daffi_moment_parse (const char *what, daffi_text_t text,
                                   const daffi_zone_t *zone, int64_t *ms,
                                   daffi_error_t *error)
{
    reader_t reader = {what, text, 0, error};
    int64_t days, time_ms;
    daffi_status_t status = read_date (&reader, &days);
    if (!status)
        status = read_mark (&reader, "Tt ", "T and a time were expected");
    if (!status)
        status = read_time (&reader, &time_ms);
    int64_t utc_ms = 0;
    if (!status)
        status = resolve (&reader, days * 86400000 + time_ms, zone, &utc_ms);
    //  a zone may lead out of the years that can be written
    if (!status && utc_ms > LAST_MS)
        status = refuse (&reader, 0, "years end with 9999, in UTC");
    if (!status)
        *ms = utc_ms;
    return status;
}

void daffi_moment_format (int64_t ms, char out[DAFFI_MOMENT_SIZE])
{
    int64_t seconds = daffi_floor_div (ms, 1000);
    daffi_date_t date = daffi_date_of (daffi_floor_div (seconds, 86400));
    int rest = (int)(seconds - 86400 * daffi_floor_div (seconds, 86400));
    snprintf (out, DAFFI_MOMENT_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02dZ",
              (long long)(date.year % 100000), date.month % 100, date.day % 100,
              rest / 3600, rest / 60 % 60, rest % 60);
}
