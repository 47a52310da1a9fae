//  SPDX-License-Identifier: MPL-2.0
//  Judges each call by its record alone, and by when its processes did not run.
#include "chaos_judge.h"

#include <daffi.h>
#include <stdlib.h>

enum {
    EDGE_MS = 20,         //  after SIGCONT: until it has read what happened meanwhile
    SLOW_START_MS = 300,  //  the same where the worker's link was hurt by then
    LINK_MS = 600         //  what the proxy still holds back when a fault ends
};

//  For so long a bad estimate of the clock may stand.
#define CLOCK_AGE_NS (30 * CHAOS_SECOND)

//  When processes did not run, and when links did not work: events as lists.
typedef struct {
    chaos_board_t *board;
    const chaos_settings_t *settings;
    chaos_verdict_t *verdict;
    uint32_t first[CHAOS_LIVES_MAX];      //  pauses, by life
    uint32_t first_of_link[CHAOS_SLOTS];  //  faults of links, by slot
    uint32_t next[CHAOS_EVENTS_MAX];
} judge_t;

static int64_t slack (const judge_t *self)
{
    return (int64_t)self->settings->slack_ms * CHAOS_MS;
}

static void index_events (judge_t *self)
{
    uint32_t count = self->board->event_count;
    for (uint32_t i = 1; i <= count && i < CHAOS_EVENTS_MAX; i++) {
        const chaos_event_t *event = &self->board->events[i];
        bool pause = event->kind == CHAOS_STOP || event->kind == CHAOS_STALL;
        if (!pause && event->kind < CHAOS_DELAY)
            continue;
        uint32_t *first = pause ? &self->first[event->life]
                                : &self->first_of_link[event->slot % CHAOS_SLOTS];
        self->next[i] = *first;
        *first = i;
    }
}

//  Was the link of that process hurt within this time?
static bool link_was_hurt (const judge_t *self, uint16_t life, int64_t from_ns,
                           int64_t to_ns)
{
    uint32_t slot = self->board->lives[life].slot % CHAOS_SLOTS;
    for (uint32_t i = self->first_of_link[slot]; i; i = self->next[i]) {
        const chaos_event_t *event = &self->board->events[i];
        if (event->from_ns <= to_ns &&
            (!event->to_ns || event->to_ns + LINK_MS * CHAOS_MS >= from_ns))
            return true;
    }
    return false;
}

//  One step of the two below: past the pauses of this process that `due_ns` falls into.
static int64_t past_pauses (const judge_t *self, uint16_t life, int64_t due_ns)
{
    for (uint32_t i = self->first[life]; i; i = self->next[i]) {
        const chaos_event_t *event = &self->board->events[i];
        int64_t to_ns = event->to_ns ? event->to_ns : INT64_MAX / 2;
        if (event->from_ns <= due_ns + slack (self) && to_ns > due_ns)
            due_ns = to_ns;
    }
    return due_ns;
}

//  When the time that the caller had is over, if only the time counts in which it ran.
static int64_t moved_by_pauses (const judge_t *self, uint16_t life, int64_t due_ns)
{
    int64_t before_ns;
    do {
        before_ns = due_ns;
        due_ns = past_pauses (self, life, due_ns);
    } while (due_ns != before_ns);
    return due_ns;
}

//  When the CANCEL of a caller that stops can have reached the worker: it does not wait
//  for a controller that stands still, and says so (daffi_global_stop ()).
static int64_t moved_by_brokers (const judge_t *self, int64_t due_ns)
{
    int64_t before_ns;
    do {
        before_ns = due_ns;
        for (uint32_t i = 1; i <= self->board->last_life && i < CHAOS_LIVES_MAX; i++)
            if (self->board->lives[i].role == CHAOS_BROKER)
                due_ns = past_pauses (self, (uint16_t)i, due_ns);
    } while (due_ns != before_ns);
    return due_ns;
}

//  Did the runner wake from a pause just now? What failed meanwhile is told in its
//  sockets' buffers, which its actor must read first; its other threads do not wait for
//  that.
static bool at_the_edge (const judge_t *self, uint16_t life, int64_t end_ns,
                         int64_t started_ns)
{
    for (uint32_t i = self->first[life]; i; i = self->next[i]) {
        const chaos_event_t *event = &self->board->events[i];
        if (event->from_ns <= end_ns + slack (self) && started_ns >= event->from_ns &&
            started_ns <= event->to_ns + EDGE_MS * CHAOS_MS)
            return true;
    }
    return false;
}

static void blame (judge_t *self, uint64_t number, const char *violation)
{
    enum { TOLD_IN_FULL = 30 };
    self->verdict->violations++;
    if (self->verdict->violations <= TOLD_IN_FULL) {
        printf ("VIOLATION seed %#llx, ", (unsigned long long)self->settings->seed);
        chaos_tell (self->board, number, violation);
    }
}

//  --- one call -----------------------------------------------------------------------

static void judge_outcome (judge_t *self, uint64_t number, const chaos_call_t *call)
{
    const chaos_life_t *life = &self->board->lives[call->caller];
    int64_t due_ns = moved_by_pauses (self, call->caller, call->deadline_ns);
    int64_t limit_ns = due_ns + slack (self);
    if (call->outcomes > 1)
        blame (self, number, "more than one outcome");
    if (!call->told_ns) {
        self->verdict->untold++;
        if (!life->killed_ns || life->killed_ns > limit_ns)
            blame (self, number, "no outcome");
        return;
    }
    if (call->told_ns > limit_ns)
        blame (self, number, "the outcome came too late");
    else if (call->told_ns > call->deadline_ns + slack (self))
        self->verdict->excused++;
    else if (call->told_ns - call->deadline_ns > self->verdict->latest_ns)
        self->verdict->latest_ns = call->told_ns - call->deadline_ns;
}

static void judge_runs (judge_t *self, uint64_t number, const chaos_call_t *call)
{
    bool told = call->told_ns != 0;
    bool failed = told && call->status != DAFFI_OK;
    if (failed && call->executed == DAFFI_EXECUTED_NO && call->runs)
        blame (self, number, "told as not executed, but it ran");
    if (call->runs > 1 && !(call->flags & CHAOS_IDEMPOTENT))
        blame (self, number, "ran more than once");
    if (call->runs > CHAOS_RUNS_KEPT)
        blame (self, number, "ran more often than it was tried");
    if (told && !failed && !call->runs && call->kind < CHAOS_NOBODY)
        blame (self, number, "answered, but it never ran");
    self->verdict->twice += call->runs > 1;
}

//  When no run may begin any more. That a call failed before its deadline is a message
//  from the caller's side to the worker: while a link on its way is hurt, only the
//  deadline, which both know, can be held.
static int64_t last_start (const judge_t *self, const chaos_call_t *call, uint32_t run)
{
    int64_t end_ns = call->deadline_ns;
    if (!call->told_ns || !call->status || call->told_ns >= end_ns)
        return end_ns;
    int64_t started_ns = call->started_ns[run];
    //  the worker had said that it would not begin
    if (call->status == DAFFI_CANCELLED && call->executed == DAFFI_EXECUTED_NO)
        return call->told_ns;
    if (link_was_hurt (self, call->caller, call->made_ns, started_ns) ||
        link_was_hurt (self, call->runner[run], call->made_ns, started_ns))
        return end_ns;
    if (call->status == DAFFI_STOPPED) {
        int64_t reached_ns = moved_by_brokers (self, call->told_ns);
        return reached_ns < end_ns ? reached_ns : end_ns;
    }
    return call->told_ns;
}

static void judge_starts (judge_t *self, uint64_t number, const chaos_call_t *call)
{
    for (uint32_t i = 0; i < call->runs && i < CHAOS_RUNS_KEPT; i++) {
        int64_t started_ns = call->started_ns[i];
        if (started_ns <= call->deadline_ns && !call->status)
            continue;
        int64_t end_ns = last_start (self, call, i);
        //  a worker knows the controller's clock to half a round trip
        bool slow = link_was_hurt (self, call->runner[i], call->made_ns - CLOCK_AGE_NS,
                                   started_ns);
        if (started_ns <= end_ns + slack (self) + (slow ? SLOW_START_MS * CHAOS_MS : 0))
            continue;
        if (at_the_edge (self, call->runner[i], end_ns, started_ns))
            self->verdict->edges++;
        else
            blame (self, number,
                   end_ns == call->deadline_ns
                       ? "began to run after its deadline"
                       : "began to run after its caller was told that it failed");
    }
}

static void judge_notes (judge_t *self, uint64_t number, const chaos_call_t *call)
{
    if (call->wrong & CHAOS_WRONG_REPLY)
        blame (self, number, "the reply is not this call's");
    if (call->wrong & CHAOS_WRONG_ARGUMENTS)
        blame (self, number, "the arguments that arrived are not this call's");
    if (call->wrong & CHAOS_TOLD_DIFFERENTLY)
        blame (self, number, "the future told one thing and then another");
}

static void judge_call (judge_t *self, uint64_t number)
{
    const chaos_call_t *call = chaos_board_call (self->board, number);
    chaos_verdict_t *verdict = self->verdict;
    if (!call->made_ns)
        return;  //  the caller died before it began
    verdict->made++;
    verdict->by_kind[call->kind]++;
    verdict->cancelled += call->cancel_ns != 0;
    verdict->retried += call->attempts > 1;
    if (call->kind == CHAOS_CAST && !call->told_ns) {
        verdict->cast++;
        verdict->cast_ran += call->runs > 0;
    } else {
        judge_outcome (self, number, call);
    }
    if (call->told_ns)
        verdict->by_status[call->status % CHAOS_STATUSES][call->executed % 3]++;
    judge_runs (self, number, call);
    judge_starts (self, number, call);
    judge_notes (self, number, call);
}

void chaos_judge (chaos_board_t *board, const chaos_settings_t *settings,
                  chaos_verdict_t *verdict)
{
    judge_t *self = calloc (1, sizeof *self);
    if (!self)
        abort ();
    self->board = board;
    self->settings = settings;
    self->verdict = verdict;
    index_events (self);
    uint64_t last =
        board->last_call < board->calls_room ? board->last_call : board->calls_room;
    for (uint64_t number = 1; number <= last; number++)
        judge_call (self, number);
    free (self);
}
