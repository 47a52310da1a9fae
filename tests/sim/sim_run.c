//  SPDX-License-Identifier: MPL-2.0
//  One schedule after the other: the faults, the quiet after them, the end.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "sim.h"

//  --- events -------------------------------------------------------------------------

//  Whose event is it? NULL: nobody's who could be stopped.
static node_t *node_of (world_t *self, const event_t *event)
{
    switch (event->kind) {
    case EVENT_DOWN:
    case EVENT_BROKEN_DOWN:
        return &self->nodes[self->connections[event->who].node];
    case EVENT_CONNECT:
    case EVENT_GREET:
    case EVENT_HEARTBEAT:
    case EVENT_FINISH:
        return &self->nodes[event->who];
    case EVENT_ISSUE:
    case EVENT_DEADLINE:
    case EVENT_CANCEL:
        return &self->nodes[self->calls[event->who].node];
    case EVENT_UP:
    case EVENT_BROKEN_UP:
    case EVENT_START:
    case EVENT_FAULT:
    case EVENT_CONTROLLER:
        break;
    }
    return NULL;
}

//  Who is stopped gets it when he goes on.
static bool deferred (world_t *self, const event_t *event)
{
    node_t *node = node_of (self, event);
    int64_t until = node && node->state != NODE_DEAD ? node->stopped_ms : 0;
    if (event->kind == EVENT_UP || event->kind == EVENT_BROKEN_UP)
        until = self->asleep_ms;
    if (until <= self->now_ms)
        return false;
    sim_defer (self, event, until);
    return true;
}

//  The low half of arg is the node's life, the high half what else must not have
//  changed.
static bool is_current (const node_t *node, const event_t *event, uint32_t high)
{
    return node->state != NODE_DEAD && node->life == (uint32_t)event->arg &&
           high == event->arg >> 32;
}

static void handle_node (world_t *self, const event_t *event)
{
    node_t *node = &self->nodes[event->who];
    uint32_t high = (uint32_t)(event->arg >> 32);
    bool on_line = node->state != NODE_CONNECTING;
    if (event->kind == EVENT_CONNECT && is_current (node, event, 0))
        sim_node_connect (self, node);
    else if (event->kind == EVENT_GREET && on_line &&
             is_current (node, event, (uint32_t)node->hello))
        sim_node_greet (self, node);
    else if (event->kind == EVENT_HEARTBEAT && on_line &&
             is_current (node, event, node->connection))
        sim_node_heartbeat (self, node);
    else if (event->kind == EVENT_FINISH && is_current (node, event, high))
        sim_job_finish (self, node, high);
    else if (event->kind == EVENT_START && node->state == NODE_DEAD &&
             node->life == event->arg)
        sim_node_start (self, event->who);
}

static void handle_broken_down (world_t *self, uint32_t connection)
{
    const connection_t *on = &self->connections[connection];
    node_t *node = &self->nodes[on->node];
    if (node->life == on->life && node->state != NODE_DEAD &&
        node->state != NODE_CONNECTING && node->connection == connection)
        sim_node_lost (self, node);
}

static void handle (world_t *self, const event_t *event)
{
    switch (event->kind) {
    case EVENT_UP:
        sim_deliver_up (self, event->who, event->message);
        break;
    case EVENT_DOWN:
        sim_deliver_down (self, event->who, event->message);
        break;
    case EVENT_BROKEN_UP:
        sim_broken_up (self, event->who);
        break;
    case EVENT_BROKEN_DOWN:
        handle_broken_down (self, event->who);
        break;
    case EVENT_CONNECT:
    case EVENT_GREET:
    case EVENT_HEARTBEAT:
    case EVENT_START:
    case EVENT_FINISH:
        handle_node (self, event);
        break;
    case EVENT_ISSUE:
        sim_call_issue (self, event->who);
        break;
    case EVENT_DEADLINE:
        sim_call_deadline (self, event->who);
        break;
    case EVENT_CANCEL:
        sim_call_cancel (self, event->who);
        break;
    case EVENT_FAULT:
        if (!self->healing)
            sim_fault (self);
        break;
    case EVENT_CONTROLLER:
        if (!self->core) {
            sim_start_controller (self);
            self->report->restarts++;
        }
        break;
    }
}

static int64_t core_due (const world_t *self)
{
    if (!self->core)
        return DAFFI_NEVER;
    int64_t next = daffi_core_next (self->core);
    if (next == DAFFI_NEVER)
        return next;
    next -= self->core_base_ms;
    if (next < self->now_ms)
        next = self->now_ms;
    return next < self->asleep_ms ? self->asleep_ms : next;
}

static void run_until (world_t *self, int64_t until_ms)
{
    event_t event;
    unsigned ticks = 0;
    while (!self->report->violations) {
        int64_t due = core_due (self);
        int64_t limit = due < until_ms ? due : until_ms;
        if (sim_take (self, limit, &event)) {
            self->report->events++;
            self->now_ms = event.at_ms > self->now_ms ? event.at_ms : self->now_ms;
            if (!deferred (self, &event))
                handle (self, &event);
            continue;
        }
        if (due > until_ms)
            break;
        ticks = due > self->now_ms ? 0 : ticks + 1;
        if (ticks > 1000)
            sim_broken (self, "the core wants a tick at once, for ever");
        self->now_ms = due;
        sim_tick (self);
    }
    if (until_ms > self->now_ms)
        self->now_ms = until_ms;
}

//  --- a schedule ---------------------------------------------------------------------

static void world_done (world_t *self)
{
    event_t event;
    while (sim_take (self, DAFFI_NEVER, &event))
        free (event.message);
    daffi_core_destroy (&self->core);
    daffi_buffer_done (&self->scratch);
    free (self->heap);
    free (self->connections);
    free (self->calls);
}

//  Until every deadline is over, and long enough for all to find their way back.
static int64_t quiet_at (const world_t *self)
{
    int64_t last = self->now_ms;
    for (uint32_t i = 0; i < self->call_count; i++)
        if (self->calls[i].open && self->calls[i].deadline_ms != DAFFI_NEVER &&
            self->calls[i].deadline_ms > last && !self->options->calm)
            last = self->calls[i].deadline_ms;
    for (unsigned i = 0; i < self->node_count; i++)
        if (self->nodes[i].stopped_ms > last)
            last = self->nodes[i].stopped_ms;
    if (self->asleep_ms > last)
        last = self->asleep_ms;
    return last + 4 * self->rough.timeout_ms + 5000;
}

static void tear_down (world_t *self)
{
    if (sim_chance (self, 2)) {
        sim_stop_controller (self, sim_chance (self, 2));
        return;
    }
    for (uint32_t i = 0; i < self->connection_count; i++)
        sim_broken_up (self, i);
    sim_check_empty (self);
}

static void play (const sim_options_t *options, sim_report_t *report, uint64_t seed)
{
    static world_t world;
    memset (&world, 0, sizeof world);
    world.options = options;
    world.report = report;
    world.seed = seed;
    world.random = seed * UINT64_C (0x9e3779b97f4a7c15) + 1;
    world.core_random = seed;
    world.connections = daffi_new (CONNECTIONS_MAX * sizeof *world.connections);
    world.calls = daffi_new ((options->calls + 1) * sizeof *world.calls);
    daffi_buffer_init (&world.scratch);
    sim_start_controller (&world);
    sim_choose (&world);
    run_until (&world, world.rough.span_ms + 50);
    sim_heal (&world);
    run_until (&world, quiet_at (&world));
    if (!report->violations) {
        sim_check_quiet (&world);
        tear_down (&world);
    }
    world_done (&world);
}

static double seconds (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void sim_run (const sim_options_t *options, sim_report_t *report)
{
    double end = options->minutes > 0 ? seconds () + options->minutes * 60 : 0;
    memset (report, 0, sizeof *report);
    for (uint64_t i = 0; i < options->schedules && !report->violations; i++) {
        if (end > 0 && i % 64 == 0 && seconds () > end)
            break;
        play (options, report, options->seed + i);
        report->schedules++;
    }
}

void sim_print (const sim_report_t *report)
{
    printf ("%" PRIu64 " schedules, %" PRIu64 " faults, %" PRIu64
            " controllers restarted, %" PRIu64 " records, %" PRIu64 " events\n",
            report->schedules, report->faults, report->restarts, report->records,
            report->events);
    printf ("%" PRIu64 " calls, %" PRIu64 " casts, %" PRIu64 " waits: %" PRIu64
            " results, %" PRIu64 " errors, %" PRIu64 " reports of progress\n",
            report->calls, report->casts, report->waits, report->results,
            report->errors, report->reports);
    for (unsigned i = 1; i <= DAFFI_END; i++)
        if (report->by_status[i])
            printf ("    %-16s %" PRIu64 "\n", daffi_status_name ((daffi_status_t)i),
                    report->by_status[i]);
    if (report->violations)
        printf ("seed %" PRIu64 " breaks a promise %s\n", report->failing_seed,
                report->violation);
    printf ("%" PRIu64 " violations\n", report->violations);
}
