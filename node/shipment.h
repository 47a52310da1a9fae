//  SPDX-License-Identifier: MPL-2.0
//  Payloads on their way out, and the calls that wait for them.
//
//  A call of a payload function is sent at once, in the hope that the payload is there.
//  Where it is not, the call waits while the payload is shipped, and is sent again.

#ifndef DAFFI_SHIPMENT_H
#define DAFFI_SHIPMENT_H

#include <stdbool.h>

#include "daffi_transfer.h"
#include "future.h"

typedef struct daffi_shipment daffi_shipment_t;

//  What a future of such a call carries.
struct daffi_cargo {
    daffi_payload_t *payload;
    bool shipped;  //  once a call
    char function[DAFFI_NAME_MAX + 1];
};

//  Takes a reference of the payload.
daffi_cargo_t *daffi_cargo_new (const daffi_payload_t *payload, const char *function);
void daffi_cargo_destroy (daffi_cargo_t *self);

//  In the actor. The call was answered with an error: true where it waits for a
//  shipment now.
bool daffi_shipment_wanted (daffi_node_t *self, daffi_future_t *future,
                            const daffi_error_t *error);
//  The node stops: whoever waits is told so.
void daffi_shipment_stop (daffi_node_t *self);

#endif
