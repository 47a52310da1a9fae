//  SPDX-License-Identifier: MPL-2.0
//  From options to the place where a controller listens and a node connects.

#ifndef DAFFI_ENDPOINT_H
#define DAFFI_ENDPOINT_H

#include "daffi.h"

enum { DAFFI_IPC_PATH_MAX = 107 };  //  sun_path of unix(7), NUL excluded

typedef struct {
    bool is_ipc;
    bool any_port;                        //  a controller that takes a free one
    char folder[DAFFI_IPC_PATH_MAX + 1];  //  ipc: holds .sock
    char path[DAFFI_IPC_PATH_MAX + 1];    //  ipc: folder/.sock
    char text[300];                       //  "tcp://127.0.0.1:8888", "ipc:///tmp/…"
} daffi_endpoint_t;

//  DAFFI_INVALID: options that contradict each other or name no place; DAFFI_TOO_BIG
//  never: a path that is too long is DAFFI_INVALID as well.
DAFFI_MUST_USE daffi_status_t daffi_endpoint_resolve (daffi_endpoint_t *out,
                                                      const daffi_options_t *options,
                                                      daffi_error_t *error);

//  Binds or connects a socket there. Binding fills in the port that was free, and takes
//  the numeric address of the host.
DAFFI_MUST_USE daffi_status_t daffi_endpoint_bind (daffi_endpoint_t *self, void *socket,
                                                   daffi_error_t *error);
DAFFI_MUST_USE daffi_status_t daffi_endpoint_connect (const daffi_endpoint_t *self,
                                                      void *socket,
                                                      daffi_error_t *error);

#endif
