//  SPDX-License-Identifier: MPL-2.0
//  Where and when it was measured: absolute figures mean nothing without it.
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "bench_base.h"

typedef struct {
    char cpu[128];
    char kernel[256];
    char system[128];
    double load;    //  of the last minute, before the run
    char date[32];  //  UTC, ISO 8601
    char zmq[32];
    long cores_online;
    int cores_used;
    bool optimised;  //  this program at least
} bench_machine_t;

//  Binds this process and its later children to one core.
daffi_status_t bench_machine_bind_one (daffi_error_t *error) DAFFI_MUST_USE;

void bench_machine_look (bench_machine_t *self);

#endif
