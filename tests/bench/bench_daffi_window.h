//  SPDX-License-Identifier: MPL-2.0
//  A window of futures: three ways to keep so many calls outstanding.
//
//  All start the whole window, replace each finished call by a new one, and end with
//  no call in flight. On an error they return with calls in flight: the process ends.
#ifndef BENCH_DAFFI_WINDOW_H
#define BENCH_DAFFI_WINDOW_H

#include <pthread.h>

#include "bench_base.h"
#include "bench_meter.h"

#define BENCH_CALL_TIMEOUT_MS 15000

typedef struct bench_window bench_window_t;

typedef struct bench_slot {
    bench_window_t *window;
    daffi_future_t *future;
    struct bench_slot *next;  //  in the list of finished ones
} bench_slot_t;

struct bench_window {
    daffi_global_t *global;
    uint8_t *body;
    size_t body_size;
    uint32_t outstanding;
    bench_slot_t *slots;  //  one for each call outstanding
    pthread_mutex_t lock;
    pthread_cond_t wakeup;
    //  guarded by the lock:
    bench_slot_t *finished;  //  told by on_done
    bench_meter_t *meter;    //  of the chained way, as is what follows
    bool running;            //  a finished call is replaced
    uint32_t flying;         //  slots that have not ended
    daffi_error_t failed;
};

void bench_window_init (bench_window_t *self, size_t body_size, uint32_t outstanding);
void bench_window_done (bench_window_t *self);

//  One call: begin it; wait for it, check the echo and destroy it.
daffi_future_t *bench_window_start (bench_window_t *self, daffi_error_t *error);
daffi_status_t bench_window_finish (bench_window_t *self, daffi_future_t **future_p,
                                    daffi_error_t *error);

//  The three ways; `window` is a bench_window_t, so that they fit bench_caller_fn.
daffi_status_t bench_window_oldest_first (void *window, bench_meter_t *meter,
                                          daffi_error_t *error);
daffi_status_t bench_window_on_done (void *window, bench_meter_t *meter,
                                     daffi_error_t *error);
daffi_status_t bench_window_chained (void *window, bench_meter_t *meter,
                                     daffi_error_t *error);

#endif
