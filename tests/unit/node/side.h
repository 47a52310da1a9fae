//  SPDX-License-Identifier: MPL-2.0
//  The other side of a connection, played by the test's thread: records by hand, when
//  the test wants them to come.

#ifndef DAFFI_UNIT_SIDE_H
#define DAFFI_UNIT_SIDE_H

#include <daffi.h>
#include <zmq.h>

#include "bodies.h"
#include "clock.h"
#include "message.h"
#include "outbox.h"
#include "test.h"

typedef struct {
    void *context;
    void *socket;
    bool routes;
    daffi_parcels_t parcels;
    daffi_outbox_t outbox;
    daffi_message_t message;
} side_t;

//  ZMQ_DEALER: a peer of a controller; ZMQ_ROUTER: a controller.
void side_open (side_t *self, int type);
void side_close (side_t *self);
//  A body may be NULL. A router speaks to whom it heard first.
void side_say (side_t *self, const daffi_header_t *header, const daffi_buffer_t *body);
void side_say_plain (side_t *self, daffi_record_type_t type, uint64_t id);
//  With our clock as the body.
void side_say_clock (side_t *self, daffi_record_type_t type, uint64_t id);
//  The next record, borrowed until the one after it.
void side_hear (side_t *self, daffi_header_t *header, daffi_body_t *body);
//  The next one of that type; others are let go.
void side_hear_type (side_t *self, daffi_record_type_t type, daffi_header_t *header,
                     daffi_body_t *body);

void pause_ms (int64_t ms);

//  --- a node, and we as its controller ---------------------------------------------

typedef struct {
    side_t hub;
    daffi_global_t *global;
    int64_t hello_ms;  //  when HELLO was read, and its id
    uint64_t hello_id;
} meeting_t;

//  A node whose HELLO we have read. It has one worker, and does not wait for it at its
//  end, or for so long.
void meeting_begin (meeting_t *self, const daffi_function_t *functions);
void meeting_begin_with (meeting_t *self, const daffi_function_t *functions,
                         int64_t drain_timeout_ms);
//  With the clock of when HELLO was read.
void meeting_welcome (meeting_t *self, int64_t heartbeat_ms, int64_t timeout_ms);
void meeting_give (meeting_t *self, uint64_t token, const char *function,
                   uint32_t ttl_ms, int64_t sent_ms);
void meeting_end (meeting_t *self);

#endif
