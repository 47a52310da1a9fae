//  SPDX-License-Identifier: MPL-2.0
//  A plan out of the body of a SCHEDULE: each key checked, each mistake with its place.

#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "bounds.h"
#include "failure.h"
#include "moment.h"
#include "plan.h"
#include "span.h"

enum { TIMES_MAX = 10000, MISSED_DEFAULT = 100, MISSED_LIMIT = 10000 };

typedef struct {
    const daffi_value_t *map;
    daffi_now_t now;
    bool stored;
    const daffi_zone_t *zone;  //  NULL: none is named
    daffi_error_t *error;
} reader_t;

static bool find (const reader_t *self, const char *key, daffi_value_t *value)
{
    return !daffi_value_find (self->map, key, value) && value->kind != DAFFI_KIND_NIL;
}

static daffi_text_t text_of (const daffi_value_t *value)
{
    return value->kind == DAFFI_KIND_STRING ? daffi_text (value->as.string, value->size)
                                            : daffi_text ("", 0);
}

//  A number of `key` that is not there leaves *out alone.
static daffi_status_t read_number (const reader_t *self, const char *key, int64_t min,
                                   int64_t max, int64_t *out)
{
    daffi_value_t value;
    int64_t number;
    if (!find (self, key, &value))
        return DAFFI_OK;
    if (daffi_value_get_int (&value, &number) || number < min || number > max)
        return daffi_fail (self->error, DAFFI_INVALID,
                           "%s: a number from %lld to %lld was expected", key,
                           (long long)min, (long long)max);
    *out = number;
    return DAFFI_OK;
}

//  KEY or KEY_ms; *out stays as it is where there is neither.
static daffi_status_t read_span (const reader_t *self, const char *key,
                                 const char *key_ms, int64_t *out)
{
    daffi_value_t value, other;
    if (!find (self, key, &value))
        return read_number (self, key_ms, 1, DAFFI_SPAN_MAX_MS, out);
    if (find (self, key_ms, &other))
        return daffi_fail (self->error, DAFFI_INVALID, "%s and %s exclude each other",
                           key, key_ms);
    if (value.kind != DAFFI_KIND_STRING)
        return daffi_fail (self->error, DAFFI_INVALID,
                           "%s: a text was expected; milliseconds are %s", key, key_ms);
    return daffi_span_parse (key, text_of (&value), out, self->error);
}

//  --- moments ------------------------------------------------------------------------

static daffi_status_t check_future (const reader_t *self, const char *key, int64_t ms)
{
    char moment[DAFFI_MOMENT_SIZE], now[DAFFI_MOMENT_SIZE];
    if (self->stored || ms > self->now.wall_ms)
        return DAFFI_OK;
    daffi_moment_format (ms, moment);
    daffi_moment_format (self->now.wall_ms, now);
    return daffi_fail (self->error, DAFFI_INVALID,
                       "%s: %s has passed; the controller's clock says %s", key, moment,
                       now);
}

//  A number where the key ends in _ms, else a text.
static daffi_status_t read_moment (const reader_t *self, const char *key, bool number,
                                   const daffi_value_t *value, int64_t *out)
{
    if (number) {
        if (daffi_value_get_int (value, out) || *out < 0 ||
            *out > DAFFI_SPAN_MAX_MS * 2)
            return daffi_fail (self->error, DAFFI_INVALID,
                               "%s: milliseconds since 1970 were expected", key);
    } else if (value->kind != DAFFI_KIND_STRING) {
        return daffi_fail (self->error, DAFFI_INVALID,
                           "%s: a text was expected; milliseconds are %s_ms", key, key);
    } else {
        daffi_status_t status =
            daffi_moment_parse (key, text_of (value), self->zone, out, self->error);
        if (status)
            return status;
    }
    return check_future (self, key, *out);
}

static int by_time (const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void sort_times (daffi_plan_t *plan)
{
    uint32_t kept = 0;
    qsort (plan->times, plan->time_count, sizeof *plan->times, by_time);
    for (uint32_t i = 0; i < plan->time_count; i++)
        if (kept == 0 || plan->times[i] != plan->times[kept - 1])
            plan->times[kept++] = plan->times[i];
    plan->time_count = kept;
    //  what is kept is what is counted
    plan->times = daffi_renew (plan->times, kept * sizeof *plan->times);
}

static daffi_status_t read_times (const reader_t *self, daffi_plan_t *plan,
                                  const char *key, bool number,
                                  const daffi_value_t *value)
{
    daffi_value_t item = *value;
    bool list = value->kind == DAFFI_KIND_ARRAY;
    uint32_t count = list ? value->count : 1;
    if (count == 0 || count > TIMES_MAX)
        return daffi_fail (self->error, DAFFI_INVALID,
                           "%s: 1 to %d times were expected", key, TIMES_MAX);
    plan->times = daffi_new (count * sizeof *plan->times);
    daffi_iterator_t iterator = daffi_value_iterate (value);
    daffi_status_t status = DAFFI_OK;
    for (uint32_t i = 0; !status && i < count; i++) {
        if (list && !daffi_iterator_next (&iterator, NULL, &item))
            return daffi_fail (self->error, DAFFI_INVALID, "%s: cut off", key);
        status = read_moment (self, key, number, &item, &plan->times[i]);
        plan->time_count = i + 1;
    }
    sort_times (plan);
    return status;
}

//  --- the condition ------------------------------------------------------------------

static void set_detail (daffi_plan_t *plan, const char *text)
{
    free (plan->detail);
    plan->detail = daffi_strdup (text);
}

static daffi_status_t read_interval (const reader_t *self, daffi_plan_t *plan)
{
    char text[160], interval[64], delay[64];
    plan->interval_ms = plan->delay_ms = 0;
    daffi_status_t status =
        read_span (self, "interval", "interval_ms", &plan->interval_ms);
    if (!status)
        status = read_span (self, "delay", "delay_ms", &plan->delay_ms);
    if (status)
        return status;
    daffi_span_format (plan->interval_ms, interval, sizeof interval);
    daffi_span_format (plan->delay_ms, delay, sizeof delay);
    plan->kind = plan->interval_ms ? DAFFI_PLAN_INTERVAL : DAFFI_PLAN_DELAY;
    if (plan->kind == DAFFI_PLAN_DELAY)
        snprintf (text, sizeof text, "once after %s", delay);
    else if (plan->delay_ms)
        snprintf (text, sizeof text, "every %s, first after %s", interval, delay);
    else
        snprintf (text, sizeof text, "every %s", interval);
    set_detail (plan, text);
    if (!plan->delay_ms)
        plan->delay_ms = plan->interval_ms;
    return DAFFI_OK;
}

static daffi_status_t read_at (const reader_t *self, daffi_plan_t *plan)
{
    daffi_value_t value;
    char text[96], first[DAFFI_MOMENT_SIZE], last[DAFFI_MOMENT_SIZE];
    bool number = !find (self, "at", &value);
    if (number && !find (self, "at_ms", &value))
        return DAFFI_INTERNAL;
    daffi_status_t status =
        read_times (self, plan, number ? "at_ms" : "at", number, &value);
    if (status)
        return status;
    plan->kind = DAFFI_PLAN_TIMES;
    daffi_moment_format (plan->times[0], first);
    daffi_moment_format (plan->times[plan->time_count - 1], last);
    if (plan->time_count == 1)
        snprintf (text, sizeof text, "at %s", first);
    else
        snprintf (text, sizeof text, "%u times from %s to %s", plan->time_count, first,
                  last);
    set_detail (plan, text);
    return DAFFI_OK;
}

static daffi_status_t read_cron (const reader_t *self, daffi_plan_t *plan,
                                 const daffi_value_t *value)
{
    daffi_value_t zone;
    daffi_text_t text = text_of (value), name = daffi_text_of ("UTC");
    daffi_status_t status = daffi_cron_parse (&plan->cron, text, self->error);
    if (status)
        return status;
    plan->kind = DAFFI_PLAN_CRON;
    if (find (self, "zone", &zone))
        name = text_of (&zone);
    char detail[200];
    snprintf (detail, sizeof detail, "%.*s %.*s",
              text.size > 100 ? 100 : (int)text.size, text.data, (int)name.size,
              name.data);
    set_detail (plan, detail);
    if (!self->stored && daffi_plan_first (plan, self->now) == DAFFI_NEVER)
        return daffi_refuse_text (self->error, "cron", text, 0, "that day never comes");
    return DAFFI_OK;
}

//  Exactly one of interval (with a delay, or not), delay, at, cron.
static daffi_status_t read_condition (const reader_t *self, daffi_plan_t *plan)
{
    daffi_value_t value, cron;
    bool interval = find (self, "interval", &value) ||
                    find (self, "interval_ms", &value) ||
                    find (self, "delay", &value) || find (self, "delay_ms", &value);
    int at = find (self, "at", &value) + find (self, "at_ms", &value);
    bool has_cron = find (self, "cron", &cron);
    if (interval + at + has_cron != 1)
        return daffi_fail (
            self->error, DAFFI_INVALID,
            "exactly one of interval, at and cron is needed, or a delay");
    if (interval)
        return read_interval (self, plan);
    return at ? read_at (self, plan) : read_cron (self, plan, &cron);
}

//  --- the rest -----------------------------------------------------------------------

//  The place of a word among those of `key`; 0 where there is none.
static daffi_status_t read_word (const reader_t *self, const char *key,
                                 const char *const *words, int *out)
{
    daffi_value_t value;
    *out = 0;
    if (!find (self, key, &value))
        return DAFFI_OK;
    for (; words[*out]; ++*out)
        if (daffi_text_equal (text_of (&value), daffi_text_of (words[*out])))
            return DAFFI_OK;
    return daffi_fail (self->error, DAFFI_INVALID,
                       "%s: one of %s, %s and %s was expected", key, words[0], words[1],
                       words[2]);
}

static daffi_status_t read_until (const reader_t *self, daffi_plan_t *plan)
{
    daffi_value_t value, other;
    bool text = find (self, "until", &value);
    bool number = find (self, "until_ms", text ? &other : &value);
    if (text && number)
        return daffi_fail (self->error, DAFFI_INVALID,
                           "until and until_ms exclude each other");
    if (!text && !number)
        return DAFFI_OK;
    return read_moment (self, number ? "until_ms" : "until", number, &value,
                        &plan->until_ms);
}

static daffi_status_t read_options (const reader_t *self, daffi_plan_t *plan)
{
    static const char *const overlaps[] = {"skip", "queue", "parallel", NULL};
    static const char *const misseds[] = {"once", "skip", "all", NULL};
    int overlap, missed;
    int64_t max_runs = 0, missed_max = 0;
    daffi_status_t status = read_number (self, "max_runs", 0, INT64_MAX, &max_runs);
    if (!status)
        status = read_until (self, plan);
    if (!status)
        status =
            read_number (self, "jitter_ms", 0, DAFFI_SPAN_MAX_MS, &plan->jitter_ms);
    if (!status)
        status = read_number (self, "timeout_ms", 0, DAFFI_DEADLINE_MAX_MS,
                              &plan->timeout_ms);
    if (!status)
        status = read_word (self, "overlap", overlaps, &overlap);
    if (!status)
        status = read_word (self, "missed", misseds, &missed);
    if (!status)
        status = read_number (self, "missed_max", 0, MISSED_LIMIT, &missed_max);
    if (status)
        return status;
    plan->max_runs = (uint64_t)max_runs;
    plan->overlap = (daffi_overlap_t)overlap;
    plan->missed = (daffi_missed_t)missed;
    plan->missed_max = missed_max ? (uint32_t)missed_max : MISSED_DEFAULT;
    if (plan->timeout_ms == 0)
        plan->timeout_ms = DAFFI_CALL_TIMEOUT_MS;
    return DAFFI_OK;
}

daffi_status_t daffi_plan_read (daffi_plan_t *self, const daffi_value_t *map,
                                daffi_zones_t *zones, daffi_now_t now, bool stored,
                                daffi_error_t *error)
{
    reader_t reader = {map, now, stored, NULL, error};
    daffi_value_t zone;
    daffi_status_t status = DAFFI_OK;
    *self = (daffi_plan_t){.until_ms = DAFFI_NEVER, .zone = zones->utc};
    if (find (&reader, "zone", &zone)) {
        if (zone.kind != DAFFI_KIND_STRING)
            return daffi_fail (error, DAFFI_INVALID, "zone: a text was expected");
        status = daffi_zones_get (zones, text_of (&zone), &self->zone, error);
        reader.zone = self->zone;
    }
    if (!status)
        status = read_condition (&reader, self);
    if (!status)
        status = read_options (&reader, self);
    if (status)
        daffi_plan_done (self);
    return status;
}
