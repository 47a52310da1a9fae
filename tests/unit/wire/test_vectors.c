//  SPDX-License-Identifier: MPL-2.0
//  The golden vectors in both directions, and the hex examples of PROTOCOL.md.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "test.h"
#include "validate.h"
#include "vectors.h"
#include "writer.h"

//  The bytes of a body, wherever it travels.
static bytes_t body_of (json_arena_t *arena, const json_t *record)
{
    return vectors_hex (arena, json_text (record, "body"));
}

static void check_body (json_arena_t *arena, const char *name, const json_t *record,
                        const uint8_t *data, size_t size)
{
    const bytes_t expected = body_of (arena, record);
    CHECK_EQ_MEM (data, size, expected.data, expected.size);
    const json_t *const description = json_find (record, "value");
    CHECK ((description != NULL) == (size > 0));
    if (size == 0)
        return;
    daffi_value_t value;
    CHECK_OK (daffi_validate (data, size));
    CHECK_OK (daffi_value_unpack (data, size, &value));
    const daffi_value_t wanted = vectors_value (arena, description);
    if (!daffi_value_equal (&value, &wanted))
        daffi_test_fail (__FILE__, __LINE__, "%s: another value", name);
}

static void append_frame (json_arena_t *arena, bytes_t *body, const json_t **frame)
{
    CHECK (*frame != NULL);
    const bytes_t part = vectors_hex (arena, (*frame)->text);
    uint8_t *const whole = json_alloc (arena, body->size + part.size + 1);
    if (body->size)
        memcpy (whole, body->data, body->size);
    memcpy (whole + body->size, part.data, part.size);
    *body = (bytes_t){whole, body->size + part.size};
    *frame = (*frame)->next;
}

//  What the packet holds of the body, the frame that holds it instead, and the tail.
static bytes_t collect (json_arena_t *arena, const daffi_record_t *record,
                        const json_t **frame)
{
    bytes_t body = {json_alloc (arena, record->header.size + 1), record->header.size};
    CHECK ((record->body == NULL) == record->header.detached);
    if (record->body && body.size)
        memcpy (body.data, record->body, body.size);
    if (record->header.detached)
        append_frame (arena, &body, frame);
    if (record->header.present & DAFFI_OPT_TAIL)
        append_frame (arena, &body, frame);
    return body;
}

static size_t check_decoding (json_arena_t *arena, const json_t *vector)
{
    const char *const name = json_text (vector, "name");
    const bytes_t packet = vectors_hex (arena, json_text (vector, "hex"));
    const json_t *frame = json_get (vector, "frames")->first;
    daffi_packet_reader_t reader = daffi_packet_reader (packet.data, packet.size);
    daffi_record_t actual;
    size_t count = 0;
    for (const json_t *record = json_get (vector, "records")->first; record;
         record = record->next) {
        if (daffi_packet_next (&reader, &actual))
            daffi_test_fail (__FILE__, __LINE__, "%s: not read", name);
        const daffi_header_t expected = vectors_header (record);
        vectors_check_header (name, &actual.header, &expected);
        if (expected.type < DAFFI_RECORD_LIMIT)
            CHECK_EQ_STR (daffi_record_name (actual.header.type),
                          json_text (record, "type"));
        const bytes_t body = collect (arena, &actual, &frame);
        check_body (arena, name, record, body.data, body.size);
        count++;
    }
    CHECK_STATUS (DAFFI_END, daffi_packet_next (&reader, &actual));
    return count;
}

TEST ("every golden packet is read as what it means")
{
    json_arena_t arena = {NULL};
    size_t count = 0;
    const json_t *const all = vectors_load (&arena, "records.json");
    for (const json_t *vector = all->first; vector; vector = vector->next)
        count += check_decoding (&arena, vector);
    CHECK (count >= 130);
    json_free (&arena);
}

//  Header by header, body by body: the bytes of the packet.
static void check_encoding (json_arena_t *arena, const json_t *vector)
{
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    for (const json_t *record = json_get (vector, "records")->first; record;
         record = record->next) {
        const daffi_header_t header = vectors_header (record);
        uint8_t *const room = daffi_buffer_reserve (&out, DAFFI_HEADER_ROOM);
        CHECK (room != NULL);
        daffi_buffer_commit (&out, daffi_header_write (&header, room));
        const json_t *const description = json_find (record, "value");
        if (header.present & DAFFI_OPT_TAIL) {
            if (!header.detached)
                daffi_buffer_append (&out, body_of (arena, record).data, header.size);
        } else if (description && !header.detached) {
            const daffi_value_t value = vectors_value (arena, description);
            CHECK_OK (daffi_write_value (&out, &value));
        }
    }
    const bytes_t packet = vectors_hex (arena, json_text (vector, "hex"));
    CHECK_EQ_MEM (out.data, out.size, packet.data, packet.size);
    daffi_buffer_done (&out);
}

TEST ("every canonical golden packet is written byte for byte")
{
    json_arena_t arena = {NULL};
    size_t count = 0;
    const json_t *const all = vectors_load (&arena, "records.json");
    for (const json_t *vector = all->first; vector; vector = vector->next) {
        if (json_get (vector, "canonical")->kind == JSON_FALSE)
            continue;
        check_encoding (&arena, vector);
        count++;
    }
    CHECK (count >= 90);
    json_free (&arena);
}

TEST ("a golden packet that was cut anywhere is no whole packet any more")
{
    json_arena_t arena = {NULL};
    const json_t *const all = vectors_load (&arena, "records.json");
    for (const json_t *vector = all->first; vector; vector = vector->next) {
        const bytes_t packet = vectors_hex (&arena, json_text (vector, "hex"));
        const size_t records = json_get (vector, "records")->size;
        for (size_t size = 0; size < packet.size; size++) {
            //  a copy of its own, so that a read past its end is seen
            uint8_t *const cut = malloc (size ? size : 1);
            CHECK (cut != NULL);
            memcpy (cut, packet.data, size);
            daffi_packet_reader_t reader = daffi_packet_reader (cut, size);
            daffi_record_t record;
            size_t count = 0;
            daffi_status_t status;
            while (!(status = daffi_packet_next (&reader, &record)))
                count++;
            CHECK (count < records);
            CHECK (status == DAFFI_PROTOCOL || reader.cursor == reader.end);
            free (cut);
        }
    }
    json_free (&arena);
}

TEST ("every packet and body that is listed as invalid is rejected")
{
    json_arena_t arena = {NULL};
    const json_t *const all = vectors_load (&arena, "invalid.json");
    for (const json_t *vector = all->first; vector; vector = vector->next) {
        const char *const name = json_text (vector, "name");
        const bytes_t bytes = vectors_hex (&arena, json_text (vector, "hex"));
        if (strcmp (json_text (vector, "stage"), "body") == 0) {
            daffi_value_t value;
            if (!daffi_validate (bytes.data, bytes.size) ||
                !daffi_value_unpack (bytes.data, bytes.size, &value))
                daffi_test_fail (__FILE__, __LINE__, "%s is accepted", name);
            continue;
        }
        daffi_packet_reader_t reader = daffi_packet_reader (bytes.data, bytes.size);
        daffi_record_t record;
        long before = strtol (json_text (vector, "records_before"), NULL, 10);
        for (; before > 0; before--)
            CHECK_OK (daffi_packet_next (&reader, &record));
        if (daffi_packet_next (&reader, &record) != DAFFI_PROTOCOL)
            daffi_test_fail (__FILE__, __LINE__, "%s is accepted", name);
        CHECK_STATUS (DAFFI_PROTOCOL, daffi_packet_next (&reader, &record));
    }
    json_free (&arena);
}

TEST ("every golden value is read, and written byte for byte where it is canonical")
{
    json_arena_t arena = {NULL};
    const json_t *const all = vectors_load (&arena, "values.json");
    for (const json_t *vector = all->first; vector; vector = vector->next) {
        const char *const name = json_text (vector, "name");
        const bytes_t bytes = vectors_hex (&arena, json_text (vector, "hex"));
        const daffi_value_t expected =
            vectors_value (&arena, json_get (vector, "value"));
        daffi_value_t value;
        CHECK_OK (daffi_value_unpack (bytes.data, bytes.size, &value));
        if (!daffi_value_equal (&value, &expected))
            daffi_test_fail (__FILE__, __LINE__, "%s: another value", name);
        //  a float 32 is written as a float 64
        uint8_t *const out = json_alloc (&arena, bytes.size + 4);
        size_t size;
        CHECK_OK (daffi_value_pack (&expected, out, bytes.size + 4, &size));
        if (json_get (vector, "canonical")->kind == JSON_TRUE)
            CHECK_EQ_MEM (out, size, bytes.data, bytes.size);
        CHECK_OK (daffi_value_unpack (out, size, &value));
        if (!daffi_value_equal (&value, &expected))
            daffi_test_fail (__FILE__, __LINE__, "%s: not the same again", name);
    }
    json_free (&arena);
}

static const json_t *vector_named (const json_t *all, const char *name)
{
    for (const json_t *vector = all->first; vector; vector = vector->next)
        if (strcmp (json_text (vector, "name"), name) == 0)
            return vector;
    daffi_test_fail (__FILE__, __LINE__, "PROTOCOL.md: no vector is named %s", name);
}

//  A block that opens with ```hex NAME: lines with a # say what it means, the others
//  are its bytes.
static const char *check_example (json_arena_t *arena, const json_t *all,
                                  const char *block)
{
    char name[64];
    CHECK (sscanf (block, "```hex %63[a-z_0-9]", name) == 1);
    const char *const close = strstr (block + 3, "\n```");
    CHECK (close != NULL);
    char *const hex = json_alloc (arena, (size_t)(close - block) + 1);
    for (const char *line = strchr (block, '\n'); line < close;
         line = strchr (line + 1, '\n')) {
        const size_t size = strcspn (line + 1, "\n");
        if (line[1] != '#')
            strncat (hex, line, size + 1);
    }
    const bytes_t bytes = vectors_hex (arena, hex);
    const bytes_t golden =
        vectors_hex (arena, json_text (vector_named (all, name), "hex"));
    CHECK_EQ_MEM (bytes.data, bytes.size, golden.data, golden.size);
    return close;
}

TEST ("every hex example of PROTOCOL.md is the golden packet of its name")
{
    json_arena_t arena = {NULL};
    const json_t *const all = vectors_load (&arena, "records.json");
    size_t size;
    const char *text =
        json_read_file (&arena, DAFFI_SOURCE_DIR "/node/wire/PROTOCOL.md", &size);
    size_t count = 0;
    while ((text = strstr (text, "\n```hex "))) {
        text = check_example (&arena, all, text + 1);
        count++;
    }
    CHECK (count >= 34);
    json_free (&arena);
}
