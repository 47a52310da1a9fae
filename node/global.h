//  SPDX-License-Identifier: MPL-2.0
//  What the files of the Global share.

#ifndef DAFFI_GLOBAL_H
#define DAFFI_GLOBAL_H

#include "buffer.h"
#include "daffi.h"
#include "node.h"

//  Takes the future of a call with items.
daffi_stream_t *daffi_stream_of (daffi_future_t *future);

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

#endif
