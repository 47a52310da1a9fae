//  SPDX-License-Identifier: MPL-2.0
//  What a process takes from others: its own copy of daffi_transfer_options_t, and the
//  judgement by it. Everything here is decided before a byte of code is looked at.

#ifndef DAFFI_POLICY_H
#define DAFFI_POLICY_H

#include "daffi_transfer.h"
#include "payload.h"

typedef struct {
    uint8_t key[DAFFI_KEY_SIZE];
    char *payloads;
    char *callers;
    bool isolated_only;
} daffi_trust_t;

typedef struct {
    daffi_transfer_options_t options;  //  strings are ours, defaults are filled in
    daffi_trust_t *trusted;
    size_t trusted_count;
    char process[DAFFI_NAME_MAX + 1];  //  this one
    char socket[108];                  //  that the controller is reached at, or ""
} daffi_transfer_policy_t;

//  `options` NULL: everything is refused. DAFFI_INVALID: a key that cannot be read.
DAFFI_MUST_USE daffi_status_t daffi_transfer_policy_init (
    daffi_transfer_policy_t *self, const daffi_transfer_options_t *options,
    const char *process, daffi_error_t *error);
void daffi_transfer_policy_done (daffi_transfer_policy_t *self);

//  Every peer is of this user: the controller is reached at a UNIX socket, that socket
//  is this user's, and nobody else could have put it there.
bool daffi_transfer_policy_local (const daffi_transfer_policy_t *self);

//  May `caller` have this process forget, or no longer offer, what `owner` brought?
bool daffi_transfer_policy_manages (const daffi_transfer_policy_t *self,
                                    const char *caller, const char *owner);

//  May this payload be here? *trust is who vouches for it, or NULL where nobody has to.
//  REFUSED, BAD_PAYLOAD (architecture, ABI), TOO_BIG, and why.
DAFFI_MUST_USE daffi_status_t daffi_transfer_policy_judge (
    const daffi_transfer_policy_t *self, const daffi_payload_t *payload, int64_t now_s,
    const daffi_trust_t **trust, daffi_error_t *error);

//  May `caller` use what `trust` vouches for? It changes with time: nothing runs after
//  it has expired.
DAFFI_MUST_USE daffi_status_t
daffi_transfer_policy_admit (const daffi_trust_t *trust, const daffi_payload_t *payload,
                             const char *caller, int64_t now_s, daffi_error_t *error);

#endif
