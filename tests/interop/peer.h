//  SPDX-License-Identifier: MPL-2.0
//  The C end of the matrix: what it offers, and what it asks of others. peer.py and
//  peer.mjs do the same, function by function and scenario by scenario.

#ifndef PEER_H
#define PEER_H

#include <daffi.h>

enum { PEER_TIMEOUT_MS = 20000, PEER_LARGE_BYTES = 4 << 20 };

//  Ended by an element without a name.
extern const daffi_function_t peer_functions[];

//  Runs a scenario against the process `provider`. False: `why` says what was wrong.
bool peer_ask (daffi_global_t *global, const char *scenario, const char *provider,
               char *why, size_t why_size);

//  A number that depends on each byte and its place.
uint32_t peer_checksum (const void *data, size_t size);

#endif
