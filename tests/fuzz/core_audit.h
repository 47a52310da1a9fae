//  SPDX-License-Identifier: MPL-2.0
//  The core's tables, counted again: every counter, every link, no name without a
//  reason. Aborts where one is wrong.

#ifndef DAFFI_CORE_AUDIT_H
#define DAFFI_CORE_AUDIT_H

#include <stdlib.h>

#include "parts.h"

static inline void require (bool condition)
{
    if (!condition)
        abort ();
}

typedef struct {
    uint64_t waiting, running, abandoned, groups, later, waits, bytes, offers,
        processes;
} count_t;

static inline void check_group (const daffi_entry_t *group)
{
    require (!daffi_list_empty (&group->parts));
    DAFFI_LIST_EACH (&group->parts, link, follower) {
        const daffi_entry_t *part = daffi_container (link, daffi_entry_t, of_owner);
        require (part->group == group && part->owner == group->owner);
        require (part->state == DAFFI_ENTRY_RUNNING && part->provider);
        require (!daffi_timer_armed (&part->timer.timer));
    }
}

static inline void count_placed (const daffi_session_t *session, count_t *count)
{
    uint32_t placed = 0;
    size_t bytes = 0;
    DAFFI_LIST_EACH (&session->placed, link, follower) {
        const daffi_entry_t *entry = daffi_container (link, daffi_entry_t, of_owner);
        require (entry->owner == session);
        require (daffi_link_linked (&entry->of_place.link) ==
                 (entry->state != DAFFI_ENTRY_GROUP));
        if (entry->state == DAFFI_ENTRY_GROUP)
            check_group (entry);
        count->groups += entry->state == DAFFI_ENTRY_GROUP;
        bool due = entry->later && entry->later->due_ms;
        require (daffi_timer_armed (&entry->timer.timer) ==
                 (due || entry->deadline_ms != DAFFI_NEVER));
        require ((entry->later != NULL) == (entry->state == DAFFI_ENTRY_LATER));
        count->later += entry->later != NULL;
        count->waiting += entry->state == DAFFI_ENTRY_WAITING;
        count->waits += entry->state == DAFFI_ENTRY_WAIT;
        bytes += entry->later || entry->state == DAFFI_ENTRY_WAITING ? entry->size : 0;
        placed++;
    }
    require (placed == session->placed_count && placed == session->entries.count);
    require (bytes == session->queued_bytes);
    count->bytes += bytes;
}

static inline void count_running (const daffi_session_t *session, count_t *count)
{
    uint32_t running = 0;
    DAFFI_LIST_EACH (&session->running, link, follower) {
        const daffi_entry_t *entry = daffi_container (link, daffi_entry_t, of_place);
        require (entry->provider == session && entry->token != 0);
        require (!entry->body && !entry->tail);
        require ((entry->state == DAFFI_ENTRY_RUNNING) == (entry->owner != NULL));
        count->abandoned += entry->state == DAFFI_ENTRY_ABANDONED;
        running++;
    }
    require (running == session->running_count);
    count->running += running;
}

//  As many run as it says, and none waits in vain.
static inline void check_quota (const daffi_session_t *session,
                                const daffi_offer_t *offer)
{
    daffi_quota_t *quota = offer->quota;
    uint32_t running = 0;
    if (!quota)
        return;
    DAFFI_LIST_EACH (&session->running, link, follower)
        running += daffi_container (link, daffi_entry_t, of_place)->quota == quota;
    require (running == quota->running && quota->refs == running + 1);
    bool waiting = !daffi_ranks_empty (&quota->waiting);
    require (waiting == daffi_link_linked (&quota->of_session));
    require (!waiting || running > 0);
}

static inline void count_offers (const daffi_session_t *session, count_t *count)
{
    uint32_t offers = 0, limited = 0;
    DAFFI_LIST_EACH (&session->offers, link, follower) {
        const daffi_offer_t *offer = daffi_container (link, daffi_offer_t, of_session);
        require (offer->session == session && offer->index < offer->function->count);
        const daffi_provider_t *place = &offer->function->offers[offer->index];
        require (place->offer == offer && place->session == session);
        limited += offer->quota != NULL;
        check_quota (session, offer);
        offers++;
    }
    require (offers == session->offer_count && limited == session->limited_count);
    count->offers += offers;
}

//  No name without a reason, no call that waits for somebody who has nothing to do.
static inline void check_names (const daffi_core_t *core)
{
    size_t cursor = 0, offered = 0, starving = 0, group_waits = 0;
    daffi_offered_t *function;
    while ((function = daffi_names_next (&core->functions, &cursor))) {
        bool waiting = !daffi_ranks_empty (&function->waiting);
        require (function->count || waiting || !daffi_list_empty (&function->waits) ||
                 !daffi_list_empty (&function->group_waits));
        DAFFI_LIST_EACH (&function->group_waits, link, follower)
            group_waits++;
        require (waiting == daffi_link_linked (&function->starving));
        require (!waiting || function->count || core->settling);
        offered += function->count > 0;
        starving += waiting;
        for (uint32_t i = 0; waiting && i < function->count; i++)
            require (function->offers[i].session->running_count > 0);
    }
    require (offered == core->stats.functions && starving == core->starving_count);
    require (group_waits == core->group_waits);
    daffi_process_t *process;
    cursor = 0;
    while ((process = daffi_names_next (&core->processes, &cursor))) {
        bool waiting = !daffi_ranks_empty (&process->waiting);
        require (process->session || waiting || !daffi_list_empty (&process->waits));
        require (daffi_link_linked (&process->held) == (waiting && !process->session));
        require (!waiting || core->settling || process->session->running_count > 0);
    }
}

static inline void core_audit (const daffi_core_t *core)
{
    const daffi_core_stats_t *stats = daffi_core_stats (core);
    count_t count = {0};
    uint64_t sessions = 0;
    DAFFI_LIST_EACH (&core->sessions, link, follower) {
        const daffi_session_t *session = daffi_container (link, daffi_session_t, link);
        require ((session->process == NULL) == (session->state == DAFFI_SESSION_NEW));
        require (!session->process || session->process->session == session);
        require (daffi_timer_armed (&session->timer.timer));
        count_placed (session, &count);
        count_running (session, &count);
        count_offers (session, &count);
        count.processes += session->process != NULL;
        sessions++;
    }
    count_placed (core->tasks.caller, &count);
    require (sessions == stats->sessions && count.processes == stats->processes);
    require (count.waiting == stats->waiting && count.waits == stats->waits);
    require (count.groups == stats->groups && count.later == stats->later);
    require (count.running == stats->running && count.abandoned == stats->abandoned);
    require (count.bytes == stats->queued_bytes);
    require (count.offers == core->offers.count);
    check_names (core);
}

#endif
