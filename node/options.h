//  SPDX-License-Identifier: MPL-2.0
//  The options of a Global: checked, completed, kept.

#ifndef DAFFI_OPTIONS_H
#define DAFFI_OPTIONS_H

#include "daffi.h"

//  `error` says which of them cannot be, and what can.
DAFFI_MUST_USE daffi_status_t daffi_options_check (const daffi_options_t *options,
                                                   daffi_error_t *error);

//  A copy with the defaults filled in. Its strings are its own; what only the node
//  needs at its start (name, functions, transfer) is left out.
void daffi_options_keep (daffi_options_t *own, const daffi_options_t *options);
void daffi_options_release (daffi_options_t *own);

#endif
