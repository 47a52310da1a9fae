//  SPDX-License-Identifier: MPL-2.0
//  What a controller must tell: who is there, and about itself.

#include <string.h>

#include "conformance_peers.h"

static bool wait_function (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    const daffi_value_t offer[] = {daffi_value_string ("conformance.later"),
                                   daffi_value_string ("")};
    const daffi_value_t list = daffi_value_array (offer, 2);
    RAW_SEND (&self->caller, .type = RAW_WAIT, .id = id, .name = "conformance.later",
              .ttl_ms = 5000, .bare = true);
    if (!raw_silent (&self->caller, RAW_RESULT, QUIET_MS))
        return daffi_conformance_fail (self,
                                       "it was answered before anybody offers it");
    RAW_SEND (&self->provider, .type = RAW_UPDATE,
              .body = DAFFI_MAP ("add", daffi_value_array (&list, 1)));
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    const daffi_value_t expected = daffi_value_string (self->names[0]);
    bool fine = result && daffi_value_equal (&result->value, &expected);
    raw_free (result);
    return fine ? true
                : daffi_conformance_fail (self, "no RESULT with the process came");
}

static bool subscribe (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    uint64_t type = 0;
    bool seen = false;
    daffi_value_t process;
    const daffi_value_t expected = daffi_value_string (self->names[0]);
    RAW_SEND (&self->caller, .type = RAW_SUBSCRIBE, .id = id, .bare = true);
    for (;;) {
        raw_record_t *record = raw_receive (&self->caller, self->patience_ms);
        bool over = !record || (record->type == RAW_RESULT && record->id == id);
        bool missing = !record;
        if (record && record->type == RAW_EVENT &&
            conformance_number (&record->value, "type", &type) && type == 1 &&
            !daffi_value_find (&record->value, "process", &process))
            seen |= daffi_value_equal (&process, &expected);
        raw_free (record);
        if (missing)
            return daffi_conformance_fail (self, "no RESULT came behind the EVENTs");
        if (over)
            break;
    }
    RAW_SEND (&self->caller, .type = RAW_SUBSCRIBE, .bare = true);
    return seen ? true
                : daffi_conformance_fail (self, "a process that is there is missing");
}

static bool information (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self), number;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "$sys.info",
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    bool fine = result && conformance_number (&result->value, "protocol", &number) &&
                conformance_number (&result->value, "uptime_ms", &number);
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such RESULT came");
}

const daffi_rule_t daffi_rules_of_presence[] = {
    {"6", "WAIT is answered when the function is there, and not before", wait_function},
    {"6", "SUBSCRIBE tells what is there and says when that is all", subscribe},
    {"9", "$sys.info tells of the controller", information},
    {NULL, NULL, NULL},
};
