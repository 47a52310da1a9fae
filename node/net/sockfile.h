//  SPDX-License-Identifier: MPL-2.0
//  The UNIX socket's place in the file system, kept from being stolen or trampled on.
//
//  libzmq's ipc bind unlinks whatever stands at its path, be it a living controller's
//  socket or a regular file, and leaves its own behind. So the folder is ours alone, a
//  lock says whether its controller lives, and the socket goes with the controller.

#ifndef DAFFI_SOCKFILE_H
#define DAFFI_SOCKFILE_H

#include "daffi_status.h"
#include "endpoint.h"

typedef struct {
    int lock;  //  descriptor of folder/.lock, -1: not held
    daffi_endpoint_t endpoint;
} daffi_sockfile_t;

//  The folder exists (it is made, mode 0700) and belongs to this user. Else
//  DAFFI_ENDPOINT and why.
DAFFI_MUST_USE daffi_status_t daffi_sockfile_folder (const daffi_endpoint_t *endpoint,
                                                     daffi_error_t *error);

//  Before a bind: takes the lock, and the dead socket of a predecessor away.
//  DAFFI_ENDPOINT: a controller lives there, or something that is no socket of ours.
DAFFI_MUST_USE daffi_status_t daffi_sockfile_claim (daffi_sockfile_t *self,
                                                    const daffi_endpoint_t *endpoint,
                                                    daffi_error_t *error);
//  After the socket was closed: removes it and the lock. Fine if nothing is held.
void daffi_sockfile_release (daffi_sockfile_t *self);

#endif
