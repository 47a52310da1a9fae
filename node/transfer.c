//  SPDX-License-Identifier: MPL-2.0
//  Function transfer, as daffi_transfer.h offers it.

#include <stdlib.h>

#include "failure.h"
#include "global.h"
#include "inside.h"
#include "payload.h"
#include "result.h"
#include "shipment.h"

//  A call of $node.payload.call: [hash, function, [argument …]].
static daffi_future_t *start (daffi_global_t *self, bool stream,
                              const daffi_payload_t *payload, const char *function,
                              daffi_args_t args, const daffi_call_options_t *options,
                              daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_node_t *node = daffi_global_node (self, error);
    if (!node)
        return NULL;
    if (!payload || !function || !options || !options->process) {
        daffi_fail (error, DAFFI_INVALID,
                    "a transfer needs a payload, a function and a process");
        return NULL;
    }
    daffi_args_t whole =
        DAFFI_ARGS (daffi_value_binary (payload->hash, DAFFI_HASH_SIZE), function,
                    daffi_value_array (args.items, args.count));
    if (daffi_call_pack (whole, &body, error))
        return NULL;
    return daffi_node_transfer (node, stream, "$node.payload.call",
                                daffi_cargo_new (payload, function), &body, options,
                                error);
}

daffi_future_t *daffi_global_transfer_start (daffi_global_t *self,
                                             const daffi_payload_t *payload,
                                             const char *function, daffi_args_t args,
                                             const daffi_call_options_t *options,
                                             daffi_error_t *error)
{
    return start (self, false, payload, function, args, options, error);
}

daffi_stream_t *daffi_global_transfer_stream (daffi_global_t *self,
                                              const daffi_payload_t *payload,
                                              const char *function, daffi_args_t args,
                                              const daffi_call_options_t *options,
                                              daffi_error_t *error)
{
    daffi_future_t *future =
        start (self, true, payload, function, args, options, error);
    return future ? daffi_stream_of (future) : NULL;
}

static daffi_status_t refuse_to_wait (daffi_error_t *error)
{
    return daffi_fail (
        error, DAFFI_DEADLOCK,
        "an inline callback runs in the node's actor and cannot wait for "
        "a transfer; register it without run_inline");
}

daffi_status_t daffi_global_transfer_and_call (daffi_global_t *self,
                                               const char *process,
                                               const daffi_payload_t *payload,
                                               const char *function, daffi_args_t args,
                                               daffi_result_t **result,
                                               daffi_error_t *error)
{
    daffi_error_t local;
    daffi_error_t *why = error ? error : &local;
    if (daffi_future_waiting_forbidden ())
        return refuse_to_wait (error);
    daffi_future_t *future = start (self, false, payload, function, args,
                                    DAFFI_CALL (.process = process), why);
    return future ? daffi_call_finish (future, result, why) : why->status;
}

//  --- administration -----------------------------------------------------------------

static daffi_status_t ask (daffi_global_t *self, const char *process,
                           const char *function, daffi_args_t args,
                           daffi_result_t **result, daffi_error_t *error)
{
    if (!process)
        return daffi_fail (error, DAFFI_INVALID,
                           "no process is named; give the name of the one to ask");
    return daffi_call (self, function, args, DAFFI_CALL (.process = process), result,
                       error);
}

//  A call that needs the payload at that process, and so ships it.
static daffi_status_t need (daffi_global_t *self, const char *process,
                            const daffi_payload_t *payload, const char *reserved,
                            const char *function, daffi_args_t args,
                            daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_error_t local;
    daffi_error_t *why = error ? error : &local;
    daffi_node_t *node = daffi_global_node (self, why);
    if (!node)
        return why->status;
    if (daffi_future_waiting_forbidden ())
        return refuse_to_wait (error);
    daffi_status_t status = daffi_call_pack (args, &body, why);
    if (status)
        return status;
    daffi_future_t *future =
        daffi_node_transfer (node, false, reserved, daffi_cargo_new (payload, function),
                             &body, DAFFI_CALL (.process = process), why);
    return future ? daffi_call_finish (future, NULL, why) : why->status;
}

daffi_status_t daffi_global_ship (daffi_global_t *self, const char *process,
                                  const daffi_payload_t *payload, daffi_error_t *error)
{
    if (!payload || !process)
        return daffi_fail (error, DAFFI_INVALID, "a payload and a process are needed");
    return need (self, process, payload, "$node.payload.have", "",
                 DAFFI_ARGS (daffi_value_binary (payload->hash, DAFFI_HASH_SIZE)),
                 error);
}

daffi_status_t daffi_global_publish (daffi_global_t *self, const char *process,
                                     const daffi_payload_t *payload,
                                     const char *function, const char *name,
                                     daffi_error_t *error)
{
    if (!payload || !process || !function || !name)
        return daffi_fail (error, DAFFI_INVALID,
                           "a payload, a process, a function and a name are needed");
    return need (self, process, payload, "$node.payload.publish", function,
                 DAFFI_ARGS (daffi_value_binary (payload->hash, DAFFI_HASH_SIZE),
                             function, name),
                 error);
}

daffi_status_t daffi_global_withdraw (daffi_global_t *self, const char *process,
                                      const char *name, daffi_error_t *error)
{
    return ask (self, process, "$node.payload.withdraw", DAFFI_ARGS (name), NULL,
                error);
}

daffi_status_t daffi_global_payloads (daffi_global_t *self, const char *process,
                                      daffi_result_t **result, daffi_error_t *error)
{
    return ask (self, process, "$node.payload.list", DAFFI_ARGS (), result, error);
}

daffi_status_t daffi_global_unload (daffi_global_t *self, const char *process,
                                    const daffi_payload_t *payload,
                                    daffi_error_t *error)
{
    if (!payload)
        return daffi_fail (error, DAFFI_INVALID, "no payload is given");
    return ask (self, process, "$node.payload.unload",
                DAFFI_ARGS (daffi_value_binary (payload->hash, DAFFI_HASH_SIZE)), NULL,
                error);
}
