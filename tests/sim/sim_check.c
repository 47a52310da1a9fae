//  SPDX-License-Identifier: MPL-2.0
//  The promises, held against what the core does.

#include "sim.h"

static uint64_t call_of (const daffi_body_t *body)
{
    uint64_t call = UINT64_MAX;
    if (body->size >= sizeof call)
        memcpy (&call, body->data, sizeof call);
    return call;
}

static void note_function (connection_t *on, const call_t *call, unsigned function)
{
    if (call->later_ms)
        on->last_due[call->node][function][call->priority] = call->due_ms;
    else
        on->last_given[call->node][function][call->priority] = call->sequence;
}

//  What waits for a function that the provider offers must not come after this one.
static void note_order (world_t *self, connection_t *on, const call_t *call)
{
    if (self->rough.limits) {
        note_function (on, call, (unsigned)call->function);
        return;
    }
    for (unsigned i = 0; i < FUNCTIONS_MAX; i++) {
        char name[4] = {'f', (char)('0' + i), 0};
        daffi_offered_t *function =
            daffi_registry_function (self->core, daffi_text_of (name));
        if (function && daffi_registry_offer (self->core, on->session, function))
            note_function (on, call, i);
    }
}

//  From one caller to one provider: calls in the order of their sending, and those that
//  were delayed in the order in which they are due. A broadcast asks everybody at once,
//  whoever has to wait; and where functions have limits, calls that want one process
//  wait elsewhere.
static void check_order (world_t *self, connection_t *on, const call_t *call)
{
    unsigned index = (unsigned)(call - self->calls);
    bool elsewhere = self->rough.limits && (call->target >= 0 || call->policy);
    bool in_time = call->later_ms && !call->due_ms;
    if (call->kind != CALL_CALL || elsewhere || in_time)
        return;
    if (call->later_ms &&
        on->last_due[call->node][call->function][call->priority] > call->due_ms)
        sim_broken (self, "call %u came after one that was due later", index);
    if (!call->later_ms &&
        on->last_given[call->node][call->function][call->priority] > call->sequence)
        sim_broken (self, "call %u came after one that was sent later", index);
    self->report->ordered += call->later_ms > 0;
    note_order (self, on, call);
}

//  At most once, in order from one caller to one provider, and not after the end.
void sim_check_given (world_t *self, uint32_t connection, const daffi_header_t *header,
                      const daffi_body_t *body)
{
    uint64_t index = call_of (body);
    if (index >= self->call_count) {
        sim_broken (self, "a provider was given a body that nobody sent");
        return;
    }
    call_t *call = &self->calls[index];
    connection_t *on = &self->connections[connection];
    uint8_t bit = (uint8_t)(1u << self->nodes[on->node].name);
    if (call->kind == CALL_ALL ? call->given_to & bit : call->given)
        sim_broken (self, "call %u was given to a provider twice", (unsigned)index);
    call->given++;
    call->given_to |= bit;
    if (header->peer.size != 2 ||
        header->peer.data[1] != '0' + (char)self->nodes[call->node].name)
        sim_broken (self, "call %u was given under another name", (unsigned)index);
    if (call->answered || (call->cancel_reached && header->type == DAFFI_RECORD_CALL))
        sim_broken (self, "call %u was given away after its end", (unsigned)index);
    if (call->named && !(call->named & bit))
        sim_broken (self, "a broadcast asks who was not named");
    if (self->now_ms < call->issued_ms + call->later_ms - call->lag_ms - SLACK_MS)
        sim_broken (self, "call %u was given before its time", (unsigned)index);
    self->report->later += call->later_ms > 0;
    check_order (self, on, call);
}

static void check_part (world_t *self, call_t *call, const daffi_header_t *header)
{
    uint8_t bit = sim_name_bit (header->peer);
    if (call->kind != CALL_ALL || !bit || call->answered)
        sim_broken (self, "a part of what is no broadcast, or over");
    if (call->answered_by & bit)
        sim_broken (self, "a process answers a broadcast twice");
    call->answered_by |= bit;
}

void sim_check_answered (world_t *self, uint32_t connection,
                         const daffi_header_t *header)
{
    const connection_t *on = &self->connections[connection];
    call_t *call = sim_call_of (self, header->id);
    if (!call || call->node != on->node || call->life != on->life)
        return;
    if (!call->reached)
        sim_broken (self, "an answer to a call that did not arrive");
    if (call->session_number != on->session_number)
        sim_broken (self, "an answer in another session");
    if (call->cancel_reached && call->kind != CALL_CALL)
        sim_broken (self, "an answer after a cancel");
    if (header->present & DAFFI_OPT_PART) {
        check_part (self, call, header);
        return;
    }
    if (header->type == DAFFI_RECORD_END &&
        (call->given_to | call->named) & ~call->answered_by)
        sim_broken (self, "a broadcast ends without all of its parts");
    if (call->answered++)
        sim_broken (self, "the controller answers a call twice");
    if (self->options->sabotage == SABOTAGE_MUTE)
        call->answered = 0;
}

//  The controller owes an answer to every call that reached it, unless it was a wait or
//  a broadcast that was cancelled, or the caller's session ended first.
static void check_answered_all (world_t *self)
{
    for (uint32_t i = 0; i < self->call_count; i++) {
        const call_t *call = &self->calls[i];
        bool owed = !call->cancel_reached || call->kind == CALL_CALL;
        if (call->reached && !call->answered && owed &&
            self->session_end_ms[call->session_number] == DAFFI_NEVER)
            sim_broken (self, "the controller never answered call %u", i);
    }
}

static void check_outcomes (world_t *self)
{
    for (uint32_t i = 0; i < self->call_count; i++) {
        const call_t *call = &self->calls[i];
        if (!call->issued || call->kind == CALL_CAST)
            continue;
        const node_t *node = &self->nodes[call->node];
        bool alive = node->state != NODE_DEAD && node->life == call->life;
        if (alive && call->outcomes != 1)
            sim_broken (self, "call %u has %u outcomes", i, call->outcomes);
    }
}

static size_t entries_of_all (const daffi_core_t *core)
{
    size_t count = core->tasks.caller->entries.count;
    DAFFI_LIST_EACH (&core->sessions, link, follower)
        count += daffi_container (link, daffi_session_t, link)->entries.count;
    return count;
}

static void check_counters (world_t *self)
{
    const daffi_core_stats_t *stats = daffi_core_stats (self->core);
    if (stats->waiting || stats->running || stats->abandoned || stats->waits ||
        stats->queued_bytes || entries_of_all (self->core) ||
        self->core->starving_count)
        sim_broken (
            self, "left over: %llu waiting, %llu running, %llu abandoned, %llu waits",
            (unsigned long long)stats->waiting, (unsigned long long)stats->running,
            (unsigned long long)stats->abandoned, (unsigned long long)stats->waits);
}

//  Another process has the name: it asks again and again, and is refused.
static bool has_twin (const world_t *self, const node_t *node)
{
    for (unsigned i = 0; i < self->node_count; i++)
        if (&self->nodes[i] != node && self->nodes[i].name == node->name &&
            self->nodes[i].state == NODE_CONNECTED)
            return true;
    return false;
}

//  All faults are healed, all deadlines are over, every node had time to come back.
void sim_check_quiet (world_t *self)
{
    check_outcomes (self);
    check_answered_all (self);
    check_counters (self);
    uint64_t there = 0;
    for (unsigned i = 0; i < self->node_count; i++) {
        const node_t *node = &self->nodes[i];
        there += node->state == NODE_CONNECTED;
        if (node->state != NODE_CONNECTED && !has_twin (self, node))
            sim_broken (self, "n%u did not come back: state %d", i, (int)node->state);
        if (node->state == NODE_CONNECTED && node->subscribes)
            sim_view_check (self, node);
    }
    if (there != self->core->stats.processes)
        sim_broken (self, "%u nodes are connected, the controller knows %u",
                    (unsigned)there, (unsigned)self->core->stats.processes);
}

//  All have gone.
void sim_check_empty (world_t *self)
{
    const daffi_core_t *core = self->core;
    check_counters (self);
    if (core->stats.sessions || core->stats.processes || core->stats.functions ||
        core->processes.count || core->functions.count || core->offers.count)
        sim_broken (self, "left over: %u sessions, %u processes, %u functions",
                    (unsigned)core->stats.sessions, (unsigned)core->processes.count,
                    (unsigned)core->functions.count);
}
