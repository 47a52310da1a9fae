//  SPDX-License-Identifier: MPL-2.0
//  What a client must do, seen by the controller that it connects to.

#include <string.h>
#include <time.h>
#include <zmq.h>

#include "conformance.h"

enum {
    CONNECT_MS = 60000,  //  somebody starts the client by hand
    HEARTBEAT_MS = 200,
    SILENCE_MS = 2000
};

//  Whether HELLO names this function.
static bool names (const daffi_value_t *functions, const char *name)
{
    daffi_value_t row, first;
    const daffi_value_t wanted = daffi_value_string (name);
    daffi_iterator_t it = daffi_value_iterate (functions);
    while (daffi_iterator_next (&it, NULL, &row))
        if (!daffi_value_item (&row, 0, &first) && daffi_value_equal (&first, &wanted))
            return true;
    return false;
}

static bool read_hello (daffi_conformance_t *self, const raw_record_t *hello)
{
    daffi_value_t value, functions;
    uint64_t min = 0, max = 0;
    const daffi_value_t *map = &hello->value;
    if (!hello->peer[0] || !hello->id)
        return daffi_conformance_fail (self, "HELLO without a name or with id 0");
    if (daffi_value_find (map, "min", &value) || daffi_value_get_uint (&value, &min) ||
        daffi_value_find (map, "max", &value) || daffi_value_get_uint (&value, &max) ||
        min > 1 || max < 1)
        return daffi_conformance_fail (self, "HELLO does not offer version 1");
    if (daffi_value_find (map, "incarnation", &value) ||
        value.kind != DAFFI_KIND_BINARY || value.size != sizeof self->incarnation)
        return daffi_conformance_fail (self,
                                       "HELLO without an incarnation of 16 bytes");
    if (daffi_value_find (map, "functions", &functions))
        functions = daffi_value_array (NULL, 0);
    if (functions.kind != DAFFI_KIND_ARRAY)
        return daffi_conformance_fail (self, "`functions` is no array");
    self->has_echo = names (&functions, "echo");
    self->has_count = names (&functions, "count");
    snprintf (self->client, sizeof self->client, "%s", hello->peer);
    memcpy (self->incarnation, value.as.data, value.size);
    return true;
}

static void say_welcome (daffi_conformance_t *self, uint64_t id)
{
    static const uint8_t epoch[16] = {1};
    RAW_SEND (&self->caller, .type = RAW_WELCOME, .id = id, .peer = "conformance",
              .body = DAFFI_MAP ("protocol", 1, "features", DAFFI_ARRAY (), "epoch",
                                 daffi_value_binary (epoch, sizeof epoch),
                                 "heartbeat_ms", HEARTBEAT_MS, "timeout_ms", SILENCE_MS,
                                 "clock_ms", 86400000, "a key of the future", true));
}

//  The next HELLO, answered.
static bool greet (daffi_conformance_t *self, int64_t timeout_ms)
{
    raw_record_t *hello;
    //  a connection that was given up may still have said something
    self->caller.settled = false;
    while ((hello = raw_receive (&self->caller, timeout_ms)) &&
           hello->type != RAW_HELLO)
        raw_free (hello);
    if (!hello)
        return daffi_conformance_fail (self, "no HELLO came");
    self->caller.settled = true;
    bool fine = read_hello (self, hello);
    say_welcome (self, hello->id);
    raw_free (hello);
    return fine;
}

static bool hello (daffi_conformance_t *self)
{
    self->caller.socket = zmq_socket (self->context, ZMQ_ROUTER);
    if (zmq_bind (self->caller.socket, self->endpoint))
        return daffi_conformance_fail (self, "cannot listen at %s: %s", self->endpoint,
                                       zmq_strerror (zmq_errno ()));
    return greet (self, CONNECT_MS);
}

//  --- signs of life ----------------------------------------------------------------

static bool pong (daffi_conformance_t *self)
{
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_PING, .id = id, .bare = true);
    raw_record_t *record = raw_expect (&self->caller, RAW_PONG, id, self->patience_ms);
    raw_free (record);
    return record ? true : daffi_conformance_fail (self, "no PONG came");
}

//  raw_receive () answers PINGs and drops them, so their frames are looked at.
static bool heartbeat (daffi_conformance_t *self)
{
    zmq_pollitem_t item = {self->caller.socket, 0, ZMQ_POLLIN, 0};
    raw_free (raw_receive (&self->caller, 10));
    return zmq_poll (&item, 1, 5L * HEARTBEAT_MS) > 0
               ? true
               : daffi_conformance_fail (
                     self, "nothing came for five heartbeats of %d ms", HEARTBEAT_MS);
}

//  --- what it must bear ------------------------------------------------------------

static bool unknown_records (daffi_conformance_t *self)
{
    RAW_SEND (&self->caller, .type = 111, .id = 5, .bare = true);
    RAW_SEND (&self->caller, .type = RAW_RESULT, .id = 123456, .bare = true);
    RAW_SEND (&self->caller, .type = RAW_CANCEL, .id = 123456, .bare = true);
    RAW_SEND (&self->caller, .type = RAW_CHUNK, .id = 123456, .bare = true);
    return pong (self);
}

static bool malformed (daffi_conformance_t *self)
{
    raw_send_bytes (&self->caller, "\xc1nonsense", 9, NULL, 0);
    return pong (self);
}

static bool who (daffi_conformance_t *self)
{
    char name[DAFFI_NAME_MAX + 1];
    uint8_t before[sizeof self->incarnation];
    memcpy (before, self->incarnation, sizeof before);
    snprintf (name, sizeof name, "%s", self->client);
    RAW_SEND (&self->caller, .type = RAW_WHO, .bare = true);
    if (!greet (self, self->patience_ms))
        return false;
    if (memcmp (before, self->incarnation, sizeof before) != 0 ||
        strcmp (name, self->client) != 0)
        return daffi_conformance_fail (self, "it says another name or incarnation");
    return pong (self);
}

//  Whoever is there, of several connections on which it may have said HELLO: a client
//  that met with silence gives one up and tries the next. Who answers is the peer.
static bool greet_all (daffi_conformance_t *self)
{
    enum { HELLOS_MAX = 64 };
    uint64_t before = self->last_id;
    raw_record_t *record;
    self->caller.settled = false;
    while (self->last_id - before < HELLOS_MAX &&
           (record = raw_receive (&self->caller, self->patience_ms))) {
        self->caller.settled = record->type == RAW_PONG && record->id > before &&
                               record->id <= self->last_id;
        if (record->type == RAW_HELLO && read_hello (self, record)) {
            say_welcome (self, record->id);
            RAW_SEND (&self->caller, .type = RAW_PING, .id = ++self->last_id,
                      .bare = true);
        }
        raw_free (record);
        if (self->caller.settled)
            return true;
    }
    return daffi_conformance_fail (self, self->last_id > before ? "no PONG came"
                                                                : "no HELLO came");
}

static bool silence (daffi_conformance_t *self)
{
    //  nobody answers its PINGs: it has to connect anew
    struct timespec pause = {.tv_sec = SILENCE_MS / 1000 + 1};
    nanosleep (&pause, NULL);
    return greet_all (self);
}

static bool goodbye (daffi_conformance_t *self)
{
    RAW_SEND (&self->caller, .type = RAW_GOODBYE, .bare = true);
    return greet (self, self->patience_ms) && pong (self);
}

//  The last one: it is gone then. Whoever runs a controller as well may refuse.
static bool drain (daffi_conformance_t *self)
{
    uint64_t id = ++self->last_id;
    bool answered = false, drained = false, gone = false;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "$node.drain",
              .peer = "somebody", .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    while (!gone) {
        raw_record_t *record = raw_receive (&self->caller, self->patience_ms);
        if (!record)
            break;
        bool refused = record->type == RAW_ERROR && record->id == id &&
                       record->options[1] == DAFFI_REFUSED;
        answered |= record->type == RAW_RESULT && record->id == id;
        if (record->type == RAW_DRAIN && !drained) {
            drained = true;
            RAW_SEND (&self->caller, .type = RAW_DRAIN, .id = record->id, .bare = true);
        }
        gone = record->type == RAW_GOODBYE;
        raw_free (record);
        if (refused)
            return true;
    }
    if (answered && drained && gone)
        return true;
    return daffi_conformance_fail (self, "no %s came",
                                   !answered  ? "answer"
                                   : !drained ? "DRAIN"
                                              : "GOODBYE");
}

const daffi_rule_t daffi_rules_of_clients[] = {
    {"6", "HELLO says a name, version 1 and an incarnation", hello},
    {"6", "PING is answered with PONG", pong},
    {"7.3", "it gives a sign of life as often as WELCOME says", heartbeat},
    {NULL, NULL, NULL},
};

const daffi_rule_t daffi_rules_of_bearing[] = {
    {"6", "records that belong to nothing are ignored", unknown_records},
    {"3", "a packet that cannot be read is survived", malformed},
    {"6", "WHO is answered with HELLO, of the same incarnation", who},
    {"7.3", "after the silence of timeout_ms it connects anew", silence},
    {"6", "after GOODBYE it comes back", goodbye},
    {"9", "it has $node.drain: it answers, says DRAIN, and GOODBYE when it may go",
     drain},
    {NULL, NULL, NULL},
};
