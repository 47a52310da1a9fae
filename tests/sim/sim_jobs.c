//  SPDX-License-Identifier: MPL-2.0
//  The provider's side: calls that a node was given wait for a free slot, run, and are
//  answered once.

#include "sim.h"

uint64_t sim_reply_of (const world_t *self, uint32_t call)
{
    return (self->seed ^ call) * UINT64_C (0x9e3779b97f4a7c15) + 1;
}

static void answer (world_t *self, node_t *node, job_t *job, daffi_status_t status,
                    daffi_executed_t executed)
{
    uint64_t reply = sim_reply_of (self, job->call);
    daffi_header_t header = {
        .type = DAFFI_RECORD_RESULT, .id = job->token, .ttl_ms = DAFFI_TTL_NONE};
    if (status) {
        header.type = DAFFI_RECORD_ERROR;
        header.status = (uint8_t)status;
        header.executed = (uint8_t)executed;
        header.present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED;
    }
    if (self->options->sabotage == SABOTAGE_CONTENT)
        reply++;
    if (job->stream && !status)
        sim_stream_ends (self, node, job);
    job->state = JOB_FREE;
    if (job->token) {
        node->outstanding -= !job->part;
        sim_node_send (self, node, &header, &reply, sizeof reply);
        //  some say everything twice
        if (self->rough.hostile && sim_chance (self, 16))
            sim_node_send (self, node, &header, &reply, sizeof reply);
    }
    sim_node_maybe_goodbye (self, node);
}

static void check_run (world_t *self, const node_t *node, const job_t *job)
{
    call_t *call = &self->calls[job->call];
    TRACE (self, "call %u runs at n%u", job->call, sim_index_of (self, node));
    if (self->options->sabotage == SABOTAGE_TWICE)
        call->ran++;
    uint8_t bit = (uint8_t)(1u << node->name);
    if (call->kind == CALL_ALL ? call->ran_at & bit : call->ran)
        sim_broken (self, "call %u ran twice", job->call);
    call->ran++;
    call->ran_at |= bit;
    if (call->called_off)
        sim_broken (self, "call %u began after its caller was told of its cancel",
                    job->call);
    if (call->denied || call->denied_at & bit)
        sim_broken (self, "call %u ran after its caller was told that it did not",
                    job->call);
    //  what a node cannot know: how much later it is than it believes
    if (call->deadline_ms != DAFFI_NEVER &&
        self->now_ms > call->deadline_ms + job->lag_ms + SLACK_MS)
        sim_broken (self, "call %u ran %lld ms after its deadline", job->call,
                    (long long)(self->now_ms - call->deadline_ms));
}

static void report (world_t *self, node_t *node, const job_t *job)
{
    uint64_t call = job->call;
    daffi_header_t header = {
        .type = DAFFI_RECORD_PROGRESS, .id = job->token, .ttl_ms = DAFFI_TTL_NONE};
    sim_node_send (self, node, &header, &call, sizeof call);
}

static void begin (world_t *self, node_t *node, job_t *job)
{
    int64_t work_ms = (int64_t)sim_below (self, 20);
    if (self->rough.long_calls && sim_chance (self, self->rough.long_calls))
        work_ms = (int64_t)sim_below (self, 1500);
    check_run (self, node, job);
    job->state = JOB_RUNNING;
    if (job->token && sim_chance (self, 8))
        report (self, node, job);
    node->running++;
    if (job->stream)
        sim_stream_opened (self, node, job);
    sim_post (self, work_ms, EVENT_FINISH, sim_index_of (self, node),
              job->number << 32 | node->life, NULL);
}

//  The next one whose turn it is, unless it is too late for it.
static bool begin_next (world_t *self, node_t *node)
{
    job_t *next = NULL;
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        job_t *job = &node->jobs[i];
        if (job->state == JOB_QUEUED && (!next || job->number < next->number))
            next = job;
    }
    if (!next || node->running >= node->slots)
        return false;
    bool late = next->deadline_ms <= self->now_ms &&
                self->options->sabotage != SABOTAGE_TOO_LATE;
    if (next->cancelled)
        answer (self, node, next, DAFFI_CANCELLED, DAFFI_EXECUTED_NO);
    else if (late)
        answer (self, node, next, DAFFI_TIMEOUT, DAFFI_EXECUTED_NO);
    else
        begin (self, node, next);
    return true;
}

static void begin_all (world_t *self, node_t *node)
{
    uint32_t life = node->life;
    while (node->life == life && begin_next (self, node))
        continue;
}

//  --- in and out ---------------------------------------------------------------------

static int64_t deadline_of (const world_t *self, const node_t *node,
                            const message_t *message)
{
    const daffi_header_t *header = &message->header;
    if (header->ttl_ms == DAFFI_TTL_NONE)
        return DAFFI_NEVER;
    uint32_t spent = (uint32_t)(self->now_ms + node->clock_offset) - header->sent_ms;
    if (spent > UINT32_MAX / 2)
        spent = 0;
    return self->now_ms + (header->ttl_ms > spent ? header->ttl_ms - spent : 0);
}

static job_t *free_job (node_t *node)
{
    for (unsigned i = 0; i < JOBS_MAX; i++)
        if (node->jobs[i].state == JOB_FREE)
            return &node->jobs[i];
    return NULL;
}

static void check_function (world_t *self, node_t *node, const message_t *message)
{
    daffi_text_t name = message->header.name;
    bool mine = name.size == 2 && name.data[0] == 'f' &&
                node->could_offer & 1u << (name.data[1] - '0');
    if (!mine)
        sim_broken (self, "n%u was given a function that it never offered",
                    sim_index_of (self, node));
}

//  A limit is that of one offer: a function that was withdrawn and is offered again
//  counts from the beginning, and which calls belong to which offer the controller
//  alone knows.
static void check_limit (world_t *self, const node_t *node, uint8_t function)
{
    unsigned count = 0;
    if (node->withdrawn & 1u << function)
        return;
    for (unsigned i = 0; i < JOBS_MAX; i++)
        count += node->jobs[i].state != JOB_FREE && node->jobs[i].token &&
                 !node->jobs[i].part && node->jobs[i].function == function;
    if (node->limits[function] && count > node->limits[function])
        sim_broken (self, "n%u was given %u calls of f%u at once, and takes %u",
                    sim_index_of (self, node), count, function, node->limits[function]);
}

static void refuse (world_t *self, node_t *node, uint64_t token)
{
    daffi_header_t header = {.type = DAFFI_RECORD_ERROR,
                             .id = token,
                             .status = DAFFI_BUSY,
                             .executed = DAFFI_EXECUTED_NO,
                             .present = DAFFI_OPT_STATUS | DAFFI_OPT_EXECUTED,
                             .ttl_ms = DAFFI_TTL_NONE};
    sim_node_send (self, node, &header, NULL, 0);
}

void sim_job_take (world_t *self, node_t *node, const message_t *message)
{
    bool is_call = message->header.type == DAFFI_RECORD_CALL;
    uint64_t call;
    memcpy (&call, message->body, sizeof call);
    bool part = self->calls[call].kind == CALL_ALL;
    check_function (self, node, message);
    job_t *job = free_job (node);
    if (!job) {
        //  casts and broadcasts know no capacity
        if (part)
            refuse (self, node, message->header.id);
        else if (is_call)
            sim_broken (self, "n%u was given more than it can hold",
                        sim_index_of (self, node));
        return;
    }
    if (is_call && !part && ++node->outstanding > node->capacity_seen)
        sim_broken (self, "n%u was given more than its capacity",
                    sim_index_of (self, node));
    *job = (job_t){.state = JOB_QUEUED,
                   .number = ++node->last_job,
                   .token = message->header.id,
                   .call = (uint32_t)call,
                   .lag_ms = node->clock_lag,
                   .part = part,
                   .function = (uint8_t)(message->header.name.data[1] - '0'),
                   .stream = is_call && message->header.present & DAFFI_OPT_STREAM,
                   .credit = message->header.items,
                   .deadline_ms = deadline_of (self, node, message)};
    if (is_call && !part)
        check_limit (self, node, job->function);
    begin_all (self, node);
}

void sim_job_cancel (world_t *self, node_t *node, uint64_t token)
{
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        job_t *job = &node->jobs[i];
        if (job->state == JOB_FREE || job->token != token)
            continue;
        job->cancelled = true;
        if (job->state != JOB_RUNNING) {
            answer (self, node, job, DAFFI_CANCELLED, DAFFI_EXECUTED_NO);
            return;
        }
        daffi_header_t begun = {.type = DAFFI_RECORD_CANCEL,
                                .id = token,
                                .executed = DAFFI_EXECUTED_YES,
                                .present = DAFFI_OPT_EXECUTED,
                                .ttl_ms = DAFFI_TTL_NONE};
        sim_node_send (self, node, &begun, NULL, 0);
        return;
    }
}

void sim_job_finish (world_t *self, node_t *node, uint64_t number)
{
    for (unsigned i = 0; i < JOBS_MAX; i++) {
        job_t *job = &node->jobs[i];
        if (job->state != JOB_RUNNING || job->number != number)
            continue;
        node->running--;
        if (self->options->sabotage == SABOTAGE_DENIAL)
            answer (self, node, job, DAFFI_FAILED, DAFFI_EXECUTED_NO);
        else if (sim_chance (self, 12) && !self->options->calm)
            answer (self, node, job, DAFFI_FAILED, DAFFI_EXECUTED_YES);
        else
            answer (self, node, job, DAFFI_OK, DAFFI_EXECUTED_YES);
        break;
    }
    begin_all (self, node);
}

//  Their answers would reach nobody. What runs is interrupted.
void sim_jobs_drop (world_t *self, node_t *node)
{
    (void)self;
    memset (node->jobs, 0, sizeof node->jobs);
    node->running = 0;
    node->outstanding = 0;
}
