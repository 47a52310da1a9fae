//  SPDX-License-Identifier: MPL-2.0
//  What daffi conformance checks, a rule each.

#ifndef DAFFI_CLI_CONFORMANCE_H
#define DAFFI_CLI_CONFORMANCE_H

#include "raw.h"

//  The peers that take part: against a controller `provider` and `caller` are nodes of
//  ours; against a client `caller` is the controller that it connects to.
typedef struct {
    void *context;
    const char *endpoint;
    raw_t provider;
    raw_t caller;
    char client[DAFFI_NAME_MAX + 1];  //  name of the client that is checked
    uint8_t incarnation[16];
    char names[2][64];  //  of our nodes
    uint64_t last_id;
    char why[256];  //  a check failed, and this is what came instead
} daffi_conformance_t;

typedef struct {
    const char *section;  //  of PROTOCOL.md
    const char *sentence;
    bool (*check) (daffi_conformance_t *self);
} daffi_rule_t;

extern const daffi_rule_t daffi_controller_rules[];
extern const daffi_rule_t daffi_client_rules[];

//  Says what is wrong; returns false.
bool daffi_conformance_fail (daffi_conformance_t *self, const char *format, ...)
    DAFFI_PRINTF (2, 3);

#endif
