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
    bool has_echo;      //  it offers `echo`, which answers with its argument,
    bool has_count;     //  and `count`, which yields so many numbers from 0
    uint64_t last_id;
    int64_t patience_ms;  //  with each answer
    char why[256];        //  a check failed, and this is what came instead
    bool skipped;         //  or it could not be made, and this is the reason
} daffi_conformance_t;

typedef struct {
    const char *section;  //  of PROTOCOL.md
    const char *sentence;
    bool (*check) (daffi_conformance_t *self);
} daffi_rule_t;

//  Tables that end with an empty rule: of a controller, then of a client.
extern const daffi_rule_t daffi_rules_of_greeting[];
extern const daffi_rule_t daffi_rules_of_calls[];
extern const daffi_rule_t daffi_rules_of_more[];
extern const daffi_rule_t daffi_rules_of_mistakes[];
extern const daffi_rule_t daffi_rules_of_presence[];
extern const daffi_rule_t daffi_rules_of_parting[];
extern const daffi_rule_t daffi_rules_of_clients[];
extern const daffi_rule_t daffi_rules_of_providers[];
extern const daffi_rule_t daffi_rules_of_bearing[];

//  Says what is wrong; returns false.
bool daffi_conformance_fail (daffi_conformance_t *self, const char *format, ...)
    DAFFI_PRINTF (2, 3);
//  Says why it is left out; returns true.
bool daffi_conformance_skip (daffi_conformance_t *self, const char *why);

#endif
