//  SPDX-License-Identifier: MPL-2.0
//  The raw worker: a DEALER that sends back what it receives.
//
//  The frames are moved, not copied, and it waits in the receive itself.
#include "bench_raw.h"
#include "bench_role.h"

static daffi_status_t say_hello (bench_raw_t *raw, daffi_error_t *error)
{
    void *socket = raw->socket;
    bench_raw_header_t header = {.type = BENCH_RAW_HELLO};
    char empty[1];
    bench_raw_wait (raw, BENCH_ANSWER_TIMEOUT_MS);
    if (zmq_send (socket, &header, sizeof header, ZMQ_SNDMORE) < 0 ||
        zmq_send (socket, "", 0, 0) < 0 ||
        zmq_recv (socket, &header, sizeof header, 0) < 0 ||
        zmq_recv (socket, empty, sizeof empty, 0) < 0)
        return bench_raw_fail (error, "hello to the raw broker");
    bench_raw_wait (raw, -1);  //  idle while daffi has its turn
    return DAFFI_OK;
}

//  False: no answer is due.
static bool answer (zmq_msg_t *header, zmq_msg_t *payload, uint64_t ack_every)
{
    bench_raw_header_t *fields = zmq_msg_data (header);
    if (fields->type == BENCH_RAW_ITEM) {
        if (fields->call % ack_every != ack_every - 1)
            return false;
        zmq_msg_close (payload);
        zmq_msg_init (payload);
    }
    fields->type = BENCH_RAW_REPLY;
    return true;
}

static void echo (void *socket, size_t payload_bytes)
{
    uint64_t ack_every = bench_raw_ack_every (payload_bytes);
    zmq_msg_t header, payload;
    zmq_msg_init (&header);
    zmq_msg_init (&payload);
    while (zmq_msg_recv (&header, socket, 0) >= 0 &&
           zmq_msg_recv (&payload, socket, 0) >= 0)
        if (answer (&header, &payload, ack_every) &&
            (zmq_msg_send (&header, socket, ZMQ_SNDMORE) < 0 ||
             zmq_msg_send (&payload, socket, 0) < 0))
            return;
}

int bench_raw_worker (const bench_role_t *role)
{
    daffi_error_t error;
    bench_raw_t raw = {0};
    if (bench_raw_open (&raw, ZMQ_DEALER, &error))
        return bench_role_error (&error);
    if (zmq_connect (raw.socket, role->endpoint)) {
        bench_raw_fail (&error, "zmq_connect");
        return bench_role_error (&error);
    }
    if (say_hello (&raw, &error))
        return bench_role_error (&error);
    bench_role_say ("ready");
    echo (raw.socket, role->payload_bytes);
    bench_raw_fail (&error, "raw worker");
    return bench_role_error (&error);
}
