//  SPDX-License-Identifier: MPL-2.0
//  The options of the program.
//
//  Read once, constant from there on.
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include "bench_base.h"
#include "bench_cells.h"

#define BENCH_ROUNDS_MAX 100

typedef struct {
    char program[4096];  //  this program's file, for the roles
    char broker[4096];   //  daffi-broker's file, "" = not found
    const char *filter;  //  part of a cell's name, or NULL
    const char *json;    //  file to write, or NULL
    uint32_t rounds;
    double seconds;  //  each round of each side
    uint32_t capacity;
    int32_t spin_us;  //  of daffi's callers
    bool one_cpu;
    bool list;
    bool scale;
    char servers[BENCH_SUBJECTS][512];  //  of others: the file, "" = not found
    bool measures[BENCH_SUBJECTS];
} bench_settings_t;

//  True: go on. False: *exit_code says how to end (after --help, or a bad option).
bool bench_settings_parse (bench_settings_t *self, int argc, char **argv,
                           int *exit_code);

//  Does this run measure it in this cell?
bool bench_settings_measures (const bench_settings_t *self, bench_subject_t subject,
                              const bench_cell_t *cell);

//  Does --filter let it pass?
bool bench_settings_match (const bench_settings_t *self, const char *name);
bool bench_settings_wants (const bench_settings_t *self, const bench_cell_t *cell);

#endif
