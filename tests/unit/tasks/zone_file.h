//  SPDX-License-Identifier: MPL-2.0
//  A zone of this machine, and libc's opinion of it.

#ifndef DAFFI_TEST_ZONE_FILE_H
#define DAFFI_TEST_ZONE_FILE_H

#include "buffer.h"
#include "zone.h"

//  daffi_zone_load_fn.
bool zone_file (void *context, const char *name, daffi_buffer_t *out);
//  Read, and TZ set to it for libc; the test is skipped where the machine has no zones.
daffi_zone_t *zone_open (const char *name);
//  By libc: local time minus UTC.
int64_t zone_libc_offset (int64_t utc_s);

extern const char *const zone_names[];  //  a NULL ends them

#endif
