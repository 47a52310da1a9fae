//  SPDX-License-Identifier: MPL-2.0
//  The cells of the table: what is measured, and what it should reach.
//
//  A cell is one shape of load. Its targets are ratios, daffi over another one in the
//  same run, or, for streams, plain figures.
#ifndef BENCH_CELLS_H
#define BENCH_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { BENCH_TCP, BENCH_UNIX } bench_transport_t;
typedef enum { BENCH_INLINE, BENCH_POOLED } bench_callbacks_t;

//  Who is measured, by turns, in one run.
typedef enum {
    BENCH_DAFFI,
    BENCH_RAW,
    BENCH_NATS,
    BENCH_GEARMAN,
    BENCH_SUBJECTS
} bench_subject_t;

typedef enum {
    BENCH_ECHO,  //  calls
    BENCH_FEED,  //  one stream of items from the caller to the function
    BENCH_YIELD  //  and one from the function to the caller
} bench_kind_t;

typedef enum {
    BENCH_SPIN_AS_TOLD,  //  by --spin, else off
    BENCH_SPIN_FIXED,    //  BENCH_SPIN_US
    BENCH_SPIN_AUTO
} bench_spin_t;

#define BENCH_SPIN_US 500

//  What one round of a cell yields.
typedef enum {
    BENCH_RATE,  //  calls (or items) a second
    BENCH_P50,   //  microseconds, one call outstanding only
    BENCH_P99,
    BENCH_P999,
    BENCH_CPU,      //  microseconds of the broker process, a call
    BENCH_CPU_ALL,  //  and of all processes: the same on a busy machine
    BENCH_METRICS
} bench_metric_t;

//  Whose figure is the measure; a plain figure is in the metric's own unit.
typedef enum {
    BENCH_OF_RAW,
    BENCH_OF_NATS,
    BENCH_OF_GEARMAN,
    BENCH_OF_INLINE,  //  daffi's own with inline callbacks
    BENCH_OF_NOTHING
} bench_of_t;

typedef struct {
    bench_metric_t metric;
    bench_of_t of;
    bool at_most;  //  else at least
    double bound;  //  0: there is no target here
} bench_aim_t;

#define BENCH_AIMS_MAX 3

typedef struct {
    uint32_t pairs;        //  so many callers and as many workers
    size_t payload_bytes;  //  of the request and of the answer
    uint32_t outstanding;  //  calls in flight, each caller
    bench_transport_t transport;
    bench_callbacks_t callbacks;
    bench_kind_t kind;
    bench_spin_t spin;
    bench_aim_t aims[BENCH_AIMS_MAX];
} bench_cell_t;

#define BENCH_CELL_NAME_MAX 64
#define BENCH_BULK_BYTES    (256 * 1024)  //  from here on MiB/s count, not calls/s

const bench_cell_t *bench_cells (size_t *count);

//  "4x4/16B/64/tcp/inline": callers x workers, payload, outstanding each, and so on;
//  "1x1/64B/feed/unix/pooled" for a stream.
void bench_cell_name (const bench_cell_t *self, char name[BENCH_CELL_NAME_MAX]);

//  The cell that differs by inline callbacks alone; NULL where there is none.
const bench_cell_t *bench_cell_inline (const bench_cell_t *self);

const char *bench_subject_name (bench_subject_t subject);

//  Can it do what the cell asks for, in a time that one would wait?
bool bench_cell_fits (const bench_cell_t *self, bench_subject_t subject);

bool bench_cell_is_serial (const bench_cell_t *self);
bool bench_cell_is_bulk (const bench_cell_t *self);

const char *bench_transport_name (bench_transport_t transport);
const char *bench_callbacks_name (bench_callbacks_t callbacks);
const char *bench_spin_name (bench_spin_t spin);  //  "", "/spin", "/auto"

#endif
