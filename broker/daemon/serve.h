//  SPDX-License-Identifier: MPL-2.0
//  From the ready line to the end: signals in, drain out.

#ifndef DAFFI_SERVE_H
#define DAFFI_SERVE_H

#include "daffi.h"
#include "logging.h"

typedef enum {
    DAFFI_SERVED_DRAINED,  //  a signal came, and the Global has stopped in good order
    DAFFI_SERVED_AT_ONCE,  //  a second one came; the Global is still stopping, in a
                           //  thread
    DAFFI_SERVED_BROKEN  //  the Global has stopped without being asked, or there is no
                         //  thread or descriptor for us
} daffi_served_t;

typedef struct {
    daffi_global_t *global;
    int signal_fd;
    daffi_logging_t *logging;
    void (*on_drain) (void *arg);  //  before the Global begins to stop
    void *arg;
} daffi_serve_t;

//  Blocks until it is over.
daffi_served_t daffi_serve (const daffi_serve_t *self);

#endif
