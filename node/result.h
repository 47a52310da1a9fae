//  SPDX-License-Identifier: MPL-2.0
//  What a call brought back: a value and the bytes it borrows from.

#ifndef DAFFI_RESULT_H
#define DAFFI_RESULT_H

#include "blob.h"
#include "daffi.h"
#include "text.h"

struct daffi_result {
    daffi_value_t value;
    daffi_blob_t *body;
    char process[DAFFI_NAME_MAX + 1];
};

//  Keeps the body (a large one by reference, a small one copied). DAFFI_PROTOCOL: it is
//  not one value; DAFFI_NO_MEMORY.
DAFFI_MUST_USE daffi_status_t daffi_result_new (const daffi_body_t *body,
                                                daffi_text_t process,
                                                daffi_result_t **out);

#endif
