//  SPDX-License-Identifier: MPL-2.0
//  The table for people.
//
//  Plain ASCII in fixed columns, so that it can be pasted anywhere.
#include "bench_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROW "%-26s %-10s %-7s %11s %11s  %-22s %s\n"

void bench_table_progress (const char *format, ...)
{
    if (!isatty (STDERR_FILENO))
        return;
    va_list args;
    va_start (args, format);
    fputs ("\r\033[K", stderr);
    vfprintf (stderr, format, args);
    va_end (args);
    fflush (stderr);
}

static const char *format_figure (double value, char text[32])
{
    long whole = isnan (value) ? 0 : (long)(value + 0.5);
    if (isnan (value))
        snprintf (text, 32, "-");
    else if (value < 1000)
        snprintf (text, 32, "%.1f", value);
    else if (whole < 1000000)
        snprintf (text, 32, "%ld,%03ld", whole / 1000, whole % 1000);
    else
        snprintf (text, 32, "%ld,%03ld,%03ld", whole / 1000000, whole / 1000 % 1000,
                  whole % 1000);
    return text;
}

static const char *format_ratio (bench_summary_t ratio, char text[64])
{
    if (ratio.count == 0)
        snprintf (text, 64, "-");
    else
        snprintf (text, 64, "%.2f (%.2f-%.2f)", ratio.median, ratio.min, ratio.max);
    return text;
}

static const char *format_target (const bench_target_t *target, char text[64])
{
    text[0] = 0;
    if (!target->exists)
        return text;
    int size =
        snprintf (text, 64, "%s %.2f%s", target->at_most ? "<=" : ">=", target->bound,
                  target->of_inline ? " of inline" : "");
    char *end = text + size;
    size_t room = 64 - (size_t)size;
    if (isnan (target->reached))
        snprintf (end, room, ": not measured");
    else if (target->of_inline)
        snprintf (end, room, ": %.2f %s", target->reached,
                  target->met ? "met" : "MISSED");
    else
        snprintf (end, room, " %s", target->met ? "met" : "MISSED");
    return text;
}

static void print_header (const bench_results_t *results)
{
    const bench_machine_t *machine = &results->machine;
    const bench_settings_t *settings = results->settings;
    printf ("daffi %s, libzmq %s%s; %s\n", daffi_version (), machine->zmq,
            machine->optimised ? "" : " (built WITHOUT optimisation)", machine->date);
    printf ("%s, %s; %s, %ld cores, %d used\n", machine->system, machine->kernel,
            machine->cpu, machine->cores_online, machine->cores_used);
    printf (
        "%u rounds of %g s a side, by turns; ratio = daffi/raw: median (min-max)\n\n",
        settings->rounds, settings->seconds);
    printf (ROW, "cell", "figure", "unit", "daffi", "raw", "ratio", "target");
}

static void print_cell (const bench_results_t *results, const bench_result_t *result)
{
    char name[BENCH_CELL_NAME_MAX], daffi[32], raw[32], ratio[64], target[64];
    bench_cell_name (result->cell, name);
    bench_view_t views[BENCH_VIEWS_MAX];
    size_t count = bench_result_views (result->cell, views);
    for (size_t i = 0; i < count && result->rounds > 0; i++) {
        if (!views[i].shown)
            continue;
        bench_metric_t metric = views[i].metric;
        bench_target_t aim = bench_result_target (results, result, metric);
        double a = bench_result_summary (result, BENCH_DAFFI, metric).median;
        double b = bench_result_summary (result, BENCH_RAW, metric).median;
        printf (ROW, name, views[i].name, views[i].unit,
                format_figure (a * views[i].scale, daffi),
                format_figure (b * views[i].scale, raw),
                format_ratio (bench_result_ratio (result, metric), ratio),
                format_target (&aim, target));
    }
    if (result->error.status)
        printf ("%-26s FAILED after %u rounds: %s: %s\n", name, result->rounds,
                daffi_status_name (result->error.status), result->error.text);
}

static void print_verdict (const bench_results_t *results)
{
    unsigned met = 0, targets = 0, failed = 0;
    for (size_t i = 0; i < results->count; i++) {
        const bench_result_t *result = &results->items[i];
        failed += result->error.status != DAFFI_OK;
        for (int metric = 0; metric < BENCH_METRICS && result->ran; metric++) {
            bench_target_t target =
                bench_result_target (results, result, (bench_metric_t)metric);
            targets += target.exists && !isnan (target.reached);
            met += target.exists && target.met;
        }
    }
    printf ("\n%u of %u targets met", met, targets);
    if (failed)
        printf ("; %u cells FAILED", failed);
    putchar ('\n');
}

void bench_table_print (const bench_results_t *results)
{
    print_header (results);
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].ran)
            print_cell (results, &results->items[i]);
    print_verdict (results);
}
