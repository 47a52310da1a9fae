//  SPDX-License-Identifier: MPL-2.0
//  The text of the core's shell: lines to records.

#include <stdio.h>
#include <stdlib.h>

#include "core_shell.h"
#include "test.h"

//  --- words ------------------------------------------------------------------------

typedef struct {
    char text[SHELL_LINE];
    const char *words[24];
    unsigned count;
} words_t;

static void split (words_t *self, const char *line)
{
    memset (self, 0, sizeof *self);
    snprintf (self->text, sizeof self->text, "%s", line);
    char *rest = NULL;
    for (char *word = strtok_r (self->text, " ", &rest); word;
         word = strtok_r (NULL, " ", &rest)) {
        CHECK (self->count < 24);
        self->words[self->count++] = word;
    }
}

static const char *value_of (const words_t *self, const char *key)
{
    size_t size = strlen (key);
    for (unsigned i = 0; i < self->count; i++)
        if (strncmp (self->words[i], key, size) == 0 && self->words[i][size] == '=')
            return self->words[i] + size + 1;
    return NULL;
}

static uint64_t number_of (const words_t *self, const char *key, uint64_t fallback)
{
    const char *value = value_of (self, key);
    return value ? strtoull (value, NULL, 10) : fallback;
}

static bool has (const words_t *self, const char *word)
{
    for (unsigned i = 0; i < self->count; i++)
        if (strcmp (self->words[i], word) == 0)
            return true;
    return false;
}

static daffi_text_t text_or_empty (const char *string)
{
    return daffi_text_of (string ? string : "");
}

//  --- bodies in --------------------------------------------------------------------

static void write_list (daffi_buffer_t *out, const char *list, bool offers)
{
    uint32_t count = list && *list ? 1 : 0;
    for (const char *c = list; count && *c; c++)
        count += *c == ',';
    daffi_write_array (out, count);
    for (uint32_t i = 0; i < count; i++) {
        size_t size = strcspn (list, ",");
        const char *colon = memchr (list, ':', size);
        size_t name = colon ? (size_t)(colon - list) : size;
        const char *limit = memchr (list, '*', name);
        daffi_offer_body_t offer = {
            .name = daffi_text (list, limit ? (size_t)(limit - list) : name),
            .signature =
                colon ? daffi_text (colon + 1, size - name - 1) : daffi_text ("", 0),
            .doc = daffi_text ("", 0),
            .limit = limit ? strtoull (limit + 1, NULL, 10) : 0};
        if (offers)
            daffi_write_offer_body (out, &offer);
        else
            daffi_write_text (out, daffi_text (list, name));
        list += size + 1;
    }
}

static void write_hello (const words_t *words, daffi_buffer_t *out)
{
    daffi_hello_t hello = {.min = number_of (words, "min", 1),
                           .max = number_of (words, "max", 1),
                           .timeout_ms = number_of (words, "timeout", 0),
                           .capacity = number_of (words, "capacity", 0),
                           .takeover = has (words, "takeover"),
                           .language = daffi_text_of ("c"),
                           .version = daffi_text_of ("0")};
    uint64_t incarnation = number_of (words, "inc", 1);
    memcpy (hello.incarnation, &incarnation, sizeof incarnation);
    daffi_write_hello (out, &hello);
    write_list (out, value_of (words, "offers"), true);
}

static void write_update (const words_t *words, daffi_buffer_t *out)
{
    const char *add = value_of (words, "add"), *remove = value_of (words, "remove");
    const char *capacity = value_of (words, "capacity");
    daffi_write_map (out,
                     (uint32_t)((add != NULL) + (remove != NULL) + (capacity != NULL)));
    if (add) {
        daffi_write_string (out, "add");
        write_list (out, add, true);
    }
    if (remove) {
        daffi_write_string (out, "remove");
        write_list (out, remove, false);
    }
    if (capacity) {
        daffi_write_string (out, "capacity");
        daffi_write_uint (out, number_of (words, "capacity", 0));
    }
}

static void write_hex (daffi_buffer_t *out, const char *hex)
{
    for (; hex[0] && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        uint8_t byte = (uint8_t)strtoul (pair, NULL, 16);
        daffi_buffer_append (out, &byte, 1);
    }
}

static void write_body (const words_t *words, uint8_t type, daffi_buffer_t *out)
{
    const char *body = value_of (words, "body"), *raw = value_of (words, "raw");
    if (raw)
        write_hex (out, raw);
    else if (type == DAFFI_RECORD_HELLO)
        write_hello (words, out);
    else if (type == DAFFI_RECORD_UPDATE)
        write_update (words, out);
    else if (body)
        daffi_buffer_append (out, body, strlen (body));
}

//  --- lines in ---------------------------------------------------------------------

static uint8_t type_of (const char *word)
{
    for (unsigned type = 1; type < DAFFI_RECORD_LIMIT; type++)
        if (strcmp (daffi_record_name (type), word) == 0)
            return (uint8_t)type;
    return (uint8_t)atoi (word);
}

static uint64_t id_of (const shell_t *self, const char *word, uint64_t fallback)
{
    if (!word || strchr (word, '=') || word[0] > 't')
        return fallback;
    if (word[0] != 't')
        return strtoull (word, NULL, 10);
    char *end;
    unsigned long number = strtoul (word + 1, &end, 10);
    if (number == 0 || number > self->token_count)
        daffi_test_fail (__FILE__, __LINE__, "no call was dispatched as %s", word);
    return self->tokens[number - 1] + (*end == '+' ? 1 : 0);
}

static uint8_t status_of (const char *name)
{
#define STATUS_NAME(name, number, text) [number] = #name,
    static const char *const names[] = {DAFFI_STATUS_MAP (STATUS_NAME)};
#undef STATUS_NAME
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] && strcmp (names[i], name) == 0)
            return (uint8_t)i;
    return (uint8_t)atoi (name);
}

static uint8_t executed_of (const char *word)
{
    return strcmp (word, "no") == 0      ? DAFFI_EXECUTED_NO
           : strcmp (word, "maybe") == 0 ? DAFFI_EXECUTED_MAYBE
                                         : DAFFI_EXECUTED_YES;
}

static void read_options (const words_t *words, daffi_header_t *header)
{
    const struct {
        const char *key;
        unsigned bit;
        uint32_t *value;
    } numbers[] = {{"sent", DAFFI_OPT_SENT, &header->sent_ms},
                   {"all", DAFFI_OPT_ALL, &header->all},
                   {"items", DAFFI_OPT_ITEMS, &header->items},
                   {"bytes", DAFFI_OPT_BYTES, &header->bytes},
                   {"delay", DAFFI_OPT_DELAY, &header->delay_ms}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (value_of (words, numbers[i].key)) {
            header->present |= numbers[i].bit;
            *numbers[i].value = (uint32_t)number_of (words, numbers[i].key, 0);
        }
    if (value_of (words, "policy")) {
        header->present |= DAFFI_OPT_POLICY;
        header->policy = (uint8_t)number_of (words, "policy", 0);
    }
    if (value_of (words, "key")) {
        header->present |= DAFFI_OPT_KEY;
        header->key = text_or_empty (value_of (words, "key"));
    }
    if (value_of (words, "priority")) {
        header->present |= DAFFI_OPT_PRIORITY;
        header->priority = (uint8_t)number_of (words, "priority", 0);
    }
    if (has (words, "stream"))
        header->present |= DAFFI_OPT_STREAM;
    if (has (words, "part"))
        header->present |= DAFFI_OPT_PART;
}

static daffi_header_t header_of (const shell_t *self, const shell_peer_t *from,
                                 const words_t *words)
{
    const char *status = value_of (words, "status");
    const char *executed = value_of (words, "executed");
    daffi_header_t header = {.type = type_of (words->words[2]),
                             .name = text_or_empty (value_of (words, "f")),
                             .peer = text_or_empty (value_of (words, "p")),
                             .ttl_ms =
                                 (uint32_t)number_of (words, "ttl", DAFFI_TTL_NONE)};
    bool is_hello = header.type == DAFFI_RECORD_HELLO;
    header.id =
        id_of (self, words->count > 3 ? words->words[3] : NULL, is_hello ? 1 : 0);
    if (is_hello)
        header.peer = text_or_empty (value_of (words, "as") ? value_of (words, "as")
                                                            : from->name);
    read_options (words, &header);
    if (status) {
        header.present |= DAFFI_OPT_STATUS;
        header.status = status_of (status);
    }
    if (executed) {
        header.present |= DAFFI_OPT_EXECUTED;
        header.executed = executed_of (executed);
    }
    return header;
}

static void receive (shell_t *self, shell_peer_t *from, const words_t *words)
{
    daffi_buffer_t body;
    daffi_buffer_init (&body);
    daffi_header_t header = header_of (self, from, words);
    write_body (words, header.type, &body);
    //  memory of exactly that size, so that a sanitizer sees a read behind the end
    uint8_t *exact = malloc (body.size + 1);
    CHECK (exact);
    if (body.size)
        memcpy (exact + 1, body.data, body.size);
    daffi_body_t borrowed = daffi_body_borrowed (exact + 1, body.size);
    if (!from->session)
        from->session = daffi_core_connect (self->core, from, self->now_ms);
    daffi_core_receive (self->core, from->session, &header, &borrowed, self->now_ms);
    free (exact);
    daffi_buffer_done (&body);
}

static void pass (shell_t *self, int64_t ms)
{
    int64_t end = self->now_ms + ms;
    while (daffi_core_next (self->core) <= end) {
        int64_t next = daffi_core_next (self->core);
        self->now_ms = next > self->now_ms ? next : self->now_ms;
        daffi_core_tick (self->core, self->now_ms);
    }
    self->now_ms = end;
    daffi_core_tick (self->core, end);
}

static void check_stats (const shell_t *self, const words_t *words)
{
    const daffi_core_stats_t *s = daffi_core_stats (self->core);
    const struct {
        const char *name;
        uint64_t value;
    } all[] = {{"calls", s->calls},
               {"casts", s->casts},
               {"results", s->results},
               {"errors", s->errors},
               {"refused", s->refused},
               {"expired", s->expired},
               {"cancelled", s->cancelled},
               {"lost", s->lost},
               {"late", s->late},
               {"dropped", s->dropped},
               {"malformed", s->malformed},
               {"sessions", s->sessions},
               {"processes", s->processes},
               {"functions", s->functions},
               {"waiting", s->waiting},
               {"running", s->running},
               {"abandoned", s->abandoned},
               {"groups", s->groups},
               {"later", s->later},
               {"waits", s->waits},
               {"queued_bytes", s->queued_bytes},
               {"task_runs", s->task_runs},
               {"failed_runs", s->failed_runs}};
    unsigned found = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!value_of (words, all[i].name))
            continue;
        found++;
        uint64_t expected = number_of (words, all[i].name, 0);
        if (all[i].value != expected)
            daffi_test_fail (__FILE__, __LINE__, "stats.%s is %llu, expected %llu",
                             all[i].name, (unsigned long long)all[i].value,
                             (unsigned long long)expected);
    }
    CHECK_EQ_UINT (found, words->count - 1);
}

static bool run_controller (shell_t *self, const words_t *words)
{
    const char *first = words->words[0];
    if (strcmp (first, "+") == 0) {
        pass (self, atoi (words->words[1]));
    } else if (strcmp (first, "jump") == 0) {
        self->now_ms += atoi (words->words[1]);
        daffi_core_tick (self->core, self->now_ms);
    } else if (strcmp (first, "sleep") == 0) {
        self->now_ms += atoi (words->words[1]);
    } else if (strcmp (first, "stats") == 0) {
        check_stats (self, words);
    } else if (strcmp (first, "drain") == 0) {
        daffi_core_drain (self->core);
    } else if (strcmp (first, "close") == 0) {
        daffi_core_close (self->core, self->now_ms);
    } else {
        return false;
    }
    return true;
}

static void disconnect (shell_t *self, shell_peer_t *peer)
{
    daffi_session_t *session = peer->session;
    CHECK (session);
    //  nothing may be sent to it while it goes, see out_send ()
    peer->session = NULL;
    daffi_core_disconnect (self->core, session, self->now_ms);
}

bool shell_run_line (shell_t *self, const char *line)
{
    words_t words;
    split (&words, line);
    if (run_controller (self, &words))
        return true;
    if (words.count < 2)
        return false;
    shell_peer_t *peer = shell_peer (self, words.words[0]);
    const char *verb = words.words[1];
    if (strcmp (verb, "->") == 0 && words.count > 2)
        receive (self, peer, &words);
    else if (strcmp (verb, "!") == 0)
        disconnect (self, peer);
    else if (strncmp (verb, "room", 4) == 0)
        peer->room = (size_t)number_of (&words, "room", SIZE_MAX);
    else if (strcmp (verb, "writable") == 0)
        daffi_core_writable (self->core, peer->session, self->now_ms);
    else if (strcmp (verb, "garbage") == 0)
        daffi_core_malformed (self->core, peer->session, self->now_ms);
    else
        return false;
    return true;
}
