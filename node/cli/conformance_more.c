//  SPDX-License-Identifier: MPL-2.0
//  What a controller must do beyond single calls: broadcasts, streams, progress, tasks.

#include <string.h>

#include "conformance_peers.h"

static bool broadcast (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call =
        CALL (.id = id, .options = DAFFI_MAP (5, 0), .body = DAFFI_ARRAY ());
    raw_record_t *given = conformance_place (self, &call);
    if (!given)
        return false;
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id,
              .body = daffi_value_bool (true));
    raw_free (given);
    raw_record_t *part = raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    bool fine =
        part && part->options[6] == 1 && strcmp (part->peer, self->names[0]) == 0;
    raw_free (part);
    if (!fine)
        return daffi_conformance_fail (self, "no RESULT with `part` came");
    raw_record_t *end = raw_expect (&self->caller, RAW_END, id, self->patience_ms);
    raw_free (end);
    return end ? true : daffi_conformance_fail (self, "no END came");
}

static bool stream (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call = CALL (.id = id, .options = DAFFI_MAP (9, 1, 10, 8, 11, 1000),
                            .body = DAFFI_ARRAY ());
    raw_record_t *given = conformance_place (self, &call);
    bool fine = given && given->options[9] == 1 && given->options[10] == 8 &&
                given->options[11] == 1000;
    uint64_t token = given ? given->id : 0;
    raw_free (given);
    if (!fine)
        return daffi_conformance_fail (self, "the provider does not see the stream");
    RAW_SEND (&self->provider, .type = RAW_CREDIT, .id = token, .bare = true,
              .options = DAFFI_MAP (10, 4, 11, 500));
    raw_record_t *credit =
        raw_expect (&self->caller, RAW_CREDIT, id, self->patience_ms);
    fine = credit && credit->options[10] == 4 && credit->options[11] == 500;
    raw_free (credit);
    RAW_SEND (&self->caller, .type = RAW_CHUNK, .id = id,
              .body = daffi_value_string ("ox"));
    RAW_SEND (&self->caller, .type = RAW_END, .id = id, .bare = true);
    raw_record_t *chunk =
        raw_expect (&self->provider, RAW_CHUNK, token, self->patience_ms);
    raw_record_t *end = raw_expect (&self->provider, RAW_END, token, self->patience_ms);
    RAW_SEND (&self->provider, .type = RAW_CHUNK, .id = token,
              .body = daffi_value_int (1));
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    raw_record_t *item = raw_expect (&self->caller, RAW_CHUNK, id, self->patience_ms);
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    fine = fine && chunk && end && item && result;
    raw_free (chunk);
    raw_free (end);
    raw_free (item);
    raw_free (result);
    return fine ? true
                : daffi_conformance_fail (self, "an item, a credit or an end was lost");
}

static bool progress (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    raw_record_t *given = conformance_place (self, &call);
    if (!given)
        return false;
    const daffi_value_t report = DAFFI_ARRAY (3, 10, "page 3");
    RAW_SEND (&self->provider, .type = RAW_PROGRESS, .id = given->id, .body = report);
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id, .bare = true);
    raw_free (given);
    raw_record_t *told =
        raw_expect (&self->caller, RAW_PROGRESS, id, self->patience_ms);
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    bool fine = told && result && daffi_value_equal (&told->value, &report) &&
                strcmp (told->peer, self->names[0]) == 0;
    raw_free (told);
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such PROGRESS came");
}

//  A run of a task is a call like any other, of its owner.
static bool run_of_task (daffi_conformance_t *self)
{
    raw_record_t *given;
    while ((given = raw_receive (&self->provider, self->patience_ms)) &&
           given->type != RAW_CALL)
        raw_free (given);
    const daffi_value_t args = DAFFI_ARRAY ("task");
    bool fine = given && daffi_value_equal (&given->value, &args) &&
                strcmp (given->peer, self->names[1]) == 0;
    if (given)
        RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id, .bare = true);
    raw_free (given);
    return fine ? true : daffi_conformance_fail (self, "its run did not come");
}

static bool task (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_SCHEDULE, .id = id,
              .name = CONFORMANCE_FUNCTION, .ttl_ms = 5000,
              .body = DAFFI_MAP ("interval", "never"));
    if (!conformance_expect_error (self, &self->caller, id, DAFFI_INVALID, -1))
        return false;
    id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_SCHEDULE, .id = id,
              .name = CONFORMANCE_FUNCTION, .ttl_ms = 5000,
              .body = DAFFI_MAP ("delay", "20ms", "args", DAFFI_ARRAY ("task")));
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    bool fine =
        result && result->value.kind == DAFFI_KIND_STRING && result->value.size == 36;
    raw_free (result);
    if (!fine)
        return daffi_conformance_fail (self, "no RESULT with a uuid came");
    return run_of_task (self);
}

const daffi_rule_t daffi_rules_of_more[] = {
    {"8.5", "a broadcast has a part for each process and then END", broadcast},
    {"8.6", "items, credit and ends of a stream pass both ways", stream},
    {"6", "PROGRESS reaches the caller", progress},
    {"8.7", "SCHEDULE is answered with a uuid, and the run reaches the provider", task},
    {NULL, NULL, NULL},
};
