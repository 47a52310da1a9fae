//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: the body of a SCHEDULE. A plan that is accepted is lived through: times
//  go forward, bounds hold, and what is written to disk is read back as the same.
//  Aborts where that is not so.

#include <stdlib.h>
#include <string.h>

#include "duty.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

//  2026-11-22 12:00:00 UTC.
static const daffi_now_t noon = {5000, INT64_C (1795348800000)};

static void require (bool condition)
{
    if (!condition)
        abort ();
}

static daffi_duty_t *make (const daffi_value_t *map, daffi_zones_t *zones, bool stored)
{
    daffi_plan_t plan;
    daffi_error_t error = {.text = ""};
    daffi_value_t args = daffi_value_nil ();
    daffi_status_t status = daffi_plan_read (&plan, map, zones, noon, stored, &error);
    if (status) {
        require (status == error.status && error.text[0]);
        return NULL;
    }
    return daffi_duty_new ("00000000-0000-4000-8000-000000000000", daffi_text_of ("f"),
                           daffi_text_of ("me"), daffi_text_of (""), false, &args,
                           &plan, noon);
}

//  What the agenda does with it, without jitter. `step` chooses how late it comes.
static void live (daffi_duty_t *duty, uint8_t step)
{
    daffi_now_t now = noon;
    for (int i = 0; i < 40 && duty->next_ms != DAFFI_NEVER; i++) {
        int64_t moment_ms, before_ms = duty->next_ms;
        int64_t wait_ms = before_ms - daffi_plan_clock (&duty->plan, now);
        wait_ms = (wait_ms > 0 ? wait_ms : 0) + (i % 5 == 4 ? step * 1000 : step);
        now.mono_ms += wait_ms;
        now.wall_ms += wait_ms;
        duty->due.due_ms = before_ms;
        if (daffi_duty_come (duty, now, &moment_ms))
            require (moment_ms <= now.wall_ms);
        require (duty->next_ms > before_ms);
        if (i % 3 == 2 && duty->running) {
            const daffi_run_end_t end = {
                .number = (uint64_t)i, .process = "p", .text = ""};
            daffi_duty_end_run (duty, &end);
            (void)daffi_duty_wait_over (duty, now, &moment_ms);
        }
        require (!duty->plan.max_runs || duty->planned <= duty->plan.max_runs);
        require (duty->running <= DAFFI_DUTY_PARALLEL_MAX);
        require (duty->history_count <= DAFFI_DUTY_HISTORY);
        require (daffi_duty_remaining (duty) >= -1);
    }
}

static void write_and_read (const daffi_duty_t *duty, const daffi_value_t *map,
                            daffi_zones_t *zones)
{
    daffi_buffer_t first, second;
    daffi_buffer_init (&first);
    daffi_buffer_init (&second);
    daffi_duty_write (duty, noon, &first);
    daffi_duty_t *again = make (map, zones, true);
    require (again != NULL);
    require (!daffi_duty_read (again, first.data, first.size, noon));
    require (again->lost == duty->running);
    again->running = again->lost;
    again->failed -= again->lost;
    again->next_ms = duty->next_ms;  //  an interval's is cut to its length
    daffi_duty_write (again, noon, &second);
    require (first.size == second.size &&
             memcmp (first.data, second.data, first.size) == 0);
    daffi_duty_destroy (&again);
    daffi_buffer_done (&first);
    daffi_buffer_done (&second);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    daffi_value_t map;
    daffi_zones_t zones;
    if (size < 2 || size > 100000 || daffi_value_unpack (data + 1, size - 1, &map) ||
        map.kind != DAFFI_KIND_MAP)
        return 0;
    daffi_zones_init (&zones, NULL, NULL, 1);
    daffi_duty_t *duty = make (&map, &zones, false);
    if (duty) {
        live (duty, data[0]);
        write_and_read (duty, &map, &zones);
        daffi_duty_destroy (&duty);
    }
    daffi_zones_done (&zones);
    return 0;
}
