//  SPDX-License-Identifier: MPL-2.0
//  Stories and tables for people.
#include <daffi.h>
#include <inttypes.h>

#include "chaos_judge.h"
#include "chaos_role.h"

static double ms (int64_t ns)
{
    return (double)ns / (double)CHAOS_MS;
}

static void tell_process (const chaos_board_t *board, uint16_t number)
{
    const chaos_life_t *life = &board->lives[number];
    printf ("%s-%u (process %u)", chaos_role_name (life->role), life->slot, number);
}

//  Does it concern this call? The broker's faults concern all.
static bool concerns (const chaos_board_t *board, const chaos_call_t *call,
                      const chaos_event_t *event)
{
    if (event->role == CHAOS_BROKER)
        return true;
    if (event->slot == board->lives[call->caller].slot)
        return true;
    for (uint32_t i = 0; i < call->runs && i < CHAOS_RUNS_KEPT; i++)
        if (event->slot == board->lives[call->runner[i]].slot)
            return true;
    return false;
}

static void tell_events (const chaos_board_t *board, const chaos_call_t *call)
{
    enum { AROUND_S = 2 };
    int64_t from = call->made_ns - AROUND_S * CHAOS_SECOND;
    int64_t to = call->made_ns + 3 * AROUND_S * CHAOS_SECOND;
    uint32_t count = board->event_count;
    for (uint32_t i = 1; i <= count && i < CHAOS_EVENTS_MAX; i++) {
        const chaos_event_t *event = &board->events[i];
        if (event->from_ns > to || (event->to_ns && event->to_ns < from) ||
            !concerns (board, call, event))
            continue;
        printf ("    %+9.1f ms  %s-%u", ms (event->from_ns - call->made_ns),
                chaos_role_name (event->role), event->slot);
        if (event->life)
            printf (" (process %u)", event->life);
        printf (" %s", chaos_event_name (event->kind));
        if (event->amount)
            printf (" %u", event->amount);
        if (event->to_ns - event->from_ns > CHAOS_MS)
            printf (" until %+.1f ms", ms (event->to_ns - call->made_ns));
        printf ("\n");
    }
}

void chaos_tell (const chaos_board_t *board, uint64_t number, const char *violation)
{
    const chaos_call_t *call = &board->calls[number - 1];
    printf ("call %" PRIu64 ": %s\n    %s%s%s%s by ", number, violation,
            chaos_kind_name (call->kind),
            call->flags & CHAOS_IDEMPOTENT ? ", idempotent" : "",
            call->flags & CHAOS_TO_ONE ? ", to one process" : "",
            call->flags & CHAOS_FOREGROUND ? ", foreground" : "");
    tell_process (board, call->caller);
    printf (", deadline %+.1f ms", ms (call->deadline_ns - call->made_ns));
    if (call->cancel_ns)
        printf (", cancelled %+.1f ms", ms (call->cancel_ns - call->made_ns));
    if (call->told_ns)
        printf (", told %+.1f ms: %s, executed %u, attempts %u, outcomes %u",
                ms (call->told_ns - call->made_ns),
                daffi_status_name ((daffi_status_t)call->status), call->executed,
                call->attempts, call->outcomes);
    printf ("\n");
    for (uint32_t i = 0; i < call->runs && i < CHAOS_RUNS_KEPT; i++) {
        printf ("    began %+.1f ms in ", ms (call->started_ns[i] - call->made_ns));
        tell_process (board, call->runner[i]);
        printf ("\n");
    }
    tell_events (board, call);
}

static void print_faults (const chaos_board_t *board)
{
    uint32_t counts[5][CHAOS_EVENTS] = {{0}};
    uint32_t count = board->event_count;
    for (uint32_t i = 1; i <= count && i < CHAOS_EVENTS_MAX; i++)
        counts[board->events[i].role % 5][board->events[i].kind % CHAOS_EVENTS]++;
    printf ("%-10s", "faults");
    for (uint32_t kind = 0; kind < CHAOS_EVENTS; kind++)
        printf (" %9s", chaos_event_name (kind));
    printf ("\n");
    for (uint32_t role = CHAOS_BROKER; role <= CHAOS_CALLER; role++) {
        printf ("  %-8s", chaos_role_name (role));
        for (uint32_t kind = 0; kind < CHAOS_EVENTS; kind++)
            printf (" %9u", counts[role][kind]);
        printf ("\n");
    }
}

static void print_outcomes (const chaos_verdict_t *verdict)
{
    printf ("%-18s %10s %10s %10s   (executed)\n", "outcomes", "no", "maybe", "yes");
    for (int i = 0; i < CHAOS_STATUSES; i++) {
        const uint64_t *counts = verdict->by_status[i];
        if (counts[0] + counts[1] + counts[2])
            printf ("  %-16s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n",
                    daffi_status_name ((daffi_status_t)i), counts[0], counts[1],
                    counts[2]);
    }
}

void chaos_judge_print (const chaos_board_t *board, const chaos_settings_t *settings,
                        const chaos_verdict_t *verdict)
{
    printf ("daffi-chaos run: %s, seed %#" PRIx64 ", %u workers, %u callers, %u "
            "processes in all\n",
            chaos_transport_name (settings->transport), settings->seed,
            settings->workers, settings->callers, board->last_life);
    printf ("%-18s %10" PRIu64 "\n", "calls made", verdict->made);
    for (uint32_t i = 0; i < CHAOS_KINDS; i++)
        printf ("  %-16s %10" PRIu64 "\n", chaos_kind_name (i), verdict->by_kind[i]);
    print_outcomes (verdict);
    printf ("  %-16s %10" PRIu64 "   (the caller died first)\n", "untold",
            verdict->untold);
    printf ("  %-16s %10" PRIu64 "   (%" PRIu64 " of them ran)\n", "cast",
            verdict->cast, verdict->cast_ran);
    printf ("%" PRIu64 " cancelled, %" PRIu64 " tried again, %" PRIu64
            " idempotent ones ran twice\n",
            verdict->cancelled, verdict->retried, verdict->twice);
    printf ("latest outcome %.1f ms after its deadline; %" PRIu64
            " later while their caller did not run; %" PRIu64
            " begun in a worker that had just been let go on\n"
            "(stalled: a process did not get the processor for 25 of 50 ms)\n",
            ms (verdict->latest_ns), verdict->excused, verdict->edges);
    print_faults (board);
    printf ("violations %" PRIu64 "\n", verdict->violations);
}
