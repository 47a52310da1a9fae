//  SPDX-License-Identifier: MPL-2.0
//  What $node.stats tells of functions, as a table.

#include "timings.h"

#include <string.h>

#include "ask.h"

void daffi_timings_init (daffi_timings_t *self, daffi_cli_t *cli, daffi_timings_by_t by)
{
    static const daffi_column_t columns[2][8] = {{{"FUNCTION", false, DAFFI_INK_NAME},
                                                  {"CALLS", true, DAFFI_INK_NONE},
                                                  {"FAILED", true, DAFFI_INK_NONE},
                                                  {"RUNNING", true, DAFFI_INK_NONE},
                                                  {"P50", true, DAFFI_INK_NONE},
                                                  {"P90", true, DAFFI_INK_NONE},
                                                  {"P99", true, DAFFI_INK_NONE},
                                                  {"MAX", true, DAFFI_INK_NONE}},
                                                 {{"PROCESS", false, DAFFI_INK_NAME},
                                                  {"CALLS", true, DAFFI_INK_NONE},
                                                  {"FAILED", true, DAFFI_INK_NONE},
                                                  {"RUNNING", true, DAFFI_INK_NONE},
                                                  {"P50", true, DAFFI_INK_NONE},
                                                  {"P90", true, DAFFI_INK_NONE},
                                                  {"P99", true, DAFFI_INK_NONE},
                                                  {"MAX", true, DAFFI_INK_NONE}}};
    self->cli = cli;
    self->by = by;
    daffi_rows_init (&self->rows, cli, columns[by], 8);
}

static void add_time (daffi_timings_t *self, const daffi_value_t *map, const char *key,
                      bool ran)
{
    daffi_value_t value;
    double time_us = 0;
    if (daffi_value_find (map, key, &value) ||
        daffi_value_get_double (&value, &time_us))
        ran = false;
    daffi_rows_both (&self->rows,
                     ran ? daffi_microseconds (&self->cli->keep, time_us) : "-",
                     ran ? json_object_new_double (time_us) : NULL);
}

static void add_row (daffi_timings_t *self, const char *name, const daffi_value_t *map)
{
    static const char *const times[] = {"p50_us", "p90_us", "p99_us", "max_us"};
    uint64_t failed = daffi_map_number (map, "failed");
    uint64_t calls = daffi_map_number (map, "calls");
    daffi_rows_add (&self->rows);
    daffi_rows_text (&self->rows, name);
    daffi_rows_number (&self->rows, calls);
    daffi_rows_number (&self->rows, failed);
    daffi_rows_number (&self->rows, daffi_map_number (map, "running"));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        add_time (self, map, times[i], calls > 0);
}

void daffi_timings_add (daffi_timings_t *self, const daffi_value_t *stats,
                        const char *function)
{
    daffi_value_t functions, map;
    const char *process = daffi_map_text (self->cli, stats, "process");
    if (daffi_value_find (stats, "functions", &functions))
        return;
    daffi_iterator_t it = daffi_value_iterate (&functions);
    while (daffi_iterator_next (&it, NULL, &map)) {
        const char *name = daffi_map_text (self->cli, &map, "function");
        if (!function || strcmp (name, function) == 0)
            add_row (self, self->by == DAFFI_TIMINGS_BY_PROCESS ? process : name, &map);
    }
}

void daffi_timings_add_unknown (daffi_timings_t *self, const char *name)
{
    daffi_rows_add (&self->rows);
    daffi_rows_text (&self->rows, name);
    for (int i = 0; i < 7; i++)
        daffi_rows_both (&self->rows, "-", NULL);
}

void daffi_timings_print (daffi_timings_t *self)
{
    daffi_rows_print (&self->rows);
    daffi_rows_done (&self->rows);
}
