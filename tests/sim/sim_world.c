//  SPDX-License-Identifier: MPL-2.0
//  The simulated world: chance, the heap of events, and what is said of a failure.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "sim.h"

//  SplitMix64 (Steele, Lea, Flood 2014).
uint64_t sim_random (world_t *self)
{
    uint64_t x = self->random += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C (0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t sim_below (world_t *self, uint64_t limit)
{
    return limit ? sim_random (self) % limit : 0;
}

//  --- events: a binary heap ----------------------------------------------------------

static bool before (const event_t *a, const event_t *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void sift_up (event_t *heap, size_t at)
{
    event_t moved = heap[at];
    while (at > 0 && before (&moved, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

static void sift_down (event_t *heap, size_t count)
{
    event_t moved = heap[0];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= count)
            break;
        if (child + 1 < count && before (&heap[child + 1], &heap[child]))
            child++;
        if (!before (&heap[child], &moved))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void push (world_t *self, const event_t *event)
{
    if (self->heap_count == self->heap_room) {
        self->heap_room = self->heap_room ? self->heap_room * 2 : 1024;
        self->heap = daffi_renew (self->heap, self->heap_room * sizeof *self->heap);
    }
    self->heap[self->heap_count++] = *event;
    sift_up (self->heap, self->heap_count - 1);
}

void sim_post (world_t *self, int64_t delay_ms, event_kind_t kind, uint32_t who,
               uint64_t arg, message_t *message)
{
    event_t event = {.at_ms = self->now_ms + delay_ms,
                     .order = ++self->last_order,
                     .kind = kind,
                     .who = who,
                     .arg = arg,
                     .message = message};
    push (self, &event);
}

void sim_defer (world_t *self, const event_t *event, int64_t until_ms)
{
    event_t later = *event;
    later.at_ms = until_ms;
    push (self, &later);
}

bool sim_take (world_t *self, int64_t until_ms, event_t *event)
{
    if (!self->heap_count || self->heap[0].at_ms > until_ms)
        return false;
    *event = self->heap[0];
    if (--self->heap_count) {
        self->heap[0] = self->heap[self->heap_count];
        sift_down (self->heap, self->heap_count);
    }
    return true;
}

//  --- words --------------------------------------------------------------------------

void sim_trace_line (world_t *self, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    printf ("%6lld  ", (long long)self->now_ms);
    vprintf (format, args);
    putchar ('\n');
    va_end (args);
}

void sim_broken (world_t *self, const char *format, ...)
{
    sim_report_t *report = self->report;
    char text[sizeof report->violation - 24];
    va_list args;
    va_start (args, format);
    vsnprintf (text, sizeof text, format, args);
    va_end (args);
    if (!report->violations++) {
        report->failing_seed = self->seed;
        snprintf (report->violation, sizeof report->violation, "at %lld ms: %s",
                  (long long)self->now_ms, text);
    }
    TRACE (self, "BROKEN %s", text);
}
