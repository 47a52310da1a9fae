//  SPDX-License-Identifier: MPL-2.0
//  What a node does with code from others: takes it, runs it, publishes it, forgets it.
//
//  Peers reach it through the reserved functions $node.payload.*, which are ordinary
//  calls: the controller knows nothing of payloads.

#ifndef DAFFI_PAYLOADS_H
#define DAFFI_PAYLOADS_H

#include "node.h"
#include "request.h"
#include "vault.h"

typedef struct daffi_payloads daffi_payloads_t;
typedef struct daffi_runner daffi_runner_t;

//  What is on its way in, in pieces.
enum {
    DAFFI_CHUNK_BYTES = 256 << 10,
    DAFFI_CHUNK_WINDOW = 4,  //  calls that a sender may have in flight
    DAFFI_UPLOADS_MAX = 16,
    DAFFI_UPLOAD_IDLE_MS = 30000
};

struct daffi_payloads {
    daffi_node_t *node;
    daffi_log_t log;
    daffi_transfer_policy_t policy;
    daffi_vault_t vault;
    daffi_runner_t *runner;  //  NULL: nothing runs isolated
    pthread_mutex_t lock;
    pthread_mutex_t publishing;  //  held where the list and the registrations change
    daffi_list_t uploads;
    daffi_list_t published;
};

//  Registers the reserved functions. NULL: `error` says why (a key that cannot be read,
//  a runner that does not start).
daffi_payloads_t *daffi_payloads_new (daffi_node_t *node,
                                      const daffi_transfer_options_t *options,
                                      const char *process, const daffi_log_t *log,
                                      daffi_error_t *error);
//  Nothing of it runs any more, and its functions are forgotten.
void daffi_payloads_destroy (daffi_payloads_t **self_p);
//  Where the node connects: the path of a UNIX socket, or "".
void daffi_payloads_connects (daffi_payloads_t *self, const char *socket);

//  --- uploads.c ----------------------------------------------------------------------

daffi_status_t daffi_payloads_offer (daffi_request_t *request, void *arg);
daffi_status_t daffi_payloads_put (daffi_request_t *request, void *arg);
void daffi_payloads_forget_uploads (daffi_payloads_t *self);

//  --- published.c --------------------------------------------------------------------

daffi_status_t daffi_payloads_publish (daffi_request_t *request, void *arg);
daffi_status_t daffi_payloads_withdraw (daffi_request_t *request, void *arg);
//  All names of one payload.
void daffi_payloads_withdraw_all (daffi_payloads_t *self, const uint8_t *hash);
//  Appends the names that a payload is published under.
void daffi_payloads_write_names (daffi_payloads_t *self, const uint8_t *hash,
                                 daffi_buffer_t *out);

//  --- payloads.c ---------------------------------------------------------------------

//  Answers with an error that says nothing was run.
daffi_status_t daffi_payloads_refuse (daffi_request_t *request,
                                      const daffi_error_t *error);
//  Answers REFUSED and leaves a line in the log, unless the caller of the request may
//  undo what `owner` did.
bool daffi_payloads_managed_by (daffi_payloads_t *self, daffi_request_t *request,
                                const char *owner);
//  A reference; NULL: `error` is NO_PAYLOAD. What has expired is not there any more for
//  who wants it: whoever has a newer manifest of it may ship that.
daffi_held_t *daffi_payloads_find (daffi_payloads_t *self, const uint8_t *hash,
                                   daffi_error_t *error);
//  Argument 0, which must be a hash; NULL and an answer where it is not.
const uint8_t *daffi_payloads_hash_of (daffi_request_t *request);
//  Runs a function of the payload with these arguments, here or isolated.
daffi_status_t daffi_payloads_run (daffi_payloads_t *self, daffi_held_t *held,
                                   const char *function, daffi_value_t args,
                                   daffi_request_t *request);

//  --- payload_isolated.c -------------------------------------------------------------

daffi_status_t daffi_payload_run_isolated (daffi_payloads_t *self, daffi_held_t *held,
                                           const char *function, daffi_value_t args,
                                           daffi_request_t *request);

//  --- payload_here.c -----------------------------------------------------------------

daffi_status_t daffi_payload_run_here (daffi_payloads_t *self, daffi_held_t *held,
                                       const char *function, daffi_value_t args,
                                       daffi_request_t *request);

#endif
