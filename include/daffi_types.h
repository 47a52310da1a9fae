/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_types.h - the names that all of daffi.h shares.
 *
 *  Included by the headers that need it; a program includes daffi.h.
 */
#ifndef DAFFI_API_TYPES_H
#define DAFFI_API_TYPES_H

#include "daffi_status.h"
#include "daffi_value.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DAFFI_FOREVER INT64_C (-1)

typedef struct daffi_global daffi_global_t;
typedef struct daffi_request daffi_request_t;
typedef struct daffi_result daffi_result_t;
typedef struct daffi_future daffi_future_t;

/*  Gives `data` back; `hint` is whatever was handed over with it. */
typedef void (daffi_free_fn) (void *data, void *hint);

/*  DAFFI_AUTO (daffi_future) *f = ...; is destroyed at the end of its block. */
#define DAFFI_AUTO(type) DAFFI_CLEANUP (type##_destroy) DAFFI_MAYBE_UNUSED type##_t

#ifdef __cplusplus
}
#endif
#endif
