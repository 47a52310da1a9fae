//  SPDX-License-Identifier: MPL-2.0
//  With the outbox and the message of the product, and nothing of its actors.

#include "side.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "context.h"

enum { WAIT_MS = 10000 };

void pause_ms (int64_t ms)
{
    nanosleep (&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

//  --- records ------------------------------------------------------------------------

void side_open (side_t *self, int type)
{
    daffi_error_t error;
    memset (self, 0, sizeof *self);
    self->routes = type == ZMQ_ROUTER;
    CHECK_OK (daffi_context_acquire (&self->context, &error));
    self->socket = daffi_socket_new (self->context, type, &error);
    CHECK (self->socket);
    daffi_message_init (&self->message);
}

void side_close (side_t *self)
{
    daffi_message_done (&self->message);
    daffi_outbox_done (&self->outbox);
    daffi_parcels_done (&self->parcels);
    daffi_socket_close (&self->socket);
    daffi_context_release ();
}

void side_say (side_t *self, const daffi_header_t *header, const daffi_buffer_t *out)
{
    daffi_body_t body =
        out ? daffi_body_borrowed (out->data, out->size) : daffi_body_borrowed ("", 0);
    int64_t now_ms = daffi_clock_ms ();
    int64_t deadline_ms =
        header->ttl_ms == DAFFI_TTL_NONE ? DAFFI_NEVER : now_ms + header->ttl_ms;
    CHECK (
        daffi_outbox_append (&self->outbox, header, &body, deadline_ms, now_ms, false));
    CHECK_OK (daffi_outbox_flush (&self->outbox, now_ms));
}

void side_say_plain (side_t *self, daffi_record_type_t type, uint64_t id)
{
    daffi_header_t header = {.type = (uint8_t)type, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    side_say (self, &header, NULL);
}

void side_say_clock (side_t *self, daffi_record_type_t type, uint64_t id)
{
    daffi_header_t header = {.type = (uint8_t)type, .id = id, .ttl_ms = DAFFI_TTL_NONE};
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_clock (&out, (uint64_t)daffi_clock_ms ());
    side_say (self, &header, &out);
    daffi_buffer_done (&out);
}

void side_hear (side_t *self, daffi_header_t *header, daffi_body_t *body)
{
    while (daffi_message_next (&self->message, header, body)) {
        zmq_pollitem_t item = {.socket = self->socket, .events = ZMQ_POLLIN};
        CHECK (zmq_poll (&item, 1, WAIT_MS) == 1);
        CHECK_OK (daffi_message_receive (&self->message, self->socket, self->routes));
        if (self->routes && !self->outbox.socket)
            daffi_outbox_init (&self->outbox, self->socket, self->message.routing_id,
                               &self->parcels);
    }
}

void side_hear_type (side_t *self, daffi_record_type_t type, daffi_header_t *header,
                     daffi_body_t *body)
{
    do
        side_hear (self, header, body);
    while (header->type != type);
}

//  --- a node, and we as its controller -----------------------------------------------

void meeting_begin (meeting_t *self, const daffi_function_t *functions)
{
    meeting_begin_with (self, functions, 1);
}

void meeting_begin_with (meeting_t *self, const daffi_function_t *functions,
                         int64_t drain_timeout_ms)
{
    char endpoint[160];
    daffi_header_t header;
    daffi_body_t body;
    daffi_error_t error;
    side_open (&self->hub, ZMQ_ROUTER);
    snprintf (endpoint, sizeof endpoint, "ipc://%s/.sock", test_tmpdir ());
    CHECK (zmq_bind (self->hub.socket, endpoint) == 0);
    self->global =
        daffi_global_new (DAFFI_OPTIONS (.process_name = "node", .functions = functions,
                                         .workers = 1, .unix_sock_path = test_tmpdir (),
                                         .drain_timeout_ms = drain_timeout_ms),
                          &error);
    CHECK (self->global);
    side_hear_type (&self->hub, DAFFI_RECORD_HELLO, &header, &body);
    self->hello_ms = daffi_clock_ms ();
    self->hello_id = header.id;
}

void meeting_welcome (meeting_t *self, int64_t heartbeat_ms, int64_t timeout_ms)
{
    daffi_header_t header = {.type = DAFFI_RECORD_WELCOME,
                             .id = self->hello_id,
                             .peer = daffi_text_of ("hub"),
                             .ttl_ms = DAFFI_TTL_NONE};
    daffi_welcome_t body = {.protocol = DAFFI_PROTOCOL_VERSION,
                            .heartbeat_ms = (uint64_t)heartbeat_ms,
                            .timeout_ms = (uint64_t)timeout_ms,
                            .clock_ms = (uint64_t)self->hello_ms,
                            .message_max = 1 << 20,
                            .calls_max = 1000,
                            .functions_max = 1000};
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_welcome (&out, &body);
    side_say (&self->hub, &header, &out);
    daffi_buffer_done (&out);
}

void meeting_give (meeting_t *self, uint64_t token, const char *function,
                   uint32_t ttl_ms, int64_t sent_ms)
{
    daffi_header_t header = {.type = DAFFI_RECORD_CALL,
                             .id = token,
                             .name = daffi_text_of (function),
                             .peer = daffi_text_of ("caller"),
                             .ttl_ms = ttl_ms,
                             .present = DAFFI_OPT_SENT,
                             .sent_ms = (uint32_t)sent_ms};
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_write_array (&out, 0);
    side_say (&self->hub, &header, &out);
    daffi_buffer_done (&out);
}

void meeting_end (meeting_t *self)
{
    side_close (&self->hub);
    daffi_global_destroy (&self->global);
}
