//  SPDX-License-Identifier: MPL-2.0
//  What grows with the number of nodes and functions, and how long a start takes.
//
//  Not beside raw libzmq, which has neither: the small case is compared with the large
//  one.
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include "bench_settings.h"

//  Runs all, prints a table and, if asked for, writes JSON. The exit code.
int bench_scale_run (const bench_settings_t *settings);

#endif
