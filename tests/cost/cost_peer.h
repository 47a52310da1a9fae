//  SPDX-License-Identifier: MPL-2.0
//  A peer of the controller that is no node: it sends just these records in just these
//  packets, so that what the controller does is the same in each run.

#ifndef DAFFI_COST_PEER_H
#define DAFFI_COST_PEER_H

#include "message.h"
#include "outbox.h"

typedef struct {
    void *context;
    void *dealer;
    daffi_outbox_t outbox;
    daffi_parcels_t parcels;
    daffi_message_t message;
    uint64_t last_id;
} cost_peer_t;

//  Connected and welcomed, offering `count` functions "PREFIX0", "PREFIX1" …; with
//  `count` 1 just PREFIX.
void cost_peer_open (cost_peer_t *self, const char *endpoint, const char *name,
                     const char *prefix, uint32_t count, uint32_t capacity);
void cost_peer_close (cost_peer_t *self);

//  `count` CALLs in as few packets as they need.
void cost_peer_call (cost_peer_t *self, const char *function, uint32_t count,
                     const void *body, size_t size);
//  Takes `count` CALLs and answers each with its body.
void cost_peer_serve (cost_peer_t *self, uint32_t count);
//  The same without an answer; the tokens go to `tokens`.
void cost_peer_hold (cost_peer_t *self, uint32_t count, uint64_t *tokens);
//  Takes `count` RESULTs.
void cost_peer_take (cost_peer_t *self, uint32_t count);

#endif
