//  SPDX-License-Identifier: MPL-2.0
//  What a process takes from others.

#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "elf_look.h"
#include "failure.h"

//  --- options ------------------------------------------------------------------------

static void fill_in (daffi_transfer_options_t *own)
{
#define DEFAULT(member, value) own->member = own->member ? own->member : (value)
    DEFAULT (cache_bytes, UINT64_C (256) << 20);
    DEFAULT (memory_bytes, UINT64_C (128) << 20);
    DEFAULT (payload_bytes_max, DAFFI_PAYLOAD_MAX);
    DEFAULT (children_max, 16);
    DEFAULT (child_memory_bytes, UINT64_C (512) << 20);
    DEFAULT (child_cpu_ms, 10000);
    DEFAULT (child_files_max, 32);
    DEFAULT (child_idle_ms, 30000);
#undef DEFAULT
}

static daffi_status_t read_keys (daffi_transfer_policy_t *self,
                                 const daffi_trusted_key_t *keys, daffi_error_t *error)
{
    size_t count = 0;
    while (keys && keys[count].key)
        count++;
    self->trusted = daffi_new ((count + 1) * sizeof *self->trusted);
    for (size_t i = 0; i < count; i++) {
        daffi_trust_t *trust = &self->trusted[self->trusted_count];
        daffi_status_t status = daffi_key_read (keys[i].key, trust->key, error);
        if (status)
            return status;
        trust->payloads = daffi_strdup (keys[i].payloads);
        trust->callers = daffi_strdup (keys[i].callers);
        trust->isolated_only = keys[i].isolated_only;
        self->trusted_count++;
    }
    return DAFFI_OK;
}

daffi_status_t daffi_transfer_policy_init (daffi_transfer_policy_t *self,
                                           const daffi_transfer_options_t *options,
                                           const char *process, daffi_error_t *error)
{
    memset (self, 0, sizeof *self);
    daffi_name_copy (self->process, daffi_text_of (process));
    if (!options)
        return DAFFI_OK;
    self->options = *options;
    self->options.keys = NULL;
    self->options.cache_folder = daffi_strdup (options->cache_folder);
    self->options.runner_path = daffi_strdup (options->runner_path);
    self->options.managers = daffi_strdup (options->managers);
    fill_in (&self->options);
    daffi_status_t status = read_keys (self, options->keys, error);
    if (status)
        daffi_transfer_policy_done (self);
    return status;
}

void daffi_transfer_policy_done (daffi_transfer_policy_t *self)
{
    for (size_t i = 0; i < self->trusted_count; i++) {
        free (self->trusted[i].payloads);
        free (self->trusted[i].callers);
    }
    free (self->trusted);
    free ((char *)self->options.cache_folder);
    free ((char *)self->options.runner_path);
    free ((char *)self->options.managers);
    memset (self, 0, sizeof *self);
}

//  --- peers --------------------------------------------------------------------------

static bool fit (const char *patterns, daffi_text_t name)
{
    return !patterns || daffi_patterns_fit (daffi_text_of (patterns), name);
}

//  Only this user, or root, can put something into the folder. A sticky bit is not
//  enough: a socket of somebody else may have been there when the node connected.
static bool closed (const char *socket)
{
    char folder[sizeof ((daffi_transfer_policy_t *)0)->socket];
    struct stat status;
    snprintf (folder, sizeof folder, "%s", socket);
    char *slash = strrchr (folder, '/');
    if (!slash || slash == folder)
        return false;
    *slash = 0;
    return !stat (folder, &status) && S_ISDIR (status.st_mode) &&
           (status.st_uid == geteuid () || status.st_uid == 0) &&
           !(status.st_mode & 022);
}

bool daffi_transfer_policy_local (const daffi_transfer_policy_t *self)
{
    struct stat status;
    return self->socket[0] && !lstat (self->socket, &status) &&
           S_ISSOCK (status.st_mode) && status.st_uid == geteuid () &&
           closed (self->socket);
}

bool daffi_transfer_policy_manages (const daffi_transfer_policy_t *self,
                                    const char *caller, const char *owner)
{
    if (owner[0] && strcmp (caller, owner) == 0)
        return true;
    return self->options.managers ? fit (self->options.managers, daffi_text_of (caller))
                                  : daffi_transfer_policy_local (self);
}

//  --- judging ------------------------------------------------------------------------

static daffi_status_t check_expiry (const daffi_payload_t *payload, int64_t now_s,
                                    daffi_error_t *error)
{
    uint64_t expires_s = payload->read.expires_s;
    if (expires_s && (now_s < 0 || (uint64_t)now_s >= expires_s))
        return daffi_fail (error, DAFFI_REFUSED, "the payload expired %llu s ago",
                           (unsigned long long)((uint64_t)now_s - expires_s));
    return DAFFI_OK;
}

static daffi_status_t check_manifest (const daffi_transfer_policy_t *self,
                                      const daffi_manifest_t *manifest,
                                      daffi_error_t *error)
{
    const char *here = daffi_elf_architecture ();
    if (!daffi_text_equal (manifest->architecture, daffi_text_of (here)))
        return daffi_fail (error, DAFFI_BAD_PAYLOAD,
                           "the payload was built for %.*s, this process is %s",
                           (int)manifest->architecture.size,
                           manifest->architecture.data, here);
    if (manifest->abi != 1)
        return daffi_fail (error, DAFFI_BAD_PAYLOAD,
                           "the payload was made for version %llu of the payload ABI, "
                           "this process has version 1",
                           (unsigned long long)manifest->abi);
    if (manifest->size > self->options.payload_bytes_max)
        return daffi_fail (error, DAFFI_TOO_BIG,
                           "the payload has %llu bytes, this process takes %u",
                           (unsigned long long)manifest->size,
                           (unsigned)self->options.payload_bytes_max);
    if (!daffi_patterns_fit (manifest->processes, daffi_text_of (self->process)))
        return daffi_fail (
            error, DAFFI_REFUSED, "the payload is meant for '%.*s', not for '%.60s'",
            (int)manifest->processes.size, manifest->processes.data, self->process);
    return DAFFI_OK;
}

static const daffi_trust_t *find_key (const daffi_transfer_policy_t *self,
                                      const uint8_t *key)
{
    for (size_t i = 0; i < self->trusted_count; i++)
        if (memcmp (self->trusted[i].key, key, DAFFI_KEY_SIZE) == 0)
            return &self->trusted[i];
    return NULL;
}

static daffi_status_t check_signature (const daffi_transfer_policy_t *self,
                                       const daffi_payload_t *payload,
                                       const daffi_trust_t **trust,
                                       daffi_error_t *error)
{
    *trust = NULL;
    bool may_be_unsigned =
        self->options.unsigned_local && daffi_transfer_policy_local (self);
    if (!payload->is_signed) {
        if (may_be_unsigned)
            return DAFFI_OK;
        return daffi_fail (error, DAFFI_REFUSED,
                           self->options.unsigned_local
                               ? "the payload is not signed, and this process is not "
                                 "connected over a UNIX socket of its own user"
                               : "the payload is not signed; sign it with a key that "
                                 "this process trusts");
    }
    const daffi_trust_t *found = find_key (self, payload->key);
    if (!found && !may_be_unsigned)
        return daffi_fail (error, DAFFI_REFUSED,
                           "this process does not trust the key %.90s",
                           payload->key_text);
    //  an unknown one too: it is shown as the signer
    if (!daffi_payload_signature_holds (payload))
        return daffi_fail (error, DAFFI_REFUSED,
                           "the signature does not belong to the manifest");
    if (!found)
        return DAFFI_OK;
    if (!fit (found->payloads, payload->read.name))
        return daffi_fail (error, DAFFI_REFUSED,
                           "this process trusts that key for payloads named '%.80s', "
                           "not for '%.80s'",
                           found->payloads, payload->info.name);
    if (found->isolated_only && self->options.run == DAFFI_RUN_HERE)
        return daffi_fail (error, DAFFI_REFUSED,
                           "this process trusts that key for isolated runs only");
    *trust = found;
    return DAFFI_OK;
}

daffi_status_t daffi_transfer_policy_judge (const daffi_transfer_policy_t *self,
                                            const daffi_payload_t *payload,
                                            int64_t now_s, const daffi_trust_t **trust,
                                            daffi_error_t *error)
{
    if (self->options.run == DAFFI_RUN_REFUSED)
        return daffi_fail (error, DAFFI_REFUSED,
                           "the process takes no payloads; set .transfer of its "
                           "options");
    daffi_status_t status = check_signature (self, payload, trust, error);
    if (!status)
        status = check_manifest (self, &payload->read, error);
    return status ? status : check_expiry (payload, now_s, error);
}

daffi_status_t daffi_transfer_policy_admit (const daffi_trust_t *trust,
                                            const daffi_payload_t *payload,
                                            const char *caller, int64_t now_s,
                                            daffi_error_t *error)
{
    if (trust && !fit (trust->callers, daffi_text_of (caller)))
        return daffi_fail (error, DAFFI_REFUSED,
                           "'%.80s' may not call payloads of that key", caller);
    return check_expiry (payload, now_s, error);
}
