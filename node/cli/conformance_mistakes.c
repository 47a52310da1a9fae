//  SPDX-License-Identifier: MPL-2.0
//  What a controller must do with records that are wrong: answer, and harm nobody.

#include "conformance_peers.h"

static bool malformed (daffi_conformance_t *self)
{
    raw_send_bytes (&self->caller, "\xc1nonsense", 9, NULL, 0);
    return conformance_expect_error (self, &self->caller, 0, DAFFI_PROTOCOL, -1) &&
           conformance_pong (self);
}

static bool wrong_direction (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_WELCOME, .id = id, .bare = true);
    return conformance_expect_error (self, &self->caller, id, DAFFI_PROTOCOL, -1) &&
           conformance_pong (self);
}

static bool unknown_type (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = 111, .id = id, .bare = true);
    return conformance_expect_error (self, &self->caller, id, DAFFI_PROTOCOL, -1) &&
           conformance_pong (self);
}

const daffi_rule_t daffi_rules_of_mistakes[] = {
    {"3", "a packet that cannot be read harms nobody", malformed},
    {"6", "a record in the wrong direction is refused under its id", wrong_direction},
    {"6", "a record of an unknown type is refused under its id", unknown_type},
    {NULL, NULL, NULL},
};
