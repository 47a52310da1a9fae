//  SPDX-License-Identifier: MPL-2.0
//  Payloads as a hostile peer would make them, and a node that is offered them.

#ifndef DAFFI_UNIT_FORGE_H
#define DAFFI_UNIT_FORGE_H

#include "daffi_transfer.h"
#include "payload.h"

//  What is offered: all of it may be wrong.
typedef struct {
    daffi_buffer_t object;
    daffi_buffer_t manifest;
    bool is_signed;
    uint8_t key[DAFFI_KEY_SIZE];
    uint8_t signature[DAFFI_SIGNATURE_SIZE];
} forged_t;

//  tests/payloads/NAME.so, or with a slash in its name any file; without manifest.
void forge_object (forged_t *self, const char *name);
//  A manifest that fits the object; `change` may spoil it before it is written.
void forge_manifest (forged_t *self, void (*change) (daffi_manifest_t *manifest));
void forge_sign (forged_t *self, const char *key_path);
//  All of the above: the payload "marked", signed.
void forge_good (forged_t *self, const char *key_path);
void forge_done (forged_t *self);

//  A node "taker" that runs payloads itself, and a caller.
typedef struct {
    char folder[100];
    char key[200];  //  secret keys, beside their .pub
    char other_key[200];
    daffi_global_t *taker;
    daffi_global_t *caller;
} bench_t;

//  It trusts `key`, which is made, in the way of `trusted`; NULL: any use of it.
void bench_start (bench_t *self, const daffi_trusted_key_t *trusted,
                  const daffi_transfer_options_t *more);
void bench_stop (bench_t *self);

//  Offers it with its bytes, as the wire has it.
daffi_status_t bench_offer (bench_t *self, const forged_t *forged,
                            daffi_error_t *error);
//  It is refused with this status and a text that holds `text`, with a line in the log,
//  and nothing of it was loaded: a constructor of "marked" would have left its mark.
void bench_refuses (bench_t *self, const forged_t *forged, daffi_status_t status,
                    const char *text);
bool bench_loaded (void);
//  Lines of the taker's log with this id.
int bench_logged (const char *id);

#endif
