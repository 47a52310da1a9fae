//  SPDX-License-Identifier: MPL-2.0
//  Where a broker keeps its tasks when nobody says where.

#ifndef DAFFI_STORE_PLACE_H
#define DAFFI_STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "daffi.h"

//  A file for this endpoint in $STATE_DIRECTORY (systemd.exec(5)), or below
//  $XDG_STATE_HOME or ~/.local/state. False: there is none for it, and tasks live in
//  memory: a port that is another one each time, or no home.
bool daffi_store_place (const daffi_options_t *options, char *out, size_t size);

//  Can a file be made there, and the folders above it that are missing? Else errno says
//  why not.
bool daffi_store_place_usable (const char *path);

#endif
