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

//  pairs, payload, outstanding, transport, callbacks, then what else there is
#define CELL(p, bytes, out, transport_, callbacks_, ...)                              \
    {                                                                                 \
        .pairs = (p), .payload_bytes = (bytes), .outstanding = (out),                 \
        .transport = BENCH_##transport_, .callbacks = BENCH_##callbacks_, __VA_ARGS__ \
    }
//  direction, item, transport
#define STREAM(kind_, bytes, transport_, ...) \
    CELL (1, bytes, 64, transport_, POOLED, .kind = BENCH_##kind_, __VA_ARGS__)

#define AIMS(...) .aims = {__VA_ARGS__}
#define AT_LEAST(metric_, bound_, of_)                 \
    {                                                  \
        BENCH_##metric_, BENCH_OF_##of_, false, bound_ \
    }
#define AT_MOST(metric_, bound_, of_)                 \
    {                                                 \
        BENCH_##metric_, BENCH_OF_##of_, true, bound_ \
    }
#define NO_AIM      AIMS ({.bound = 0})
#define SERIAL      AIMS (AT_MOST (P50, 1.20, RAW))
#define SPINNING    AIMS (AT_MOST (P50, 0.5, RAW), AT_MOST (P50, 1.0, GEARMAN))
#define HALF        AIMS (AT_LEAST (RATE, 0.5, INLINE))
#define MANY(least) AIMS (AT_LEAST (RATE, least, RAW))
#define BULK        AIMS (AT_LEAST (RATE, 0.9, RAW), AT_MOST (CPU, 1.0, RAW))
#define WINDOW                                                   \
    AIMS (AT_LEAST (RATE, 1.2, RAW), AT_LEAST (RATE, 1.0, NATS), \
          AT_LEAST (RATE, 10.0, GEARMAN))
#define ITEMS(rate) AIMS (AT_LEAST (RATE, rate, NOTHING))

static const bench_cell_t cells[] = {
    CELL (1, 16, 1, TCP, INLINE, SERIAL),
    CELL (1, 16, 1, UNIX, INLINE, SERIAL),
    CELL (1, 16, 1, TCP, POOLED, HALF),
    CELL (1, 16, 1, UNIX, POOLED, HALF),
    CELL (1, 16, 1, TCP, INLINE, .spin = BENCH_SPIN_FIXED, SPINNING),
    CELL (1, 16, 1, UNIX, INLINE, .spin = BENCH_SPIN_FIXED,
          AIMS (AT_MOST (P50, 0.5, RAW))),
    CELL (1, 16, 1, TCP, INLINE, .spin = BENCH_SPIN_AUTO),
    CELL (1, KIB, 1, TCP, INLINE, SERIAL),
    CELL (1, 64 * KIB, 1, TCP, INLINE, SERIAL),
    CELL (1, MIB, 1, TCP, INLINE, SERIAL),

    CELL (1, 16, 64, TCP, INLINE, WINDOW),
    CELL (1, 16, 64, UNIX, INLINE, MANY (1.2)),
    CELL (1, 16, 64, TCP, POOLED, HALF),
    CELL (1, KIB, 64, TCP, INLINE, WINDOW),
    CELL (1, KIB, 64, UNIX, INLINE, MANY (1.2)),
    CELL (1, 64 * KIB, 64, TCP, INLINE, NO_AIM),

    CELL (1, 16, 1000, TCP, INLINE,
          AIMS (AT_LEAST (RATE, 2.5, RAW), AT_LEAST (RATE, 3.0, NATS))),
    CELL (1, 16, 1000, UNIX, INLINE, MANY (2.5)),
    CELL (1, 16, 1000, TCP, POOLED, HALF),
    CELL (1, KIB, 1000, TCP, INLINE, MANY (1.5)),
    CELL (1, KIB, 1000, UNIX, INLINE, MANY (1.5)),
    CELL (1, 64 * KIB, 1000, TCP, INLINE, NO_AIM),

    CELL (4, 16, 1, TCP, INLINE, NO_AIM),
    CELL (4, 16, 64, TCP, INLINE, MANY (2.0)),
    CELL (4, 16, 64, UNIX, INLINE, MANY (2.0)),
    CELL (4, 16, 64, TCP, POOLED, HALF),
    CELL (4, KIB, 64, TCP, INLINE, NO_AIM),
    CELL (4, 16, 1000, TCP, INLINE, NO_AIM),

    CELL (1, MIB, 8, TCP, INLINE, BULK),
    CELL (1, MIB, 8, UNIX, INLINE, BULK),
    CELL (1, 16 * MIB, 4, TCP, INLINE, BULK),
    CELL (1, 16 * MIB, 4, UNIX, INLINE, BULK),

    STREAM (FEED, 64, UNIX, ITEMS (200000)),
    STREAM (YIELD, 64, UNIX, ITEMS (200000)),
    STREAM (FEED, 256 * KIB, UNIX, ITEMS (4096)),
    STREAM (YIELD, 256 * KIB, UNIX, ITEMS (4096)),
    STREAM (FEED, 64, TCP, NO_AIM),
    STREAM (YIELD, 64, TCP, NO_AIM),
    STREAM (FEED, 256 * KIB, TCP, NO_AIM),
    STREAM (YIELD, 256 * KIB, TCP, NO_AIM),
};

const bench_cell_t *bench_cells (size_t *count)
{
    *count = BENCH_COUNT (cells);
    return cells;
}

const char *bench_subject_name (bench_subject_t subject)
{
    static const char *const names[] = {"daffi", "raw", "nats", "gearman"};
    return names[subject];
}

const char *bench_transport_name (bench_transport_t transport)
{
    return transport == BENCH_TCP ? "tcp" : "unix";
}

const char *bench_callbacks_name (bench_callbacks_t callbacks)
{
    return callbacks == BENCH_INLINE ? "inline" : "pooled";
}

const char *bench_spin_name (bench_spin_t spin)
{
    static const char *const names[] = {"", "/spin", "/auto"};
    return names[spin];
}

void bench_cell_name (const bench_cell_t *self, char name[BENCH_CELL_NAME_MAX])
{
    size_t size = self->payload_bytes;
    const char *unit = size >= MIB ? "MiB" : size >= KIB ? "KiB" : "B";
    char load[16];
    size /= size >= MIB ? MIB : size >= KIB ? KIB : 1;
    if (self->kind == BENCH_ECHO)
        snprintf (load, sizeof load, "%u", self->outstanding);
    else
        snprintf (load, sizeof load, "%s", self->kind == BENCH_FEED ? "feed" : "yield");
    snprintf (name, BENCH_CELL_NAME_MAX, "%ux%u/%zu%s/%s/%s/%s%s", self->pairs,
              self->pairs, size, unit, load, bench_transport_name (self->transport),
              bench_callbacks_name (self->callbacks), bench_spin_name (self->spin));
}

const bench_cell_t *bench_cell_inline (const bench_cell_t *self)
{
    for (size_t i = 0; i < BENCH_COUNT (cells); i++)
        if (cells[i].pairs == self->pairs && cells[i].kind == self->kind &&
            cells[i].spin == self->spin &&
            cells[i].payload_bytes == self->payload_bytes &&
            cells[i].outstanding == self->outstanding &&
            cells[i].transport == self->transport && cells[i].callbacks == BENCH_INLINE)
            return &cells[i];
    return NULL;
}

//  Neither NATS nor Gearman has UNIX sockets, streams or places to run callbacks in.
//  Gearman needs half a second for a call of 1 MiB.
bool bench_cell_fits (const bench_cell_t *self, bench_subject_t subject)
{
    if (subject == BENCH_DAFFI || subject == BENCH_RAW)
        return true;
    return self->kind == BENCH_ECHO && self->transport == BENCH_TCP &&
           self->callbacks == BENCH_INLINE &&
           (subject == BENCH_NATS || self->payload_bytes < MIB);
}

bool bench_cell_is_serial (const bench_cell_t *self)
{
    return self->outstanding == 1;
}

bool bench_cell_is_bulk (const bench_cell_t *self)
{
    return self->payload_bytes >= BENCH_BULK_BYTES;
}
