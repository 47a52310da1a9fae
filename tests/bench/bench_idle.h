//  SPDX-License-Identifier: MPL-2.0
//  Very many nodes that do nothing but live.
//
//  Each is one connected descriptor that speaks just enough ZMTP and daffi: greeting,
//  HELLO, and a PING a second. A thousand real nodes would be four thousand threads.
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H

#include "bench_base.h"

typedef struct {
    int *fds;
    size_t count;
} bench_idle_t;

//  Adds nodes until there are `count`, and returns once all are welcomed. `socket`: the
//  path of the controller's UNIX socket.
daffi_status_t bench_idle_grow (bench_idle_t *self, const char *socket, size_t count,
                                daffi_error_t *error) DAFFI_MUST_USE;
//  Lives for so long: heartbeats of all of them, spread over each second.
void bench_idle_live (bench_idle_t *self, double seconds);
//  One that was cut off is noticed here: how many are still connected.
size_t bench_idle_alive (bench_idle_t *self);
void bench_idle_done (bench_idle_t *self);

#endif
