//  SPDX-License-Identifier: MPL-2.0
//  Fuzz target: the controller's core, driven by bytes.
//
//  Each byte is a step: a record of one of four peers, with few names and small ids so
//  that they meet, or a raw packet, time, a broken connection, a full queue. After
//  every step all counters are counted again; no call may be answered twice; at the end
//  nothing may be left. Aborts where that is not so.

#include <string.h>

#include "core_audit.h"

enum { PEERS = 4, IDS = 8, TOKENS = 16, STEPS_MAX = 2000 };

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

typedef struct {
    daffi_session_t *session;
    size_t room;
    bool open[IDS];  //  calls and waits that are not answered yet
    bool all[IDS];   //  of these, broadcasts: END ends them
    bool mute[IDS];  //  of these, waits and broadcasts: CANCEL ends them without a word
    bool wild;       //  it sent raw packets: nothing is known of its ids
} peer_t;

typedef struct {
    const uint8_t *data;
    const uint8_t *end;
    daffi_core_t *core;
    int64_t now_ms;
    uint64_t random;
    peer_t peers[PEERS];
    uint64_t tokens[TOKENS];  //  the last ones that were given
    unsigned token_count;
    daffi_buffer_t body;
} fuzz_t;

static unsigned next (fuzz_t *self)
{
    return self->data < self->end ? *self->data++ : 0;
}

//  --- what the core wants --------------------------------------------------------

//  Something for a call or a wait: is it open still, and is this its end?
static void answered (peer_t *peer, const daffi_header_t *header)
{
    bool part = header->present & DAFFI_OPT_PART;
    bool result =
        header->type == DAFFI_RECORD_RESULT || header->type == DAFFI_RECORD_ERROR;
    bool end = header->type == DAFFI_RECORD_END && peer->all[header->id];
    require (peer->open[header->id]);
    bool report = header->type == DAFFI_RECORD_PROGRESS;
    require (!part || ((result || report) && peer->all[header->id]));
    if ((result && !part) || end)
        peer->open[header->id] = false;
}

static void out_send (void *context, void *peer, const daffi_header_t *header,
                      const daffi_body_t *body, int64_t deadline_ms, bool control)
{
    fuzz_t *self = context;
    peer_t *to = peer;
    uint8_t bytes[DAFFI_HEADER_ROOM];
    (void)control;
    require (to->session != NULL);
    require (header->type > 0 && header->type < DAFFI_RECORD_LIMIT);
    require ((header->ttl_ms == DAFFI_TTL_NONE) == (deadline_ms == DAFFI_NEVER));
    require (daffi_header_write (header, bytes) <= sizeof bytes);
    require (body->size == 0 || body->data);
    if (header->type == DAFFI_RECORD_CALL) {
        require (header->id != 0 && deadline_ms > self->now_ms);
        self->tokens[self->token_count++ % TOKENS] = header->id;
    }
    if (header->id && header->id < IDS && !to->wild)
        answered (to, header);
}

static bool out_fits (void *context, void *peer, size_t size)
{
    (void)context;
    return size <= ((peer_t *)peer)->room;
}

static void forget (peer_t *peer)
{
    peer->session = NULL;
    peer->wild = false;
    memset (peer->open, 0, sizeof peer->open);
}

static void out_drop (void *context, void *peer)
{
    (void)context;
    forget (peer);
}

static uint64_t out_random (void *context)
{
    fuzz_t *self = context;
    return self->random = self->random * UINT64_C (6364136223846793005) + 1;
}

//  --- steps ----------------------------------------------------------------------

static const char *const names[] = {"a", "b", "c", "$x", "not/a/name", ""};
static const char *const functions[] = {"f",         "g",          "f.h", "$node.x",
                                        "$sys.info", "not/a/name", "",    "$sys.stats"};

static daffi_text_t pick (const char *const *from, size_t count, unsigned byte)
{
    return daffi_text_of (from[byte % count]);
}

static void receive (fuzz_t *self, peer_t *peer, const daffi_header_t *header,
                     const void *data, size_t size)
{
    if (!peer->session)
        peer->session = daffi_core_connect (self->core, peer, self->now_ms);
    daffi_body_t body = daffi_body_borrowed (data, size);
    daffi_core_receive (self->core, peer->session, header, &body, self->now_ms);
}

static void step_hello (fuzz_t *self, peer_t *peer)
{
    unsigned what = next (self), more = next (self);
    daffi_hello_t hello = {.min = 1,
                           .max = more & 64 ? 0 : 1,
                           .timeout_ms = more & 32 ? 500 : 0,
                           .heartbeat_ms = what & 8 ? 100 : 0,
                           .capacity = 1 + (more & 3),
                           .takeover = (more & 4) != 0};
    hello.incarnation[0] = more >> 3 & 3;
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = 200,
                             .peer = pick (names, 6, what),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_buffer_clear (&self->body);
    daffi_write_hello (&self->body, &hello);
    daffi_write_array (&self->body, what >> 6);
    for (unsigned i = 0; i < what >> 6; i++)
        daffi_write_offer (&self->body, pick (functions, 3, i + (what >> 4)),
                           daffi_text ("", 0));
    if (more & 128)
        self->body.size /= 2;
    //  whatever it had is over
    memset (peer->open, 0, sizeof peer->open);
    receive (self, peer, &header, self->body.data, self->body.size);
}

//  When, how soon, with items, or to some alone.
static void add_wishes (daffi_header_t *header, unsigned what)
{
    unsigned number = what >> 4;
    if (what & 1) {
        header->present |= DAFFI_OPT_PRIORITY;
        header->priority = (uint8_t)(number % 11);
    }
    if (what & 2 && header->type == DAFFI_RECORD_CALL) {
        header->present |= DAFFI_OPT_DELAY;
        header->delay_ms = number * 20;
    }
    if (what & 4 && header->type == DAFFI_RECORD_CALL) {
        header->present |= DAFFI_OPT_STREAM | DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
        header->items = number;
        header->bytes = number * 64;
    }
    if (what & 8)
        header->present |=
            DAFFI_OPT_ALL | (header->type == DAFFI_RECORD_CALL ? DAFFI_OPT_PART : 0);
}

//  [["a", "b", "a"], [nil]], of which the last bytes may be missing.
static const uint8_t some[] = {0x92, 0x93, 0xa1, 'a', 0xa1, 'b', 0xa1, 'a', 0x91, 0xc0};

static void step_call (fuzz_t *self, peer_t *peer, uint8_t type)
{
    static const uint32_t ttls[] = {DAFFI_TTL_NONE, 0, 1, 50, 1000, 30000};
    static const uint8_t zeros[256];
    unsigned what = next (self), where = next (self), how = next (self);
    daffi_header_t header = {.type = type,
                             .id = what % IDS,
                             .name = pick (functions, 8, what / IDS),
                             .peer = pick (names, 6, where & 1 ? where / 2 : 5),
                             .ttl_ms = ttls[how % 6]};
    if (how & 128) {
        header.present = DAFFI_OPT_SENT;
        header.sent_ms = (uint32_t)self->now_ms - (how & 63);
    }
    if (how % 5 == 0 && type == DAFFI_RECORD_CALL) {
        header.present |= DAFFI_OPT_ALL;
        header.all = how / 5 % 3;
    }
    if (how % 7 == 0) {
        header.present |= DAFFI_OPT_POLICY;
        header.policy = (uint8_t)(how / 7 % 6);
        header.key = pick (functions, 8, how);
    }
    if (how & 64)
        add_wishes (&header, next (self));
    bool named = header.present & DAFFI_OPT_PART;
    bool known = peer->session && peer->session->process;
    bool asks = type == DAFFI_RECORD_CALL || type == DAFFI_RECORD_WAIT;
    //  an id that is in flight stays what it is
    if (known && asks && header.id && !peer->open[header.id]) {
        peer->open[header.id] = true;
        peer->all[header.id] =
            header.present & DAFFI_OPT_ALL && type == DAFFI_RECORD_CALL;
        peer->mute[header.id] = peer->all[header.id] || type == DAFFI_RECORD_WAIT;
    }
    if (named)
        receive (self, peer, &header, some, sizeof some - (how & 32 ? how % 8 : 0));
    else
        receive (self, peer, &header, zeros, type == DAFFI_RECORD_WAIT ? 0 : how);
}

static void step_answer (fuzz_t *self, peer_t *peer)
{
    unsigned what = next (self);
    daffi_header_t header = {.type =
                                 what & 1 ? DAFFI_RECORD_RESULT : DAFFI_RECORD_ERROR,
                             .id = self->tokens[what / 2 % TOKENS] ^ (what >> 7),
                             .present = what & 64 ? DAFFI_OPT_STATUS : 0,
                             .status = (uint8_t)what,
                             .ttl_ms = DAFFI_TTL_NONE};
    receive (self, peer, &header, "answer", what % 7);
}

//  Items of a stream and reports of progress, from either end, or of none at all.
static void step_stream (fuzz_t *self, peer_t *peer)
{
    static const uint8_t types[] = {DAFFI_RECORD_CHUNK, DAFFI_RECORD_CREDIT,
                                    DAFFI_RECORD_END, DAFFI_RECORD_PROGRESS};
    unsigned what = next (self);
    daffi_header_t header = {.type = types[what % 4],
                             .id = what & 4 ? self->tokens[what / 8 % TOKENS]
                                            : what / 8 % IDS,
                             .present = DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES,
                             .items = what,
                             .ttl_ms = DAFFI_TTL_NONE};
    receive (self, peer, &header, "item", what % 5);
}

static void step_small (fuzz_t *self, peer_t *peer)
{
    unsigned what = next (self);
    static const uint8_t types[] = {DAFFI_RECORD_PING,      DAFFI_RECORD_PONG,
                                    DAFFI_RECORD_DRAIN,     DAFFI_RECORD_GOODBYE,
                                    DAFFI_RECORD_SUBSCRIBE, DAFFI_RECORD_CANCEL,
                                    DAFFI_RECORD_CANCEL,    DAFFI_RECORD_CHUNK};
    daffi_header_t header = {
        .type = types[what % 8], .id = what / 8 % IDS, .ttl_ms = DAFFI_TTL_NONE};
    //  a provider says of one of the last calls that it had begun
    if (what % 8 == 6) {
        header.id = self->tokens[what / 8 % TOKENS];
        header.present = DAFFI_OPT_EXECUTED;
        header.executed = DAFFI_EXECUTED_YES;
    } else if (header.type == DAFFI_RECORD_CANCEL)
        peer->open[header.id] = peer->open[header.id] && !peer->mute[header.id];
    else if (header.id)
        header.id += 300;
    receive (self, peer, &header, NULL, 0);
}

static void step_update (fuzz_t *self, peer_t *peer)
{
    unsigned what = next (self);
    daffi_header_t header = {
        .type = DAFFI_RECORD_UPDATE, .id = 400, .ttl_ms = DAFFI_TTL_NONE};
    daffi_text_t name = pick (functions, 4, what / 4);
    daffi_buffer_clear (&self->body);
    if (what % 4 == 0)
        daffi_write_remove (&self->body, name);
    else if (what % 4 == 1)
        daffi_write_add (&self->body,
                         &(daffi_offer_body_t){name, daffi_text_of ("()"),
                                               daffi_text_of (""), what / 16});
    else {
        daffi_write_map (&self->body, 1);
        daffi_write_string (&self->body, "capacity");
        daffi_write_uint (&self->body, what / 32);
    }
    receive (self, peer, &header, self->body.data, self->body.size);
}

static void step_packet (fuzz_t *self, peer_t *peer)
{
    size_t left = (size_t)(self->end - self->data), size = next (self);
    size = size < left ? size : left ? left - 1 : 0;
    daffi_packet_reader_t reader = daffi_packet_reader (self->data, size);
    daffi_record_t record;
    daffi_status_t status;
    self->data += size;
    peer->wild = true;
    while (!(status = daffi_packet_next (&reader, &record))) {
        receive (self, peer, &record.header, record.body, record.header.size);
        peer->wild = true;
    }
    if (status == DAFFI_PROTOCOL && peer->session)
        daffi_core_malformed (self->core, peer->session, self->now_ms);
}

static void step_time (fuzz_t *self)
{
    unsigned what = next (self);
    int64_t until = self->now_ms + (what & 127) * (what & 128 ? 100 : 1);
    //  from timer to timer, or in one leap as for somebody who was stopped
    while (what % 4 && daffi_core_next (self->core) <= until) {
        int64_t due = daffi_core_next (self->core);
        self->now_ms = due > self->now_ms ? due : self->now_ms;
        daffi_core_tick (self->core, self->now_ms);
    }
    self->now_ms = until;
    daffi_core_tick (self->core, until);
    require (daffi_core_next (self->core) > until);
}

static void disconnect (fuzz_t *self, peer_t *peer)
{
    daffi_session_t *session = peer->session;
    forget (peer);
    if (session)
        daffi_core_disconnect (self->core, session, self->now_ms);
}

static void step_room (fuzz_t *self, peer_t *peer)
{
    unsigned what = next (self);
    peer->room = what & 1 ? SIZE_MAX : what;
    if (what & 1 && peer->session)
        daffi_core_writable (self->core, peer->session, self->now_ms);
}

static void step (fuzz_t *self)
{
    unsigned byte = next (self);
    peer_t *peer = &self->peers[byte % PEERS];
    switch (byte / PEERS % 16) {
    case 0:
    case 1:
        step_hello (self, peer);
        break;
    case 2:
    case 3:
    case 4:
        step_call (self, peer, DAFFI_RECORD_CALL);
        break;
    case 5:
        step_call (self, peer, DAFFI_RECORD_CAST);
        break;
    case 6:
        step_call (self, peer, DAFFI_RECORD_WAIT);
        break;
    case 7:
    case 8:
        step_answer (self, peer);
        break;
    case 9:
        step_small (self, peer);
        break;
    case 10:
        step_update (self, peer);
        break;
    case 11:
        step_packet (self, peer);
        break;
    case 12:
        step_time (self);
        break;
    case 13:
        disconnect (self, peer);
        break;
    case 14:
        step_room (self, peer);
        break;
    case 15:
        if (byte == 0xff)
            daffi_core_drain (self->core);
        else
            step_stream (self, peer);
        break;
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    fuzz_t self = {.data = data, .end = data + size, .now_ms = INT64_C (1) << 32};
    for (unsigned i = 0; i < PEERS; i++)
        self.peers[i].room = SIZE_MAX;
    daffi_buffer_init (&self.body);
    unsigned first = next (&self);
    daffi_core_options_t options = {
        .output = {&self, out_send, out_fits, out_drop, out_random, NULL},
        .name = "hub",
        .settle_ms = first & 1 ? 500 : -1,
        .calls_max = first & 2 ? 3 : 0,
        .queue_max = first & 4 ? 300 : 0,
        .total_queue_max = first & 8 ? 500 : 0};
    self.core = daffi_core_new (&options, self.now_ms);
    for (int steps = 0; self.data < self.end && steps < STEPS_MAX; steps++) {
        step (&self);
        core_audit (self.core);
    }
    if (first & 16)
        daffi_core_close (self.core, self.now_ms);
    for (unsigned i = 0; i < PEERS; i++)
        disconnect (&self, &self.peers[i]);
    require (self.core->stats.sessions == 0 &&
             self.core->tasks.caller->entries.count == 0);
    require (self.core->processes.count == 0 && self.core->functions.count == 0);
    require (self.core->wheel.count == (self.core->settling ? 1 : 0));
    daffi_core_destroy (&self.core);
    daffi_buffer_done (&self.body);
    return 0;
}
