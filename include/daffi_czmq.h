/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_czmq.h - a Global as a plain zactor, for programs built on czmq.
 *
 *  The program starts it with zactor_new (), polls it in its own zloop or zpoller
 *  beside its own sockets, and ends it with zactor_destroy (). With manual_dispatch its
 *  callbacks, lifecycle callbacks and on_done run in the program's own loop:
 *
 *      daffi_error_t error;
 *      daffi_czmq_args_t args = {.options = DAFFI_OPTIONS (.process_name = "meter",
 *                                                          .manual_dispatch = true),
 *                                .error = &error};
 *      zactor_t *daffi = zactor_new (daffi_czmq_actor, &args);
 *      if (!args.global) ...                      //  error says why
 *      zloop_reader (loop, zactor_sock (daffi), on_daffi, &args);
 *
 *      static int on_daffi (zloop_t *loop, zsock_t *pipe, void *arg)
 *      {
 *          daffi_czmq_dispatch (pipe, ((daffi_czmq_args_t *) arg)->global);
 *          return 0;
 *      }
 *
 *  daffi's own sockets live in a ZeroMQ context of its own; only the actor's pipe is
 *  czmq's. The signal handlers stay as they are.
 */
#ifndef DAFFI_CZMQ_H
#define DAFFI_CZMQ_H

#include <czmq.h>

#include "daffi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const daffi_options_t
        *options;           /*  controller, node or both; read at the start only */
    daffi_error_t *error;   /*  written where it fails; or NULL */
    daffi_global_t *global; /*  out: borrowed until zactor_destroy (); NULL where
                                it failed (destroy the actor all the same) */
} daffi_czmq_args_t;

/*  For zactor_new (daffi_czmq_actor, &args). zactor_new () returns when the Global has
 *  started or failed; `args` must live until then. zactor_destroy () stops the Global
 *  as daffi_global_stop () does; callbacks that are still due run before it returns, in
 *  the actor's thread. Do not call daffi_global_destroy () on args.global. */
DAFFI_EXPORT void daffi_czmq_actor (zsock_t *pipe, void *args);

/*  To be called when the actor's pipe is readable: takes the wake-up and runs what
 *  waits, in this thread, as daffi_global_dispatch () does; returns how many ran.
 *  `pipe` is zactor_sock (actor), which zloop hands to its handler. Never waits. */
DAFFI_EXPORT size_t daffi_czmq_dispatch (zsock_t *pipe, daffi_global_t *global);

#ifdef __cplusplus
}
#endif
#endif
