//  SPDX-License-Identifier: MPL-2.0
//  Scheduling: a daffi_schedule_t becomes the body of a SCHEDULE.
//
//  Texts go as they were typed: the controller reads them, so that there is one reader
//  of intervals, times and cron for all languages. The uuid is made here, so that the
//  record can be sent again where its answer was lost.

#include <stdio.h>
#include <stdlib.h>

#include "daffi_tasks.h"
#include "entropy.h"
#include "failure.h"
#include "future.h"
#include "global.h"
#include "writer.h"

//  RFC 4122, section 4.4.
static void make_uuid (char *out)
{
    uint8_t bytes[16];
    daffi_entropy_fill (bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        out += sprintf (out, "%s%02x", dash ? "-" : "", bytes[i]);
    }
}

//  Counts its keys first, since a map's head says how many there are.
typedef struct {
    daffi_buffer_t *out;  //  NULL: count
    uint32_t pairs;
} map_t;

static bool key (map_t *self, const char *name)
{
    self->pairs++;
    if (self->out)
        daffi_write_string (self->out, name);
    return self->out;
}

static void key_text (map_t *self, const char *name, const char *text)
{
    if (text && key (self, name))
        daffi_write_string (self->out, text);
}

//  A negative number is written too, for the controller to refuse it.
static void key_number (map_t *self, const char *name, int64_t number)
{
    if (number && key (self, name))
        daffi_write_int (self->out, number);
}

static void key_moments (map_t *self, const daffi_schedule_t *schedule)
{
    uint32_t count = 0;
    while (schedule->at && schedule->at[count])
        count++;
    if (schedule->at && key (self, "at")) {
        daffi_write_array (self->out, count);
        for (uint32_t i = 0; i < count; i++)
            daffi_write_string (self->out, schedule->at[i]);
    }
    if (schedule->at_ms && key (self, "at_ms")) {
        daffi_write_array (self->out, (uint32_t)schedule->at_count);
        for (size_t i = 0; i < schedule->at_count; i++)
            daffi_write_int (self->out, schedule->at_ms[i]);
    }
}

static void write_keys (map_t *self, const daffi_schedule_t *schedule, const char *uuid)
{
    static const char *const overlaps[] = {NULL, "queue", "parallel"};
    static const char *const misseds[] = {NULL, "skip", "all"};
    key_text (self, "uuid", uuid);
    key_text (self, "interval", schedule->interval);
    key_number (self, "interval_ms", schedule->interval_ms);
    key_text (self, "delay", schedule->delay);
    key_number (self, "delay_ms", schedule->delay_ms);
    key_moments (self, schedule);
    key_text (self, "cron", schedule->cron);
    key_text (self, "zone", schedule->zone);
    if (schedule->max_runs && key (self, "max_runs"))
        daffi_write_uint (self->out, schedule->max_runs);
    key_text (self, "until", schedule->until);
    key_number (self, "until_ms", schedule->until_ms);
    key_number (self, "jitter_ms", schedule->jitter_ms);
    key_number (self, "timeout_ms", schedule->timeout_ms);
    key_text (self, "overlap", overlaps[schedule->overlap]);
    key_text (self, "missed", misseds[schedule->missed]);
    key_number (self, "missed_max", schedule->missed_max);
}

static daffi_status_t check (const daffi_schedule_t *schedule, daffi_error_t *error)
{
    if ((unsigned)schedule->overlap > DAFFI_OVERLAP_PARALLEL ||
        (unsigned)schedule->missed > DAFFI_MISSED_ALL)
        return daffi_fail (error, DAFFI_INVALID, "no such value of overlap or missed");
    if (schedule->all && schedule->process)
        return daffi_fail (error, DAFFI_INVALID,
                           "`all` and `process` exclude each other");
    if (schedule->at_count > 10000)
        return daffi_fail (error, DAFFI_INVALID, "a task has at most 10,000 times");
    return DAFFI_OK;
}

//  Everything but the arguments, which are packed by the value's writer.
static daffi_status_t pack (daffi_packed_t *body, daffi_args_t args,
                            const daffi_schedule_t *schedule, const char *uuid,
                            daffi_error_t *error)
{
    daffi_buffer_t out;
    map_t count = {NULL, 1}, map = {&out, 0};
    daffi_buffer_init (&out);
    write_keys (&count, schedule, uuid);
    daffi_write_map (&out, count.pairs);
    write_keys (&map, schedule, uuid);
    daffi_write_string (&out, "args");
    daffi_status_t status = daffi_write_args (&out, args);
    if (!status && out.failed)
        status = DAFFI_NO_MEMORY;
    daffi_value_t raw = daffi_value_raw (out.data, out.size);
    if (!status)
        status = daffi_pack (body, &raw);
    daffi_buffer_done (&out);
    return status ? daffi_call_explain (status, error) : DAFFI_OK;
}

//  The node's future of the SCHEDULE, or NULL.
static daffi_future_t *start (daffi_global_t *self, const char *function,
                              daffi_args_t args, const daffi_schedule_t *schedule,
                              const char *uuid, daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_node_t *node = daffi_global_node (self, error);
    if (!node || check (schedule, error) || pack (&body, args, schedule, uuid, error))
        return NULL;
    return daffi_node_schedule (node, function, schedule->process, schedule->all, &body,
                                error);
}

daffi_status_t daffi_global_schedule (daffi_global_t *self, const char *function,
                                      daffi_args_t args,
                                      const daffi_schedule_t *schedule,
                                      char uuid[DAFFI_UUID_SIZE], daffi_error_t *error)
{
    static const daffi_schedule_t nothing;
    char made[DAFFI_UUID_SIZE];
    daffi_error_t local;
    daffi_error_t *why = error ? error : &local;
    if (daffi_future_waiting_forbidden ())
        return daffi_fail (error, DAFFI_DEADLOCK, "an inline callback cannot wait");
    make_uuid (made);
    daffi_future_t *future =
        start (self, function, args, schedule ? schedule : &nothing, made, why);
    if (!future)
        return why->status;
    daffi_status_t status = daffi_future_wait (future, DAFFI_FOREVER, why);
    daffi_future_destroy (&future);
    if (!status && uuid)
        memcpy (uuid, made, sizeof made);
    return status;
}
