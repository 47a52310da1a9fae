//  SPDX-License-Identifier: MPL-2.0
//  The JSON file for programs: every figure of every round.
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include "bench_result.h"

//  Can the file be written? Asked before the measuring, which takes minutes.
daffi_status_t bench_json_probe (const char *path, daffi_error_t *error) DAFFI_MUST_USE;

daffi_status_t bench_json_write (const bench_results_t *results, const char *path,
                                 daffi_error_t *error) DAFFI_MUST_USE;

#endif
