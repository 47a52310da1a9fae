//  SPDX-License-Identifier: MPL-2.0
//  Items that go with calls: each end sends what it may, and checks what it gets.
//
//  An item says which call it belongs to and which one it is, so what is lost, doubled,
//  out of order, or of another call is seen at the end that gets it.

#include "sim.h"

enum { ITEMS_MAX = 12, GRANT_MAX = 5 };

static void send (world_t *self, node_t *node, daffi_record_type_t type, uint64_t id,
                  uint32_t call, uint32_t number)
{
    uint64_t item[2] = {call, number};
    daffi_header_t header = {.type = (uint8_t)type, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    if (type == DAFFI_RECORD_CREDIT) {
        header.present = DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
        header.items = number;
        header.bytes = number * (uint32_t)sizeof item;
    }
    sim_node_send (self, node, &header, item,
                   type == DAFFI_RECORD_CHUNK ? sizeof item : 0);
}

//  The next item of this call, and there was credit for it.
static void check_item (world_t *self, const message_t *message, uint32_t call,
                        uint32_t *received, uint32_t granted)
{
    uint64_t item[2] = {UINT64_MAX, UINT64_MAX};
    if (message->size == sizeof item)
        memcpy (item, message->body, sizeof item);
    if (item[0] != call || item[1] != *received)
        sim_broken (self, "item %llu of call %llu came as item %u of call %u",
                    (unsigned long long)item[1], (unsigned long long)item[0], *received,
                    call);
    if (++*received > granted)
        sim_broken (self, "call %u got an item without credit", call);
    self->report->items++;
}

//  --- the provider's end -------------------------------------------------------------

static void yield (world_t *self, node_t *node, job_t *job)
{
    while (job->credit && job->yielded < ITEMS_MAX && !job->cancelled) {
        job->credit--;
        send (self, node, DAFFI_RECORD_CHUNK, job->token, job->call, job->yielded++);
    }
}

static void read_on (world_t *self, node_t *node, job_t *job)
{
    uint32_t more = 1 + (uint32_t)sim_below (self, GRANT_MAX);
    job->granted += more;
    send (self, node, DAFFI_RECORD_CREDIT, job->token, job->call, more);
}

void sim_stream_opened (world_t *self, node_t *node, job_t *job)
{
    //  some functions never read
    if (sim_chance (self, 4))
        job->granted = 0;
    else
        read_on (self, node, job);
    yield (self, node, job);
}

void sim_stream_ends (world_t *self, node_t *node, job_t *job)
{
    (void)node;
    self->calls[job->call].yielded = job->yielded;
}

static job_t *job_of (node_t *node, uint64_t token)
{
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (node->jobs[i].state != JOB_FREE && node->jobs[i].token == token)
            return &node->jobs[i];
    return NULL;
}

static void at_provider (world_t *self, node_t *node, job_t *job,
                         const message_t *message)
{
    const daffi_header_t *header = &message->header;
    if (!job->stream)
        sim_broken (self, "call %u is no stream", job->call);
    if (header->type == DAFFI_RECORD_CHUNK) {
        if (job->fed)
            sim_broken (self, "call %u got an item after the last one", job->call);
        check_item (self, message, job->call, &job->received, job->granted);
        if (job->received == job->granted)
            read_on (self, node, job);
    } else if (header->type == DAFFI_RECORD_CREDIT) {
        job->credit += header->items;
        if (job->state == JOB_RUNNING)
            yield (self, node, job);
    } else if (job->fed) {
        sim_broken (self, "call %u was told twice that no more items come", job->call);
    } else {
        job->fed = true;
    }
}

//  --- the caller's end ---------------------------------------------------------------

static void feed (world_t *self, node_t *node, call_t *call)
{
    uint32_t index = (uint32_t)(call - self->calls);
    while (call->credit && call->sent < ITEMS_MAX) {
        call->credit--;
        send (self, node, DAFFI_RECORD_CHUNK, call->id, index, call->sent++);
    }
    if (call->fed || (call->sent < ITEMS_MAX && !sim_chance (self, 6)))
        return;
    call->fed = true;
    call->sent = ITEMS_MAX;
    send (self, node, DAFFI_RECORD_END, call->id, index, 0);
}

static void at_caller (world_t *self, node_t *node, call_t *call,
                       const message_t *message)
{
    uint32_t index = (uint32_t)(call - self->calls);
    if (!call->stream)
        sim_broken (self, "call %u is no stream", index);
    if (message->header.type == DAFFI_RECORD_CREDIT) {
        call->credit += message->header.items;
        feed (self, node, call);
        return;
    }
    check_item (self, message, index, &call->received, call->granted);
    if (call->received < call->granted)
        return;
    uint32_t more = 1 + (uint32_t)sim_below (self, GRANT_MAX);
    call->granted += more;
    send (self, node, DAFFI_RECORD_CREDIT, call->id, index, more);
}

//  What comes after the end of a call on this side is of no use to anybody.
void sim_stream_receive (world_t *self, node_t *node, const message_t *message)
{
    call_t *call = sim_call_of (self, message->header.id);
    job_t *job = job_of (node, message->header.id);
    if (job)
        at_provider (self, node, job, message);
    else if (call && call->open && call->node == sim_index_of (self, node) &&
             call->life == node->life)
        at_caller (self, node, call, message);
}
