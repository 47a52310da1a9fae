//  SPDX-License-Identifier: MPL-2.0
//  What a schedule is made of: nodes, calls, and what goes wrong when.

#include "sim.h"

//  --- the schedule -------------------------------------------------------------------

static void choose_rough (world_t *self)
{
    static const size_t rooms[] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, 2000, 200};
    static const int64_t timeouts[] = {300, 600, 3000};
    bool calm = self->options->calm;
    rough_t *rough = &self->rough;
    *rough = (rough_t){.nodes = 2 + (unsigned)sim_below (self, 6),
                       .functions = 1 + (unsigned)sim_below (self, FUNCTIONS_MAX),
                       .span_ms = 200 + (int64_t)sim_below (self, 2000),
                       .delay_ms = 1 + (int64_t)sim_below (self, 4),
                       .room = SIZE_MAX,
                       .timeout_ms = timeouts[sim_below (self, 3)]};
    rough->limits = sim_chance (self, 3);
    if (calm)
        return;
    rough->spike = sim_chance (self, 2) ? 200 : 0;
    rough->faults = (unsigned)sim_below (self, 12);
    rough->room = rooms[sim_below (self, 5)];
    rough->hostile = sim_chance (self, 3);
    rough->long_calls = sim_chance (self, 2) ? 20 : 0;
}

static void choose_nodes (world_t *self)
{
    self->node_count = self->rough.nodes;
    for (unsigned i = 0; i < self->node_count; i++) {
        node_t *node = &self->nodes[i];
        node->name = i;
        node->subscribes = sim_chance (self, 4);
        node->takeover = !self->options->calm && sim_chance (self, 10);
        //  the first one offers everything where nothing may fail
        unsigned all = (1u << self->rough.functions) - 1;
        node->offers = (uint8_t)(sim_below (self, all + 1));
        if (self->options->calm && i == 0)
            node->offers = (uint8_t)all;
        bool late = !self->options->calm && sim_chance (self, 4);
        sim_post (self, late ? (int64_t)sim_below (self, 500) : 0, EVENT_START, i, 0,
                  NULL);
    }
}

static int64_t some_timeout (world_t *self)
{
    if (self->options->calm)
        return 100000;
    switch (sim_below (self, 8)) {
    case 0:
        return -1;
    case 1:
        return (int64_t)sim_below (self, 10);
    case 2:
        return (int64_t)sim_below (self, 100);
    default:
        return 100 + (int64_t)sim_below (self, 1500);
    }
}

static void choose_call (world_t *self, uint32_t index)
{
    static const call_kind_t kinds[] = {CALL_CAST, CALL_WAIT, CALL_SYS, CALL_ALL};
    bool calm = self->options->calm;
    call_t *call = &self->calls[index];
    *call = (call_t){.node = (uint32_t)sim_below (self, self->node_count),
                     .function = (int32_t)sim_below (self, self->rough.functions),
                     .target = -1,
                     .timeout_ms = some_timeout (self)};
    if (sim_chance (self, 10))
        call->kind = kinds[sim_below (self, 4)];
    if (sim_chance (self, 4))
        call->target = calm ? 0 : (int32_t)sim_below (self, self->node_count + 1);
    if (call->kind == CALL_WAIT && call->target >= 0)
        call->function = -1;
    //  a wait without end for what never comes would be open for ever
    if (call->kind == CALL_WAIT && call->timeout_ms < 0)
        call->timeout_ms = 500;
    if (call->kind == CALL_SYS || call->kind == CALL_ALL)
        call->target = -1;
    call->wanted = (uint32_t)sim_below (self, 3);
    if (call->kind == CALL_ALL && !calm && sim_chance (self, 2))
        call->named = (uint8_t)sim_below (self, 1u << NAMES_MAX);
    if (call->kind == CALL_CALL || call->kind == CALL_CAST)
        call->priority =
            sim_chance (self, 3) ? (uint8_t)sim_below (self, PRIORITIES) : 0;
    if (call->kind == CALL_CALL && sim_chance (self, 8))
        call->later_ms = 1 + (int64_t)sim_below (self, 300);
    call->stream = call->kind == CALL_CALL && !call->later_ms && sim_chance (self, 5);
    call->granted = call->stream ? 1 + (uint32_t)sim_below (self, 6) : 0;
    if (call->kind == CALL_CALL && call->target < 0 && sim_chance (self, 4))
        call->policy = (uint8_t)sim_below (self, 6);
    int64_t at = (int64_t)sim_below (self, (uint64_t)self->rough.span_ms);
    //  in bursts, so that some have to wait
    if (index && sim_chance (self, 2))
        at = self->calls[index - 1].issued_ms;
    call->issued_ms = at;
    sim_post (self, calm ? at + 400 : at, EVENT_ISSUE, index, 0, NULL);
    if (!calm && sim_chance (self, 16))
        sim_post (self, at + (int64_t)sim_below (self, 60), EVENT_CANCEL, index, 0,
                  NULL);
}

void sim_choose (world_t *self)
{
    choose_rough (self);
    choose_nodes (self);
    self->call_count = self->options->calls;
    for (uint32_t i = 0; i < self->call_count; i++)
        choose_call (self, i);
    for (unsigned i = 0; i < self->rough.faults; i++)
        sim_post (self, (int64_t)sim_below (self, (uint64_t)self->rough.span_ms),
                  EVENT_FAULT, 0, 0, NULL);
}

//  --- faults -------------------------------------------------------------------------

static node_t *some_node (world_t *self)
{
    return &self->nodes[sim_below (self, self->node_count)];
}

static bool on_line (const node_t *node)
{
    return node->state != NODE_DEAD && node->state != NODE_CONNECTING;
}

static void fault_kill (world_t *self, node_t *node)
{
    uint32_t index = sim_index_of (self, node);
    sim_node_kill (self, index);
    sim_post (self, (int64_t)sim_below (self, 400), EVENT_START, index, node->life,
              NULL);
}

static void fault_cut (world_t *self, node_t *node)
{
    if (on_line (node))
        sim_cut (self, node->connection, false);
}

static void fault_half_open (world_t *self, node_t *node)
{
    if (on_line (node))
        sim_cut (self, node->connection, true);
}

static void stall (int64_t *lane_ms, int64_t until_ms)
{
    if (*lane_ms < until_ms)
        *lane_ms = until_ms;
}

static void fault_stop (world_t *self, node_t *node)
{
    int64_t until = self->now_ms + (int64_t)sim_below (self, 1500);
    if (until <= node->stopped_ms)
        return;
    node->stopped_ms = until;
    TRACE (self, "n%u is stopped until %lld", sim_index_of (self, node),
           (long long)node->stopped_ms);
    //  sometimes what it sent last stays in its own buffers meanwhile
    if (on_line (node) && sim_chance (self, 2))
        stall (&self->connections[node->connection].up_ms, until);
}

static void fault_stall (world_t *self, node_t *node)
{
    if (!on_line (node))
        return;
    connection_t *on = &self->connections[node->connection];
    int64_t until = self->now_ms + (int64_t)sim_below (self, 800);
    TRACE (self, "n%u stalls until %lld", sim_index_of (self, node), (long long)until);
    stall (sim_chance (self, 2) ? &on->up_ms : &on->down_ms, until);
}

static void fault_drain (world_t *self, node_t *node)
{
    sim_node_drain (self, node);
}

static void fault_controller_dies (world_t *self, node_t *node)
{
    (void)node;
    if (!self->core)
        return;
    sim_stop_controller (self, false);
    sim_post (self, (int64_t)sim_below (self, 400), EVENT_CONTROLLER, 0, 0, NULL);
}

static void fault_controller_restarts (world_t *self, node_t *node)
{
    (void)node;
    if (!self->core)
        return;
    if (!self->core->draining && sim_chance (self, 2)) {
        TRACE (self, "controller drains");
        daffi_core_drain (self->core);
        sim_post (self, (int64_t)sim_below (self, 300), EVENT_FAULT, 0,
                  UINT64_C (1) << 32, NULL);
        return;
    }
    sim_stop_controller (self, true);
    sim_post (self, (int64_t)sim_below (self, 400), EVENT_CONTROLLER, 0, 0, NULL);
}

static void fault_controller_sleeps (world_t *self, node_t *node)
{
    (void)node;
    int64_t until = self->now_ms + (int64_t)sim_below (self, 1000);
    if (until <= self->asleep_ms)
        return;
    self->asleep_ms = until;
    TRACE (self, "controller is stopped until %lld", (long long)self->asleep_ms);
}

static void fault_update (world_t *self, node_t *node)
{
    if (node->state != NODE_CONNECTED)
        return;
    unsigned function = (unsigned)sim_below (self, self->rough.functions);
    char name[4] = {'f', (char)('0' + function), 0};
    uint8_t bit = (uint8_t)(1u << function);
    daffi_header_t header = {.type = DAFFI_RECORD_UPDATE, .ttl_ms = DAFFI_TTL_NONE};
    daffi_buffer_clear (&self->scratch);
    if (sim_chance (self, 3)) {
        node->capacity = 1 + (uint32_t)sim_below (self, JOBS_MAX / 2);
        if (node->capacity > node->capacity_seen)
            node->capacity_seen = node->capacity;
        daffi_write_map (&self->scratch, 1);
        daffi_write_string (&self->scratch, "capacity");
        daffi_write_uint (&self->scratch, node->capacity);
    } else if (node->offers & bit) {
        node->offers &= (uint8_t)~bit;
        node->withdrawn |= bit;
        daffi_write_remove (&self->scratch, daffi_text_of (name));
    } else {
        node->offers |= bit;
        node->could_offer |= bit;
        daffi_write_add (&self->scratch,
                         &(daffi_offer_body_t){.name = daffi_text_of (name),
                                               .signature = daffi_text_of ("()"),
                                               .doc = daffi_text ("", 0),
                                               .limit = node->limits[function]});
    }
    sim_node_send (self, node, &header, self->scratch.data, self->scratch.size);
}

//  A second process of the same name, which may or may not want its place.
static void fault_twin (world_t *self, node_t *node)
{
    if (self->node_count == NODES_MAX)
        return;
    uint32_t index = self->node_count++;
    self->nodes[index].name = node->name;
    self->nodes[index].offers = node->offers;
    self->nodes[index].takeover = sim_chance (self, 2);
    sim_post (self, 0, EVENT_START, index, 0, NULL);
}

//  Anything at all, under a session that is otherwise in order. Ids of calls are left
//  out: who breaks his own calls has no promise.
static void fault_garbage (world_t *self, node_t *node)
{
    if (!self->rough.hostile || !on_line (node))
        return;
    static const uint8_t types[] = {DAFFI_RECORD_WELCOME,
                                    DAFFI_RECORD_UPDATE,
                                    DAFFI_RECORD_CALL,
                                    DAFFI_RECORD_RESULT,
                                    DAFFI_RECORD_ERROR,
                                    DAFFI_RECORD_CHUNK,
                                    DAFFI_RECORD_CREDIT,
                                    DAFFI_RECORD_END,
                                    DAFFI_RECORD_CANCEL,
                                    DAFFI_RECORD_WAIT,
                                    DAFFI_RECORD_EVENT,
                                    DAFFI_RECORD_SCHEDULE,
                                    DAFFI_RECORD_PONG,
                                    DAFFI_RECORD_WHO,
                                    0,
                                    DAFFI_RECORD_LIMIT,
                                    0x7f,
                                    0xff};
    for (uint64_t i = 1 + sim_below (self, 8); i > 0; i--) {
        char name[4] = {'g', (char)sim_below (self, 256), 0};
        uint8_t body[16];
        for (size_t b = 0; b < sizeof body; b++)
            body[b] = (uint8_t)sim_random (self);
        //  calls of no name, at nobody: what is refused, and never given to anybody
        daffi_header_t header = {.type = types[sim_below (self, sizeof types)],
                                 .id = sim_random (self) | UINT64_C (3) << 62,
                                 .status = (uint8_t)sim_random (self),
                                 .name = daffi_text_of (name),
                                 .peer =
                                     daffi_text_of (sim_chance (self, 2) ? name : ""),
                                 .ttl_ms = (uint32_t)sim_below (self, 1000)};
        sim_node_send (self, node, &header, body, sim_below (self, sizeof body));
    }
}

void sim_fault (world_t *self)
{
    typedef void (fault_fn) (world_t * self, node_t * node);
    static fault_fn *const faults[] = {fault_kill,
                                       fault_cut,
                                       fault_half_open,
                                       fault_stop,
                                       fault_stop,
                                       fault_stall,
                                       fault_drain,
                                       fault_controller_dies,
                                       fault_update,
                                       fault_update,
                                       fault_controller_sleeps,
                                       fault_controller_restarts,
                                       fault_twin,
                                       fault_garbage};
    self->report->faults++;
    faults[sim_below (self, sizeof faults / sizeof faults[0])](self, some_node (self));
}

//  --- and the end of them ------------------------------------------------------------

void sim_heal (world_t *self)
{
    TRACE (self, "all faults are over");
    self->healing = true;
    self->rough.room = SIZE_MAX;
    self->rough.long_calls = 0;
    if (!self->core)
        sim_post (self, 0, EVENT_CONTROLLER, 0, 0, NULL);
    else if (self->core->draining)
        fault_controller_restarts (self, NULL);
    for (unsigned i = 0; i < self->node_count; i++)
        if (self->nodes[i].state == NODE_DEAD)
            sim_post (self, 0, EVENT_START, i, self->nodes[i].life, NULL);
}
