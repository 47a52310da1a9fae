//  SPDX-License-Identifier: MPL-2.0
//  What the files of the Global share.

#ifndef DAFFI_GLOBAL_H
#define DAFFI_GLOBAL_H

#include "buffer.h"
#include "daffi.h"
#include "node.h"

//  Takes the future of a call with items.
daffi_stream_t *daffi_stream_of (daffi_future_t *future);

//  For fans: waits until an item may be sent (DAFFI_OK, DAFFI_PENDING, DAFFI_DEADLOCK,
//  or why none may any more); sends one without waiting; asks for the end of the call.
daffi_status_t daffi_stream_wait_room (daffi_stream_t *self, int64_t timeout_ms);
daffi_status_t daffi_stream_send_packed (daffi_stream_t *self,
                                         const daffi_packed_t *packed);
void daffi_stream_cancel (daffi_stream_t *self);

//  The node, or NULL and `error` says that this Global has none.
daffi_node_t *daffi_global_node (daffi_global_t *self, daffi_error_t *error);

//  What $sys.functions answers, from this process's own controller. False: it has none,
//  or it has stopped.
bool daffi_global_ask_controller (daffi_global_t *self, daffi_buffer_t *out);

//  Says why a body could not be packed; returns `status`.
daffi_status_t daffi_call_explain (daffi_status_t status, daffi_error_t *error);

//  The arguments as a body; on failure `error` says why.
DAFFI_MUST_USE daffi_status_t daffi_call_pack (daffi_args_t args, daffi_packed_t *body,
                                               daffi_error_t *error);

//  Waits for a fresh future and lets go of it; `result` may be NULL.
DAFFI_MUST_USE daffi_status_t daffi_call_finish (daffi_future_t *future,
                                                 daffi_result_t **result,
                                                 daffi_error_t *error);

//  How a result is read where it must have one type, and what to call that type.
typedef struct {
    daffi_status_t (*read) (const daffi_value_t *value, void *out);
    const char *text;
} daffi_typed_t;
extern const daffi_typed_t daffi_typed_int, daffi_typed_double, daffi_typed_bool,
    daffi_typed_string;

DAFFI_MUST_USE daffi_status_t daffi_call_typed (daffi_global_t *self,
                                                const char *function, daffi_args_t args,
                                                const daffi_call_options_t *options,
                                                const daffi_typed_t *type, void *out,
                                                daffi_error_t *error);

#endif
