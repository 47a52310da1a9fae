//  SPDX-License-Identifier: MPL-2.0
//  The table for people.
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "bench_result.h"

void bench_table_print (const bench_results_t *results);

//  What is being measured, on stderr; nothing where that is no terminal. An empty text
//  wipes it.
void bench_table_progress (const char *format, ...) DAFFI_PRINTF (1, 2);

#endif
