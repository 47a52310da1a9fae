/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_fetcher.h - a function of others, bound once and called many times.
 *
 *  A fetcher holds a function's name and the options of its calls. They are copied and
 *  checked when it is made, so a call says only what differs: its arguments.
 *
 *      daffi_fetcher_t *render = daffi_fetcher_new (g, "render",
 *          DAFFI_FETCHER (.call = {.process = "gpu-1", .timeout_ms = 5000}), &error);
 *      daffi_fetch_int (render, DAFFI_ARGS (scene, 1), &frames, &error);
 *      daffi_future_t *next =
 *          daffi_fetch_start (render, DAFFI_ARGS (scene, 2), &error);
 *
 *  It is never changed, so any threads may use it at once. Its Global must outlive it.
 *  Results, errors and what blocks are those of the function that each of these stands
 *  for. Part of daffi.h, whose conventions count here.
 */
#ifndef DAFFI_API_FETCHER_H
#define DAFFI_API_FETCHER_H

#include "daffi_broadcast.h"
#include "daffi_call.h"
#include "daffi_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct daffi_fetcher daffi_fetcher_t;

typedef struct {
    daffi_call_options_t call; /*  of calls, streams and casts; a cast leaves out what
                                   it has no use for */
    daffi_broadcast_options_t broadcast; /*  of broadcasts; its timeout_ms, priority,
                                             eta_ms and detached come from `call` where
                                             they are zero */
} daffi_fetcher_options_t;

#ifndef __cplusplus
/*  DAFFI_FETCHER (.call.priority = 3, .broadcast.stop_after = 1) */
#define DAFFI_FETCHER(...) (&(daffi_fetcher_options_t){__VA_ARGS__})
#endif

/*  NULL: a bad name or options that no call could have, which *error tells. Needs no
 *  connection and does not ask whether anybody offers the function. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_fetcher_t *
daffi_fetcher_new (daffi_global_t *global, const char *function,
                   const daffi_fetcher_options_t *options, daffi_error_t *error);
/*  What was begun with it goes on. */
DAFFI_EXPORT void daffi_fetcher_destroy (daffi_fetcher_t **self_p);

/*  The name of the function. */
DAFFI_EXPORT const char *daffi_fetcher_function (const daffi_fetcher_t *self);

/*  daffi_global_wait_function (). Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_fetcher_wait (
    const daffi_fetcher_t *self, int64_t timeout_ms, daffi_error_t *error);

/*  daffi_call () and its typed forms. Block. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_fetch (const daffi_fetcher_t *self,
                                                        daffi_args_t args,
                                                        daffi_result_t **result,
                                                        daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_fetch_int (const daffi_fetcher_t *self,
                                                            daffi_args_t args,
                                                            int64_t *result,
                                                            daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_fetch_double (const daffi_fetcher_t *self, daffi_args_t args, double *result,
                    daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_fetch_bool (
    const daffi_fetcher_t *self, daffi_args_t args, bool *result, daffi_error_t *error);
/*  *result is NUL-terminated and the caller's to free (). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_fetch_string (const daffi_fetcher_t *self, daffi_args_t args, char **result,
                    daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_fetch_void (const daffi_fetcher_t *self, daffi_args_t args, daffi_error_t *error);

/*  daffi_call_start (), daffi_cast (), daffi_broadcast_start (), daffi_stream_open ().
 *  Never block. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_fetch_start (const daffi_fetcher_t *self, daffi_args_t args,
                   daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_fetch_cast (const daffi_fetcher_t *self, daffi_args_t args, daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_broadcast_t *
daffi_fetch_broadcast (const daffi_fetcher_t *self, daffi_args_t args,
                       daffi_error_t *error);
DAFFI_EXPORT DAFFI_MUST_USE daffi_stream_t *
daffi_fetch_stream (const daffi_fetcher_t *self, daffi_args_t args,
                    daffi_error_t *error);

#ifdef __cplusplus
}
#endif
#endif
