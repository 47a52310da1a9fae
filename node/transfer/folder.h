//  SPDX-License-Identifier: MPL-2.0
//  Payloads on disk: a folder of bundles, named by their hash.

#ifndef DAFFI_FOLDER_H
#define DAFFI_FOLDER_H

#include "payload.h"

//  NULL: there is none, it cannot be read, or it is not what its name says (then it is
//  removed).
daffi_payload_t *daffi_folder_read (const char *folder, const uint8_t *hash);
//  Makes the folder if need be, and removes the oldest bundles until this one fits.
DAFFI_MUST_USE daffi_status_t daffi_folder_write (const char *folder,
                                                  const daffi_payload_t *payload,
                                                  uint64_t limit, daffi_error_t *error);
bool daffi_folder_remove (const char *folder, const uint8_t *hash);

#endif
