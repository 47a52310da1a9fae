//  SPDX-License-Identifier: MPL-2.0
//  Streams, as the actor sees them: items, grants and ends that come and go.

#include "inside.h"

//  The channel that a record is for: of a call of ours, or of a request that runs here.
static daffi_channel_t *find (daffi_node_t *self, uint64_t id, daffi_future_t **future,
                              daffi_request_t **request)
{
    *request = NULL;
    *future = daffi_table_get (&self->futures, 0, id);
    if (*future)
        return (*future)->channel;
    *request = daffi_table_get (&self->tokens, 0, id);
    return *request ? (*request)->channel : NULL;
}

void daffi_streaming_chunk (daffi_node_t *self, const daffi_header_t *header,
                            const daffi_body_t *body)
{
    daffi_future_t *future;
    daffi_request_t *request;
    daffi_channel_t *channel = find (self, header->id, &future, &request);
    if (!channel || daffi_channel_push (channel, body))
        return;
    daffi_log (&self->log, DAFFI_LOG_WARNING, "node.stream_broken",
               "an item is not a value, or was sent without credit");
    if (future)
        daffi_outgoing_cancel (self, future, DAFFI_PROTOCOL,
                               "the function sent what is no item, or without credit");
    else
        daffi_incoming_cancel (self, header->id);
}

void daffi_streaming_credit (daffi_node_t *self, const daffi_header_t *header,
                             const daffi_body_t *body)
{
    (void)body;
    daffi_future_t *future;
    daffi_request_t *request;
    daffi_channel_t *channel = find (self, header->id, &future, &request);
    if (channel)
        daffi_channel_grant (channel, header);
}

void daffi_streaming_end (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body)
{
    (void)body;
    daffi_future_t *future;
    daffi_request_t *request;
    daffi_channel_t *channel = find (self, header->id, &future, &request);
    if (future)
        daffi_outgoing_complete (self, header);
    else if (channel)
        daffi_channel_end (channel);
}

//  The id under which the other end knows the call now; 0: not yet, or no more.
static uint64_t id_of (const daffi_node_t *self, const daffi_stream_mail_t *mail)
{
    if (!self->link.welcomed)
        return 0;
    if (mail->future)
        return mail->future->id;
    bool open = daffi_table_get (&self->tokens, 0, mail->token) != NULL;
    return open && mail->session == self->link.number ? mail->token : 0;
}

void daffi_streaming_send (daffi_node_t *self, daffi_stream_mail_t *mail)
{
    daffi_header_t header = {.type = (uint8_t)mail->type,
                             .id = id_of (self, mail),
                             .ttl_ms = DAFFI_TTL_NONE};
    if (mail->type == DAFFI_RECORD_CREDIT) {
        header.present = DAFFI_OPT_ITEMS | DAFFI_OPT_BYTES;
        header.items = mail->items;
        header.bytes = mail->bytes;
    }
    daffi_body_t body = daffi_packed_body (&mail->body);
    if (header.id)
        daffi_node_send (self, &header, &body, DAFFI_NEVER, false);
    else if (mail->future && mail->type == DAFFI_RECORD_END)
        mail->future->ended = true;
    daffi_stream_mail_destroy (mail);
}
