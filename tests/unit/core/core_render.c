//  SPDX-License-Identifier: MPL-2.0
//  The text of the core's shell: records to lines.

#include <stdio.h>

#include "core_shell.h"
#include "test.h"

typedef struct {
    char text[SHELL_LINE];
    size_t size;
} line_t;

static void put (line_t *self, const char *before, daffi_text_t text)
{
    if (!text.size)
        return;
    int size = snprintf (self->text + self->size, sizeof self->text - self->size,
                         "%s%.*s", before, (int)text.size, text.data);
    self->size += (size_t)size;
    CHECK (self->size < sizeof self->text);
}

static void put_number (line_t *self, const char *before, uint64_t number)
{
    char digits[24];
    snprintf (digits, sizeof digits, "%llu", (unsigned long long)number);
    put (self, before, daffi_text_of (digits));
}

static void put_id (shell_t *shell, line_t *self, const daffi_header_t *header)
{
    bool is_token = header->type == DAFFI_RECORD_CALL ||
                    (header->type == DAFFI_RECORD_CANCEL && header->id);
    unsigned i = 0;
    while (i < shell->token_count && shell->tokens[i] != header->id)
        i++;
    //  what belongs to a stream goes under either
    if (header->type >= DAFFI_RECORD_CHUNK && header->type <= DAFFI_RECORD_END)
        is_token = i < shell->token_count;
    if (!is_token) {
        if (header->id)
            put_number (self, " ", header->id);
        return;
    }
    if (i == shell->token_count) {
        //  each call gets a token of its own, and a CANCEL one that was given
        CHECK (header->type == DAFFI_RECORD_CALL && i < SHELL_LINES);
        shell->tokens[shell->token_count++] = header->id;
    }
    put_number (self, " t", i + 1);
}

static void put_event (line_t *self, const daffi_body_t *body)
{
    static const char *const types[] = {"?",     "joined",  "left",
                                        "added", "removed", "lost"};
    daffi_event_body_t event;
    CHECK_OK (daffi_read_event (body->data, body->size, &event));
    CHECK (event.type >= 1 && event.type <= 5 && event.reason <= 4);
    put (self, " ", daffi_text_of (types[event.type]));
    put (self, " ", event.process);
    put (self, " ", event.function);
    put (self, " ", event.signature);
    const char *reason = daffi_left_reason_name ((daffi_left_reason_t)event.reason);
    put (self, " ", daffi_text_of (event.reason ? reason : ""));
}

static void put_error (line_t *self, const daffi_header_t *header)
{
    static const char *const executed[] = {"no", "maybe", "yes"};
    CHECK (header->present & DAFFI_OPT_STATUS);
    CHECK (header->present & DAFFI_OPT_EXECUTED);
    put (self, " ", daffi_text_of (daffi_status_name ((daffi_status_t)header->status)));
    put (self, " ", daffi_text_of (executed[header->executed]));
}

static bool printable (const daffi_body_t *body)
{
    for (size_t i = 0; i < body->size; i++)
        if (body->data[i] < ' ' || body->data[i] > '~')
            return false;
    return body->size < 100;
}

//  Bodies of the tests are text; of those that the core makes, events and names are
//  shown, and texts for people are not.
static void put_body (line_t *self, const daffi_header_t *header,
                      const daffi_body_t *body)
{
    daffi_text_t text = daffi_text ((const char *)body->data, body->size);
    if (header->type == DAFFI_RECORD_EVENT)
        put_event (self, body);
    else if (header->type == DAFFI_RECORD_RESULT && body->size &&
             (body->data[0] & 0xe0) == 0xa0)
        put (self, " is=", daffi_text (text.data + 1, body->size - 1));
    else if (printable (body))
        put (self, " body=", text);
}

static void put_options (line_t *self, const daffi_header_t *header)
{
    if (header->present & DAFFI_OPT_PART)
        put (self, " ", daffi_text_of ("part"));
    if (header->present & DAFFI_OPT_STREAM)
        put (self, " ", daffi_text_of ("stream"));
    if (header->present & DAFFI_OPT_PRIORITY)
        put_number (self, " priority=", header->priority);
    if (header->present & DAFFI_OPT_ITEMS)
        put_number (self, " items=", header->items);
    if (header->present & DAFFI_OPT_BYTES)
        put_number (self, " bytes=", header->bytes);
}

void shell_render (shell_t *self, const shell_peer_t *to, const daffi_header_t *header,
                   const daffi_body_t *body)
{
    line_t line = {.size = 0};
    put (&line, "", daffi_text_of (to->name));
    put (&line, " <- ", daffi_text_of (daffi_record_name (header->type)));
    put_id (self, &line, header);
    if (header->type == DAFFI_RECORD_ERROR)
        put_error (&line, header);
    if (header->type == DAFFI_RECORD_GOODBYE && header->present & DAFFI_OPT_EXECUTED)
        put (&line, " executed=", daffi_text_of (header->executed ? "?" : "no"));
    put (&line, " f=", header->name);
    put (&line, " p=", header->peer);
    if (header->ttl_ms != DAFFI_TTL_NONE)
        put_number (&line, " ttl=", header->ttl_ms);
    put_options (&line, header);
    put_body (&line, header, body);
    shell_note (self, "%s", line.text);
}
