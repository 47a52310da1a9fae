//  SPDX-License-Identifier: MPL-2.0
//  Two nodes of ours, for finding out what a controller does with them.

#include "conformance_peers.h"

#include <string.h>
#include <zmq.h>

uint64_t conformance_new_id (daffi_conformance_t *self)
{
    return ++self->last_id;
}

void conformance_connect (daffi_conformance_t *self, raw_t *node,
                          const char *routing_id)
{
    int one = 1, patience_ms = (int)self->patience_ms;
    raw_done (node);
    node->socket = zmq_socket (self->context, ZMQ_DEALER);
    zmq_setsockopt (node->socket, ZMQ_IMMEDIATE, &one, sizeof one);
    zmq_setsockopt (node->socket, ZMQ_SNDTIMEO, &patience_ms, sizeof patience_ms);
    if (routing_id)
        zmq_setsockopt (node->socket, ZMQ_ROUTING_ID, routing_id, strlen (routing_id));
    zmq_connect (node->socket, self->endpoint);
}

void conformance_hello (raw_t *node, uint64_t id, const char *name, uint64_t min,
                        bool offers)
{
    static uint8_t incarnation[16];
    const daffi_value_t offer[] = {daffi_value_string (CONFORMANCE_FUNCTION),
                                   daffi_value_string ("")};
    const daffi_value_t list = daffi_value_array (offer, 2);
    incarnation[0]++;
    RAW_SEND (node, .type = RAW_HELLO, .id = id, .peer = name,
              .body = DAFFI_MAP ("min", min, "max", min, "incarnation",
                                 daffi_value_binary (incarnation, sizeof incarnation),
                                 "language", "conformance", "functions",
                                 daffi_value_array (&list, offers)));
}

bool conformance_number (const daffi_value_t *map, const char *key, uint64_t *number)
{
    daffi_value_t value;
    return !daffi_value_find (map, key, &value) &&
           !daffi_value_get_uint (&value, number);
}

bool conformance_expect_error (daffi_conformance_t *self, raw_t *node, uint64_t id,
                               daffi_status_t status, int64_t executed)
{
    raw_record_t *error = raw_expect (node, RAW_ERROR, id, self->patience_ms);
    bool fine = error && error->options[1] == (int64_t)status &&
                (executed < 0 || error->options[2] == executed);
    if (!error)
        daffi_conformance_fail (self, "no ERROR %s came", daffi_status_name (status));
    else if (!fine)
        daffi_conformance_fail (self, "ERROR with status %lld, executed %lld",
                                (long long)error->options[1],
                                (long long)error->options[2]);
    raw_free (error);
    return fine;
}

raw_record_t *conformance_place (daffi_conformance_t *self, const raw_send_t *call)
{
    raw_send (&self->caller, call);
    for (;;) {
        raw_record_t *given = raw_receive (&self->provider, self->patience_ms);
        if (given && given->type == RAW_CALL &&
            strcmp (given->name, CONFORMANCE_FUNCTION) == 0)
            return given;
        if (!given) {
            daffi_conformance_fail (self, "the provider was given no CALL");
            return NULL;
        }
        raw_free (given);
    }
}

bool conformance_nobody (daffi_conformance_t *self, const char *peer)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = CONFORMANCE_FUNCTION,
              .peer = peer, .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    return conformance_expect_error (self, &self->caller, id, DAFFI_NO_PROCESS,
                                     DAFFI_EXECUTED_NO);
}

bool conformance_pong (daffi_conformance_t *self)
{
    uint64_t clock, id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_PING, .id = id, .bare = true);
    raw_record_t *record = raw_expect (&self->caller, RAW_PONG, id, self->patience_ms);
    bool fine = record && conformance_number (&record->value, "clock_ms", &clock);
    raw_free (record);
    return fine ? true : daffi_conformance_fail (self, "no PONG with clock_ms came");
}
