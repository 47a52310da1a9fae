//  SPDX-License-Identifier: MPL-2.0
//  The cells of the table: what is measured, and what it should reach.
//
//  A cell is one shape of load. Its targets are ratios, daffi over raw libzmq in the
//  same run; zero stands for "no target".
#ifndef BENCH_CELLS_H
#define BENCH_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { BENCH_TCP, BENCH_UNIX } bench_transport_t;
typedef enum { BENCH_INLINE, BENCH_POOLED } bench_callbacks_t;

//  What one round of a cell yields.
typedef enum {
    BENCH_RATE,  //  calls a second
    BENCH_P50,   //  microseconds, one call outstanding only
    BENCH_P99,
    BENCH_P999,
    BENCH_CPU,  //  microseconds of the broker process, a call
    BENCH_METRICS
} bench_metric_t;

typedef struct {
    uint32_t pairs;        //  so many callers and as many workers
    size_t payload_bytes;  //  of the request and of the answer
    uint32_t outstanding;  //  calls in flight, each caller
    bench_transport_t transport;
    bench_callbacks_t callbacks;
    double p50_at_most;
    double rate_at_least;
    double cpu_at_most;
    double of_inline;  //  at least so much of the rate with inline callbacks
} bench_cell_t;

#define BENCH_CELL_NAME_MAX 64
#define BENCH_BULK_BYTES    (1024 * 1024)  //  from here on MiB/s count, not calls/s

const bench_cell_t *bench_cells (size_t *count);

//  "4x4/16B/64/tcp/inline": callers x workers, payload, outstanding each, and so on.
void bench_cell_name (const bench_cell_t *self, char name[BENCH_CELL_NAME_MAX]);

//  The cell that differs by inline callbacks alone; NULL where there is none.
const bench_cell_t *bench_cell_inline (const bench_cell_t *self);

bool bench_cell_is_serial (const bench_cell_t *self);
bool bench_cell_is_bulk (const bench_cell_t *self);

const char *bench_transport_name (bench_transport_t transport);
const char *bench_callbacks_name (bench_callbacks_t callbacks);

#endif
