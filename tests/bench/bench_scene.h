//  SPDX-License-Identifier: MPL-2.0
//  A scene: one controller, nodes of this process around it, and rows of figures.
//
//  What is measured is mostly the controller's CPU time and memory, which the kernel
//  counts and which say the same on a busy machine.
#ifndef BENCH_SCENE_H
#define BENCH_SCENE_H

#include "bench_rig.h"
#include "bench_stats.h"

enum { BENCH_ROWS_MAX = 60 };

typedef struct {
    const char *unit;
    char name[80];
    bench_summary_t figure;
} bench_row_t;

typedef struct {
    const bench_settings_t *settings;
    bench_row_t rows[BENCH_ROWS_MAX];
    size_t count;
    bench_rig_t rig;
    char endpoint_text[128];
} bench_scene_t;

//  Starts a controller at a UNIX socket, and ends it.
daffi_status_t bench_scene_open (bench_scene_t *self,
                                 daffi_error_t *error) DAFFI_MUST_USE;
//  The same with a bare ROUTER in the controller's place.
daffi_status_t bench_scene_open_bare (bench_scene_t *self,
                                      daffi_error_t *error) DAFFI_MUST_USE;
void bench_scene_close (bench_scene_t *self);

//  A node of this process.
daffi_global_t *bench_scene_node (bench_scene_t *self, const char *name,
                                  const daffi_function_t *functions,
                                  daffi_error_t *error);
daffi_global_t *bench_scene_node_with (bench_scene_t *self, daffi_options_t *options,
                                       daffi_error_t *error);

//  A callback that sends back what it is given.
daffi_status_t bench_scene_echo (daffi_request_t *request, void *arg);

//  Adds a row; `format` takes `number`.
void bench_scene_note (bench_scene_t *self, const char *unit, const double *values,
                       uint32_t count, const char *format, unsigned number);

//  Adds a row: microseconds of the controller a call, to "echo0" and so on by turns.
daffi_status_t bench_scene_calls (bench_scene_t *self, daffi_global_t *caller,
                                  unsigned functions, const char *format,
                                  unsigned number, daffi_error_t *error) DAFFI_MUST_USE;

double bench_resident_kib (const bench_child_t *child);

void bench_scene_print (const bench_scene_t *self);
daffi_status_t bench_scene_write (const bench_scene_t *self,
                                  daffi_error_t *error) DAFFI_MUST_USE;

//  In files of their own.
daffi_status_t bench_fan_run (bench_scene_t *self, daffi_error_t *error) DAFFI_MUST_USE;
daffi_status_t bench_hang_run (bench_scene_t *self,
                               daffi_error_t *error) DAFFI_MUST_USE;

#endif
