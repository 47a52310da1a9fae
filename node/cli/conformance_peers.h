//  SPDX-License-Identifier: MPL-2.0
//  Two nodes of ours, for finding out what a controller does with them.

#ifndef DAFFI_CLI_CONFORMANCE_PEERS_H
#define DAFFI_CLI_CONFORMANCE_PEERS_H

#include "conformance.h"

enum { QUIET_MS = 150 };

//  What the provider offers.
#define CONFORMANCE_FUNCTION "conformance.f"

#define CALL(...)                                                                   \
    (raw_send_t)                                                                    \
    {                                                                               \
        .type = RAW_CALL, .name = CONFORMANCE_FUNCTION, .ttl_ms = 5000, __VA_ARGS__ \
    }

uint64_t conformance_new_id (daffi_conformance_t *self);
void conformance_connect (daffi_conformance_t *self, raw_t *node,
                          const char *routing_id);
//  HELLO of version `min`; `offers`: the function.
void conformance_hello (raw_t *node, uint64_t id, const char *name, uint64_t min,
                        bool offers);
bool conformance_number (const daffi_value_t *map, const char *key, uint64_t *number);
//  One ERROR with this status and id; `executed` < 0: any.
bool conformance_expect_error (daffi_conformance_t *self, raw_t *node, uint64_t id,
                               daffi_status_t status, int64_t executed);
//  Sends a call and returns it as the provider was given it, or NULL and why.
raw_record_t *conformance_place (daffi_conformance_t *self, const raw_send_t *call);
//  A call to this process fails with NO_PROCESS.
bool conformance_nobody (daffi_conformance_t *self, const char *peer);
//  The controller still answers.
bool conformance_pong (daffi_conformance_t *self);

#endif
