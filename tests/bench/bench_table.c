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

#define ROW "%-29s %-10s %-7s %11s %11s  %-20s %-17s %-17s %s\n"

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

//  "66,012 (1.92)": the figure, and daffi over it.
static const char *format_other (const bench_result_t *result, bench_subject_t subject,
                                 const bench_view_t *view, char text[64])
{
    char figure[32];
    bench_summary_t other = bench_result_summary (result, subject, view->metric);
    text[0] = 0;
    if (other.count > 0)
        snprintf (text, 64, "%s (%.2f)",
                  format_figure (other.median * view->scale, figure),
                  bench_result_ratio (result, subject, view->metric).median);
    return text;
}

static size_t format_aim (const bench_aim_t *aim, double reached, double scale,
                          char *text, size_t room)
{
    const char *verdict = isnan (reached)                ? "not measured"
                          : bench_aim_met (aim, reached) ? "met"
                                                         : "MISSED";
    double bound = aim->of == BENCH_OF_NOTHING ? aim->bound * scale : aim->bound;
    int size = snprintf (text, room, "%s%.*f",
                         aim->at_most ? "<=" : ">=", bound < 100 ? 2 : 0, bound);
    if (aim->of != BENCH_OF_NOTHING && aim->of != BENCH_OF_RAW)
        size += snprintf (text + size, room - (size_t)size, " of %s",
                          bench_of_name (aim->of));
    if (aim->of == BENCH_OF_INLINE && !isnan (reached))
        size += snprintf (text + size, room - (size_t)size, ": %.2f", reached);
    return (size_t)size +
           (size_t)snprintf (text + size, room - (size_t)size, " %s", verdict);
}

static const char *format_targets (const bench_results_t *results,
                                   const bench_result_t *result,
                                   const bench_view_t *view, char text[160])
{
    size_t size = 0;
    text[0] = 0;
    for (size_t i = 0; i < BENCH_AIMS_MAX; i++) {
        const bench_aim_t *aim = &result->cell->aims[i];
        if (!(aim->bound > 0) || aim->metric != view->metric || size > 100)
            continue;
        size += (size_t)snprintf (text + size, 160 - size, "%s", size ? ", " : "");
        size += format_aim (aim, bench_result_reached (results, result, aim),
                            view->scale, text + size, 160 - size);
    }
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
        "%u rounds of %g s a side, by turns; ratio = daffi/raw: median (min-max); in "
        "brackets: daffi over that one\n",
        settings->rounds, settings->seconds);
    printf ("load before: %.2f\n\n", results->machine.load);
    printf (ROW, "cell", "figure", "unit", "daffi", "raw", "ratio",
            settings->measures[BENCH_NATS] ? "NATS" : "",
            settings->measures[BENCH_GEARMAN] ? "Gearman" : "", "target");
}

static void print_cell (const bench_results_t *results, const bench_result_t *result)
{
    char name[BENCH_CELL_NAME_MAX], daffi[32], raw[32], ratio[64], target[160];
    char nats[64], gearman[64];
    bench_cell_name (result->cell, name);
    bench_view_t views[BENCH_VIEWS_MAX];
    size_t count = bench_result_views (result->cell, views);
    for (size_t i = 0; i < count && result->rounds > 0; i++) {
        if (!views[i].shown)
            continue;
        bench_metric_t metric = views[i].metric;
        double a = bench_result_summary (result, BENCH_DAFFI, metric).median;
        double b = bench_result_summary (result, BENCH_RAW, metric).median;
        printf (ROW, name, views[i].name, views[i].unit,
                format_figure (a * views[i].scale, daffi),
                format_figure (b * views[i].scale, raw),
                format_ratio (bench_result_ratio (result, BENCH_RAW, metric), ratio),
                format_other (result, BENCH_NATS, &views[i], nats),
                format_other (result, BENCH_GEARMAN, &views[i], gearman),
                format_targets (results, result, &views[i], target));
    }
    if (result->error.status)
        printf ("%-29s FAILED after %u rounds: %s: %s\n", name, result->rounds,
                daffi_status_name (result->error.status), result->error.text);
}

static void print_verdict (const bench_results_t *results)
{
    unsigned met = 0, targets = 0, failed = 0;
    for (size_t i = 0; i < results->count; i++) {
        const bench_result_t *result = &results->items[i];
        failed += result->error.status != DAFFI_OK;
        for (size_t k = 0; k < BENCH_AIMS_MAX && result->ran; k++) {
            const bench_aim_t *aim = &result->cell->aims[k];
            double reached = bench_result_reached (results, result, aim);
            bool counts = aim->bound > 0 && !isnan (reached);
            targets += counts;
            met += counts && bench_aim_met (aim, reached);
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
