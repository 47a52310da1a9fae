//  SPDX-License-Identifier: MPL-2.0
//  The raw caller: a DEALER that keeps so many calls outstanding.
//
//  It replaces each answer by a call at once. Taking all answers that are there before
//  sending again was tried, by ZMQ_EVENTS (slower) and by ZMQ_DONTWAIT (no difference):
//  libzmq's I/O thread batches in either case.
#include <string.h>

#include "bench_raw.h"
#include "bench_role.h"

typedef struct {
    bench_raw_t raw;
    uint8_t *body;
    size_t body_size;
    uint32_t outstanding;
    uint64_t next_call;
    bool feeds;
    zmq_msg_t header, payload;  //  of the last answer
} caller_t;

static daffi_status_t send_item (caller_t *self, uint8_t type, daffi_error_t *error)
{
    bench_raw_header_t header = {.type = type, .call = self->next_call};
    void *socket = self->raw.socket;
    if (zmq_send (socket, &header, sizeof header, ZMQ_SNDMORE) < 0)
        return bench_raw_fail (error, "raw call");
    int sent;
    if (self->body_size >= BENCH_BY_REFERENCE_BYTES) {
        zmq_msg_t payload;
        zmq_msg_init_data (&payload, self->body, self->body_size, bench_body_keep,
                           NULL);
        sent = zmq_msg_send (&payload, socket, 0);
    } else
        sent = zmq_send (socket, self->body, self->body_size, 0);
    return sent < 0 ? bench_raw_fail (error, "raw call") : DAFFI_OK;
}

static daffi_status_t receive_answer (caller_t *self, daffi_error_t *error)
{
    if (zmq_msg_recv (&self->header, self->raw.socket, 0) < 0 ||
        zmq_msg_recv (&self->payload, self->raw.socket, 0) < 0)
        return bench_raw_fail (error, "raw answer");
    if (zmq_msg_size (&self->payload) != self->body_size ||
        !bench_body_matches (zmq_msg_data (&self->payload), self->body_size,
                             self->body))
        return bench_fail (error, DAFFI_PROTOCOL, "the raw echo is not what was sent");
    return DAFFI_OK;
}

static daffi_status_t send_call (caller_t *self, daffi_error_t *error)
{
    self->next_call++;
    return send_item (self, BENCH_RAW_CALL, error);
}

static daffi_status_t receive_ack (caller_t *self, daffi_error_t *error)
{
    if (zmq_msg_recv (&self->header, self->raw.socket, 0) < 0 ||
        zmq_msg_recv (&self->payload, self->raw.socket, 0) < 0)
        return bench_raw_fail (error, "raw answer");
    return DAFFI_OK;
}

static daffi_status_t run_serial (caller_t *self, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    int64_t sent_ns;
    do {
        sent_ns = bench_clock_ns ();
        if (send_call (self, error) || receive_answer (self, error))
            return error->status;
    } while (bench_meter_tick_since (meter, sent_ns));
    return DAFFI_OK;
}

static daffi_status_t run_window (caller_t *self, bench_meter_t *meter,
                                  daffi_error_t *error)
{
    for (uint32_t i = 0; i < self->outstanding; i++)
        if (send_call (self, error))
            return error->status;
    if (receive_answer (self, error))
        return error->status;
    while (bench_meter_tick (meter))
        if (send_call (self, error) || receive_answer (self, error))
            return error->status;
    for (uint32_t i = 1; i < self->outstanding; i++, bench_meter_late (meter))
        if (receive_answer (self, error))
            return error->status;
    return DAFFI_OK;
}

//  One way: the worker answers each so-manyth item, so that the queues stay bounded.
//  libzmq does not care which of two DEALERs sends, so this is the measure for streams
//  of both directions.
static daffi_status_t run_feed (caller_t *self, bench_meter_t *meter,
                                daffi_error_t *error)
{
    uint64_t every = bench_raw_ack_every (self->body_size), acked = 0;
    bool running = true;
    for (self->next_call = 0; running || self->next_call % every; self->next_call++) {
        if (send_item (self, BENCH_RAW_ITEM, error))
            return error->status;
        if (self->next_call - acked >= 8 * every) {
            if (receive_ack (self, error))
                return error->status;
            acked += every;
        }
        if (running)
            running = bench_meter_tick (meter);
        else
            bench_meter_late (meter);
    }
    for (; acked < self->next_call; acked += every)
        if (receive_ack (self, error))
            return error->status;
    return DAFFI_OK;
}

static daffi_status_t run (void *caller, bench_meter_t *meter, daffi_error_t *error)
{
    caller_t *self = caller;
    if (self->feeds)
        return run_feed (self, meter, error);
    return self->outstanding == 1 ? run_serial (self, meter, error)
                                  : run_window (self, meter, error);
}

static daffi_status_t connect_caller (caller_t *self, const char *endpoint,
                                      daffi_error_t *error)
{
    if (bench_raw_open (&self->raw, ZMQ_DEALER, error))
        return error->status;
    if (zmq_connect (self->raw.socket, endpoint))
        return bench_raw_fail (error, "zmq_connect");
    bench_raw_wait (&self->raw, BENCH_ANSWER_TIMEOUT_MS);
    zmq_msg_init (&self->header);
    zmq_msg_init (&self->payload);
    if (send_call (self, error) || receive_answer (self, error))
        return error->status;  //  the way is open once one echo came back
    return DAFFI_OK;
}

int bench_raw_caller (const bench_role_t *role)
{
    caller_t self = {.outstanding = role->outstanding,
                     .feeds = role->kind != BENCH_ECHO,
                     .body = bench_body_new (role->payload_bytes),
                     .body_size = role->payload_bytes};
    daffi_error_t error;
    if (connect_caller (&self, role->endpoint, &error))
        return bench_role_error (&error);
    return bench_role_serve (run, &self, role, "drain");
}
