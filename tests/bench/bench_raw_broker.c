//  SPDX-License-Identifier: MPL-2.0
//  The raw broker: one ROUTER that gives calls to workers by turns.
//
//  It does the least that a broker can do: no table, no allocation, no copy; the frames
//  that it received are the frames that it sends. A blocking receive is the quickest
//  way to drain the only socket, since libzmq polls its mailbox once for many messages.
#include <string.h>

#include "bench_raw.h"
#include "bench_role.h"

#define WORKERS_MAX 64

typedef struct {
    void *socket;
    struct {
        uint8_t id[6];
        uint8_t size;
    } workers[WORKERS_MAX];
    uint32_t workers_count;
    uint32_t next;
    zmq_msg_t id, header, payload;  //  those of the message at hand
} broker_t;

static bool receive (broker_t *self)
{
    return zmq_msg_recv (&self->id, self->socket, 0) >= 0 &&
           zmq_msg_recv (&self->header, self->socket, 0) >= 0 &&
           zmq_msg_recv (&self->payload, self->socket, 0) >= 0;
}

static bool forward (broker_t *self)
{
    return zmq_msg_send (&self->id, self->socket, ZMQ_SNDMORE) >= 0 &&
           zmq_msg_send (&self->header, self->socket, ZMQ_SNDMORE) >= 0 &&
           zmq_msg_send (&self->payload, self->socket, 0) >= 0;
}

static void address (broker_t *self, const uint8_t *id, size_t size)
{
    zmq_msg_close (&self->id);
    zmq_msg_init_size (&self->id, size);  //  of 5 bytes: lives in the zmq_msg_t itself
    memcpy (zmq_msg_data (&self->id), id, size);
}

//  Says where the message goes now; false: nowhere.
static bool route (broker_t *self)
{
    bench_raw_header_t *header = zmq_msg_data (&self->header);
    size_t id_size = zmq_msg_size (&self->id);
    if (zmq_msg_size (&self->header) != sizeof *header || id_size > 6)
        return false;
    if ((header->type == BENCH_RAW_CALL || header->type == BENCH_RAW_ITEM) &&
        self->workers_count > 0) {
        header->caller_size = (uint8_t)id_size;
        memcpy (header->caller, zmq_msg_data (&self->id), id_size);
        uint32_t worker = self->next++ % self->workers_count;
        address (self, self->workers[worker].id, self->workers[worker].size);
        return true;
    }
    if (header->type == BENCH_RAW_REPLY && header->caller_size <= 6) {
        address (self, header->caller, header->caller_size);
        return true;
    }
    if (header->type == BENCH_RAW_HELLO && self->workers_count < WORKERS_MAX) {
        uint32_t worker = self->workers_count++;
        self->workers[worker].size = (uint8_t)id_size;
        memcpy (self->workers[worker].id, zmq_msg_data (&self->id), id_size);
        return true;  //  back to the worker: it is known now
    }
    return false;
}

int bench_raw_broker (const bench_role_t *role)
{
    daffi_error_t error;
    bench_raw_t raw = {0};
    if (bench_raw_open (&raw, ZMQ_ROUTER, &error))
        return bench_role_error (&error);
    if (zmq_bind (raw.socket, role->endpoint)) {
        bench_raw_fail (&error, "zmq_bind");
        return bench_role_error (&error);
    }
    char endpoint[256], line[280];
    size_t size = sizeof endpoint;
    zmq_getsockopt (raw.socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
    snprintf (line, sizeof line, "ready %s", endpoint);
    bench_role_say (line);

    broker_t self = {.socket = raw.socket};
    zmq_msg_init (&self.id);
    zmq_msg_init (&self.header);
    zmq_msg_init (&self.payload);
    while (receive (&self))
        if (route (&self) && !forward (&self))
            break;
    bench_raw_fail (&error, "raw broker");
    return bench_role_error (&error);
}
