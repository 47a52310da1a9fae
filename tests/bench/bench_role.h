//  SPDX-License-Identifier: MPL-2.0
//  Roles: what a child process of the benchmark does.
//
//  The program starts itself again as "daffi-bench @ROLE …". A role says "ready" on its
//  stdout and, if it is a caller, answers each "run START_NS END_NS" on its stdin.
#ifndef BENCH_ROLE_H
#define BENCH_ROLE_H

#include "bench_base.h"
#include "bench_cells.h"
#include "bench_meter.h"

typedef struct {
    const char *role;      //  "daffi-caller", "raw-broker" and so on
    const char *endpoint;  //  to connect to; the raw broker: to bind to
    uint32_t number;       //  which of its kind, from 1
    uint32_t pairs;
    size_t payload_bytes;
    uint32_t outstanding;
    bench_callbacks_t callbacks;
    uint32_t capacity;  //  of daffi's workers, 0 = the library's default
    int32_t spin_us;    //  of daffi's callers
    bench_kind_t kind;
} bench_role_t;

//  Room for a role as program arguments.
#define BENCH_ROLE_ARGS 12
typedef struct {
    char text[BENCH_ROLE_ARGS][128];
    char *argv[BENCH_ROLE_ARGS + 1];
} bench_role_args_t;

void bench_role_format (const bench_role_t *self, const char *program,
                        bench_role_args_t *args);
bool bench_role_parse (bench_role_t *self, int argc, char **argv);

//  Runs the role to its end and returns the exit code.
int bench_role_run (const bench_role_t *self);

//  Prints "error TEXT" for the parent; returns the exit code of a failed role.
int bench_role_error (const daffi_error_t *error);
void bench_role_say (const char *line);

//  The loop of a caller: `run` makes calls until the meter says that it is enough, and
//  returns with none in flight. `method` is shown in the report.
typedef daffi_status_t (bench_caller_fn) (void *caller, bench_meter_t *meter,
                                          daffi_error_t *error);
int bench_role_serve (bench_caller_fn *run, void *caller, const bench_role_t *self,
                      const char *method);

//  The name of daffi's worker number `number`.
#define BENCH_WORKER_NAME "bench-worker-%u"

int bench_daffi_worker (const bench_role_t *role);
int bench_daffi_caller (const bench_role_t *role);
int bench_raw_broker (const bench_role_t *role);
int bench_bare_router (const bench_role_t *role);
int bench_raw_worker (const bench_role_t *role);
int bench_raw_caller (const bench_role_t *role);
int bench_nats_worker (const bench_role_t *role);
int bench_nats_caller (const bench_role_t *role);
int bench_gearman_worker (const bench_role_t *role);
int bench_gearman_caller (const bench_role_t *role);

#endif
