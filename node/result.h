//  SPDX-License-Identifier: MPL-2.0
//  What a call brought back: a value and the bytes it borrows from.

#ifndef DAFFI_RESULT_H
#define DAFFI_RESULT_H

#include "received.h"
#include "text.h"

typedef struct daffi_result daffi_result_t;

struct daffi_result {
    daffi_received_t received;
    uint8_t room[];  //  a small body, and the process's name behind it
};

//  Keeps the body (a large one by reference, a small one copied). DAFFI_PROTOCOL: it is
//  not one value; DAFFI_NO_MEMORY.
DAFFI_MUST_USE daffi_status_t daffi_result_new (const daffi_body_t *body,
                                                daffi_text_t process,
                                                daffi_result_t **out);

#endif
