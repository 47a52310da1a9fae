//  SPDX-License-Identifier: MPL-2.0
//  Moments, the calendar, and ISO 8601.
//
//  The calendar is the Gregorian one, without leap seconds, as POSIX counts.

#ifndef DAFFI_MOMENT_H
#define DAFFI_MOMENT_H

#include "daffi_status.h"
#include "text.h"
#include "zone.h"

typedef struct {
    int64_t year;
    int month;  //  1 to 12
    int day;    //  1 to 31
} daffi_date_t;

//  Days since 1970-01-01, and back.
int64_t daffi_date_days (const daffi_date_t *date);
daffi_date_t daffi_date_of (int64_t days);
int daffi_month_length (int64_t year, int month);
//  0 = Sunday.
int daffi_weekday (int64_t days);

//  Rounds down, also below zero; the quotient and the rest of a division.
static inline int64_t daffi_floor_div (int64_t number, int64_t by)
{
    return number / by - (number % by < 0);
}

//  Milliseconds since 1970 UTC of "2026-11-22T17:20:44.5+01:00". `zone`, where not
//  NULL, is that of texts that name none. DAFFI_INVALID: `error` says where.
DAFFI_MUST_USE daffi_status_t daffi_moment_parse (const char *what, daffi_text_t text,
                                                  const daffi_zone_t *zone, int64_t *ms,
                                                  daffi_error_t *error);

//  "2026-11-22T16:20:44Z".
enum { DAFFI_MOMENT_SIZE = 32 };
void daffi_moment_format (int64_t ms, char out[DAFFI_MOMENT_SIZE]);

#endif
