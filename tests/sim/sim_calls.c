//  SPDX-License-Identifier: MPL-2.0
//  The caller's side: each call that is begun gets exactly one outcome, in time.

#include "sim.h"

uint64_t sim_id_of (const world_t *self, uint32_t call)
{
    return ((uint64_t)self->calls[call].life << 24) + call + 1;
}

call_t *sim_call_of (world_t *self, uint64_t id)
{
    uint64_t place = id & 0xffffff;
    bool sane = place > 0 && place <= self->call_count && id >> 56 == 0;
    call_t *call = sane ? &self->calls[place - 1] : NULL;
    return call && call->issued && call->id == id ? call : NULL;
}

static void note_status (world_t *self, unsigned status)
{
    if (status == DAFFI_OK)
        self->report->results++;
    else
        self->report->errors++;
    if (status <= DAFFI_END)
        self->report->by_status[status]++;
}

//  The one place where a caller learns how its call ended.
static void settle (world_t *self, uint32_t index, daffi_status_t status,
                    daffi_executed_t executed)
{
    call_t *call = &self->calls[index];
    node_t *node = &self->nodes[call->node];
    TRACE (self, "call %u: %s, executed %u", index, daffi_status_name (status),
           executed);
    call->open = false;
    if (call->outcomes++)
        sim_broken (self, "call %u has a second outcome", index);
    if (call->deadline_ms != DAFFI_NEVER &&
        self->now_ms > call->deadline_ms + SLACK_MS &&
        self->now_ms > node->stopped_ms + SLACK_MS)
        sim_broken (self, "call %u ended %lld ms after its deadline", index,
                    (long long)(self->now_ms - call->deadline_ms));
    if (executed == DAFFI_EXECUTED_NO && call->kind == CALL_CALL) {
        call->denied = true;
        if (call->ran)
            sim_broken (self, "call %u ran, and its caller was told that it did not",
                        index);
    }
    if (executed == DAFFI_EXECUTED_YES && call->kind == CALL_CALL && !call->ran)
        sim_broken (self, "call %u did not run, and its caller was told that it did",
                    index);
    if (self->options->calm && status != DAFFI_OK)
        sim_broken (self, "call %u failed with %s where nothing was wrong", index,
                    daffi_status_name (status));
    note_status (self, status);
    sim_node_maybe_goodbye (self, node);
}

//  --- out ----------------------------------------------------------------------------

//  [names, …]: the front of a broadcast to some.
static size_t write_names (uint8_t named, uint8_t *out)
{
    uint8_t *cursor = out;
    *cursor++ = 0x92;
    *cursor++ = (uint8_t)(0x90 | __builtin_popcount (named));
    for (unsigned i = 0; i < NAMES_MAX; i++) {
        if (!(named & 1u << i))
            continue;
        *cursor++ = 0xa2;
        *cursor++ = 'n';
        *cursor++ = (uint8_t)('0' + i);
    }
    return (size_t)(cursor - out);
}

static void send_call (world_t *self, node_t *node, uint32_t index)
{
    call_t *call = &self->calls[index];
    static const uint8_t types[] = {DAFFI_RECORD_CALL, DAFFI_RECORD_CAST,
                                    DAFFI_RECORD_WAIT, DAFFI_RECORD_CALL,
                                    DAFFI_RECORD_CALL};
    char function[4] = {'f', (char)('0' + call->function), 0};
    char target[4] = {'n', (char)('0' + call->target), 0};
    daffi_header_t header = {.type = types[call->kind],
                             .id = call->kind == CALL_CAST ? 0 : call->id,
                             .ttl_ms = DAFFI_TTL_NONE};
    if (call->kind == CALL_SYS)
        header.name = daffi_text_of ("$sys.stats");
    else if (call->function >= 0)
        header.name = daffi_text_of (function);
    if (call->target >= 0)
        header.peer = daffi_text_of (target);
    if (call->kind == CALL_ALL) {
        header.present |= DAFFI_OPT_ALL | (call->named ? DAFFI_OPT_PART : 0);
        header.all = call->wanted;
    }
    if (call->priority) {
        header.present |= DAFFI_OPT_PRIORITY;
        header.priority = call->priority;
    }
    if (call->later_ms) {
        header.present |= DAFFI_OPT_DELAY;
        header.delay_ms = (uint32_t)call->later_ms;
    }
    if (call->stream) {
        header.present |= DAFFI_OPT_STREAM | DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
        header.items = call->granted;
        header.bytes = 1 << 20;
    }
    if (call->policy) {
        header.present |= DAFFI_OPT_POLICY | DAFFI_OPT_KEY;
        header.policy = call->policy;
        header.key = daffi_text_of (index % 2 ? "odd" : "even");
    }
    if (call->deadline_ms != DAFFI_NEVER)
        header.ttl_ms = (uint32_t)(call->deadline_ms - self->now_ms);
    if (call->deadline_ms != DAFFI_NEVER && node->clock_known) {
        header.present |= DAFFI_OPT_SENT;
        header.sent_ms = (uint32_t)(self->now_ms + node->clock_offset);
    }
    //  the body says which call it is, and some are larger
    uint64_t body[8] = {index};
    size_t size = index % 16 ? 8 : sizeof body;
    uint8_t bytes[3 * NAMES_MAX + 2 + sizeof body];
    size_t front = call->named ? write_names (call->named, bytes) : 0;
    memcpy (bytes + front, body, size);
    sim_node_send (self, node, &header, bytes, front + size);
}

void sim_call_issue (world_t *self, uint32_t index)
{
    call_t *call = &self->calls[index];
    node_t *node = &self->nodes[call->node];
    if (node->state == NODE_DEAD)
        return;
    call->issued = true;
    call->life = node->life;
    call->id = sim_id_of (self, index);
    call->sequence = ++self->last_sequence;
    call->issued_ms = self->now_ms;
    call->lag_ms = node->clock_known ? node->clock_lag : 0;
    call->deadline_ms = call->timeout_ms < 0
                            ? DAFFI_NEVER
                            : self->now_ms + call->later_ms + call->timeout_ms;
    TRACE (self, "call %u: n%u calls f%d at n%d, %lld ms", index, call->node,
           call->function, call->target, (long long)call->timeout_ms);
    if (call->kind == CALL_CAST) {
        self->report->casts++;
        if (node->state == NODE_CONNECTED)
            send_call (self, node, index);
        return;
    }
    self->report->calls += call->kind != CALL_WAIT;
    self->report->waits += call->kind == CALL_WAIT;
    call->open = true;
    if (node->state == NODE_DRAINING) {
        settle (self, index, DAFFI_DRAINING, DAFFI_EXECUTED_NO);
    } else if (node->state != NODE_CONNECTED) {
        settle (self, index, DAFFI_NOT_CONNECTED, DAFFI_EXECUTED_NO);
    } else {
        send_call (self, node, index);
        if (call->timeout_ms >= 0)
            sim_post (self, call->later_ms + call->timeout_ms, EVENT_DEADLINE, index, 0,
                      NULL);
    }
}

//  --- back ---------------------------------------------------------------------------

static bool is_mine (const world_t *self, const call_t *call, const node_t *node)
{
    return call && call->open && call->node == sim_index_of (self, node) &&
           call->life == node->life;
}

static void check_reply (world_t *self, const call_t *call, const message_t *message)
{
    uint32_t index = (uint32_t)(call - self->calls);
    uint64_t reply = 0;
    if (call->kind != CALL_CALL)
        return;
    if (message->size == sizeof reply)
        memcpy (&reply, message->body, sizeof reply);
    if (reply != sim_reply_of (self, index))
        sim_broken (self, "call %u got a wrong reply", index);
    //  once it was cancelled nothing is passed on any more
    if (call->received != call->yielded && !call->cancel_reached)
        sim_broken (self, "call %u got %u of %u items", index, call->received,
                    call->yielded);
}

static void check_wait (world_t *self, const call_t *call, const message_t *message)
{
    daffi_value_t value;
    daffi_text_t name = daffi_text ("", 0);
    if (!daffi_value_unpack (message->body, message->size, &value))
        name = daffi_value_text_of (&value);
    bool valid = name.size == 2 && name.data[0] == 'n' &&
                 (call->target < 0 || name.data[1] == '0' + call->target);
    if (!valid)
        sim_broken (self, "a WAIT was answered with another name");
}

//  One process of a broadcast has answered; the others may still.
static void take_part (world_t *self, call_t *call, const message_t *message)
{
    uint32_t index = (uint32_t)(call - self->calls);
    const daffi_header_t *header = &message->header;
    uint8_t bit = sim_name_bit (header->peer);
    bool denied =
        header->type == DAFFI_RECORD_ERROR && header->executed == DAFFI_EXECUTED_NO;
    uint64_t reply = 0;
    TRACE (self, "call %u: a part from %.*s", index, (int)header->peer.size,
           header->peer.data);
    if (header->type == DAFFI_RECORD_RESULT) {
        if (message->size == sizeof reply)
            memcpy (&reply, message->body, sizeof reply);
        if (reply != sim_reply_of (self, index))
            sim_broken (self, "call %u got a wrong part", index);
    }
    call->denied_at |= denied ? bit : 0;
    if (call->denied_at & call->ran_at)
        sim_broken (self, "call %u ran where its caller was told that it did not",
                    index);
}

void sim_call_answer (world_t *self, node_t *node, const message_t *message)
{
    call_t *call = sim_call_of (self, message->header.id);
    if (!is_mine (self, call, node))
        return;
    uint32_t index = (uint32_t)(call - self->calls);
    if (message->header.present & DAFFI_OPT_PART) {
        take_part (self, call, message);
        return;
    }
    if (message->header.type == DAFFI_RECORD_ERROR) {
        call->called_off = message->header.status == DAFFI_CANCELLED;
        settle (self, index, (daffi_status_t)message->header.status,
                (daffi_executed_t)message->header.executed);
        return;
    }
    if (message->header.type == DAFFI_RECORD_END && call->kind != CALL_ALL)
        sim_broken (self, "call %u got an END", index);
    if (call->kind == CALL_WAIT)
        check_wait (self, call, message);
    else
        check_reply (self, call, message);
    settle (self, index, DAFFI_OK, DAFFI_EXECUTED_YES);
}

void sim_call_progress (world_t *self, node_t *node, const message_t *message)
{
    call_t *call = sim_call_of (self, message->header.id);
    uint64_t index = UINT64_MAX;
    if (!is_mine (self, call, node))
        return;
    if (message->size == sizeof index)
        memcpy (&index, message->body, sizeof index);
    if (index != (uint64_t)(call - self->calls))
        sim_broken (self, "a report of progress of another call");
    if (!(call->ran_at & sim_name_bit (message->header.peer)))
        sim_broken (self, "call %u is reported on by who does not run it",
                    (unsigned)index);
    self->report->reports++;
}

//  --- given up -----------------------------------------------------------------------

static bool alive (const world_t *self, const call_t *call)
{
    const node_t *node = &self->nodes[call->node];
    return node->state != NODE_DEAD && node->life == call->life;
}

void sim_call_deadline (world_t *self, uint32_t index)
{
    call_t *call = &self->calls[index];
    if (!call->open || !alive (self, call))
        return;
    sim_node_say (self, &self->nodes[call->node], DAFFI_RECORD_CANCEL, call->id);
    settle (self, index, DAFFI_TIMEOUT, DAFFI_EXECUTED_MAYBE);
}

void sim_call_cancel (world_t *self, uint32_t index)
{
    call_t *call = &self->calls[index];
    if (!call->open || !alive (self, call))
        return;
    sim_node_say (self, &self->nodes[call->node], DAFFI_RECORD_CANCEL, call->id);
    //  a call ends with what the controller says then
    if (call->kind != CALL_CALL)
        settle (self, index, DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
}

void sim_calls_fail (world_t *self, node_t *node, daffi_status_t status,
                     daffi_executed_t executed)
{
    uint32_t index = sim_index_of (self, node);
    for (uint32_t i = 0; i < self->call_count; i++)
        if (self->calls[i].open && self->calls[i].node == index &&
            self->calls[i].life == node->life)
            settle (self, i, status, executed);
}

bool sim_calls_open (const world_t *self, const node_t *node)
{
    for (uint32_t i = 0; i < self->call_count; i++)
        if (self->calls[i].open && self->calls[i].node == sim_index_of (self, node) &&
            self->calls[i].life == node->life)
            return true;
    return false;
}
