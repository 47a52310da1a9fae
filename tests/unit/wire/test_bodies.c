//  SPDX-License-Identifier: MPL-2.0
//  The bodies of the protocol's own records against the golden vectors.

#include "bodies.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "vectors.h"

static json_arena_t arena;

//  The body of the first record of a golden packet.
static bytes_t golden (const char *name)
{
    const json_t *const all = vectors_load (&arena, "records.json");
    for (const json_t *vector = all->first; vector; vector = vector->next)
        if (strcmp (json_text (vector, "name"), name) == 0)
            return vectors_hex (
                &arena, json_text (json_get (vector, "records")->first, "body"));
    daffi_test_fail (__FILE__, __LINE__, "no vector is named %s", name);
}

static void check_written (daffi_buffer_t *out, const char *name)
{
    const bytes_t expected = golden (name);
    CHECK_EQ_MEM (out->data, out->size, expected.data, expected.size);
    daffi_buffer_done (out);
    json_free (&arena);
}

static void check_text (daffi_text_t actual, const char *expected)
{
    CHECK_EQ_MEM (actual.data, actual.size, expected, strlen (expected));
}

static void fill (uint8_t *bytes, uint8_t first)
{
    for (uint8_t i = 0; i < DAFFI_INCARNATION_SIZE; i++)
        bytes[i] = (uint8_t)(first + i);
}

TEST ("HELLO is written as in its golden vector")
{
    daffi_buffer_t out = {0};
    daffi_hello_t hello = {.min = 1,
                           .max = 1,
                           .heartbeat_ms = 1000,
                           .timeout_ms = 3000,
                           .capacity = 256,
                           .language = daffi_text_of ("c"),
                           .version = daffi_text_of ("0.1.0")};
    fill (hello.incarnation, 0x10);
    daffi_write_hello (&out, &hello);
    daffi_write_array (&out, 2);
    daffi_write_offer (&out, daffi_text_of ("add"),
                       daffi_text_of ("(int, int) -> int"));
    daffi_write_offer (&out, daffi_text_of ("render"), daffi_text_of (""));
    check_written (&out, "hello");
}

TEST ("HELLO is read, with its functions")
{
    const bytes_t body = golden ("hello");
    daffi_hello_t hello;
    uint8_t incarnation[DAFFI_INCARNATION_SIZE];
    fill (incarnation, 0x10);
    CHECK_OK (daffi_read_hello (body.data, body.size, &hello));
    CHECK (hello.min == 1 && hello.max == 1 && hello.capacity == 256);
    CHECK (hello.heartbeat_ms == 1000 && hello.timeout_ms == 3000 && !hello.takeover);
    CHECK_EQ_MEM (hello.incarnation, sizeof incarnation, incarnation,
                  sizeof incarnation);
    check_text (hello.language, "c");
    check_text (hello.version, "0.1.0");
    daffi_value_t element;
    daffi_offer_body_t offer;
    CHECK_OK (daffi_value_item (&hello.functions, 0, &element));
    CHECK_OK (daffi_read_offer (&element, &offer));
    check_text (offer.name, "add");
    check_text (offer.signature, "(int, int) -> int");
    CHECK_OK (daffi_value_item (&hello.functions, 1, &element));
    CHECK_OK (daffi_read_offer (&element, &offer));
    check_text (offer.name, "render");
    check_text (offer.signature, "");
    check_text (offer.doc, "");
    CHECK_EQ_UINT (offer.limit, 0);
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_value_item (&hello.functions, 2, &element));
    json_free (&arena);
}

TEST ("HELLO may leave out what is not needed, and may say more than is known")
{
    bytes_t body = golden ("hello_minimal");
    daffi_hello_t hello;
    CHECK_OK (daffi_read_hello (body.data, body.size, &hello));
    CHECK (hello.min == 1 && hello.max == 1 && hello.capacity == 0 && !hello.takeover);
    CHECK_EQ_INT (hello.functions.kind, DAFFI_KIND_NIL);
    check_text (hello.language, "");
    body = golden ("hello_unknown_keys");
    CHECK_OK (daffi_read_hello (body.data, body.size, &hello));
    CHECK_EQ_INT (hello.max, 3);
    json_free (&arena);
}

TEST ("WELCOME is written as in its golden vector, and read")
{
    daffi_buffer_t out = {0};
    daffi_welcome_t welcome = {.protocol = 1,
                               .heartbeat_ms = 1000,
                               .timeout_ms = 3000,
                               .clock_ms = 86400000,
                               .message_max = 64 << 20,
                               .calls_max = 10000,
                               .functions_max = 4096};
    fill (welcome.epoch, 0xe0);
    daffi_write_welcome (&out, &welcome);
    daffi_welcome_t read;
    CHECK_OK (daffi_read_welcome (out.data, out.size, &read));
    CHECK (read.protocol == 1 && read.heartbeat_ms == 1000 && read.timeout_ms == 3000);
    CHECK (read.clock_ms == 86400000 && read.message_max == 64 << 20);
    CHECK (read.calls_max == 10000 && read.functions_max == 4096);
    CHECK_EQ_MEM (read.epoch, sizeof read.epoch, welcome.epoch, sizeof welcome.epoch);
    check_written (&out, "welcome");
}

TEST ("UPDATE is written as in its golden vectors, and read")
{
    daffi_buffer_t out = {0};
    daffi_offer_body_t offer = {.name = daffi_text_of ("scale"),
                                .signature = daffi_text_of ("(float) -> image"),
                                .doc = daffi_text ("", 0)};
    daffi_write_add (&out, &offer);
    check_written (&out, "update_add");
    offer.doc = daffi_text_of ("Scales an image.");
    offer.limit = 2;
    daffi_write_add (&out, &offer);
    check_written (&out, "update_add_more");
    daffi_write_remove (&out, daffi_text_of ("render"));
    check_written (&out, "update_remove");
    bytes_t body = golden ("update_add_more");
    daffi_update_t update;
    daffi_value_t element;
    CHECK_OK (daffi_read_update (body.data, body.size, &update));
    CHECK_OK (daffi_value_item (&update.add, 0, &element));
    CHECK_OK (daffi_read_offer (&element, &offer));
    check_text (offer.doc, "Scales an image.");
    CHECK_EQ_UINT (offer.limit, 2);
    body = golden ("update_all");
    CHECK_OK (daffi_read_update (body.data, body.size, &update));
    CHECK (update.has_capacity && update.capacity == 8);
    CHECK_EQ_INT (update.add.count, 2);
    CHECK_EQ_INT (update.remove.count, 1);
    json_free (&arena);
}

TEST ("EVENT is written as in its golden vectors, and read")
{
    static const struct {
        const char *name;
        uint64_t type, reason;
        const char *process, *function, *signature;
    } cases[] = {{"event_joined", 1, 0, "gpu-1", "", ""},
                 {"event_left", 2, 2, "gpu-1", "", ""},
                 {"event_function_added", 3, 0, "gpu-1", "add", "(int, int) -> int"},
                 {"event_function_removed", 4, 0, "gpu-1", "add", ""},
                 {"event_lost", 5, 0, "", "", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        daffi_buffer_t out = {0};
        const daffi_event_body_t event = {
            cases[i].type, cases[i].reason, daffi_text_of (cases[i].process),
            daffi_text_of (cases[i].function), daffi_text_of (cases[i].signature)};
        daffi_write_event (&out, &event);
        daffi_event_body_t read;
        CHECK_OK (daffi_read_event (out.data, out.size, &read));
        CHECK (read.type == cases[i].type && read.reason == cases[i].reason);
        check_text (read.process, cases[i].process);
        check_text (read.function, cases[i].function);
        check_text (read.signature, cases[i].signature);
        check_written (&out, cases[i].name);
    }
    const bytes_t body = golden ("event_sparse");
    daffi_event_body_t read;
    CHECK_OK (daffi_read_event (body.data, body.size, &read));
    check_text (read.process, "gpu-1");
    check_text (read.function, "");
    json_free (&arena);
}

TEST ("the clock of a PONG is written as in its golden vector, and read")
{
    daffi_buffer_t out = {0};
    daffi_write_clock (&out, 86400123);
    uint64_t clock_ms;
    CHECK_OK (daffi_read_clock (out.data, out.size, &clock_ms));
    CHECK_EQ_UINT (clock_ms, 86400123);
    check_written (&out, "pong_controller");
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_clock (NULL, 0, &clock_ms));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_clock ("\xc0", 1, &clock_ms));
}

TEST ("a body that is no map, or has a key of the wrong kind, is rejected")
{
    const daffi_value_t bodies[] = {
        daffi_value_nil (),
        daffi_value_int (1),
        DAFFI_ARRAY (DAFFI_MAP ("min", 1)),
        DAFFI_MAP ("min", "1", "protocol", "1", "add", "f", "type", "joined"),
        DAFFI_MAP ("incarnation", daffi_value_binary ("short", 5), "epoch",
                   daffi_value_binary ("short", 5), "remove", 5, "process", 5),
        DAFFI_MAP ("functions", DAFFI_MAP ("f", ""), "timeout_ms", -1, "capacity", 0.5,
                   "reason", daffi_value_nil ())};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        uint8_t bytes[128];
        size_t size;
        daffi_hello_t hello;
        daffi_welcome_t welcome;
        daffi_update_t update;
        daffi_event_body_t event;
        CHECK_OK (daffi_value_pack (&bodies[i], bytes, sizeof bytes, &size));
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_hello (bytes, size, &hello));
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_welcome (bytes, size, &welcome));
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_update (bytes, size, &update));
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_event (bytes, size, &event));
    }
}

TEST ("PROGRESS is written as in its golden vector, and read; another body is refused")
{
    daffi_buffer_t out = {0};
    daffi_progress_body_t progress = {3, 10, daffi_text_of ("page 3")}, read;
    daffi_write_progress (&out, &progress);
    CHECK_OK (daffi_read_progress (out.data, out.size, &read));
    CHECK (read.done == 3 && read.total == 10);
    check_text (read.text, "page 3");
    check_written (&out, "progress");
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_progress ("\x92\x03\x0a", 3, &read));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_progress ("\x93\x03\xff\xa0", 4, &read));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_read_progress ("\x05", 1, &read));
    json_free (&arena);
}
