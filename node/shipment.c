//  SPDX-License-Identifier: MPL-2.0
//  Payloads on their way out.
//
//  Everything here runs in the actor. A shipment is a run of ordinary calls to the node
//  that lacks the payload: an offer, which carries small payloads whole, then pieces,
//  so many at once as that node allows. All calls of this process that wait for the
//  same payload at the same process wait for one shipment.

#include "shipment.h"

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "inside.h"
#include "payload.h"

enum {
    WHOLE_MAX = 64 << 10,  //  bytes that go with the offer
    STEP_TIMEOUT_MS = 60000
};

struct daffi_shipment {
    daffi_link_t link;  //  node.shipments
    daffi_node_t *node;
    daffi_payload_t *payload;
    daffi_list_t waiting;  //  futures
    uint64_t next;         //  offset of the next piece
    uint64_t chunk;
    uint64_t window;
    uint32_t in_flight;
    bool over;  //  nobody waits for more of it
    char process[DAFFI_NAME_MAX + 1];
};

daffi_cargo_t *daffi_cargo_new (const daffi_payload_t *payload, const char *function)
{
    daffi_cargo_t *self = daffi_new (sizeof *self);
    self->payload = daffi_payload_ref (payload);
    daffi_name_copy (self->function, daffi_text_of (function));
    return self;
}

void daffi_cargo_destroy (daffi_cargo_t *self)
{
    if (!self)
        return;
    daffi_payload_destroy (&self->payload);
    free (self);
}

//  --- the end ------------------------------------------------------------------------

static void destroy (daffi_shipment_t *self)
{
    daffi_link_remove (&self->link);
    daffi_payload_destroy (&self->payload);
    free (self);
}

//  Those that wait are sent again, or told why they cannot be.
static void finish (daffi_shipment_t *self, const daffi_error_t *error)
{
    self->over = true;
    daffi_link_remove (&self->link);
    DAFFI_LIST_EACH (&self->waiting, link, follower) {
        daffi_future_t *future = daffi_container (link, daffi_future_t, link);
        daffi_link_remove (link);
        if (!error) {
            daffi_outgoing_again (self->node, future);
            continue;
        }
        daffi_error_t told = *error;
        told.executed = DAFFI_EXECUTED_NO;
        daffi_name_copy (told.function, daffi_text_of (future->cargo->function));
        daffi_outgoing_end (self->node, future, NULL, &told);
    }
}

void daffi_shipment_stop (daffi_node_t *self)
{
    daffi_error_t error;
    daffi_fail (&error, DAFFI_STOPPED,
                "the node was stopped before the payload was shipped");
    DAFFI_LIST_EACH (&self->shipments, link, follower)
        finish (daffi_container (link, daffi_shipment_t, link), &error);
}

//  --- its calls ----------------------------------------------------------------------

static void answered (daffi_future_t *call, void *arg);

static void send_call (daffi_shipment_t *self, const char *function,
                       const daffi_packed_t *body)
{
    daffi_future_t *call = daffi_future_new (self->node->future_pool, DAFFI_FUTURE_CALL,
                                             function, self->process, "");
    self->in_flight++;
    daffi_node_launch_own (self->node, call, body, STEP_TIMEOUT_MS, answered, self);
}

static void fail_to_pack (daffi_shipment_t *self)
{
    daffi_error_t error;
    daffi_fail (&error, DAFFI_NO_MEMORY, "no memory to ship the payload");
    finish (self, &error);
}

static void unref_blob (void *data, void *hint)
{
    (void)data;
    daffi_blob_unref (hint);
}

static daffi_value_t key_of (const daffi_payload_t *payload)
{
    return payload->is_signed ? daffi_value_binary (payload->key, DAFFI_KEY_SIZE)
                              : daffi_value_nil ();
}

static daffi_value_t signature_of (const daffi_payload_t *payload)
{
    return payload->is_signed
               ? daffi_value_binary (payload->signature, DAFFI_SIGNATURE_SIZE)
               : daffi_value_nil ();
}

static void send_offer (daffi_shipment_t *self)
{
    daffi_packed_t body;
    const daffi_payload_t *payload = self->payload;
    daffi_blob_t *bytes = payload->bytes;
    daffi_args_t args =
        DAFFI_ARGS (daffi_value_binary (payload->manifest.data, payload->manifest.size),
                    key_of (payload), signature_of (payload));
    daffi_status_t status;
    if (bytes->size <= WHOLE_MAX) {
        status = daffi_pack_take (&body, &args, bytes->data, bytes->size, unref_blob,
                                  daffi_blob_ref (bytes));
        self->next = bytes->size;
    } else {
        daffi_value_t all = daffi_value_array (args.items, args.count);
        status = daffi_pack (&body, &all);
    }
    if (status)
        fail_to_pack (self);
    else
        send_call (self, "$node.payload.offer", &body);
}

static void send_piece (daffi_shipment_t *self)
{
    daffi_packed_t body;
    daffi_blob_t *bytes = self->payload->bytes;
    uint64_t rest = bytes->size - self->next;
    size_t size = (size_t)(rest < self->chunk ? rest : self->chunk);
    daffi_args_t args = DAFFI_ARGS (
        daffi_value_binary (self->payload->hash, DAFFI_HASH_SIZE), self->next);
    daffi_status_t status =
        daffi_pack_take (&body, &args, (uint8_t *)bytes->data + self->next, size,
                         unref_blob, daffi_blob_ref (bytes));
    self->next += size;
    if (status)
        fail_to_pack (self);
    else
        send_call (self, "$node.payload.put", &body);
}

//  --- its answers --------------------------------------------------------------------

static uint64_t number_of (const daffi_value_t *map, const char *key, uint64_t least,
                           uint64_t most)
{
    daffi_value_t value;
    uint64_t number = 0;
    if (daffi_value_find (map, key, &value) || daffi_value_get_uint (&value, &number))
        return least;
    return number < least ? least : number > most ? most : number;
}

static void read_answer (daffi_shipment_t *self, const daffi_value_t *map)
{
    daffi_error_t error;
    daffi_value_t value;
    bool have = false;
    if (!daffi_value_find (map, "have", &value))
        have = !daffi_value_get_bool (&value, &have) && have;
    if (have) {
        finish (self, NULL);
        return;
    }
    self->chunk = number_of (map, "chunk", 4096, 16 << 20);
    self->window = number_of (map, "window", 1, 64);
    while (!self->over && self->next < self->payload->bytes->size &&
           self->in_flight < self->window)
        send_piece (self);
    if (!self->over && !self->in_flight) {
        daffi_fail (&error, DAFFI_PROTOCOL,
                    "the process wants more of the payload than there is");
        daffi_name_copy (error.process, daffi_text_of (self->process));
        finish (self, &error);
    }
}

static void answered (daffi_future_t *call, void *arg)
{
    daffi_shipment_t *self = arg;
    daffi_error_t error;
    daffi_status_t status = daffi_future_wait (call, 0, &error);
    self->in_flight--;
    if (!self->over && daffi_list_empty (&self->waiting)) {
        //  all that wanted it have given up
        self->over = true;
        daffi_link_remove (&self->link);
    }
    if (!self->over && status)
        finish (self, &error);
    else if (!self->over)
        read_answer (self, daffi_future_value (call));
    daffi_future_unref (call);
    if (self->over && !self->in_flight)
        destroy (self);
}

//  --- the beginning ------------------------------------------------------------------

static daffi_shipment_t *find (daffi_node_t *self, const daffi_future_t *future)
{
    DAFFI_LIST_EACH (&self->shipments, link, follower) {
        daffi_shipment_t *shipment = daffi_container (link, daffi_shipment_t, link);
        if (strcmp (shipment->process, future->process) == 0 &&
            memcmp (shipment->payload->hash, future->cargo->payload->hash,
                    DAFFI_HASH_SIZE) == 0)
            return shipment;
    }
    return NULL;
}

bool daffi_shipment_wanted (daffi_node_t *self, daffi_future_t *future,
                            const daffi_error_t *error)
{
    daffi_cargo_t *cargo = future->cargo;
    if (!cargo || cargo->shipped || !cargo->payload->bytes ||
        error->status != DAFFI_NO_PAYLOAD || error->executed != DAFFI_EXECUTED_NO ||
        self->phase != DAFFI_NODE_RUNNING)
        return false;
    cargo->shipped = true;
    daffi_shipment_t *shipment = find (self, future);
    bool begin = !shipment;
    if (begin) {
        shipment = daffi_new (sizeof *shipment);
        shipment->node = self;
        shipment->payload = daffi_payload_ref (cargo->payload);
        daffi_list_init (&shipment->waiting);
        daffi_list_append (&self->shipments, &shipment->link);
        daffi_name_copy (shipment->process, daffi_text_of (future->process));
    }
    daffi_outgoing_park (self, future, &shipment->waiting);
    if (begin)
        send_offer (shipment);
    if (shipment->over && !shipment->in_flight)
        destroy (shipment);
    return true;
}
