//  SPDX-License-Identifier: MPL-2.0
//  Cron expressions: read, and asked when they come true next.
//
//  The rules, those at changes of daylight saving time too, stand in PROTOCOL.md,
//  section 8.7.

#ifndef DAFFI_CRON_H
#define DAFFI_CRON_H

#include "daffi_status.h"
#include "text.h"
#include "zone.h"

//  A bit for each value that matches.
typedef struct {
    uint64_t minutes;
    uint32_t hours;
    uint32_t days;    //  of the month, from 1
    uint16_t months;  //  from 1
    uint8_t weekdays;
    bool either_day;  //  neither day field begins with `*`: one of them is enough
    bool rhythm;      //  minute or hour begins with `*`
} daffi_cron_t;

//  DAFFI_INVALID: `error` says where.
DAFFI_MUST_USE daffi_status_t daffi_cron_parse (daffi_cron_t *self, daffi_text_t text,
                                                daffi_error_t *error);

//  The first second after `after_s`, UTC, at which a run is due; INT64_MAX: never.
int64_t daffi_cron_next (const daffi_cron_t *self, const daffi_zone_t *zone,
                         int64_t after_s);

#endif
