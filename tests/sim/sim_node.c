//  SPDX-License-Identifier: MPL-2.0
//  A simulated node: its session, as PROTOCOL.md, section 7.2, has it.

#include "sim.h"

#include <stdio.h>

//  --- saying -------------------------------------------------------------------------

void sim_node_send (world_t *self, node_t *node, const daffi_header_t *header,
                    const void *body, size_t size)
{
    if (node->state != NODE_DEAD && node->state != NODE_CONNECTING)
        sim_send_up (self, node->connection, sim_message (header, body, size));
}

void sim_node_say (world_t *self, node_t *node, daffi_record_type_t type, uint64_t id)
{
    daffi_header_t header = {.type = (uint8_t)type, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    sim_node_send (self, node, &header, NULL, 0);
}

static void write_offers (daffi_buffer_t *out, const node_t *node)
{
    daffi_write_array (out, (uint32_t)__builtin_popcount (node->offers));
    for (unsigned i = 0; i < FUNCTIONS_MAX; i++) {
        char name[4] = {'f', (char)('0' + i), 0};
        daffi_offer_body_t offer = {.name = daffi_text_of (name),
                                    .signature = daffi_text ("", 0),
                                    .doc = daffi_text ("", 0),
                                    .limit = node->limits[i]};
        if (node->offers & 1u << i)
            daffi_write_offer_body (out, &offer);
    }
}

//  Unless another HELLO is sent by then.
static void greet_later (world_t *self, const node_t *node, int64_t delay_ms)
{
    sim_post (self, delay_ms, EVENT_GREET, sim_index_of (self, node),
              (uint64_t)(uint32_t)node->hello << 32 | node->life, NULL);
}

static void say_hello (world_t *self, node_t *node)
{
    char name[4] = {'n', (char)('0' + node->name), 0};
    daffi_hello_t hello = {.min = 1,
                           .max = 1,
                           .heartbeat_ms = (uint64_t)self->rough.timeout_ms / 3,
                           .timeout_ms = (uint64_t)self->rough.timeout_ms,
                           .capacity = node->capacity,
                           .takeover = node->takeover,
                           .language = daffi_text ("", 0),
                           .version = daffi_text ("", 0)};
    memcpy (hello.incarnation, &node->incarnation, sizeof node->incarnation);
    daffi_buffer_clear (&self->scratch);
    daffi_write_hello (&self->scratch, &hello);
    write_offers (&self->scratch, node);
    node->state = NODE_GREETING;
    node->hello = (sim_random (self) >> 16) | UINT64_C (1) << 60;
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = node->hello,
                             .peer = daffi_text_of (name),
                             .ttl_ms = DAFFI_TTL_NONE};
    sim_node_send (self, node, &header, self->scratch.data, self->scratch.size);
    greet_later (self, node, 500);
}

//  --- life and death -----------------------------------------------------------------

void sim_node_start (world_t *self, uint32_t index)
{
    node_t *node = &self->nodes[index];
    uint32_t life = node->life + 1, name = node->name;
    bool takeover = node->takeover, subscribes = node->subscribes;
    uint8_t offers = node->offers;
    uint64_t last_id = node->last_id;
    memset (node, 0, sizeof *node);
    node->life = life;
    node->name = name;
    node->takeover = takeover;
    node->subscribes = subscribes;
    node->offers = node->could_offer = offers;
    node->last_id = last_id;
    node->incarnation = sim_random (self) | 1;
    node->slots = 1 + (uint32_t)sim_below (self, 3);
    node->capacity = node->capacity_seen =
        node->slots + (uint32_t)sim_below (self, JOBS_MAX / 2 - 4);
    for (unsigned i = 0; self->rough.limits && i < FUNCTIONS_MAX; i++)
        node->limits[i] = (uint8_t)sim_below (self, 4);
    node->state = NODE_CONNECTING;
    TRACE (self, "n%u starts as process n%u", index, name);
    sim_post (self, (int64_t)sim_below (self, 5), EVENT_CONNECT, index, life, NULL);
}

void sim_node_kill (world_t *self, uint32_t index)
{
    node_t *node = &self->nodes[index];
    if (node->state == NODE_DEAD)
        return;
    TRACE (self, "n%u dies", index);
    if (node->state != NODE_CONNECTING) {
        connection_t *on = &self->connections[node->connection];
        bool seen = !sim_chance (self, 4);
        //  what it sent last may still arrive
        if (sim_chance (self, 2))
            on->up_cut = true;
        int64_t last = on->up_ms > self->now_ms ? on->up_ms - self->now_ms : 0;
        if (seen)
            sim_post (self, last + (int64_t)sim_below (self, 5), EVENT_BROKEN_UP,
                      node->connection, 0, NULL);
    }
    sim_jobs_drop (self, node);
    node->state = NODE_DEAD;
    node->life++;
}

//  The session is over for the node: calls fail, what it runs for others is dropped.
static void session_over (world_t *self, node_t *node)
{
    sim_calls_fail (self, node, DAFFI_CONTROLLER_LOST, DAFFI_EXECUTED_MAYBE);
    sim_jobs_drop (self, node);
    sim_view_reset (node);
    node->drained = false;
}

static void end (world_t *self, node_t *node)
{
    TRACE (self, "n%u ends", sim_index_of (self, node));
    sim_calls_fail (self, node, DAFFI_STOPPED, DAFFI_EXECUTED_MAYBE);
    sim_jobs_drop (self, node);
    node->state = NODE_DEAD;
    node->life++;
    sim_post (self, 10 + (int64_t)sim_below (self, 200), EVENT_START,
              sim_index_of (self, node), node->life, NULL);
}

//  --- the connection -----------------------------------------------------------------

void sim_node_connect (world_t *self, node_t *node)
{
    uint32_t index = sim_index_of (self, node);
    if (node->state != NODE_CONNECTING)
        return;
    if (!self->core) {
        sim_post (self, 5 + (int64_t)sim_below (self, 50), EVENT_CONNECT, index,
                  node->life, NULL);
        return;
    }
    if (self->connection_count == CONNECTIONS_MAX) {
        sim_broken (self, "the simulator has no more connections");
        return;
    }
    node->connection = self->connection_count++;
    self->connections[node->connection] = (connection_t){.node = index,
                                                         .life = node->life,
                                                         .controller = self->controller,
                                                         .base_ms = self->core_base_ms};
    node->heard_ms = self->now_ms;
    node->clock_known = false;
    say_hello (self, node);
    sim_post (self, self->rough.timeout_ms / 3, EVENT_HEARTBEAT, index,
              (uint64_t)node->connection << 32 | node->life, NULL);
}

void sim_node_lost (world_t *self, node_t *node)
{
    TRACE (self, "n%u lost its connection", sim_index_of (self, node));
    bool draining = node->state == NODE_DRAINING;
    session_over (self, node);
    if (draining) {
        end (self, node);
        return;
    }
    node->state = NODE_CONNECTING;
    sim_post (self, 5 + (int64_t)sim_below (self, 50), EVENT_CONNECT,
              sim_index_of (self, node), node->life, NULL);
}

void sim_node_greet (world_t *self, node_t *node)
{
    if (node->state == NODE_GREETING || node->state == NODE_REFUSED)
        say_hello (self, node);
}

void sim_node_heartbeat (world_t *self, node_t *node)
{
    if (self->now_ms - node->heard_ms >= self->rough.timeout_ms) {
        //  it closes what is dead; whether the controller sees it depends
        connection_t *on = &self->connections[node->connection];
        if (!on->up_cut)
            sim_post (self, (int64_t)sim_below (self, 5), EVENT_BROKEN_UP,
                      node->connection, 0, NULL);
        on->up_cut = on->down_cut = true;
        sim_node_lost (self, node);
        return;
    }
    if (node->state == NODE_CONNECTED || node->state == NODE_DRAINING)
        sim_node_say (self, node, DAFFI_RECORD_PING, 1);
    sim_post (self, self->rough.timeout_ms / 3, EVENT_HEARTBEAT,
              sim_index_of (self, node), (uint64_t)node->connection << 32 | node->life,
              NULL);
}

void sim_node_drain (world_t *self, node_t *node)
{
    if (node->state != NODE_CONNECTED)
        return;
    node->state = NODE_DRAINING;
    sim_node_say (self, node, DAFFI_RECORD_DRAIN, 7);
}

void sim_node_maybe_goodbye (world_t *self, node_t *node)
{
    if (node->state != NODE_DRAINING || !node->drained || node->outstanding ||
        sim_calls_open (self, node))
        return;
    sim_node_say (self, node, DAFFI_RECORD_GOODBYE, 0);
    end (self, node);
}

//  --- listening ----------------------------------------------------------------------

static void on_clock (world_t *self, node_t *node, uint64_t clock_ms)
{
    int64_t offset = (int64_t)clock_ms - self->now_ms;
    if (node->clock_known && offset <= node->clock_offset)
        return;
    node->clock_known = true;
    node->clock_offset = offset;
    node->clock_lag = self->connections[node->connection].base_ms - offset;
}

static void on_welcome (world_t *self, node_t *node, const message_t *message)
{
    daffi_welcome_t welcome;
    if (node->state != NODE_GREETING || message->header.id != node->hello)
        return;
    if (daffi_read_welcome (message->body, message->size, &welcome))
        sim_broken (self, "a WELCOME cannot be read");
    on_clock (self, node, welcome.clock_ms);
    node->state = NODE_CONNECTED;
    if (!node->subscribes)
        return;
    node->subscription = UINT64_C (1) << 61 | node->hello;
    sim_view_reset (node);
    sim_node_say (self, node, DAFFI_RECORD_SUBSCRIBE, node->subscription);
}

static void on_who (world_t *self, node_t *node)
{
    switch (node->state) {
    case NODE_CONNECTED:
        session_over (self, node);
        say_hello (self, node);
        break;
    case NODE_GREETING:
    case NODE_REFUSED:
        say_hello (self, node);
        break;
    case NODE_DRAINING:
        sim_calls_fail (self, node, DAFFI_CONTROLLER_LOST, DAFFI_EXECUTED_MAYBE);
        end (self, node);
        break;
    case NODE_DEAD:
    case NODE_CONNECTING:
        break;
    }
}

static void on_error (world_t *self, node_t *node, const message_t *message)
{
    if (message->header.id == node->hello && node->state == NODE_GREETING) {
        node->state = NODE_REFUSED;
        greet_later (self, node, 50 + (int64_t)sim_below (self, 200));
    } else if (message->header.id == 0 && message->header.status == DAFFI_NAME_TAKEN) {
        //  somebody took its place: two of one name would quarrel for ever
        self->nodes[sim_index_of (self, node)].takeover = false;
    } else {
        sim_call_answer (self, node, message);
    }
}

void sim_node_receive (world_t *self, node_t *node, const message_t *message)
{
    const daffi_header_t *header = &message->header;
    uint64_t clock_ms;
    bool in_session = node->state == NODE_CONNECTED || node->state == NODE_DRAINING;
    node->heard_ms = self->now_ms;
    switch ((daffi_record_type_t)header->type) {
    case DAFFI_RECORD_WELCOME:
        on_welcome (self, node, message);
        break;
    case DAFFI_RECORD_CALL:
    case DAFFI_RECORD_CAST:
        if (in_session)
            sim_job_take (self, node, message);
        break;
    case DAFFI_RECORD_CHUNK:
    case DAFFI_RECORD_CREDIT:
        sim_stream_receive (self, node, message);
        break;
    case DAFFI_RECORD_END:
        if (sim_call_of (self, header->id))
            sim_call_answer (self, node, message);
        else
            sim_stream_receive (self, node, message);
        break;
    case DAFFI_RECORD_RESULT:
        if (header->id == node->subscription)
            node->view_known = true;
        else
            sim_call_answer (self, node, message);
        break;
    case DAFFI_RECORD_ERROR:
        on_error (self, node, message);
        break;
    case DAFFI_RECORD_CANCEL:
        sim_job_cancel (self, node, header->id);
        break;
    case DAFFI_RECORD_EVENT:
        if (in_session && header->id == node->subscription)
            sim_view_event (self, node, message);
        break;
    case DAFFI_RECORD_PONG:
        if (!daffi_read_clock (message->body, message->size, &clock_ms))
            on_clock (self, node, clock_ms);
        break;
    case DAFFI_RECORD_DRAIN:
        node->drained = node->drained || header->id == 7;
        sim_node_maybe_goodbye (self, node);
        break;
    case DAFFI_RECORD_GOODBYE:
        if (in_session)
            sim_node_lost (self, node);
        break;
    case DAFFI_RECORD_WHO:
        on_who (self, node);
        break;
    case DAFFI_RECORD_PROGRESS:
        sim_call_progress (self, node, message);
        break;
    case DAFFI_RECORD_HELLO:
    case DAFFI_RECORD_UPDATE:
    case DAFFI_RECORD_WAIT:
    case DAFFI_RECORD_SUBSCRIBE:
    case DAFFI_RECORD_SCHEDULE:
    case DAFFI_RECORD_PING:
    case DAFFI_RECORD_LIMIT:
        sim_broken (self, "the controller sent %s", daffi_record_name (header->type));
        break;
    }
}
