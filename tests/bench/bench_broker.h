//  SPDX-License-Identifier: MPL-2.0
//  The broker of a rig: daffi-broker, or the raw one.
//
//  The only place that knows daffi-broker's options.
#ifndef BENCH_BROKER_H
#define BENCH_BROKER_H

#include "bench_rig.h"

//  Starts it and sets the rig's endpoint once it is ready.
daffi_status_t bench_broker_start (bench_rig_t *rig,
                                   daffi_error_t *error) DAFFI_MUST_USE;
//  The same of a broker that is a role of this program.
daffi_status_t bench_broker_start_role (bench_rig_t *rig, const char *name,
                                        daffi_error_t *error) DAFFI_MUST_USE;

//  Removes the rig's folder and all that the broker left in it.
void bench_broker_clean (bench_rig_t *rig);

//  In bench_servers.c.
daffi_status_t bench_broker_start_nats (bench_rig_t *rig,
                                        daffi_error_t *error) DAFFI_MUST_USE;
daffi_status_t bench_broker_start_gearman (bench_rig_t *rig,
                                           daffi_error_t *error) DAFFI_MUST_USE;

#endif
