//  SPDX-License-Identifier: MPL-2.0
//  Outbox and message: what goes in at one end comes out at the other, in order, small
//  bodies packed and large ones by reference.

#include "outbox.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "context.h"
#include "test.h"

typedef struct {
    void *context;
    void *router;
    void *dealer;
    daffi_outbox_t outbox;  //  the dealer's
    daffi_parcels_t parcels;
    daffi_message_t message;
} wire_t;

static void wire_open (wire_t *self)
{
    daffi_error_t error;
    CHECK_OK (daffi_context_acquire (&self->context, &error));
    self->router = daffi_socket_new (self->context, ZMQ_ROUTER, &error);
    self->dealer = daffi_socket_new (self->context, ZMQ_DEALER, &error);
    CHECK (self->router && self->dealer);
    daffi_socket_set (self->router, ZMQ_ROUTER_MANDATORY, 1);
    CHECK (zmq_bind (self->router, "inproc://outbox") == 0);
    CHECK (zmq_connect (self->dealer, "inproc://outbox") == 0);
    self->parcels = (daffi_parcels_t){.count = 0};
    daffi_outbox_init (&self->outbox, self->dealer, NULL, &self->parcels);
    daffi_message_init (&self->message);
}

static void wire_close (wire_t *self)
{
    daffi_message_done (&self->message);
    daffi_outbox_done (&self->outbox);
    daffi_parcels_done (&self->parcels);
    daffi_socket_close (&self->dealer);
    daffi_socket_close (&self->router);
    daffi_context_release ();
}

static void append (daffi_outbox_t *outbox, uint64_t id, size_t size, bool control)
{
    static uint8_t bytes[DAFFI_DETACH_MIN * 2];
    daffi_header_t header = {
        .type = DAFFI_RECORD_RESULT, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_body_borrowed (bytes, size);
    CHECK (daffi_outbox_append (outbox, &header, &body, DAFFI_NEVER, 1000, control));
}

//  The next record at the router, whatever message it is in; false: none is there.
static bool next (wire_t *self, daffi_header_t *header, daffi_body_t *body)
{
    for (;;) {
        daffi_status_t status = daffi_message_next (&self->message, header, body);
        if (status == DAFFI_OK)
            return true;
        CHECK_STATUS (DAFFI_END, status);
        status = daffi_message_receive (&self->message, self->router, true);
        if (status == DAFFI_PENDING)
            return false;
        CHECK_OK (status);
    }
}

static void expect (wire_t *self, uint64_t id, size_t size)
{
    daffi_header_t header;
    daffi_body_t body;
    CHECK (next (self, &header, &body));
    CHECK_EQ_UINT (header.id, id);
    CHECK_EQ_UINT (body.size, size);
    CHECK (header.detached == (size >= DAFFI_DETACH_MIN));
}

TEST ("records come out as they went in, in few messages and in order")
{
    enum { COUNT = 3000 };
    wire_t wire;
    wire_open (&wire);
    for (uint64_t i = 1; i <= COUNT; i++)
        append (&wire.outbox, i, i % 10 == 0 ? DAFFI_DETACH_MIN + i % 50 : i % 200,
                false);
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1000));
    CHECK (daffi_outbox_empty (&wire.outbox));
    for (uint64_t i = 1; i <= COUNT; i++)
        expect (&wire, i, i % 10 == 0 ? DAFFI_DETACH_MIN + i % 50 : i % 200);
    daffi_header_t header;
    daffi_body_t body;
    CHECK (!next (&wire, &header, &body));
    wire_close (&wire);
}

TEST ("what may overtake goes before what waits, and the rest keeps its order")
{
    wire_t wire;
    wire_open (&wire);
    for (uint64_t i = 1; i <= 100; i++)
        append (&wire.outbox, i, 50, false);
    append (&wire.outbox, 1000, 0, true);
    append (&wire.outbox, 1001, 0, true);
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1000));
    expect (&wire, 1000, 0);
    expect (&wire, 1001, 0);
    for (uint64_t i = 1; i <= 100; i++)
        expect (&wire, i, 50);
    wire_close (&wire);
}

static void count_freed (void *data, void *hint)
{
    (void)data;
    (*(int *)hint)++;
}

TEST ("a large body is lent and not copied, and given back once it was read")
{
    static uint8_t bytes[20000];
    int freed = 0;
    wire_t wire;
    wire_open (&wire);
    daffi_blob_t *blob = daffi_blob_wrap (bytes, sizeof bytes, count_freed, &freed);
    daffi_header_t header = {
        .type = DAFFI_RECORD_RESULT, .id = 1, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_body_of (blob);
    CHECK (daffi_outbox_append (&wire.outbox, &header, &body, DAFFI_NEVER, 1, false));
    daffi_blob_unref (blob);
    CHECK_EQ_INT (freed, 0);
    CHECK (daffi_outbox_waiting (&wire.outbox) >= sizeof bytes);
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1));
    //  libzmq has it, so it still counts
    CHECK (daffi_outbox_empty (&wire.outbox));
    CHECK (daffi_outbox_waiting (&wire.outbox) >= sizeof bytes);
    CHECK (next (&wire, &header, &body));
    CHECK (body.data == bytes && body.blob != NULL);
    CHECK_EQ_INT (freed, 0);
    CHECK (!next (&wire, &header, &body));
    CHECK_EQ_INT (freed, 1);
    CHECK_EQ_UINT (daffi_outbox_waiting (&wire.outbox), 0);

    //  thrown away before it was sent
    blob = daffi_blob_wrap (bytes, sizeof bytes, count_freed, &freed);
    body = daffi_body_of (blob);
    header = (daffi_header_t){
        .type = DAFFI_RECORD_RESULT, .id = 1, .ttl_ms = DAFFI_TTL_NONE};
    CHECK (daffi_outbox_append (&wire.outbox, &header, &body, DAFFI_NEVER, 1, false));
    daffi_blob_unref (blob);
    daffi_outbox_clear (&wire.outbox);
    CHECK_EQ_INT (freed, 2);
    CHECK (daffi_outbox_empty (&wire.outbox));
    wire_close (&wire);
}

TEST ("a ttl loses what was spent waiting, down to 0")
{
    wire_t wire;
    wire_open (&wire);
    daffi_header_t header = {.type = DAFFI_RECORD_CALL, .id = 1, .ttl_ms = 500};
    daffi_body_t body = daffi_body_borrowed ("", 0);
    CHECK (daffi_outbox_append (&wire.outbox, &header, &body, 1500, 1000, false));
    header.id = 2;
    header.ttl_ms = 100;
    CHECK (daffi_outbox_append (&wire.outbox, &header, &body, 1100, 1000, false));
    header.id = 3;
    header.ttl_ms = DAFFI_TTL_NONE;
    CHECK (
        daffi_outbox_append (&wire.outbox, &header, &body, DAFFI_NEVER, 1000, false));
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1200));
    CHECK (next (&wire, &header, &body));
    CHECK_EQ_UINT (header.ttl_ms, 300);
    CHECK (next (&wire, &header, &body));
    CHECK_EQ_UINT (header.ttl_ms, 0);
    CHECK (next (&wire, &header, &body));
    CHECK_EQ_UINT (header.ttl_ms, DAFFI_TTL_NONE);
    wire_close (&wire);
}

TEST ("what was spent waiting is not counted once more since sent_ms")
{
    enum { BODIES = 4, DEADLINE_MS = 1500 };
    static const size_t sizes[BODIES] = {0, 200, 2000, DAFFI_DETACH_MIN};
    static uint8_t bytes[DAFFI_DETACH_MIN];
    wire_t wire;
    wire_open (&wire);
    for (int i = 0; i < BODIES; i++) {
        daffi_header_t header = {.type = DAFFI_RECORD_CALL,
                                 .ttl_ms = 500,
                                 .present = DAFFI_OPT_SENT | DAFFI_OPT_PRIORITY,
                                 .sent_ms = 1000,
                                 .priority = 3};
        daffi_body_t body = daffi_body_borrowed (bytes, sizes[i]);
        CHECK (daffi_outbox_append (&wire.outbox, &header, &body, DEADLINE_MS, 1000,
                                    false));
    }
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1200));
    for (int i = 0; i < BODIES; i++) {
        daffi_header_t header;
        daffi_body_t body;
        CHECK (next (&wire, &header, &body));
        CHECK_EQ_UINT (body.size, sizes[i]);
        CHECK_EQ_UINT (header.ttl_ms, 300);
        CHECK_EQ_UINT (header.sent_ms + header.ttl_ms, DEADLINE_MS);
        CHECK_EQ_UINT (header.priority, 3);
    }
    wire_close (&wire);
}

//  In packets of so many records each.
static void fill_and_read (unsigned together)
{
    enum { COUNT = 5000, SIZE = 500 };
    wire_t wire;
    wire_open (&wire);
    for (uint64_t i = 1; i <= COUNT; i++)
        append (&wire.outbox, i, SIZE, false);
    //  the high-water marks of two sockets bound what libzmq takes
    CHECK_STATUS (DAFFI_OK, daffi_outbox_flush (&wire.outbox, 1000));
    uint64_t sent = COUNT;
    while (daffi_outbox_flush (&wire.outbox, 1000) == DAFFI_OK && sent < 400000)
        for (unsigned i = 0; i < together; i++)
            append (&wire.outbox, ++sent, SIZE, false);
    CHECK_STATUS (DAFFI_PENDING, daffi_outbox_flush (&wire.outbox, 1000));
    CHECK (daffi_outbox_waiting (&wire.outbox) > 0);
    append (&wire.outbox, UINT64_MAX, 0, true);
    uint64_t expected = 1;
    bool overtaken = false;
    while (expected <= sent) {
        daffi_header_t header;
        daffi_body_t body;
        if (!next (&wire, &header, &body)) {
            (void)!daffi_outbox_flush (&wire.outbox, 1000);
            continue;
        }
        if (header.id == UINT64_MAX) {
            //  and there is data behind it
            overtaken = true;
            continue;
        }
        CHECK_EQ_UINT (header.id, expected);
        expected++;
    }
    CHECK (overtaken);
    CHECK (daffi_outbox_empty (&wire.outbox));
    wire_close (&wire);
}

TEST ("a peer that does not read makes its outbox wait, and gets all once it reads")
{
    fill_and_read (1);
}

TEST ("a packet that was to be lent with its memory waits as well")
{
    fill_and_read (50);
}

TEST ("a ROUTER's peer that is gone is NOT_FOUND, and nothing is kept for it")
{
    const uint8_t nobody[DAFFI_ROUTING_ID_SIZE] = {0, 1, 2, 3, 4};
    daffi_outbox_t outbox;
    wire_t wire;
    wire_open (&wire);
    daffi_outbox_init (&outbox, wire.router, nobody, &wire.parcels);
    append (&outbox, 1, 10, false);
    CHECK_STATUS (DAFFI_NOT_FOUND, daffi_outbox_flush (&outbox, 1000));
    CHECK (daffi_outbox_empty (&outbox));
    daffi_outbox_done (&outbox);
    wire_close (&wire);
}

TEST ("an outbox that has sent all it had keeps no memory, and another one takes it")
{
    daffi_outbox_t other;
    wire_t wire;
    wire_open (&wire);
    daffi_outbox_init (&other, wire.dealer, NULL, &wire.parcels);
    append (&wire.outbox, 1, 10, false);
    append (&wire.outbox, 2, 10, true);
    CHECK_EQ_UINT (wire.parcels.count, 0);
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1000));
    CHECK (!wire.outbox.data && !wire.outbox.control);
    CHECK_EQ_UINT (wire.parcels.count, 2);
    append (&other, 3, 10, false);
    CHECK_EQ_UINT (wire.parcels.count, 1);
    CHECK (!daffi_outbox_empty (&other) && daffi_outbox_empty (&wire.outbox));
    //  what is thrown away leaves its memory too
    daffi_outbox_done (&other);
    CHECK_EQ_UINT (wire.parcels.count, 2);
    wire_close (&wire);
}

TEST ("an answer goes back to the routing id that a message came from")
{
    daffi_outbox_t answers;
    daffi_header_t header;
    daffi_body_t body;
    wire_t wire;
    wire_open (&wire);
    append (&wire.outbox, 1, 10, false);
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1000));
    CHECK (next (&wire, &header, &body));
    CHECK_EQ_UINT (wire.message.routing_id_size, DAFFI_ROUTING_ID_SIZE);
    CHECK (daffi_message_routing_id_automatic (&wire.message));
    daffi_outbox_init (&answers, wire.router, wire.message.routing_id, &wire.parcels);
    append (&answers, 7, DAFFI_DETACH_MIN, false);
    CHECK_OK (daffi_outbox_flush (&answers, 1000));
    daffi_message_t message;
    daffi_message_init (&message);
    CHECK_OK (daffi_message_receive (&message, wire.dealer, false));
    CHECK_OK (daffi_message_next (&message, &header, &body));
    CHECK_EQ_UINT (header.id, 7);
    CHECK_EQ_UINT (body.size, DAFFI_DETACH_MIN);
    CHECK_STATUS (DAFFI_END, daffi_message_next (&message, &header, &body));
    CHECK_STATUS (DAFFI_PENDING, daffi_message_receive (&message, wire.dealer, false));
    daffi_message_done (&message);
    daffi_outbox_done (&answers);
    wire_close (&wire);
}

//  --- messages that nobody of ours sent ---------------------------------------------

static void send_frames (void *socket, const void *packet, size_t size, int frames)
{
    CHECK (zmq_send (socket, packet, size, frames ? ZMQ_SNDMORE : 0) >= 0);
    for (int i = 1; i <= frames; i++)
        CHECK (zmq_send (socket, "x", 1, i < frames ? ZMQ_SNDMORE : 0) >= 0);
}

static size_t detached_header (uint8_t *out)
{
    daffi_header_t header = {.type = DAFFI_RECORD_RESULT,
                             .id = 1,
                             .ttl_ms = DAFFI_TTL_NONE,
                             .detached = true};
    return daffi_header_write (&header, out);
}

TEST ("foreign messages are PROTOCOL and leave the next one readable")
{
    uint8_t packet[DAFFI_HEADER_ROOM];
    daffi_header_t header;
    daffi_body_t body;
    wire_t wire;
    wire_open (&wire);
    daffi_message_t *message = &wire.message;

    send_frames (wire.dealer, "rubbish", 7, 0);
    CHECK_OK (daffi_message_receive (message, wire.router, true));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_message_next (message, &header, &body));

    //  the frame that the header tells of is not there
    send_frames (wire.dealer, packet, detached_header (packet), 0);
    CHECK_OK (daffi_message_receive (message, wire.router, true));
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_message_next (message, &header, &body));

    //  further frames are not looked at
    send_frames (wire.dealer, packet, detached_header (packet), 5);
    CHECK_OK (daffi_message_receive (message, wire.router, true));
    CHECK_OK (daffi_message_next (message, &header, &body));
    CHECK_EQ_UINT (body.size, 1);
    CHECK_STATUS (DAFFI_END, daffi_message_next (message, &header, &body));

    send_frames (wire.dealer, packet, detached_header (packet), 2000);
    CHECK_STATUS (DAFFI_PROTOCOL, daffi_message_receive (message, wire.router, true));
    append (&wire.outbox, 5, 10, false);
    CHECK_OK (daffi_outbox_flush (&wire.outbox, 1000));
    CHECK_OK (daffi_message_receive (message, wire.router, true));
    CHECK_OK (daffi_message_next (message, &header, &body));
    CHECK_EQ_UINT (header.id, 5);

    //  an empty one ends at once
    send_frames (wire.dealer, "", 0, 0);
    CHECK_OK (daffi_message_receive (message, wire.router, true));
    CHECK_STATUS (DAFFI_END, daffi_message_next (message, &header, &body));
    wire_close (&wire);
}

TEST ("a routing id of the peer's own choice is PROTOCOL")
{
    daffi_error_t error;
    wire_t wire;
    wire_open (&wire);
    const char *const ids[] = {"me", "12345", "a much longer one than five"};
    for (int i = 0; i < 3; i++) {
        void *dealer = daffi_socket_new (wire.context, ZMQ_DEALER, &error);
        CHECK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, ids[i], strlen (ids[i])) == 0);
        CHECK (zmq_connect (dealer, "inproc://outbox") == 0);
        send_frames (dealer, "x", 1, 0);
        CHECK_STATUS (DAFFI_PROTOCOL,
                      daffi_message_receive (&wire.message, wire.router, true));
        CHECK_EQ_MEM (wire.message.routing_id, wire.message.routing_id_size, ids[i],
                      strlen (ids[i]));
        daffi_socket_close (&dealer);
    }
    wire_close (&wire);
}
