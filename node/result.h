//  SPDX-License-Identifier: MPL-2.0
//  What a call brought back: a value and the bytes it borrows from.

#ifndef DAFFI_RESULT_H
#define DAFFI_RESULT_H

#include "received.h"
#include "text.h"

typedef struct daffi_result daffi_result_t;
typedef struct daffi_future daffi_future_t;

struct daffi_result {
    daffi_received_t received;
    daffi_future_t *holder;  //  it stands in there; NULL: a block of its own
    uint8_t room[];          //  a small body, and the process's name behind it
};

//  Room for a result, within something else.
typedef struct {
    _Alignas(daffi_result_t) uint8_t bytes[sizeof (daffi_result_t) + 128];
} daffi_space_t;

//  Keeps the body (a large one by reference, a small one copied). DAFFI_PROTOCOL: it is
//  not one value; DAFFI_NO_MEMORY.
DAFFI_MUST_USE daffi_status_t daffi_result_new (const daffi_body_t *body,
                                                daffi_text_t process,
                                                daffi_result_t **out);
//  The same in the `space` of a future, which is not done yet, where it fits.
DAFFI_MUST_USE daffi_status_t daffi_result_new_in (daffi_future_t *holder,
                                                   const daffi_body_t *body,
                                                   daffi_text_t process,
                                                   daffi_result_t **out);
//  What it holds; for its future, when that ends.
void daffi_result_release (daffi_result_t *self);

#endif
