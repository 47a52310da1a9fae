//  SPDX-License-Identifier: MPL-2.0
//  The rule of a zone for all years: "CET-1CEST,M3.5.0,M10.5.0/3".
//
//  POSIX, "Environment Variables", TZ, with the hours of -167 to 167 of RFC 8536.

#ifndef DAFFI_ZONE_RULE_H
#define DAFFI_ZONE_RULE_H

#include "zone.h"

//  A day of the year and a time on it, in local time before the change.
typedef struct {
    enum {
        DAFFI_DAY_OF_MONTH,  //  Mm.w.d
        DAFFI_DAY_JULIAN,    //  Jn, 1 to 365, without the leap day
        DAFFI_DAY_OF_YEAR    //  n, 0 to 365
    } kind;
    int month, week, day;  //  day: also n
    int64_t time_s;
} daffi_zone_day_t;

typedef struct {
    int64_t standard_s;  //  local time minus UTC
    int64_t summer_s;
    bool has_summer;
    daffi_zone_day_t begin;  //  of summer time
    daffi_zone_day_t end;
} daffi_zone_rule_t;

bool daffi_zone_rule_parse (daffi_zone_rule_t *self, const char *text);
daffi_zone_span_t daffi_zone_rule_at (const daffi_zone_rule_t *self, int64_t utc_s);

#endif
