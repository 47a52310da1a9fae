//  SPDX-License-Identifier: MPL-2.0
//  A peer of the controller that is no node.
//
//  It uses the outbox and the message of the product, and nothing of its actors: what
//  is counted is what runs in their threads.

#include "cost_peer.h"

#include <stdio.h>

#include "bodies.h"
#include "clock.h"
#include "context.h"
#include "cost.h"

enum { CALL_TTL_MS = 30000, WAIT_MS = 20000 };

static void send_record (cost_peer_t *self, const daffi_header_t *header,
                         const daffi_body_t *body)
{
    int64_t now_ms = daffi_clock_ms ();
    int64_t deadline_ms = header->ttl_ms == DAFFI_TTL_NONE
                              ? DAFFI_NEVER
                              : now_ms + (int64_t)header->ttl_ms;
    COST_CHECK (
        daffi_outbox_append (&self->outbox, header, body, deadline_ms, now_ms, false));
}

static void flush (cost_peer_t *self)
{
    while (daffi_outbox_flush (&self->outbox, daffi_clock_ms ()) == DAFFI_PENDING)
        continue;
}

//  The next record of the kind that is wanted; others are let go.
static void next (cost_peer_t *self, daffi_record_type_t type, daffi_header_t *header,
                  daffi_body_t *body)
{
    for (;;) {
        while (daffi_message_next (&self->message, header, body) == DAFFI_OK) {
            if (header->type == type)
                return;
            COST_CHECK (header->type != DAFFI_RECORD_ERROR);
        }
        flush (self);
        zmq_pollitem_t item = {.socket = self->dealer, .events = ZMQ_POLLIN};
        COST_CHECK (zmq_poll (&item, 1, WAIT_MS) == 1);
        COST_CHECK (!daffi_message_receive (&self->message, self->dealer, false));
    }
}

static void write_offers (daffi_buffer_t *out, const char *prefix, uint32_t count)
{
    char name[64];
    daffi_write_array (out, count);
    for (uint32_t i = 0; i < count; i++) {
        snprintf (name, sizeof name, count == 1 ? "%s" : "%s%u", prefix, i);
        daffi_write_offer (out, daffi_text_of (name), daffi_text ("", 0));
    }
}

static void greet (cost_peer_t *self, const char *name, const char *prefix,
                   uint32_t count, uint32_t capacity)
{
    daffi_hello_t hello = {.min = 1,
                           .max = 1,
                           .heartbeat_ms = 20000,
                           .timeout_ms = 60000,
                           .capacity = capacity,
                           .language = daffi_text_of ("C"),
                           .version = daffi_text_of ("0")};
    memcpy (hello.incarnation, name, strnlen (name, sizeof hello.incarnation));
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_hello (&out, &hello);
    write_offers (&out, prefix, count);
    daffi_header_t header = {.type = DAFFI_RECORD_HELLO,
                             .id = 1,
                             .peer = daffi_text_of (name),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t body = daffi_body_borrowed (out.data, out.size);
    send_record (self, &header, &body);
    flush (self);
    daffi_buffer_done (&out);
    next (self, DAFFI_RECORD_WELCOME, &header, &body);
}

void cost_peer_open (cost_peer_t *self, const char *endpoint, const char *name,
                     const char *prefix, uint32_t count, uint32_t capacity)
{
    daffi_error_t error;
    memset (self, 0, sizeof *self);
    COST_CHECK (!daffi_context_acquire (&self->context, &error));
    self->dealer = daffi_socket_new (self->context, ZMQ_DEALER, &error);
    COST_CHECK (self->dealer && zmq_connect (self->dealer, endpoint) == 0);
    daffi_outbox_init (&self->outbox, self->dealer, NULL, &self->parcels);
    daffi_message_init (&self->message);
    greet (self, name, prefix, count, capacity);
}

void cost_peer_close (cost_peer_t *self)
{
    daffi_header_t header = {.type = DAFFI_RECORD_GOODBYE, .ttl_ms = DAFFI_TTL_NONE};
    daffi_body_t nothing = daffi_body_borrowed (NULL, 0);
    send_record (self, &header, &nothing);
    flush (self);
    daffi_message_done (&self->message);
    daffi_outbox_done (&self->outbox);
    daffi_parcels_done (&self->parcels);
    daffi_socket_close (&self->dealer);
    daffi_context_release ();
}

void cost_peer_call (cost_peer_t *self, const char *function, uint32_t count,
                     const void *bytes, size_t size)
{
    daffi_body_t body = daffi_body_borrowed (bytes, size);
    for (uint32_t i = 0; i < count; i++) {
        daffi_header_t header = {.type = DAFFI_RECORD_CALL,
                                 .id = ++self->last_id + 1000,
                                 .name = daffi_text_of (function),
                                 .ttl_ms = CALL_TTL_MS,
                                 .present = DAFFI_OPT_SENT,
                                 .sent_ms = (uint32_t)daffi_clock_ms ()};
        send_record (self, &header, &body);
    }
    flush (self);
}

static void answer (cost_peer_t *self, uint64_t token, const daffi_body_t *body)
{
    daffi_header_t result = {
        .type = DAFFI_RECORD_RESULT, .id = token, .ttl_ms = DAFFI_TTL_NONE};
    send_record (self, &result, body);
}

void cost_peer_serve (cost_peer_t *self, uint32_t count)
{
    daffi_header_t header;
    daffi_body_t body;
    for (uint32_t i = 0; i < count; i++) {
        next (self, DAFFI_RECORD_CALL, &header, &body);
        answer (self, header.id, &body);
    }
    flush (self);
}

void cost_peer_hold (cost_peer_t *self, uint32_t count, uint64_t *tokens)
{
    daffi_header_t header;
    daffi_body_t body;
    for (uint32_t i = 0; i < count; i++) {
        next (self, DAFFI_RECORD_CALL, &header, &body);
        tokens[i] = header.id;
    }
}

void cost_peer_take (cost_peer_t *self, uint32_t count)
{
    daffi_header_t header;
    daffi_body_t body;
    for (uint32_t i = 0; i < count; i++)
        next (self, DAFFI_RECORD_RESULT, &header, &body);
}
