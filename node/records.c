//  SPDX-License-Identifier: MPL-2.0
//  What the controller sends: packets are read, and each record goes to whom it
//  concerns.
//
//  At most so many messages a turn that what was answered meanwhile is not kept
//  waiting.

#include "failure.h"
#include "inside.h"

enum { MESSAGES_A_TURN = 256 };

typedef void (handler_t) (daffi_node_t *self, const daffi_header_t *header,
                          const daffi_body_t *body);

static void on_unexpected (daffi_node_t *self, const daffi_header_t *header,
                           const daffi_body_t *body)
{
    (void)body;
    daffi_log (&self->log, DAFFI_LOG_WARNING, "node.unexpected", "record=%s type=%u",
               daffi_record_name (header->type), header->type);
}

static void on_answer (daffi_node_t *self, const daffi_header_t *header,
                       const daffi_body_t *body)
{
    if (header->id == 0)
        daffi_link_refused (self, header, body);
    else
        daffi_outgoing_answer (self, header, body);
}

static void on_cancel (daffi_node_t *self, const daffi_header_t *header,
                       const daffi_body_t *body)
{
    (void)body;
    daffi_incoming_cancel (self, header->id);
}

static void on_ping (daffi_node_t *self, const daffi_header_t *header,
                     const daffi_body_t *body)
{
    (void)body;
    daffi_node_send_plain (self, DAFFI_RECORD_PONG, header->id, true);
}

static void on_drain (daffi_node_t *self, const daffi_header_t *header,
                      const daffi_body_t *body)
{
    (void)body;
    if (header->id) {
        self->link.drained = true;
        return;
    }
    self->link.draining = true;
    daffi_log (&self->log, DAFFI_LOG_INFO, "node.controller_draining", "endpoint=%s",
               self->endpoint.text);
}

static void on_goodbye (daffi_node_t *self, const daffi_header_t *header,
                        const daffi_body_t *body)
{
    (void)body;
    self->link.parted = true;
    self->link.finished =
        (header->present & DAFFI_OPT_EXECUTED) && header->executed == DAFFI_EXECUTED_NO;
    daffi_link_left (self, "the controller said goodbye");
}

static void on_who (daffi_node_t *self, const daffi_header_t *header,
                    const daffi_body_t *body)
{
    (void)header;
    (void)body;
    daffi_link_who (self);
}

static handler_t *const handlers[] = {
    [DAFFI_RECORD_HELLO] = on_unexpected,
    [DAFFI_RECORD_WELCOME] = daffi_link_welcome,
    [DAFFI_RECORD_UPDATE] = on_unexpected,
    [DAFFI_RECORD_CALL] = daffi_incoming_call,
    [DAFFI_RECORD_RESULT] = on_answer,
    [DAFFI_RECORD_ERROR] = on_answer,
    [DAFFI_RECORD_CAST] = daffi_incoming_call,
    [DAFFI_RECORD_CHUNK] = daffi_streaming_chunk,
    [DAFFI_RECORD_CREDIT] = daffi_streaming_credit,
    [DAFFI_RECORD_END] = daffi_streaming_end,
    [DAFFI_RECORD_CANCEL] = on_cancel,
    [DAFFI_RECORD_WAIT] = on_unexpected,
    [DAFFI_RECORD_SUBSCRIBE] = on_unexpected,
    [DAFFI_RECORD_EVENT] = daffi_events_event,
    [DAFFI_RECORD_SCHEDULE] = on_unexpected,
    [DAFFI_RECORD_PING] = on_ping,
    [DAFFI_RECORD_PONG] = daffi_link_pong,
    [DAFFI_RECORD_DRAIN] = on_drain,
    [DAFFI_RECORD_GOODBYE] = on_goodbye,
    [DAFFI_RECORD_WHO] = on_who,
    [DAFFI_RECORD_PROGRESS] = daffi_progress_came,
};
_Static_assert(sizeof handlers / sizeof handlers[0] == DAFFI_RECORD_LIMIT,
               "every record type has its handler");

//  Until WELCOME all but the answer to HELLO belongs to a session that is over.
static void handle (daffi_node_t *self, const daffi_header_t *header,
                    const daffi_body_t *body)
{
    bool answers_hello =
        header->id == self->link.hello_id &&
        (header->type == DAFFI_RECORD_WELCOME || header->type == DAFFI_RECORD_ERROR);
    //  where the connection is no more, whoever made a call is told that it is lost
    bool too_late = self->link.cut && (header->type == DAFFI_RECORD_CALL ||
                                       header->type == DAFFI_RECORD_CAST);
    bool too_early =
        !self->link.welcomed && !answers_hello && header->type != DAFFI_RECORD_WHO;
    if (answers_hello && header->type == DAFFI_RECORD_ERROR)
        daffi_link_refused (self, header, body);
    else if (too_late || too_early)
        return;
    else if (header->type == 0 || header->type >= DAFFI_RECORD_LIMIT)
        on_unexpected (self, header, body);
    else
        handlers[header->type](self, header, body);
}

//  Whoever made many calls that end in one packet can begin to read while the rest of
//  it is read here.
static void handle_and_tell (daffi_node_t *self, const daffi_header_t *header,
                             const daffi_body_t *body)
{
    enum { TOLD_TOGETHER = 64 };
    handle (self, header, body);
    if (self->finished_count >= TOLD_TOGETHER)
        daffi_outgoing_tell (self);
}

//  True: there may be more.
bool daffi_records_receive (daffi_node_t *self)
{
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        daffi_header_t header;
        daffi_body_t body;
        daffi_status_t status =
            daffi_message_receive (&self->message, self->dealer, false);
        if (status == DAFFI_PENDING)
            return false;
        //  after the message: the process may have stood still (SIGSTOP) since the last
        //  one, and a controller's clock is compared with ours
        self->now_ms = daffi_clock_ms ();
        self->link.heard_ms = self->now_ms;
        while (!status &&
               !(status = daffi_message_next (&self->message, &header, &body)))
            handle_and_tell (self, &header, &body);
        daffi_outgoing_tell (self);
        if (status == DAFFI_PROTOCOL)
            daffi_log (&self->log, DAFFI_LOG_WARNING, "node.malformed",
                       "a packet of the controller cannot be read");
    }
    return true;
}
