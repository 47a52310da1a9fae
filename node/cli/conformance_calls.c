//  SPDX-License-Identifier: MPL-2.0
//  What a controller must do with calls.

#include <string.h>

#include "conformance_peers.h"

static bool given_right (daffi_conformance_t *self, const raw_record_t *given,
                         daffi_value_t body)
{
    if (!given)
        return false;
    if (strcmp (given->peer, self->names[1]) != 0)
        return daffi_conformance_fail (self, "the caller is told as '%s'", given->peer);
    if (!given->id)
        return daffi_conformance_fail (self, "a token of 0");
    if (!daffi_value_equal (&given->value, &body))
        return daffi_conformance_fail (self, "the body has changed on the way");
    return true;
}

//  The whole way, there and back.
static bool round_trip (daffi_conformance_t *self, raw_send_t call)
{
    uint64_t id = call.id = conformance_new_id (self);
    raw_record_t *given = conformance_place (self, &call);
    bool fine = given_right (self, given, call.body);
    if (fine && given)
        RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id,
                  .body = daffi_value_int (-5));
    raw_free (given);
    if (!fine)
        return false;
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    const daffi_value_t expected = daffi_value_int (-5);
    fine = result && strcmp (result->peer, self->names[0]) == 0 &&
           daffi_value_equal (&result->value, &expected);
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such RESULT came back");
}

static bool call (daffi_conformance_t *self)
{
    return round_trip (self, CALL (.body = DAFFI_ARRAY (2, "x", 0.5)));
}

static bool call_by_name (daffi_conformance_t *self)
{
    return round_trip (self, CALL (.peer = self->names[0], .body = DAFFI_ARRAY (1)));
}

static bool body_frame (daffi_conformance_t *self)
{
    return round_trip (self, CALL (.frame = true, .body = DAFFI_ARRAY (1, 2)));
}

static bool wide (daffi_conformance_t *self)
{
    return round_trip (self, CALL (.wide = true, .body = DAFFI_ARRAY (3)));
}

static bool unknown_options (daffi_conformance_t *self)
{
    return round_trip (self,
                       CALL (.trailing = true,
                             .options = DAFFI_MAP (100, "new", 101, DAFFI_ARRAY (1)),
                             .body = DAFFI_ARRAY (4)));
}

static bool several (daffi_conformance_t *self)
{
    enum { COUNT = 5 };
    uint8_t packet[4096];
    size_t size = 0, seen = 0;
    for (int i = 0; i < COUNT; i++) {
        raw_send_t one =
            CALL (.id = conformance_new_id (self), .body = DAFFI_ARRAY (i));
        size += raw_write (&one, packet + size, sizeof packet - size);
    }
    raw_send_bytes (&self->caller, packet, size, NULL, 0);
    while (seen < COUNT) {
        raw_record_t *given = raw_receive (&self->provider, self->patience_ms);
        if (!given)
            return daffi_conformance_fail (self, "%zu of %d calls came", seen, COUNT);
        if (given->type == RAW_CALL) {
            seen++;
            RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id,
                      .bare = true);
        }
        raw_free (given);
    }
    for (int i = 0; i < COUNT; i++) {
        raw_record_t *result =
            raw_expect (&self->caller, RAW_RESULT,
                        self->last_id - COUNT + 1 + (uint64_t)i, self->patience_ms);
        raw_free (result);
        if (!result)
            return daffi_conformance_fail (self,
                                           "an answer is missing, or out of order");
    }
    return true;
}

static bool failure (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY (1));
    raw_record_t *given = conformance_place (self, &call);
    if (!given)
        return false;
    RAW_SEND (&self->provider, .type = RAW_ERROR, .id = given->id,
              .name = CONFORMANCE_FUNCTION,
              .options = DAFFI_MAP (1, DAFFI_FAILED, 2, DAFFI_EXECUTED_YES),
              .body = daffi_value_string ("no such file"));
    raw_free (given);
    return conformance_expect_error (self, &self->caller, id, DAFFI_FAILED,
                                     DAFFI_EXECUTED_YES);
}

static bool no_function (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "conformance.none",
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    return conformance_expect_error (self, &self->caller, id, DAFFI_NO_FUNCTION,
                                     DAFFI_EXECUTED_NO);
}

static bool no_process (daffi_conformance_t *self)
{
    return conformance_nobody (self, "conformance-nobody");
}

static bool id_zero (daffi_conformance_t *self)
{
    RAW_SEND (&self->caller, .type = RAW_CALL, .name = CONFORMANCE_FUNCTION,
              .body = DAFFI_ARRAY ());
    return conformance_expect_error (self, &self->caller, 0, DAFFI_PROTOCOL,
                                     DAFFI_EXECUTED_NO);
}

static bool deadline (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    call.ttl_ms = 100;
    raw_record_t *given = conformance_place (self, &call);
    if (!given || given->ttl_ms < 0 || given->ttl_ms > 100) {
        raw_free (given);
        return daffi_conformance_fail (self,
                                       "the deadline does not travel with the call");
    }
    uint64_t token = given->id;
    raw_free (given);
    if (!conformance_expect_error (self, &self->caller, id, DAFFI_TIMEOUT,
                                   DAFFI_EXECUTED_MAYBE))
        return false;
    raw_record_t *cancel =
        raw_expect (&self->provider, RAW_CANCEL, token, self->patience_ms);
    raw_free (cancel);
    if (!cancel)
        return daffi_conformance_fail (self, "the provider was not told with CANCEL");
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    return raw_silent (&self->caller, RAW_RESULT, QUIET_MS)
               ? true
               : daffi_conformance_fail (self, "a late RESULT was handed on");
}

static bool foreign_token (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    raw_record_t *given = conformance_place (self, &call);
    if (!given)
        return false;
    uint64_t token = given->id;
    raw_free (given);
    //  from the wrong session
    RAW_SEND (&self->caller, .type = RAW_RESULT, .id = token, .bare = true);
    if (!raw_silent (&self->caller, RAW_RESULT, QUIET_MS))
        return daffi_conformance_fail (self, "an answer of another session counted");
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    raw_free (result);
    return result ? true : daffi_conformance_fail (self, "the right answer was lost");
}

static bool cancel (daffi_conformance_t *self)
{
    uint64_t id = conformance_new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    raw_record_t *given = conformance_place (self, &call);
    if (!given)
        return false;
    uint64_t token = given->id;
    raw_free (given);
    RAW_SEND (&self->caller, .type = RAW_CANCEL, .id = id, .bare = true);
    raw_record_t *told =
        raw_expect (&self->provider, RAW_CANCEL, token, self->patience_ms);
    raw_free (told);
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    raw_free (raw_expect (&self->caller, RAW_RESULT, id, QUIET_MS));
    return told ? true : daffi_conformance_fail (self, "the provider was not told");
}

const daffi_rule_t daffi_rules_of_calls[] = {
    {"6", "a call reaches its provider and its result the caller", call},
    {"6", "a call by name reaches that process", call_by_name},
    {"3", "a body may be a frame of its own", body_frame},
    {"3", "a packet may hold many records, and they keep their order", several},
    {"4.1", "numbers may have any width", wide},
    {"4.2", "unknown options and further elements are skipped", unknown_options},
    {"6", "an ERROR keeps its status and `executed`", failure},
    {"8.1", "a call that nobody offers fails with NO_FUNCTION", no_function},
    {"8.1", "a call to a process that is not there fails with NO_PROCESS", no_process},
    {"8.1", "a call with id 0 is a mistake", id_zero},
    {"8.2", "a deadline travels, is watched, and a late answer is dropped", deadline},
    {"6", "an answer counts only from the session that was given the call",
     foreign_token},
    {"6", "CANCEL reaches the provider", cancel},
    {NULL, NULL, NULL},
};
