//  SPDX-License-Identifier: MPL-2.0
//  The payloads that a process holds.

#include "vault.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "entropy.h"
#include "failure.h"
#include "folder.h"

void daffi_vault_init (daffi_vault_t *self, const daffi_transfer_policy_t *policy,
                       const daffi_log_t *log)
{
    uint64_t seed;
    daffi_entropy_fill (&seed, sizeof seed);
    memset (self, 0, sizeof *self);
    self->policy = policy;
    self->log = *log;
    pthread_mutex_init (&self->lock, NULL);
    daffi_names_init (&self->names, seed);
    daffi_list_init (&self->held);
}

void daffi_held_unref (daffi_held_t *self)
{
    if (!self || atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (self->library_open)
        daffi_library_close (&self->library);
    if (self->image >= 0)
        close (self->image);
    free (self->elf);
    daffi_payload_destroy (&self->payload);
    pthread_mutex_destroy (&self->lock);
    free (self);
}

bool daffi_held_expired (const daffi_held_t *self)
{
    daffi_error_t error;
    return daffi_transfer_policy_admit (NULL, self->payload, "", time (NULL), &error) !=
           DAFFI_OK;
}

static daffi_held_t *ref (daffi_held_t *self)
{
    atomic_fetch_add_explicit (&self->refs, 1, memory_order_acq_rel);
    return self;
}

static daffi_text_t key_of (const uint8_t *hash)
{
    return daffi_text ((const char *)hash, DAFFI_HASH_SIZE);
}

//  Locked.
static void forget (daffi_vault_t *self, daffi_held_t *held)
{
    daffi_names_remove (&self->names, key_of (held->payload->hash));
    daffi_link_remove (&held->link);
    self->bytes -= held->payload->bytes->size;
    daffi_held_unref (held);
}

void daffi_vault_done (daffi_vault_t *self)
{
    DAFFI_LIST_EACH (&self->held, link, follower)
        forget (self, daffi_container (link, daffi_held_t, link));
    daffi_names_done (&self->names);
    pthread_mutex_destroy (&self->lock);
}

static bool in_use (const daffi_held_t *held)
{
    return atomic_load (&held->running) || atomic_load (&held->published);
}

//  --- in memory ----------------------------------------------------------------------

//  Locked. Room for `size` bytes, at the cost of what was used least recently.
static bool make_room (daffi_vault_t *self, uint64_t size)
{
    uint64_t limit = self->policy->options.memory_bytes;
    DAFFI_LIST_EACH (&self->held, link, follower) {
        if (self->bytes + size <= limit)
            break;
        daffi_held_t *held = daffi_container (link, daffi_held_t, link);
        if (!in_use (held))
            forget (self, held);
    }
    return self->bytes + size <= limit;
}

//  Locked.
static daffi_held_t *find (daffi_vault_t *self, const uint8_t *hash)
{
    daffi_held_t *held = daffi_names_get (&self->names, key_of (hash));
    if (!held)
        return NULL;
    daffi_link_remove (&held->link);
    daffi_list_append (&self->held, &held->link);
    return ref (held);
}

//  Locked.
static void forget_expired (daffi_vault_t *self, const uint8_t *hash)
{
    daffi_held_t *held = daffi_names_get (&self->names, key_of (hash));
    if (held && daffi_held_expired (held))
        forget (self, held);
}

static daffi_held_t *new_held (daffi_payload_t *payload, const daffi_trust_t *trust,
                               const char *owner)
{
    daffi_held_t *held = daffi_new (sizeof *held);
    atomic_init (&held->refs, 1);
    held->payload = payload;
    held->trust = trust;
    daffi_name_copy (held->owner, daffi_text_of (owner));
    held->image = -1;
    pthread_mutex_init (&held->lock, NULL);
    return held;
}

//  Takes the reference of `payload`. Where one with an older manifest is held already
//  that one stays, unless it has expired.
static daffi_held_t *keep (daffi_vault_t *self, daffi_payload_t *payload,
                           const daffi_trust_t *trust, const char *owner)
{
    pthread_mutex_lock (&self->lock);
    forget_expired (self, payload->hash);
    daffi_held_t *held = find (self, payload->hash);
    if (!held && make_room (self, payload->bytes->size)) {
        held = new_held (payload, trust, owner);
        payload = NULL;
        daffi_names_put (&self->names, key_of (held->payload->hash), held);
        daffi_list_append (&self->held, &held->link);
        self->bytes += held->payload->bytes->size;
        ref (held);
    }
    pthread_mutex_unlock (&self->lock);
    daffi_payload_destroy (&payload);
    return held;
}

//  --- with the folder ----------------------------------------------------------------

static daffi_held_t *fetch (daffi_vault_t *self, const uint8_t *hash)
{
    daffi_error_t error;
    const daffi_trust_t *trust;
    const char *folder = self->policy->options.cache_folder;
    if (!folder)
        return NULL;
    daffi_payload_t *payload = daffi_folder_read (folder, hash);
    if (!payload)
        return NULL;
    if (daffi_transfer_policy_judge (self->policy, payload, time (NULL), &trust,
                                     &error)) {
        daffi_log (&self->log, DAFFI_LOG_WARNING, "payload.refused",
                   "hash=%s from=cache text=%s", payload->hash_text, error.text);
        daffi_payload_destroy (&payload);
        return NULL;
    }
    daffi_log (&self->log, DAFFI_LOG_INFO, "payload.accepted",
               "hash=%s name=%s from=cache signer=%s", payload->hash_text,
               payload->info.name,
               payload->info.signer ? payload->info.signer : "none");
    return keep (self, payload, trust, "");
}

daffi_held_t *daffi_vault_get (daffi_vault_t *self, const uint8_t *hash)
{
    pthread_mutex_lock (&self->lock);
    daffi_held_t *held = find (self, hash);
    pthread_mutex_unlock (&self->lock);
    return held ? held : fetch (self, hash);
}

daffi_status_t daffi_vault_put (daffi_vault_t *self, daffi_payload_t *payload,
                                const daffi_trust_t *trust, const char *owner,
                                daffi_held_t **out, daffi_error_t *error)
{
    *out = keep (self, daffi_payload_ref (payload), trust, owner);
    if (!*out)
        return daffi_fail (error, DAFFI_BUSY,
                           "the payloads in use fill the %llu bytes for them",
                           (unsigned long long)self->policy->options.memory_bytes);
    daffi_error_t why;
    if (self->policy->options.cache_folder &&
        daffi_folder_write (self->policy->options.cache_folder, payload,
                            self->policy->options.cache_bytes, &why))
        daffi_log (&self->log, DAFFI_LOG_WARNING, "payload.not_cached",
                   "hash=%s text=%s", payload->hash_text, why.text);
    return DAFFI_OK;
}

daffi_status_t daffi_vault_remove (daffi_vault_t *self, const uint8_t *hash,
                                   daffi_error_t *error)
{
    daffi_status_t status = DAFFI_OK;
    pthread_mutex_lock (&self->lock);
    daffi_held_t *held = daffi_names_get (&self->names, key_of (hash));
    if (held && in_use (held))
        status = daffi_fail (error, DAFFI_BUSY, "it runs at the moment");
    else if (held)
        forget (self, held);
    pthread_mutex_unlock (&self->lock);
    if (status)
        return status;
    const char *folder = self->policy->options.cache_folder;
    bool removed = folder && daffi_folder_remove (folder, hash);
    return held || removed
               ? DAFFI_OK
               : daffi_fail (error, DAFFI_NOT_FOUND, "no such payload is here");
}

void daffi_vault_each (daffi_vault_t *self,
                       void (*tell) (void *context, const daffi_held_t *held),
                       void *context)
{
    pthread_mutex_lock (&self->lock);
    DAFFI_LIST_EACH (&self->held, link, follower)
        tell (context, daffi_container (link, daffi_held_t, link));
    pthread_mutex_unlock (&self->lock);
}

//  --- using one ----------------------------------------------------------------------

//  Locked.
static int image_of (daffi_held_t *self, daffi_error_t *error)
{
    const daffi_blob_t *bytes = self->payload->bytes;
    if (self->image < 0)
        self->image = daffi_image_new (bytes->data, bytes->size, error);
    return self->image;
}

int daffi_held_image (daffi_held_t *self, daffi_error_t *error)
{
    pthread_mutex_lock (&self->lock);
    int image = image_of (self, error);
    pthread_mutex_unlock (&self->lock);
    return image;
}

//  Locked.
static daffi_status_t load (daffi_held_t *self, daffi_error_t *error)
{
    const daffi_blob_t *bytes = self->payload->bytes;
    if (self->library_open)
        return DAFFI_OK;
    if (image_of (self, error) < 0)
        return DAFFI_SYSTEM;
    self->elf = self->elf ? self->elf : daffi_new (sizeof *self->elf);
    daffi_status_t status = daffi_elf_look (bytes->data, bytes->size, self->elf, error);
    if (!status)
        status = daffi_library_open (&self->library, self->image, self->elf, error);
    self->library_open = !status;
    return status;
}

daffi_payload_fn *daffi_held_function (daffi_held_t *self, daffi_text_t name,
                                       daffi_error_t *error)
{
    pthread_mutex_lock (&self->lock);
    daffi_payload_fn *function = NULL;
    if (!load (self, error)) {
        function = daffi_library_find (&self->library, name);
        if (!function)
            daffi_fail (error, DAFFI_NO_FUNCTION, "the payload has no function '%.*s'",
                        (int)(name.size > 128 ? 128 : name.size), name.data);
    }
    pthread_mutex_unlock (&self->lock);
    return function;
}

bool daffi_held_offers (const daffi_held_t *self, daffi_text_t name,
                        daffi_text_t *signature)
{
    const daffi_payload_info_t *info = &self->payload->info;
    for (size_t i = 0; i < info->function_count; i++)
        if (daffi_text_equal (daffi_text_of (info->functions[i].name), name)) {
            *signature = daffi_text_of (info->functions[i].signature);
            return true;
        }
    return false;
}
