//  SPDX-License-Identifier: MPL-2.0
//  An oracle for cron expressions: it looks at every minute of years.
//
//  It shares nothing with the product: it asks libc for the local time of each minute,
//  reads the fields by itself, and knows of daylight saving time only that a local
//  clock was seen to repeat or to leave out minutes.

#ifndef DAFFI_TEST_CRON_ORACLE_H
#define DAFFI_TEST_CRON_ORACLE_H

#include "cron.h"

enum { CRON_EXPRESSIONS = 22 };

//  The product's function, or what is tried in its place.
typedef int64_t (cron_next_fn) (const daffi_cron_t *cron, const daffi_zone_t *zone,
                                int64_t after_s);

typedef struct {
    const char *text;
    daffi_cron_t cron;
    bool matches[5][64];
    bool either_day, rhythm;
    int64_t next_s;  //  what the product says
    uint64_t runs;
} cron_subject_t;

typedef struct {
    cron_next_fn *next;
    cron_subject_t subjects[CRON_EXPRESSIONS];
    const daffi_zone_t *zone;
    char why[200];
} cron_trial_t;

//  Every minute of these years with all expressions. False: self->why.
bool cron_agrees (cron_trial_t *self, const char *zone_name, int first_year,
                  int last_year);

//  The first second of a year, UTC.
int64_t cron_year_s (int year);

#endif
