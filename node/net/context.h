//  SPDX-License-Identifier: MPL-2.0
//  One ZeroMQ context for all Globals of the process, and sockets in it.
//
//  Not czmq's: its sockets abort the process where descriptors run out and its context
//  is shared with the host program, whose ZAP handler would meet ours. czmq carries the
//  actors; the sockets are libzmq's own.

#ifndef DAFFI_CONTEXT_H
#define DAFFI_CONTEXT_H

#include "daffi_status.h"

//  References; the context ends with the last one, which waits for what lingers (at
//  most DAFFI_LINGER_MS).
DAFFI_MUST_USE daffi_status_t daffi_context_acquire (void **context,
                                                     daffi_error_t *error);
void daffi_context_release (void);

//  A socket of `type` with the options that all of ours share, or NULL.
void *daffi_socket_new (void *context, int type, daffi_error_t *error);
void daffi_socket_close (void **socket_p);

void daffi_socket_set (void *socket, int option, int value);
int daffi_socket_get (void *socket, int option);

//  zactors make czmq install its SIGINT and SIGTERM handlers with their first pipe;
//  this lets it do so and puts the host program's handlers back. To be called before
//  the first zactor_new ().
void daffi_context_spare_signals (void);

#endif
