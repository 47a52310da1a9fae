//  SPDX-License-Identifier: MPL-2.0
//  The cells of the table: what is measured, and what it should reach.
//
//  The order is that of the printed table. A cell with pooled callbacks is compared
//  with its twin with inline ones, so the twin comes first.
#include "bench_cells.h"

#include <stdio.h>

#include "bench_base.h"

#define KIB 1024u
#define MIB (1024u * 1024u)

//  pairs, payload, outstanding, transport, callbacks, then the targets
#define CELL(p, bytes, out, transport_, callbacks_, ...)                              \
    {                                                                                 \
        .pairs = (p), .payload_bytes = (bytes), .outstanding = (out),                 \
        .transport = BENCH_##transport_, .callbacks = BENCH_##callbacks_, __VA_ARGS__ \
    }

static const bench_cell_t cells[] = {
    CELL (1, 16, 1, TCP, INLINE, .p50_at_most = 1.20),
    CELL (1, 16, 1, UNIX, INLINE, .p50_at_most = 1.20),
    CELL (1, 16, 1, TCP, POOLED, .of_inline = 0.5),
    CELL (1, KIB, 1, TCP, INLINE, .p50_at_most = 1.20),
    CELL (1, 64 * KIB, 1, TCP, INLINE, .p50_at_most = 1.20),

    CELL (1, 16, 64, TCP, INLINE, .rate_at_least = 1.2),
    CELL (1, 16, 64, UNIX, INLINE, .rate_at_least = 1.2),
    CELL (1, 16, 64, TCP, POOLED, .of_inline = 0.5),
    CELL (1, KIB, 64, TCP, INLINE, .rate_at_least = 1.2),
    CELL (1, KIB, 64, UNIX, INLINE, .rate_at_least = 1.2),
    CELL (1, 64 * KIB, 64, TCP, INLINE, .rate_at_least = 0),

    CELL (1, 16, 1000, TCP, INLINE, .rate_at_least = 2.5),
    CELL (1, 16, 1000, UNIX, INLINE, .rate_at_least = 2.5),
    CELL (1, 16, 1000, TCP, POOLED, .of_inline = 0.5),
    CELL (1, KIB, 1000, TCP, INLINE, .rate_at_least = 1.5),
    CELL (1, KIB, 1000, UNIX, INLINE, .rate_at_least = 1.5),
    CELL (1, 64 * KIB, 1000, TCP, INLINE, .rate_at_least = 0),

    CELL (4, 16, 64, TCP, INLINE, .rate_at_least = 2.0),
    CELL (4, 16, 64, UNIX, INLINE, .rate_at_least = 2.0),
    CELL (4, 16, 64, TCP, POOLED, .of_inline = 0.5),
    CELL (4, KIB, 64, TCP, INLINE, .rate_at_least = 0),

    CELL (1, MIB, 8, TCP, INLINE, .rate_at_least = 0.9, .cpu_at_most = 1.0),
    CELL (1, MIB, 8, UNIX, INLINE, .rate_at_least = 0.9, .cpu_at_most = 1.0),
    CELL (1, 16 * MIB, 4, TCP, INLINE, .rate_at_least = 0.9, .cpu_at_most = 1.0),
    CELL (1, 16 * MIB, 4, UNIX, INLINE, .rate_at_least = 0.9, .cpu_at_most = 1.0),
};

const bench_cell_t *bench_cells (size_t *count)
{
    *count = BENCH_COUNT (cells);
    return cells;
}

const char *bench_transport_name (bench_transport_t transport)
{
    return transport == BENCH_TCP ? "tcp" : "unix";
}

const char *bench_callbacks_name (bench_callbacks_t callbacks)
{
    return callbacks == BENCH_INLINE ? "inline" : "pooled";
}

void bench_cell_name (const bench_cell_t *self, char name[BENCH_CELL_NAME_MAX])
{
    size_t size = self->payload_bytes;
    const char *unit = size >= MIB ? "MiB" : size >= KIB ? "KiB" : "B";
    size /= size >= MIB ? MIB : size >= KIB ? KIB : 1;
    snprintf (name, BENCH_CELL_NAME_MAX, "%ux%u/%zu%s/%u/%s/%s", self->pairs,
              self->pairs, size, unit, self->outstanding,
              bench_transport_name (self->transport),
              bench_callbacks_name (self->callbacks));
}

const bench_cell_t *bench_cell_inline (const bench_cell_t *self)
{
    for (size_t i = 0; i < BENCH_COUNT (cells); i++)
        if (cells[i].pairs == self->pairs &&
            cells[i].payload_bytes == self->payload_bytes &&
            cells[i].outstanding == self->outstanding &&
            cells[i].transport == self->transport && cells[i].callbacks == BENCH_INLINE)
            return &cells[i];
    return NULL;
}

bool bench_cell_is_serial (const bench_cell_t *self)
{
    return self->outstanding == 1;
}

bool bench_cell_is_bulk (const bench_cell_t *self)
{
    return self->payload_bytes >= BENCH_BULK_BYTES;
}
