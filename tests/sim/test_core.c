//  SPDX-License-Identifier: MPL-2.0
//  The everyday run of the simulator; tests/sim/program is the long one.

#include <stdio.h>

#include "sim.h"
#include "test.h"

//  The seed in the message plays again: daffi-sim --seed N --schedules 1 --verbose
static void run (const sim_options_t *options, sim_report_t *report)
{
    sim_run (options, report);
    if (report->violations)
        daffi_test_fail (__FILE__, __LINE__, "seed %llu, %u calls: %s",
                         (unsigned long long)report->failing_seed, options->calls,
                         report->violation);
    sim_print (report);
}

TEST ("every call has one outcome, in time and true, through 1,500 schedules of faults")
{
    sim_options_t options = {.seed = 1, .schedules = 1500, .calls = 100};
    sim_report_t report;
    run (&options, &report);
    CHECK (report.calls > 100000);
    CHECK (report.results > report.calls / 4);
    CHECK (report.faults > report.schedules);
    CHECK (report.restarts > 0);
    CHECK (report.items > 10000);
    CHECK (report.later > 1000);
    CHECK (report.ordered > 1000);
    //  what ought to happen did happen
    static const daffi_status_t seen[] = {
        DAFFI_TIMEOUT,    DAFFI_CANCELLED,   DAFFI_FAILED,
        DAFFI_NO_PROCESS, DAFFI_NO_FUNCTION, DAFFI_PROCESS_LOST,
        DAFFI_BUSY,       DAFFI_DRAINING,    DAFFI_CONTROLLER_LOST};
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        CHECK (report.by_status[seen[i]] > 0);
}

TEST ("the same under load, with a thousand calls in each schedule")
{
    sim_options_t options = {.seed = 1000000, .schedules = 100, .calls = 1000};
    sim_report_t report;
    run (&options, &report);
    CHECK (report.calls > 50000);
    CHECK (report.by_status[DAFFI_BUSY] > 0);
}

TEST ("where nothing goes wrong, no call fails")
{
    sim_options_t options = {
        .seed = 2000000, .schedules = 600, .calls = 100, .calm = true};
    sim_report_t report;
    run (&options, &report);
    CHECK (report.calls > 50000);
    CHECK_EQ_UINT (report.errors, 0);
    CHECK_EQ_UINT (report.results, report.calls + report.waits);
}

TEST ("a schedule plays again as it was")
{
    sim_options_t options = {.seed = 77, .schedules = 20, .calls = 100};
    sim_report_t first, second;
    run (&options, &first);
    run (&options, &second);
    CHECK_EQ_MEM (&first, sizeof first, &second, sizeof second);
}

//  --- does it look? ------------------------------------------------------------------

static void check_found (sabotage_t sabotage, const char *words)
{
    sim_options_t options = {
        .seed = 1, .schedules = 200, .calls = 100, .sabotage = sabotage};
    sim_report_t report;
    sim_run (&options, &report);
    CHECK (report.violations > 0);
    if (!strstr (report.violation, words))
        daffi_test_fail (__FILE__, __LINE__, "found `%s`, not `%s`", report.violation,
                         words);
}

TEST ("the simulator finds a wrong reply")
{
    check_found (SABOTAGE_CONTENT, "wrong reply");
}

TEST ("the simulator finds a call that runs twice")
{
    check_found (SABOTAGE_TWICE, "ran twice");
}

TEST ("the simulator finds a call that runs after its deadline")
{
    check_found (SABOTAGE_TOO_LATE, "after its deadline");
}

TEST ("the simulator finds `not run` said of what ran")
{
    check_found (SABOTAGE_DENIAL, "was told that it did not");
}

TEST ("the simulator finds an answer that never came")
{
    check_found (SABOTAGE_MUTE, "never answered");
}

TEST ("the simulator finds a second answer")
{
    check_found (SABOTAGE_DOUBLE, "answers a call twice");
}

TEST ("the simulator finds a delayed call that is given before its time")
{
    check_found (SABOTAGE_HASTE, "before its time");
}

TEST (
    "the simulator finds delayed calls that are not given in the order of their times")
{
    check_found (SABOTAGE_SHUFFLE, "was due later");
}
