//  SPDX-License-Identifier: MPL-2.0
//  What a client must do with the calls that it is given.

#include <string.h>

#include "conformance.h"

enum { QUIET_MS = 200 };

#define NOWHERE "conformance.none"

static bool expect_error (daffi_conformance_t *self, uint64_t id, daffi_status_t status)
{
    raw_record_t *error = raw_expect (&self->caller, RAW_ERROR, id, self->patience_ms);
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
        raw_record_t *result =
            raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
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

static bool stats (daffi_conformance_t *self)
{
    daffi_value_t process, functions;
    uint64_t id = ++self->last_id;
    const daffi_value_t name = daffi_value_string (self->client);
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "$node.stats",
              .peer = "somebody", .ttl_ms = 5000, .body = DAFFI_ARRAY ());
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    bool fine = result && !daffi_value_find (&result->value, "process", &process) &&
                daffi_value_equal (&process, &name) &&
                !daffi_value_find (&result->value, "functions", &functions) &&
                functions.kind == DAFFI_KIND_ARRAY;
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such answer");
}

//  --- its own functions ------------------------------------------------------------

static bool echo (daffi_conformance_t *self)
{
    const daffi_value_t item = DAFFI_ARRAY (-7, "x", 0.5, daffi_value_nil ());
    if (!self->has_echo)
        return daffi_conformance_skip (self, "it offers no `echo`");
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "echo",
              .peer = "somebody", .ttl_ms = 5000, .body = daffi_value_array (&item, 1));
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    bool fine = result && daffi_value_equal (&result->value, &item);
    raw_free (result);
    return fine ? true : daffi_conformance_fail (self, "no such RESULT came");
}

static bool chunk (daffi_conformance_t *self, uint64_t id, int64_t number)
{
    const daffi_value_t expected = daffi_value_int (number);
    raw_record_t *item = raw_expect (&self->caller, RAW_CHUNK, id, self->patience_ms);
    bool fine = item && daffi_value_equal (&item->value, &expected);
    raw_free (item);
    return fine ? true
                : daffi_conformance_fail (self, "item %lld did not come",
                                          (long long)number);
}

static bool stream (daffi_conformance_t *self)
{
    if (!self->has_count)
        return daffi_conformance_skip (self, "it offers no `count`");
    uint64_t id = ++self->last_id;
    RAW_SEND (&self->caller, .type = RAW_CALL, .id = id, .name = "count",
              .peer = "somebody", .ttl_ms = 20000,
              .options = DAFFI_MAP (9, 1, 10, 2, 11, 1000), .body = DAFFI_ARRAY (5));
    for (int64_t i = 0; i < 2; i++)
        if (!chunk (self, id, i))
            return false;
    if (!raw_silent (&self->caller, RAW_CHUNK, QUIET_MS))
        return daffi_conformance_fail (self, "it sent more than it had credit for");
    RAW_SEND (&self->caller, .type = RAW_CREDIT, .id = id, .bare = true,
              .options = DAFFI_MAP (10, 10, 11, 1000));
    for (int64_t i = 2; i < 5; i++)
        if (!chunk (self, id, i))
            return false;
    raw_record_t *result =
        raw_expect (&self->caller, RAW_RESULT, id, self->patience_ms);
    raw_free (result);
    return result ? true : daffi_conformance_fail (self, "no RESULT came");
}

const daffi_rule_t daffi_rules_of_providers[] = {
    {"9", "it has $node.ping and $node.info", own_functions},
    {"9", "it has $node.stats, with figures of each function", stats},
    {"6", "a call of what it does not offer fails with NO_FUNCTION, not executed",
     no_function},
    {"6", "a call is answered with the result, under its id", echo},
    {"8.6", "a stream keeps to the credit that it has, and ends with RESULT", stream},
    {"4.1", "any width of numbers, unknown options and further elements are read",
     liberal},
    {"3", "a body may be a frame of its own", body_frame},
    {"3", "a packet may hold many records", several},
    {"6", "a call whose time is over is not run", too_late},
    {"6", "a body that is no array is answered with PROTOCOL", bad_arguments},
    {NULL, NULL, NULL},
};
