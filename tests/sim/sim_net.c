//  SPDX-License-Identifier: MPL-2.0
//  The simulated network: each connection is two first-in-first-out lanes that delay,
//  stall and break; the core stands at one end of all of them.

#include <stdlib.h>

#include "alloc.h"
#include "sim.h"

static int64_t core_now (const world_t *self)
{
    return self->now_ms + self->core_base_ms;
}

//  --- records on their way -----------------------------------------------------------

message_t *sim_message (const daffi_header_t *header, const void *body, size_t size)
{
    message_t *self = malloc (sizeof *self + size);
    if (!self)
        abort ();
    self->header = *header;
    self->deadline_ms = DAFFI_NEVER;
    if (header->name.size)
        memcpy (self->name, header->name.data, header->name.size);
    if (header->peer.size)
        memcpy (self->peer, header->peer.data, header->peer.size);
    self->header.name.data = self->name;
    self->header.peer.data = self->peer;
    self->size = (uint32_t)size;
    if (size)
        memcpy (self->body, body, size);
    return self;
}

static int64_t delay_of (world_t *self)
{
    int64_t delay = (int64_t)sim_below (self, (uint64_t)self->rough.delay_ms + 1);
    if (!self->healing && sim_chance (self, self->rough.spike))
        delay += (int64_t)sim_below (self, 200);
    return delay;
}

static void send_on (world_t *self, int64_t *lane_ms, event_kind_t kind,
                     uint32_t connection, message_t *message)
{
    int64_t at = self->now_ms + delay_of (self);
    if (at < *lane_ms)
        at = *lane_ms;
    *lane_ms = at;
    sim_post (self, at - self->now_ms, kind, connection, 0, message);
}

void sim_send_up (world_t *self, uint32_t connection, message_t *message)
{
    connection_t *on = &self->connections[connection];
    TRACE (self, "n%u#%u -> %s %llx", on->node, connection,
           daffi_record_name (message->header.type),
           (unsigned long long)message->header.id);
    self->report->records++;
    if (on->up_cut)
        free (message);
    else
        send_on (self, &on->up_ms, EVENT_UP, connection, message);
}

//  --- what the core wants ------------------------------------------------------------

static void out_send (void *context, void *peer, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    world_t *self = context;
    connection_t *on = peer;
    uint32_t connection = (uint32_t)(on - self->connections);
    (void)control;
    if (!on->session)
        sim_broken (self, "%s is sent to a session that is over",
                    daffi_record_name (header->type));
    if (header->type == DAFFI_RECORD_CALL || header->type == DAFFI_RECORD_CAST)
        sim_check_given (self, connection, header, body);
    bool answer = header->type == DAFFI_RECORD_RESULT ||
                  header->type == DAFFI_RECORD_ERROR ||
                  header->type == DAFFI_RECORD_END;
    if (answer)
        sim_check_answered (self, connection, header);
    if (answer && header->id && self->options->sabotage == SABOTAGE_DOUBLE)
        sim_check_answered (self, connection, header);
    message_t *message = sim_message (header, body->data, body->size);
    message->deadline_ms =
        deadline_ms == DAFFI_NEVER ? DAFFI_NEVER : deadline_ms - self->core_base_ms;
    TRACE (self, "n%u#%u <- %s %llx%s%s", on->node, connection,
           daffi_record_name (header->type), (unsigned long long)header->id,
           header->type == DAFFI_RECORD_ERROR ? " " : "",
           header->type == DAFFI_RECORD_ERROR
               ? daffi_status_name ((daffi_status_t)header->status)
               : "");
    self->report->records++;
    on->down_bytes += body->size + 32;
    send_on (self, &on->down_ms, EVENT_DOWN, connection, message);
}

static bool out_fits (void *context, void *peer, size_t size)
{
    world_t *self = context;
    connection_t *on = peer;
    bool fits = on->down_bytes + size <= self->rough.room;
    on->was_full = on->was_full || !fits;
    return fits;
}

static void session_over (world_t *self, connection_t *on)
{
    on->session = NULL;
    self->session_end_ms[on->session_number] = self->now_ms;
}

static void out_drop (void *context, void *peer)
{
    TRACE ((world_t *)context, "n%u dropped", ((connection_t *)peer)->node);
    session_over (context, peer);
}

static uint64_t out_random (void *context)
{
    world_t *self = context;
    uint64_t x = self->core_random += UINT64_C (0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C (0x94d049bb133111eb);
    return x ^ (x >> 31);
}

//  --- the controller -----------------------------------------------------------------

void sim_start_controller (world_t *self)
{
    //  its clock begins anywhere, also where 32 bits of it are about to wrap
    self->core_base_ms = (INT64_C (1) << 32) - (int64_t)sim_below (self, 8000);
    if (sim_chance (self, 2))
        self->core_base_ms = (int64_t)sim_below (self, 1000000);
    daffi_core_options_t options = {
        .output = {self, out_send, out_fits, out_drop, out_random, NULL},
        .name = "hub",
        .settle_ms = sim_chance (self, 3) ? -1 : 300,
    };
    if (!self->options->calm && sim_chance (self, 8))
        options.calls_max = 8;
    if (!self->options->calm && sim_chance (self, 8))
        options.queue_max = 100;
    self->core = daffi_core_new (&options, core_now (self));
    self->controller++;
    TRACE (self, "controller %u starts", self->controller);
}

void sim_stop_controller (world_t *self, bool in_good_order)
{
    if (!self->core)
        return;
    TRACE (self, "controller %u stops%s", self->controller,
           in_good_order ? " in good order" : "");
    if (in_good_order)
        daffi_core_close (self->core, core_now (self));
    daffi_core_destroy (&self->core);
    for (uint32_t i = 0; i < self->connection_count; i++) {
        connection_t *on = &self->connections[i];
        on->up_cut = true;
        if (on->controller != self->controller || on->refused)
            continue;
        //  what it said last still arrives; then the connection is seen to break
        on->refused = true;
        int64_t delay = on->down_ms > self->now_ms ? on->down_ms - self->now_ms : 0;
        delay += (int64_t)sim_below (self, 5);
        if (!sim_chance (self, 8))
            sim_post (self, delay, EVENT_BROKEN_DOWN, i, 0, NULL);
    }
}

static bool number_session (world_t *self, connection_t *on)
{
    if (self->session_count == SESSIONS_MAX)
        return false;
    on->session_number = self->session_count++;
    self->session_end_ms[on->session_number] = DAFFI_NEVER;
    return true;
}

//  As the shell does: who is not known yet, or not any more, begins a session.
static bool meet (world_t *self, connection_t *on)
{
    if (!on->session && number_session (self, on))
        on->session = daffi_core_connect (self->core, on, core_now (self));
    return on->session != NULL;
}

//  Gives a record to the core. A session that says HELLO again, or is doubted, begins
//  anew: what it had asked for is over.
static void receive (world_t *self, connection_t *on, const message_t *message)
{
    daffi_body_t body = daffi_body_borrowed (message->body, message->size);
    const daffi_session_t *session = on->session;
    bool known = session->process != NULL;
    if (message->header.type > 0x7f)
        daffi_core_malformed (self->core, on->session, core_now (self));
    else
        daffi_core_receive (self->core, on->session, &message->header, &body,
                            core_now (self));
    if (on->session == session && known &&
        (!session->process || message->header.type == DAFFI_RECORD_HELLO)) {
        self->session_end_ms[on->session_number] = self->now_ms;
        number_session (self, on);
    }
}

//  PROTOCOL.md, sections 8.2 and 8.9: from its sending on, where that is known. 0: its
//  time has come on the way.
static int64_t due_of (const world_t *self, const daffi_header_t *header)
{
    uint32_t spent = 0;
    if (header->present & DAFFI_OPT_SENT)
        spent = (uint32_t)core_now (self) - header->sent_ms;
    if (spent > UINT32_MAX / 2)
        spent = 0;
    return header->delay_ms > spent ? self->now_ms + header->delay_ms - spent : 0;
}

//  What the controller was asked, and now owes.
static void note_reached (world_t *self, const connection_t *on,
                          const daffi_header_t *header)
{
    call_t *call = sim_call_of (self, header->id);
    if (!call || !on->session->process || call->node != on->node ||
        call->life != on->life)
        return;
    if (header->type == DAFFI_RECORD_CANCEL) {
        call->cancel_reached = true;
    } else if (header->type == DAFFI_RECORD_CALL || header->type == DAFFI_RECORD_WAIT) {
        call->reached = true;
        call->session_number = on->session_number;
        call->due_ms = header->delay_ms ? due_of (self, header) : 0;
    }
}

//  Delays that are not what the caller asked for.
static void tamper (world_t *self, daffi_header_t *header)
{
    if (self->options->sabotage == SABOTAGE_HASTE)
        header->delay_ms /= 2;
    else if (self->options->sabotage == SABOTAGE_SHUFFLE && header->delay_ms)
        header->delay_ms += (uint32_t)sim_below (self, 2) * 100;
}

void sim_deliver_up (world_t *self, uint32_t connection, message_t *message)
{
    connection_t *on = &self->connections[connection];
    if (self->core && on->controller == self->controller && !on->up_cut &&
        !on->refused && meet (self, on)) {
        note_reached (self, on, &message->header);
        tamper (self, &message->header);
        receive (self, on, message);
    }
    free (message);
}

void sim_broken_up (world_t *self, uint32_t connection)
{
    connection_t *on = &self->connections[connection];
    if (!self->core || on->controller != self->controller || on->refused)
        return;
    TRACE (self, "n%u#%u broken, the controller sees", on->node, connection);
    on->refused = true;
    daffi_session_t *session = on->session;
    if (!session)
        return;
    session_over (self, on);
    daffi_core_disconnect (self->core, session, core_now (self));
}

void sim_cut (world_t *self, uint32_t connection, bool half_open)
{
    connection_t *on = &self->connections[connection];
    TRACE (self, "n%u#%u cut%s", on->node, connection, half_open ? ", half open" : "");
    if (!half_open || sim_chance (self, 2))
        on->up_cut = true;
    if (!half_open || !on->up_cut || sim_chance (self, 2))
        on->down_cut = true;
    if (half_open)
        return;
    sim_post (self, (int64_t)sim_below (self, 10), EVENT_BROKEN_UP, connection, 0,
              NULL);
    sim_post (self, (int64_t)sim_below (self, 10), EVENT_BROKEN_DOWN, connection, 0,
              NULL);
}

void sim_deliver_down (world_t *self, uint32_t connection, message_t *message)
{
    connection_t *on = &self->connections[connection];
    node_t *node = &self->nodes[on->node];
    on->down_bytes -= message->size + 32;
    bool current = node->life == on->life && node->state != NODE_DEAD &&
                   node->state != NODE_CONNECTING && node->connection == connection;
    if (current && !on->down_cut)
        sim_node_receive (self, node, message);
    free (message);
    if (!on->was_full || !on->session || on->down_bytes > self->rough.room / 2)
        return;
    on->was_full = false;
    daffi_core_writable (self->core, on->session, core_now (self));
}

void sim_tick (world_t *self)
{
    if (self->core)
        daffi_core_tick (self->core, core_now (self));
}
