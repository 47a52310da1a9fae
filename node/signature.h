//  SPDX-License-Identifier: MPL-2.0
//  Signatures: the arguments that a function says it takes, and whether it got them.
//
//  The grammar stands in daffi.h. What is not of it is for people and checks nothing.

#ifndef DAFFI_SIGNATURE_H
#define DAFFI_SIGNATURE_H

#include "daffi.h"

typedef struct daffi_signature daffi_signature_t;

//  NULL where the text says nothing that can be checked.
daffi_signature_t *daffi_signature_new (const char *text);
void daffi_signature_destroy (daffi_signature_t **self_p);

//  DAFFI_OK, or DAFFI_TYPE and what is wrong in `text`, for a person.
DAFFI_MUST_USE daffi_status_t daffi_signature_check (const daffi_signature_t *self,
                                                     const daffi_value_t *args,
                                                     const char *function, char *text,
                                                     size_t size);

#endif
