//  SPDX-License-Identifier: MPL-2.0
//  A machine whose clock is set and whose disk fails: what is started on it believes
//  it.

#ifndef DAFFI_SYSTEM_MACHINE_H
#define DAFFI_SYSTEM_MACHINE_H

#include "place.h"
#include "preload/machine_words.h"

//  In the test's folder; the test process itself is not on it.
machine_words_t *machine_open (void);
//  daffi-broker on that machine; otherwise as broker_start_with ().
process_t machine_broker (place_t *at, const char *const *options);
#define MACHINE_BROKER(at, ...) \
    machine_broker ((at), (const char *const[]){__VA_ARGS__, NULL})

#endif
