//  SPDX-License-Identifier: MPL-2.0
//  What $node.stats tells of functions, as a table.

#ifndef DAFFI_CLI_TIMINGS_H
#define DAFFI_CLI_TIMINGS_H

#include "rows.h"

typedef enum { DAFFI_TIMINGS_BY_FUNCTION, DAFFI_TIMINGS_BY_PROCESS } daffi_timings_by_t;

typedef struct {
    daffi_cli_t *cli;
    daffi_rows_t rows;
    daffi_timings_by_t by;
} daffi_timings_t;

void daffi_timings_init (daffi_timings_t *self, daffi_cli_t *cli,
                         daffi_timings_by_t by);
//  The functions of one process, or that one function.
void daffi_timings_add (daffi_timings_t *self, const daffi_value_t *stats,
                        const char *function);
//  A process that tells nothing.
void daffi_timings_add_unknown (daffi_timings_t *self, const char *name);
void daffi_timings_print (daffi_timings_t *self);

#endif
