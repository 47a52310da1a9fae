//  SPDX-License-Identifier: MPL-2.0
//  A received ZeroMQ message: a packet and the large bodies behind it.

#ifndef DAFFI_MESSAGE_H
#define DAFFI_MESSAGE_H

#include <zmq.h>

#include "blob.h"
#include "record.h"

enum {
    DAFFI_ROUTING_ID_SIZE = 5,  //  an automatic one: a zero and four bytes
    DAFFI_ROUTING_ID_MAX = 255  //  one that a peer chose itself
};

typedef struct {
    uint8_t routing_id[DAFFI_ROUTING_ID_MAX];  //  ROUTER only
    uint32_t routing_id_size;
    zmq_msg_t packet;
    daffi_packet_reader_t reader;
    daffi_blob_t **frames;
    uint32_t count;
    uint32_t room;
    uint32_t taken;
} daffi_message_t;

//  Prepared once, used for one message after the other: the room for frames stays.
void daffi_message_init (daffi_message_t *self);
void daffi_message_done (daffi_message_t *self);

//  Receives without waiting. DAFFI_PENDING: nothing there. DAFFI_PROTOCOL: a message
//  that is none of ours (no packet, over 1,024 frames; from a ROUTER also a routing id
//  that the peer chose itself); it is gone, routing_id is set.
DAFFI_MUST_USE daffi_status_t daffi_message_receive (daffi_message_t *self,
                                                     void *socket, bool from_router);

//  An automatic routing id is a zero and four bytes. Who chose its own could be taken
//  for somebody else's next one.
bool daffi_message_routing_id_automatic (const daffi_message_t *self);

//  The connection's descriptor, of a message that a ROUTER received; or -1.
int daffi_message_fd (const daffi_message_t *self);

//  The next record and its body. DAFFI_END, or DAFFI_PROTOCOL: the rest cannot be read.
//  The body lives until the message is received or done again; one with a blob can be
//  kept.
DAFFI_MUST_USE daffi_status_t daffi_message_next (daffi_message_t *self,
                                                  daffi_header_t *header,
                                                  daffi_body_t *body);

#endif
