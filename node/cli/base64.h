//  SPDX-License-Identifier: MPL-2.0
//  Base64 as RFC 4648, section 4, says: for binaries in JSON.

#ifndef DAFFI_CLI_BASE64_H
#define DAFFI_CLI_BASE64_H

#include <stdbool.h>

#include "keep.h"

const char *daffi_base64_write (daffi_keep_t *keep, const void *data, size_t size);
//  False: it is none.
bool daffi_base64_read (daffi_keep_t *keep, const char *text, const void **data,
                        size_t *size);

#endif
