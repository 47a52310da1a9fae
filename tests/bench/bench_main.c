//  SPDX-License-Identifier: MPL-2.0
//  daffi-bench: how fast is daffi, beside others, in the same run?
//
//  Every cell sets up all sides and measures them by turns, A B C then B C A, so that
//  whatever else the machine does falls on all. Without arguments that begin with '@'
//  this process only conducts; with one it is one of the processes of a rig.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_json.h"
#include "bench_rig.h"
#include "bench_role.h"
#include "bench_scale.h"
#include "bench_table.h"

static daffi_status_t run_side (bench_rig_t *rig, bench_result_t *result,
                                uint32_t round, daffi_error_t *error)
{
    double figures[BENCH_METRICS];
    if (bench_rig_run (rig, figures, error))
        return error->status;
    for (size_t i = 0; i < BENCH_METRICS; i++)
        result->figures[rig->subject][i][round] = figures[i];
    return DAFFI_OK;
}

//  Each round begins with another side, so that none always comes first.
static daffi_status_t run_round (bench_rig_t rigs[BENCH_SUBJECTS],
                                 const bench_settings_t *settings,
                                 bench_result_t *result, daffi_error_t *error)
{
    uint32_t round = result->rounds;
    for (uint32_t i = 0; i < BENCH_SUBJECTS; i++) {
        uint32_t side = (i + round) % BENCH_SUBJECTS;
        if (bench_settings_measures (settings, (bench_subject_t)side, result->cell) &&
            run_side (&rigs[side], result, round, error))
            return error->status;
    }
    result->rounds++;
    return DAFFI_OK;
}

static void run_rounds (bench_rig_t rigs[BENCH_SUBJECTS],
                        const bench_settings_t *settings, bench_result_t *result,
                        const char *title)
{
    while (result->rounds < settings->rounds) {
        bench_table_progress ("%s round %u of %u", title, result->rounds + 1,
                              settings->rounds);
        if (run_round (rigs, settings, result, &result->error))
            return;
    }
}

static void forget_figures (bench_result_t *result)
{
    for (size_t i = 0; i < BENCH_SUBJECTS; i++)
        for (size_t j = 0; j < BENCH_METRICS; j++)
            for (size_t k = 0; k < BENCH_ROUNDS_MAX; k++)
                result->figures[i][j][k] = NAN;
}

static void run_cell (const bench_settings_t *settings, bench_result_t *result,
                      const char *title)
{
    static bench_rig_t rigs[BENCH_SUBJECTS];
    result->ran = true;
    bench_table_progress ("%s starts", title);
    int started = 0;
    for (; started < BENCH_SUBJECTS && !result->error.status; started++)
        if (bench_settings_measures (settings, (bench_subject_t)started,
                                     result->cell) &&
            bench_rig_init (&rigs[started], (bench_subject_t)started, result->cell,
                            settings, &result->error))
            break;
    if (!result->error.status)
        run_rounds (rigs, settings, result, title);
    memcpy (result->method, rigs[BENCH_DAFFI].method, sizeof result->method);
    while (started-- > 0)
        if (bench_settings_measures (settings, (bench_subject_t)started, result->cell))
            bench_rig_done (&rigs[started]);
}

//  False: the filter leaves none.
static bool run_cells (bench_results_t *results)
{
    const bench_settings_t *settings = results->settings;
    unsigned wanted = 0, number = 0;
    for (size_t i = 0; i < results->count; i++)
        wanted += bench_settings_wants (settings, results->items[i].cell);
    for (size_t i = 0; i < results->count && !bench_child_interrupted (); i++) {
        bench_result_t *result = &results->items[i];
        if (!bench_settings_wants (settings, result->cell))
            continue;
        char name[BENCH_CELL_NAME_MAX], title[BENCH_CELL_NAME_MAX + 32];
        bench_cell_name (result->cell, name);
        snprintf (title, sizeof title, "[%u/%u] %s", ++number, wanted, name);
        run_cell (settings, result, title);
    }
    bench_table_progress ("%s", "");
    if (wanted == 0)
        fprintf (stderr, "daffi-bench: no cell's name holds \"%s\"; see --list\n",
                 settings->filter);
    return wanted > 0;
}

static int report (const bench_results_t *results)
{
    bench_table_print (results);
    int code = bench_child_interrupted () ? 130 : 0;
    for (size_t i = 0; i < results->count && code == 0; i++)
        code = results->items[i].error.status ? 1 : 0;
    daffi_error_t error;
    const char *path = results->settings->json;
    if (path && bench_json_write (results, path, &error)) {
        fprintf (stderr, "daffi-bench: %s\n", error.text);
        code = 1;
    }
    return code;
}

static int list_cells (const bench_settings_t *settings)
{
    size_t count;
    const bench_cell_t *cells = bench_cells (&count);
    char name[BENCH_CELL_NAME_MAX];
    for (size_t i = 0; i < count; i++)
        if (bench_settings_wants (settings, &cells[i])) {
            bench_cell_name (&cells[i], name);
            puts (name);
        }
    return 0;
}

static int conduct (const bench_settings_t *settings)
{
    daffi_error_t error;
    bench_results_t results = {.settings = settings};
    if ((settings->json && bench_json_probe (settings->json, &error)) ||
        (settings->one_cpu && bench_machine_bind_one (&error))) {
        fprintf (stderr, "daffi-bench: %s\n", error.text);
        return 1;
    }
    bench_machine_look (&results.machine);
    bench_child_watch_signals ();
    if (settings->scale)
        return bench_scale_run (settings);
    const bench_cell_t *cells = bench_cells (&results.count);
    results.items = calloc (results.count, sizeof *results.items);
    if (!results.items)
        return 1;
    for (size_t i = 0; i < results.count; i++) {
        results.items[i].cell = &cells[i];
        forget_figures (&results.items[i]);
    }
    int code = run_cells (&results) ? report (&results) : 2;
    free (results.items);
    return code;
}

int main (int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '@') {
        bench_role_t role;
        if (bench_role_parse (&role, argc, argv))
            return bench_role_run (&role);
        fprintf (stderr, "daffi-bench: not a role's arguments\n");
        return 2;
    }
    bench_settings_t settings;
    int exit_code = 0;
    if (!bench_settings_parse (&settings, argc, argv, &exit_code))
        return exit_code;
    return settings.list ? list_cells (&settings) : conduct (&settings);
}
