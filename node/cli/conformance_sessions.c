//  SPDX-License-Identifier: MPL-2.0
//  What a controller must do with sessions: how they begin, and how they end.

#include <string.h>

#include "conformance_peers.h"

static bool welcome (daffi_conformance_t *self)
{
    uint64_t number;
    daffi_value_t epoch, limits;
    raw_t *nodes[] = {&self->provider, &self->caller};
    for (size_t i = 0; i < 2; i++) {
        uint64_t id = conformance_new_id (self);
        conformance_connect (self, nodes[i], NULL);
        conformance_hello (nodes[i], id, self->names[i], 1, i == 0);
        raw_record_t *record =
            raw_expect (nodes[i], RAW_WELCOME, id, self->patience_ms);
        if (!record)
            return daffi_conformance_fail (self, "no WELCOME came");
        const daffi_value_t *map = &record->value;
        bool fine = conformance_number (map, "protocol", &number) && number == 1 &&
                    conformance_number (map, "heartbeat_ms", &number) &&
                    conformance_number (map, "timeout_ms", &number) &&
                    conformance_number (map, "clock_ms", &number) &&
                    !daffi_value_find (map, "epoch", &epoch) && epoch.size == 16 &&
                    !daffi_value_find (map, "limits", &limits) &&
                    conformance_number (&limits, "message", &number);
        raw_free (record);
        if (!fine)
            return daffi_conformance_fail (self, "WELCOME lacks something");
    }
    return true;
}

static bool who (daffi_conformance_t *self)
{
    raw_t stranger = {0};
    conformance_connect (self, &stranger, NULL);
    RAW_SEND (&stranger, .type = RAW_PING, .id = 1, .bare = true);
    raw_record_t *record = raw_expect (&stranger, RAW_WHO, 0, self->patience_ms);
    raw_free (record);
    raw_done (&stranger);
    return record ? true : daffi_conformance_fail (self, "no WHO came");
}

static bool refused_hello (daffi_conformance_t *self, const char *name,
                           uint64_t version, const char *routing_id,
                           daffi_status_t status)
{
    raw_t stranger = {0};
    uint64_t id = routing_id ? 0 : conformance_new_id (self);
    conformance_connect (self, &stranger, routing_id);
    conformance_hello (&stranger, id ? id : 1, name, version, false);
    raw_record_t *error = NULL;
    //  a session that is refused as a whole may be told so under any id
    while ((error = raw_receive (&stranger, self->patience_ms)) &&
           error->type != RAW_ERROR)
        raw_free (error);
    bool fine =
        error && error->options[1] == (int64_t)status && (!id || error->id == id);
    if (!fine)
        daffi_conformance_fail (self, error ? "another ERROR came" : "no ERROR came");
    raw_free (error);
    raw_done (&stranger);
    return fine;
}

static bool name_taken (daffi_conformance_t *self)
{
    return refused_hello (self, self->names[0], 1, NULL, DAFFI_NAME_TAKEN);
}

static bool unsupported (daffi_conformance_t *self)
{
    return refused_hello (self, "conformance-9", 99, NULL, DAFFI_UNSUPPORTED);
}

static bool own_routing_id (daffi_conformance_t *self)
{
    return refused_hello (self, "conformance-9", 1, "chosen", DAFFI_REFUSED);
}

static bool drained (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->provider, .type = RAW_DRAIN, .id = id, .bare = true);
    raw_record_t *drain =
        raw_expect (&self->provider, RAW_DRAIN, id, self->patience_ms);
    raw_free (drain);
    if (!drain)
        return daffi_conformance_fail (self, "DRAIN was not answered");
    id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = CONFORMANCE_FUNCTION,
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    return conformance_expect_error (self, &self->caller, id, DAFFI_NO_FUNCTION,
                                     DAFFI_EXECUTED_NO);
}

static bool goodbye (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->provider, .type = RAW_GOODBYE, .bare = true);
    RAW_SEND (&self->caller, .type = RAW_PING, .id = id, .bare = true);
    raw_free (raw_expect (&self->caller, RAW_PONG, id, self->patience_ms));
    return conformance_nobody (self, self->names[0]);
}

const daffi_rule_t daffi_rules_of_greeting[] = {
    {"6", "HELLO is answered with a WELCOME that says all it must", welcome},
    {"6", "a record before HELLO is answered with WHO", who},
    {"6", "a name that is taken is refused with NAME_TAKEN", name_taken},
    {"11", "a node without a common version is refused with UNSUPPORTED", unsupported},
    {"2", "a node that chose its routing id is refused with REFUSED", own_routing_id},
    {"6", "PING is answered with a PONG that tells the clock", conformance_pong},
    {NULL, NULL, NULL},
};

const daffi_rule_t daffi_rules_of_parting[] = {
    {"6", "DRAIN withdraws the functions", drained},
    {"6", "GOODBYE ends the session", goodbye},
    {NULL, NULL, NULL},
};
