//  SPDX-License-Identifier: MPL-2.0
//  The controller: a ROUTER socket, its monitor and a clock around the pure core, in a
//  zactor of its own.

#ifndef DAFFI_CONTROLLER_H
#define DAFFI_CONTROLLER_H

#include "buffer.h"
#include "daffi.h"
#include "endpoint.h"
#include "log.h"

typedef struct daffi_controller daffi_controller_t;

typedef struct {
    const char *name;  //  told to nodes
    daffi_endpoint_t endpoint;
    daffi_log_t log;
    int64_t settle_ms;             //  as in daffi_options_t
    int64_t heartbeat_ms;          //
    int64_t heartbeat_timeout_ms;  //
    const char *store;             //  as in daffi_options_t; must outlive it
    bool store_lazy;
    void (*on_stopped) (void *arg);  //  in the actor, once; or NULL
    void *on_stopped_arg;
} daffi_controller_options_t;

//  Listens when this returns; NULL: DAFFI_ENDPOINT or DAFFI_SYSTEM and why.
daffi_controller_t *daffi_controller_new (const daffi_controller_options_t *options,
                                          daffi_error_t *error);
//  Ends the actor at once, if it was not stopped before.
void daffi_controller_destroy (daffi_controller_t **self_p);

//  Where it really listens.
const char *daffi_controller_endpoint (const daffi_controller_t *self);

//  Begins to stop: no new calls, those in flight may end within the timeout (negative:
//  without end). on_stopped () follows. From any thread; a second one may only shorten.
void daffi_controller_stop (daffi_controller_t *self, int64_t drain_timeout_ms);

//  Appends [[process, function, signature] …]. Blocks until the actor answers; false:
//  it has stopped.
bool daffi_controller_functions (daffi_controller_t *self, daffi_buffer_t *out);

#endif
