//  SPDX-License-Identifier: MPL-2.0
//  The payloads that a process holds, by hash: in memory, and as bundles in a folder.
//
//  What is read back from the folder is checked and judged like something that came
//  from a peer: the folder is a cache, not a witness.

#ifndef DAFFI_VAULT_H
#define DAFFI_VAULT_H

#include <pthread.h>

#include "list.h"
#include "loader.h"
#include "log.h"
#include "names.h"
#include "policy.h"

typedef struct daffi_vault daffi_vault_t;

//  One payload that was accepted. Whoever uses it holds a reference; `lock` guards what
//  is loaded.
typedef struct {
    atomic_uint refs;
    daffi_link_t link;  //  vault.held, the least recently used first
    daffi_payload_t *payload;
    const daffi_trust_t *trust;      //  or NULL
    char owner[DAFFI_NAME_MAX + 1];  //  who brought it; "": the folder
    pthread_mutex_t lock;
    daffi_library_t library;   //  where it is loaded into this process
    int image;                 //  sealed memfd, or -1: not made yet
    daffi_elf_t *elf;          //  its names; or NULL
    atomic_bool library_open;  //  written under the lock
    atomic_bool told;          //  its loading, to the log
    atomic_uint running;
    atomic_uint published;  //  names that it is offered under
    atomic_ullong calls;
    atomic_ullong crashes;
} daffi_held_t;

struct daffi_vault {
    const daffi_transfer_policy_t *policy;
    daffi_log_t log;
    pthread_mutex_t lock;
    daffi_names_t names;  //  hash -> daffi_held_t
    daffi_list_t held;
    uint64_t bytes;
};

void daffi_vault_init (daffi_vault_t *self, const daffi_transfer_policy_t *policy,
                       const daffi_log_t *log);
void daffi_vault_done (daffi_vault_t *self);

//  A reference, from memory or from the folder; NULL: it is not here, or not any more
//  what the policy takes.
daffi_held_t *daffi_vault_get (daffi_vault_t *self, const uint8_t *hash);
//  Takes a payload that was judged and whose bytes are there. DAFFI_BUSY: too much is
//  held already and all of it runs. *out is a reference.
DAFFI_MUST_USE daffi_status_t daffi_vault_put (daffi_vault_t *self,
                                               daffi_payload_t *payload,
                                               const daffi_trust_t *trust,
                                               const char *owner, daffi_held_t **out,
                                               daffi_error_t *error);
//  DAFFI_BUSY: it runs or is published; DAFFI_NOT_FOUND.
DAFFI_MUST_USE daffi_status_t daffi_vault_remove (daffi_vault_t *self,
                                                  const uint8_t *hash,
                                                  daffi_error_t *error);
//  Calls tell () for each, locked.
void daffi_vault_each (daffi_vault_t *self,
                       void (*tell) (void *context, const daffi_held_t *held),
                       void *context);

void daffi_held_unref (daffi_held_t *self);
bool daffi_held_expired (const daffi_held_t *self);
//  Its bytes as a sealed memfd, which belongs to it. -1: `error` says why.
int daffi_held_image (daffi_held_t *self, daffi_error_t *error);
//  The function, from a library that is loaded into this process at first use. NULL:
//  `error` says why.
daffi_payload_fn *daffi_held_function (daffi_held_t *self, daffi_text_t name,
                                       daffi_error_t *error);
//  The payload has such a function, by its manifest.
bool daffi_held_offers (const daffi_held_t *self, daffi_text_t name,
                        daffi_text_t *signature);

#endif
