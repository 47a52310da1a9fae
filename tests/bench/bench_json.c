//  SPDX-License-Identifier: MPL-2.0
//  The JSON file for programs: every figure of every round.
//
//  Figures are in the units of the table. What was not measured is null.
#include "bench_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_text (FILE *file, const char *key, const char *text)
{
    fprintf (file, "\"%s\": \"", key);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            fprintf (file, "\\%c", *c);
        else if (*c < 0x20)
            fprintf (file, "\\u%04x", *c);
        else
            fputc (*c, file);
    fputs ("\", ", file);
}

static void put_number (FILE *file, double value)
{
    if (isfinite (value))
        fprintf (file, "%.6g", value);
    else
        fputs ("null", file);
}

static void put_pair (FILE *file, const char *key, double value)
{
    fprintf (file, "\"%s\": ", key);
    put_number (file, value);
    fputs (", ", file);
}

static void put_rounds (FILE *file, const bench_result_t *result,
                        bench_subject_t subject, const bench_view_t *view)
{
    fprintf (file, "\"%s\": [", bench_subject_name (subject));
    for (uint32_t i = 0; i < result->rounds; i++) {
        fputs (i ? ", " : "", file);
        put_number (file, result->figures[subject][view->metric][i] * view->scale);
    }
    fputs ("], ", file);
}

static void put_target (FILE *file, const bench_aim_t *aim, double scale,
                        double reached)
{
    scale = aim->of == BENCH_OF_NOTHING ? scale : 1;
    fprintf (file, "{\"bound\": \"%s\", \"of\": \"%s\", ",
             aim->at_most ? "at most" : "at least", bench_of_name (aim->of));
    put_pair (file, "value", aim->bound * scale);
    put_pair (file, "reached", reached * scale);
    fprintf (file, "\"met\": %s}",
             isnan (reached)                ? "null"
             : bench_aim_met (aim, reached) ? "true"
                                            : "false");
}

static void put_targets (FILE *file, const bench_results_t *results,
                         const bench_result_t *result, const bench_view_t *view)
{
    const char *comma = "";
    fputs ("\"targets\": [", file);
    for (size_t i = 0; i < BENCH_AIMS_MAX; i++) {
        const bench_aim_t *aim = &result->cell->aims[i];
        if (!(aim->bound > 0) || aim->metric != view->metric)
            continue;
        fputs (comma, file);
        put_target (file, aim, view->scale,
                    bench_result_reached (results, result, aim));
        comma = ", ";
    }
    fputc (']', file);
}

//  "nats": [rounds], "nats_median", and daffi over it.
static void put_side (FILE *file, const bench_result_t *result, bench_subject_t subject,
                      const bench_view_t *view)
{
    char key[48];
    const char *name = bench_subject_name (subject);
    bench_summary_t figure = bench_result_summary (result, subject, view->metric);
    put_rounds (file, result, subject, view);
    snprintf (key, sizeof key, "%s_median", name);
    put_pair (file, key, figure.median * view->scale);
    if (subject == BENCH_DAFFI)
        return;
    bench_summary_t ratio = bench_result_ratio (result, subject, view->metric);
    snprintf (key, sizeof key, "%s_ratio", name);
    put_pair (file, key, ratio.median);
    snprintf (key, sizeof key, "%s_ratio_min", name);
    put_pair (file, key, ratio.min);
    snprintf (key, sizeof key, "%s_ratio_max", name);
    put_pair (file, key, ratio.max);
}

static void put_figure (FILE *file, const bench_results_t *results,
                        const bench_result_t *result, const bench_view_t *view)
{
    fputs ("      {", file);
    put_text (file, "name", view->name);
    put_text (file, "unit", view->unit);
    for (bench_subject_t i = 0; i < BENCH_SUBJECTS; i++)
        if (bench_settings_measures (results->settings, i, result->cell))
            put_side (file, result, i, view);
    put_targets (file, results, result, view);
    fputc ('}', file);
}

static void put_cell (FILE *file, const bench_results_t *results,
                      const bench_result_t *result)
{
    const bench_cell_t *cell = result->cell;
    char name[BENCH_CELL_NAME_MAX];
    bench_cell_name (cell, name);
    fputs ("    {", file);
    put_text (file, "name", name);
    put_pair (file, "pairs", cell->pairs);
    fprintf (file, "\"payload_bytes\": %zu, ", cell->payload_bytes);
    if (cell->kind == BENCH_ECHO)
        put_pair (file, "outstanding", cell->outstanding);
    put_text (file, "transport", bench_transport_name (cell->transport));
    put_text (file, "callbacks", bench_callbacks_name (cell->callbacks));
    put_text (file, "caller", result->method);
    if (result->error.status)
        put_text (file, "error", result->error.text);
    fputs ("\"figures\": [\n", file);
    bench_view_t views[BENCH_VIEWS_MAX];
    size_t count = bench_result_views (cell, views);
    for (size_t i = 0; i < count; i++) {
        fputs (i ? ",\n" : "", file);
        put_figure (file, results, result, &views[i]);
    }
    fputs ("]}", file);
}

static void put_head (FILE *file, const bench_results_t *results)
{
    const bench_machine_t *machine = &results->machine;
    const bench_settings_t *settings = results->settings;
    fputs ("{\n  ", file);
    put_text (file, "date", machine->date);
    fputs ("\n  \"versions\": {", file);
    put_text (file, "daffi", daffi_version ());
    put_text (file, "libzmq", machine->zmq);
    put_text (file, "compiler", __VERSION__);
    fprintf (file, "\"optimised\": %s},\n  \"machine\": {",
             machine->optimised ? "true" : "false");
    put_text (file, "system", machine->system);
    put_text (file, "kernel", machine->kernel);
    put_text (file, "cpu", machine->cpu);
    fprintf (file,
             "\"cores\": %ld, \"cores_used\": %d, \"load\": %.2f},\n  "
             "\"settings\": {",
             machine->cores_online, machine->cores_used, machine->load);
    put_pair (file, "rounds", settings->rounds);
    put_pair (file, "seconds", settings->seconds);
    put_pair (file, "capacity", settings->capacity ? (double)settings->capacity : NAN);
    fprintf (file, "\"cpu\": \"%s\"},\n  \"cells\": [\n",
             settings->one_cpu ? "one" : "all");
}

daffi_status_t bench_json_probe (const char *path, daffi_error_t *error)
{
    FILE *file = fopen (path, "a");
    if (!file)
        return bench_fail (error, DAFFI_SYSTEM, "%s: %s", path, strerror (errno));
    fclose (file);
    return DAFFI_OK;
}

daffi_status_t bench_json_write (const bench_results_t *results, const char *path,
                                 daffi_error_t *error)
{
    FILE *file = fopen (path, "w");
    if (!file)
        return bench_fail (error, DAFFI_SYSTEM, "%s: %s", path, strerror (errno));
    put_head (file, results);
    bool first = true;
    for (size_t i = 0; i < results->count; i++) {
        if (!results->items[i].ran)
            continue;
        fputs (first ? "" : ",\n", file);
        put_cell (file, results, &results->items[i]);
        first = false;
    }
    fputs ("\n  ]\n}\n", file);
    bool failed = ferror (file) != 0;
    if (fclose (file) || failed)
        return bench_fail (error, DAFFI_SYSTEM, "%s: cannot be written", path);
    return DAFFI_OK;
}
