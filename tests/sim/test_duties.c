//  SPDX-License-Identifier: MPL-2.0
//  The everyday run of the tasks' simulator; DAFFI_SIM_TASKS says how many schedules a
//  long one has.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duties.h"
#include "test.h"

static uint64_t schedules (uint64_t everyday)
{
    const char *text = getenv ("DAFFI_SIM_TASKS");
    return text ? strtoull (text, NULL, 10) : everyday;
}

static void run (const duties_options_t *options, duties_report_t *report)
{
    duties_run (options, report);
    if (report->violations)
        daffi_test_fail (__FILE__, __LINE__, "seed %llu: %s",
                         (unsigned long long)report->failing_seed, report->violation);
    printf ("     %llu schedules: %llu tasks, %llu runs, %llu cut off, %llu left out; "
            "%llu crashes, %llu jumps of the clock, %llu broken disks\n",
            (unsigned long long)report->schedules, (unsigned long long)report->tasks,
            (unsigned long long)report->runs, (unsigned long long)report->lost,
            (unsigned long long)report->skipped, (unsigned long long)report->crashes,
            (unsigned long long)report->jumps, (unsigned long long)report->broken);
}

TEST (
    "no run before its time, none that is not recorded, none twice, none lost unseen, "
    "through crashes, slow and broken disks and clocks that are set")
{
    duties_options_t options = {.seed = 1, .schedules = schedules (300)};
    duties_report_t report;
    run (&options, &report);
    CHECK (report.tasks > 5 * report.schedules);
    CHECK (report.runs > 20 * report.schedules);
    CHECK (report.crashes > report.schedules / 2);
    CHECK (report.lost > 0 && report.skipped > 0 && report.jumps > 0);
    CHECK (report.broken > 0 && report.unknown > 0);
}

TEST ("where nothing goes wrong every time has its run, and none fails")
{
    duties_options_t options = {
        .seed = 1000000, .schedules = schedules (100), .calm = true};
    duties_report_t report;
    run (&options, &report);
    CHECK_EQ_UINT (report.lost + report.refused + report.unknown, 0);
    CHECK (report.runs > 20 * report.schedules);
}

TEST ("a schedule plays again as it was")
{
    duties_options_t options = {.seed = 77, .schedules = 10};
    duties_report_t first, second;
    run (&options, &first);
    run (&options, &second);
    CHECK_EQ_MEM (&first, sizeof first, &second, sizeof second);
}

//  --- does it look? ------------------------------------------------------------------

static void check_found (duties_sabotage_t sabotage, const char *words)
{
    duties_options_t options = {.seed = 1, .schedules = 200, .sabotage = sabotage};
    duties_report_t report;
    duties_run (&options, &report);
    CHECK (report.violations > 0);
    printf ("     %s\n", report.violation);
    if (!strstr (report.violation, words))
        daffi_test_fail (__FILE__, __LINE__, "found `%s`, not `%s`", report.violation,
                         words);
}

TEST ("the simulator finds a disk that tells of what it has not written")
{
    check_found (DUTIES_EARLY, "not recorded");
}

TEST ("the simulator finds a run that begins again")
{
    check_found (DUTIES_FORGET, "run");
}

TEST ("the simulator finds a run before its time")
{
    check_found (DUTIES_HASTE, "before its time");
}

TEST ("the simulator finds runs that are lost")
{
    check_found (DUTIES_LAZY, "has not ended");
}
