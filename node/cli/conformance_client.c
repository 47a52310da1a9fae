//  SPDX-License-Identifier: MPL-2.0
//  What a client must do, seen by the controller that it connects to.

#include <string.h>
#include <time.h>
#include <zmq.h>

#include "conformance.h"

enum {
    SOON_MS = 3000,
    QUIET_MS = 200,
    CONNECT_MS = 60000,  //  somebody starts the client by hand
    HEARTBEAT_MS = 200,
    SILENCE_MS = 2000
};

#define NOWHERE "conformance.none"

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
    if (!daffi_value_find (map, "functions", &functions) &&
        functions.kind != DAFFI_KIND_ARRAY)
        return daffi_conformance_fail (self, "`functions` is no array");
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
    while ((hello = raw_receive (&self->caller, timeout_ms)) &&
           hello->type != RAW_HELLO)
        raw_free (hello);
    if (!hello)
        return daffi_conformance_fail (self, "no HELLO came");
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
    raw_record_t *record = raw_expect (&self->caller, RAW_PONG, id, SOON_MS);
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

//  --- calls ------------------------------------------------------------------------

static bool expect_error (daffi_conformance_t *self, uint64_t id, daffi_status_t status)
{
    raw_record_t *error = raw_expect (&self->caller, RAW_ERROR, id, SOON_MS);
    bool fine = error && error->options[1] == (int64_t)status && error->options[2] == 0;
    if (!error)
        daffi_conformance_fail (self, "no ERROR came");
    else if (!fine)
        daffi_conformance_fail (self, "ERROR with status %lld, executed %lld",
                                (long long)error->options[1],
                                (long long)error->options[2]);
    raw_free (error);
    return fine;
}

static bool no_function (daffi_conformance_t *self)
{
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = NOWHERE,
              .peer = "somebody", .ttl_ms = 5000, .body = DAFFI_ARRAY (1));
    return expect_error (self, id, DAFFI_NO_FUNCTION);
}

//  The same as it must be read in every form.
static bool liberal (daffi_conformance_t *self)
{
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = NOWHERE,
              .peer = "somebody", .ttl_ms = 5000, .wide = true, .trailing = true,
              .options = DAFFI_MAP (99, "new", 3, 86400000), .body = DAFFI_ARRAY (1));
    return expect_error (self, id, DAFFI_NO_FUNCTION);
}

static bool body_frame (daffi_conformance_t *self)
{
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = NOWHERE,
              .peer = "somebody", .ttl_ms = 5000, .frame = true,
              .body = DAFFI_ARRAY (1));
    return expect_error (self, id, DAFFI_NO_FUNCTION);
}

static bool several (daffi_conformance_t *self)
{
    uint8_t packet[1024];
    size_t size = 0;
    uint64_t first = self->last_id + 1;
    for (int i = 0; i < 3; i++) {
        raw_send_t one = {.type = RAW_CALL,
                          .id = ++self->last_id,
                          .name = NOWHERE,
                          .peer = "somebody",
                          .ttl_ms = 5000,
                          .body = DAFFI_ARRAY (i)};
        size += raw_write (&one, packet + size, sizeof packet - size);
    }
    raw_send_bytes (&self->caller, packet, size, NULL, 0);
    for (uint64_t i = 0; i < 3; i++)
        if (!expect_error (self, first + i, DAFFI_NO_FUNCTION))
            return false;
    return true;
}

static bool too_late (daffi_conformance_t *self)
{
    uint8_t packet[256];
    //  ttl_ms 0 stands in its place; the writer takes 0 for none
    static const uint8_t call[] = {0x96, 4,   0xcd, 0x13, 0x88, 0xaa, '$',
                                   'n',  'o', 'd',  'e',  '.',  'p',  'i',
                                   'n',  'g', 0xa1, 'x',  0,    1,    0x90};
    memcpy (packet, call, sizeof call);
    raw_send_bytes (&self->caller, packet, sizeof call, NULL, 0);
    return expect_error (self, 5000, DAFFI_TIMEOUT);
}

static bool own_functions (daffi_conformance_t *self)
{
    static const char *const names[] = {"$node.ping", "$node.info"};
    daffi_value_t language;
    for (size_t i = 0; i < 2; i++) {
        uint64_t id = ++self->last_id;
        RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = names[i],
                  .peer = "somebody", .ttl_ms = 5000, .body = DAFFI_ARRAY ());
        raw_record_t *result = raw_expect (&self->caller, RAW_RESULT, id, SOON_MS);
        bool fine = result && (i == 0 || !daffi_value_find (&result->value, "language",
                                                            &language));
        raw_free (result);
        if (!fine)
            return daffi_conformance_fail (self, "%s has no such answer", names[i]);
    }
    return true;
}

static bool bad_arguments (daffi_conformance_t *self)
{
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "$node.ping",
              .peer = "somebody", .ttl_ms = 5000, .body = daffi_value_int (5));
    return expect_error (self, id, DAFFI_PROTOCOL);
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
    if (!greet (self, SOON_MS))
        return false;
    if (memcmp (before, self->incarnation, sizeof before) != 0 ||
        strcmp (name, self->client) != 0)
        return daffi_conformance_fail (self, "it says another name or incarnation");
    return pong (self);
}

static bool silence (daffi_conformance_t *self)
{
    //  nobody answers its PINGs: it has to connect anew
    struct timespec pause = {.tv_sec = SILENCE_MS / 1000 + 1};
    nanosleep (&pause, NULL);
    return greet (self, SOON_MS) && pong (self);
}

static bool goodbye (daffi_conformance_t *self)
{
    RAW_SEND (&self->caller, .type = RAW_GOODBYE, .bare = true);
    return greet (self, SOON_MS) && pong (self);
}

const daffi_rule_t daffi_client_rules[] = {
    {"6", "HELLO says a name, version 1 and an incarnation", hello},
    {"6", "PING is answered with PONG", pong},
    {"7.3", "it gives a sign of life as often as WELCOME says", heartbeat},
    {"9", "it has $node.ping and $node.info", own_functions},
    {"6", "a call of what it does not offer fails with NO_FUNCTION, not executed",
     no_function},
    {"4.1", "any width of numbers, unknown options and further elements are read",
     liberal},
    {"3", "a body may be a frame of its own", body_frame},
    {"3", "a packet may hold many records", several},
    {"6", "a call whose time is over is not run", too_late},
    {"6", "a body that is no array is answered with PROTOCOL", bad_arguments},
    {"6", "records that belong to nothing are ignored", unknown_records},
    {"3", "a packet that cannot be read is survived", malformed},
    {"6", "WHO is answered with HELLO, of the same incarnation", who},
    {"7.3", "after the silence of timeout_ms it connects anew", silence},
    {"6", "after GOODBYE it comes back", goodbye},
    {NULL, NULL, NULL},
};
