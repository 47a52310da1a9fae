//  SPDX-License-Identifier: MPL-2.0
//  What every host of payload functions has in common, in a node and in the runner:
//  reading arguments and containers, and what is known of the call.

#ifndef DAFFI_HOSTED_H
#define DAFFI_HOSTED_H

#ifndef DAFFI_PAYLOAD_HOST
#define DAFFI_PAYLOAD_HOST
#endif
#include "daffi_payload.h"

typedef struct daffi_hosted_string daffi_hosted_string_t;

//  The beginning of what a host hands to a payload function.
typedef struct {
    daffi_payload_call_t call;  //  first: all that the function sees
    daffi_value_t args;         //  an array
    const char *function;
    const char *caller;
    bool stream;
    daffi_hosted_string_t *strings;
} daffi_hosted_t;

//  A host's table: what `own` has, which is how it answers and what happens meanwhile,
//  and beside it all that is the same for everybody.
void daffi_hosted_table (daffi_payload_host_t *table, const daffi_payload_host_t *own);
//  Frees the strings that were made for it.
void daffi_hosted_done (daffi_hosted_t *self);

#endif
