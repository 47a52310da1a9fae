//  SPDX-License-Identifier: MPL-2.0
//  The zones that tasks have named so far, each read once.

#ifndef DAFFI_ZONES_H
#define DAFFI_ZONES_H

#include "buffer.h"
#include "daffi_status.h"
#include "names.h"
#include "zone.h"

//  Puts the TZif file of a zone into `out`; false: there is none. The name has been
//  checked: letters, digits, + - _ and single inner slashes.
typedef bool (daffi_zone_load_fn) (void *context, const char *name,
                                   daffi_buffer_t *out);

typedef struct {
    daffi_zone_load_fn *load;  //  NULL: there is UTC alone
    void *context;
    daffi_zone_t *utc;
    daffi_names_t known;
} daffi_zones_t;

void daffi_zones_init (daffi_zones_t *self, daffi_zone_load_fn *load, void *context,
                       uint64_t seed);
void daffi_zones_done (daffi_zones_t *self);

//  Lives as long as `self`. DAFFI_INVALID: no such zone; BUSY: too many.
DAFFI_MUST_USE daffi_status_t daffi_zones_get (daffi_zones_t *self, daffi_text_t name,
                                               const daffi_zone_t **out,
                                               daffi_error_t *error);

#endif
