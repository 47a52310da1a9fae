//  SPDX-License-Identifier: MPL-2.0
//  What a controller must do, seen by two nodes.

#include <string.h>
#include <zmq.h>

#include "conformance.h"

enum { SOON_MS = 3000, QUIET_MS = 150 };

#define FUNCTION "conformance.f"

static uint64_t new_id (daffi_conformance_t *self)
{
    return ++self->last_id;
}

static void connect_node (daffi_conformance_t *self, raw_t *node,
                          const char *routing_id)
{
    int one = 1, patience_ms = SOON_MS;
    raw_done (node);
    node->socket = zmq_socket (self->context, ZMQ_DEALER);
    zmq_setsockopt (node->socket, ZMQ_IMMEDIATE, &one, sizeof one);
    zmq_setsockopt (node->socket, ZMQ_SNDTIMEO, &patience_ms, sizeof patience_ms);
    if (routing_id)
        zmq_setsockopt (node->socket, ZMQ_ROUTING_ID, routing_id, strlen (routing_id));
    zmq_connect (node->socket, self->endpoint);
}

static void say_hello (daffi_conformance_t *self, raw_t *node, uint64_t id,
                       const char *name, uint64_t min, bool offers)
{
    static uint8_t incarnation[16];
    const daffi_value_t offer[] = {daffi_value_string (FUNCTION),
                                   daffi_value_string ("")};
    const daffi_value_t list = daffi_value_array (offer, 2);
    (void)self;
    incarnation[0]++;
    RAW_SEND (node, .type = RAW_HELLO, .id = id, .peer = name,
              .body = DAFFI_MAP ("min", min, "max", min, "incarnation",
                                 daffi_value_binary (incarnation, sizeof incarnation),
                                 "language", "conformance", "functions",
                                 daffi_value_array (&list, offers)));
}

static bool number_at (const daffi_value_t *map, const char *key, uint64_t *number)
{
    daffi_value_t value;
    return !daffi_value_find (map, key, &value) &&
           !daffi_value_get_uint (&value, number);
}

//  One record with this status and id.
static bool expect_error (daffi_conformance_t *self, raw_t *node, uint64_t id,
                          daffi_status_t status, int64_t executed)
{
    raw_record_t *error = raw_expect (node, RAW_ERROR, id, SOON_MS);
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

//  --- sessions ---------------------------------------------------------------------

static bool welcome (daffi_conformance_t *self)
{
    uint64_t number;
    daffi_value_t epoch, limits;
    raw_t *nodes[] = {&self->provider, &self->caller};
    for (size_t i = 0; i < 2; i++) {
        uint64_t id = new_id (self);
        connect_node (self, nodes[i], NULL);
        say_hello (self, nodes[i], id, self->names[i], 1, i == 0);
        raw_record_t *record = raw_expect (nodes[i], RAW_WELCOME, id, SOON_MS);
        if (!record)
            return daffi_conformance_fail (self, "no WELCOME came");
        const daffi_value_t *map = &record->value;
        bool fine = number_at (map, "protocol", &number) && number == 1 &&
                    number_at (map, "heartbeat_ms", &number) &&
                    number_at (map, "timeout_ms", &number) &&
                    number_at (map, "clock_ms", &number) &&
                    !daffi_value_find (map, "epoch", &epoch) && epoch.size == 16 &&
                    !daffi_value_find (map, "limits", &limits) &&
                    number_at (&limits, "message", &number);
        raw_free (record);
        if (!fine)
            return daffi_conformance_fail (self, "WELCOME lacks something");
    }
    return true;
}

static bool who (daffi_conformance_t *self)
{
    raw_t stranger = {0};
    connect_node (self, &stranger, NULL);
    RAW_SEND (&stranger, .type = RAW_PING, .id = 1, .bare = true);
    raw_record_t *record = raw_expect (&stranger, RAW_WHO, 0, SOON_MS);
    raw_free (record);
    raw_done (&stranger);
    return record ? true : daffi_conformance_fail (self, "no WHO came");
}

static bool refused_hello (daffi_conformance_t *self, const char *name,
                           uint64_t version, const char *routing_id,
                           daffi_status_t status)
{
    raw_t stranger = {0};
    uint64_t id = routing_id ? 0 : new_id (self);
    connect_node (self, &stranger, routing_id);
    say_hello (self, &stranger, id ? id : 1, name, version, false);
    raw_record_t *error = NULL;
    //  a session that is refused as a whole may be told so under any id
    while ((error = raw_receive (&stranger, SOON_MS)) && error->type != RAW_ERROR)
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

static bool pong (daffi_conformance_t *self)
{
    uint64_t clock, id = new_id (self);
    RAW_SEND (&self->caller, .type = RAW_PING, .id = id, .bare = true);
    raw_record_t *record = raw_expect (&self->caller, RAW_PONG, id, SOON_MS);
    bool fine = record && number_at (&record->value, "clock_ms", &clock);
    raw_free (record);
    return fine ? true : daffi_conformance_fail (self, "no PONG with clock_ms came");
}

//  --- calls ------------------------------------------------------------------------

//  Sends a call and returns it as the provider was given it, or NULL.
static raw_record_t *place (daffi_conformance_t *self, const raw_send_t *call)
{
    raw_send (&self->caller, call);
    for (;;) {
        raw_record_t *given = raw_receive (&self->provider, SOON_MS);
        if (!given || (given->type == RAW_CALL && strcmp (given->name, FUNCTION) == 0))
            return given;
        raw_free (given);
    }
}

static bool given_right (daffi_conformance_t *self, const raw_record_t *given,
                         daffi_value_t body)
{
    if (!given)
        return daffi_conformance_fail (self, "the provider was given no CALL");
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
    uint64_t id = call.id = new_id (self);
    raw_record_t *given = place (self, &call);
    bool fine = given_right (self, given, call.body);
    if (fine && given)
        RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id,
                  .body = daffi_value_int (-5));
    raw_free (given);
    if (!fine)
        return false;
    raw_record_t *result = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
    const daffi_value_t expected = daffi_value_int (-5);
    fine = result && strcmp (result->peer, self->names[0]) == 0 &&
           daffi_value_equal (&result->value, &expected);
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such RESULT came back");
}

#define CALL(...)                                                       \
    (raw_send_t)                                                        \
    {                                                                   \
        .type = RAW_CALL, .name = FUNCTION, .ttl_ms = 5000, __VA_ARGS__ \
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
        raw_send_t one = CALL (.id = new_id (self), .body = DAFFI_ARRAY (i));
        size += raw_write (&one, packet + size, sizeof packet - size);
    }
    raw_send_bytes (&self->caller, packet, size, NULL, 0);
    while (seen < COUNT) {
        raw_record_t *given = raw_receive (&self->provider, SOON_MS);
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
                        self->last_id - COUNT + 1 + (uint64_t)i, SOON_MS);
        raw_free (result);
        if (!result)
            return daffi_conformance_fail (self,
                                           "an answer is missing, or out of order");
    }
    return true;
}

static bool failure (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY (1));
    raw_record_t *given = place (self, &call);
    if (!given)
        return daffi_conformance_fail (self, "the provider was given no CALL");
    RAW_SEND (&self->provider, .type = RAW_ERROR, .id = given->id, .name = FUNCTION,
              .options = DAFFI_MAP (1, DAFFI_FAILED, 2, DAFFI_EXECUTED_YES),
              .body = daffi_value_string ("no such file"));
    raw_free (given);
    return expect_error (self, &self->caller, id, DAFFI_FAILED, DAFFI_EXECUTED_YES);
}

static bool no_function (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "conformance.none",
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    return expect_error (self, &self->caller, id, DAFFI_NO_FUNCTION, DAFFI_EXECUTED_NO);
}

static bool nobody_named (daffi_conformance_t *self, const char *peer)
{
    uint64_t id = new_id (self);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = FUNCTION, .peer = peer,
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    return expect_error (self, &self->caller, id, DAFFI_NO_PROCESS, DAFFI_EXECUTED_NO);
}

static bool no_process (daffi_conformance_t *self)
{
    return nobody_named (self, "conformance-nobody");
}

static bool id_zero (daffi_conformance_t *self)
{
    RAW_SEND (&self->caller, .type = RAW_CALL, .name = FUNCTION,
              .body = DAFFI_ARRAY ());
    return expect_error (self, &self->caller, 0, DAFFI_PROTOCOL, DAFFI_EXECUTED_NO);
}

static bool deadline (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    call.ttl_ms = 100;
    raw_record_t *given = place (self, &call);
    if (!given || given->ttl_ms < 0 || given->ttl_ms > 100) {
        raw_free (given);
        return daffi_conformance_fail (self,
                                       "the deadline does not travel with the call");
    }
    uint64_t token = given->id;
    raw_free (given);
    if (!expect_error (self, &self->caller, id, DAFFI_TIMEOUT, DAFFI_EXECUTED_MAYBE))
        return false;
    raw_record_t *cancel = raw_expect (&self->provider, RAW_CANCEL, token, SOON_MS);
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
    uint64_t id = new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    raw_record_t *given = place (self, &call);
    if (!given)
        return daffi_conformance_fail (self, "the provider was given no CALL");
    uint64_t token = given->id;
    raw_free (given);
    //  from the wrong session
    RAW_SEND (&self->caller, .type = RAW_RESULT, .id = token, .bare = true);
    if (!raw_silent (&self->caller, RAW_RESULT, QUIET_MS))
        return daffi_conformance_fail (self, "an answer of another session counted");
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    raw_record_t *result = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
    raw_free (result);
    return result ? true : daffi_conformance_fail (self, "the right answer was lost");
}

static bool cancel (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    raw_send_t call = CALL (.id = id, .body = DAFFI_ARRAY ());
    raw_record_t *given = place (self, &call);
    if (!given)
        return daffi_conformance_fail (self, "the provider was given no CALL");
    uint64_t token = given->id;
    raw_free (given);
    RAW_SEND (&self->caller, .type = RAW_CANCEL, .id = id, .bare = true);
    raw_record_t *told = raw_expect (&self->provider, RAW_CANCEL, token, SOON_MS);
    raw_free (told);
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    raw_free (raw_expect (&self->caller, RAW_RESULT, id, QUIET_MS));
    return told ? true : daffi_conformance_fail (self, "the provider was not told");
}

static bool broadcast (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    raw_send_t call =
        CALL (.id = id, .options = DAFFI_MAP (5, 0), .body = DAFFI_ARRAY ());
    raw_record_t *given = place (self, &call);
    if (!given)
        return daffi_conformance_fail (self, "the provider was given no CALL");
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = given->id,
              .body = daffi_value_bool (true));
    raw_free (given);
    raw_record_t *part = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
    bool fine =
        part && part->options[6] == 1 && strcmp (part->peer, self->names[0]) == 0;
    raw_free (part);
    if (!fine)
        return daffi_conformance_fail (self, "no RESULT with `part` came");
    raw_record_t *end = raw_expect (&self->caller, RAW_END, id, SOON_MS);
    raw_free (end);
    return end ? true : daffi_conformance_fail (self, "no END came");
}

static bool stream (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    raw_send_t call = CALL (.id = id, .options = DAFFI_MAP (9, 1, 10, 8, 11, 1000),
                            .body = DAFFI_ARRAY ());
    raw_record_t *given = place (self, &call);
    bool fine = given && given->options[9] == 1 && given->options[10] == 8 &&
                given->options[11] == 1000;
    uint64_t token = given ? given->id : 0;
    raw_free (given);
    if (!fine)
        return daffi_conformance_fail (self, "the provider does not see the stream");
    RAW_SEND (&self->provider, .type = RAW_CREDIT, .id = token, .bare = true,
              .options = DAFFI_MAP (10, 4, 11, 500));
    raw_record_t *credit = raw_expect (&self->caller, RAW_CREDIT, id, SOON_MS);
    fine = credit && credit->options[10] == 4 && credit->options[11] == 500;
    raw_free (credit);
    RAW_SEND (&self->caller, .type = RAW_CHUNK, .id = id,
              .body = daffi_value_string ("ox"));
    RAW_SEND (&self->caller, .type = RAW_END, .id = id, .bare = true);
    raw_record_t *chunk = raw_expect (&self->provider, RAW_CHUNK, token, SOON_MS);
    raw_record_t *end = raw_expect (&self->provider, RAW_END, token, SOON_MS);
    RAW_SEND (&self->provider, .type = RAW_CHUNK, .id = token,
              .body = daffi_value_int (1));
    RAW_SEND (&self->provider, .type = RAW_RESULT, .id = token, .bare = true);
    raw_record_t *item = raw_expect (&self->caller, RAW_CHUNK, id, SOON_MS);
    raw_record_t *result = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
    fine = fine && chunk && end && item && result;
    raw_free (chunk);
    raw_free (end);
    raw_free (item);
    raw_free (result);
    return fine ? true
                : daffi_conformance_fail (self, "an item, a credit or an end was lost");
}

//  --- mistakes ---------------------------------------------------------------------

static bool malformed (daffi_conformance_t *self)
{
    raw_send_bytes (&self->caller, "\xc1nonsense", 9, NULL, 0);
    return expect_error (self, &self->caller, 0, DAFFI_PROTOCOL, -1) && pong (self);
}

static bool wrong_direction (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    RAW_SEND (&self->caller, .type = RAW_WELCOME, .id = id, .bare = true);
    return expect_error (self, &self->caller, id, DAFFI_PROTOCOL, -1) && pong (self);
}

static bool unknown_type (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    RAW_SEND (&self->caller, .type = 111, .id = id, .bare = true);
    return expect_error (self, &self->caller, id, DAFFI_PROTOCOL, -1) && pong (self);
}

//  --- presence ---------------------------------------------------------------------

static bool wait_function (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
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
    raw_record_t *result = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
    const daffi_value_t expected = daffi_value_string (self->names[0]);
    bool fine = result && daffi_value_equal (&result->value, &expected);
    raw_free (result);
    return fine ? true
                : daffi_conformance_fail (self, "no RESULT with the process came");
}

static bool subscribe (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    uint64_t type = 0;
    bool seen = false;
    daffi_value_t process;
    const daffi_value_t expected = daffi_value_string (self->names[0]);
    RAW_SEND (&self->caller, .type = RAW_SUBSCRIBE, .id = id, .bare = true);
    for (;;) {
        raw_record_t *record = raw_receive (&self->caller, SOON_MS);
        bool over = !record || (record->type == RAW_RESULT && record->id == id);
        bool missing = !record;
        if (record && record->type == RAW_EVENT &&
            number_at (&record->value, "type", &type) && type == 1 &&
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
    uint64_t id = new_id (self), number;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "$sys.info",
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    raw_record_t *result = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
    bool fine = result && number_at (&result->value, "protocol", &number) &&
                number_at (&result->value, "uptime_ms", &number);
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such RESULT came");
}

static bool drained (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    RAW_SEND (&self->provider, .type = RAW_DRAIN, .id = id, .bare = true);
    raw_record_t *drain = raw_expect (&self->provider, RAW_DRAIN, id, SOON_MS);
    raw_free (drain);
    if (!drain)
        return daffi_conformance_fail (self, "DRAIN was not answered");
    id = new_id (self);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = FUNCTION,
              .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    return expect_error (self, &self->caller, id, DAFFI_NO_FUNCTION, DAFFI_EXECUTED_NO);
}

static bool goodbye (daffi_conformance_t *self)
{
    uint64_t id = new_id (self);
    RAW_SEND (&self->provider, .type = RAW_GOODBYE, .bare = true);
    RAW_SEND (&self->caller, .type = RAW_PING, .id = id, .bare = true);
    raw_free (raw_expect (&self->caller, RAW_PONG, id, SOON_MS));
    return nobody_named (self, self->names[0]);
}

const daffi_rule_t daffi_controller_rules[] = {
    {"6", "HELLO is answered with a WELCOME that says all it must", welcome},
    {"6", "a record before HELLO is answered with WHO", who},
    {"6", "a name that is taken is refused with NAME_TAKEN", name_taken},
    {"11", "a node without a common version is refused with UNSUPPORTED", unsupported},
    {"2", "a node that chose its routing id is refused with REFUSED", own_routing_id},
    {"6", "PING is answered with a PONG that tells the clock", pong},
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
    {"8.5", "a broadcast has a part for each process and then END", broadcast},
    {"8.6", "items, credit and ends of a stream pass both ways", stream},
    {"3", "a packet that cannot be read harms nobody", malformed},
    {"6", "a record in the wrong direction is refused under its id", wrong_direction},
    {"6", "a record of an unknown type is refused under its id", unknown_type},
    {"6", "WAIT is answered when the function is there, and not before", wait_function},
    {"6", "SUBSCRIBE tells what is there and says when that is all", subscribe},
    {"9", "$sys.info tells of the controller", information},
    {"6", "DRAIN withdraws the functions", drained},
    {"6", "GOODBYE ends the session", goodbye},
    {NULL, NULL, NULL},
};
