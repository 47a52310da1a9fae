//  SPDX-License-Identifier: MPL-2.0
//  What a node does with code from others.

#include "payloads.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alloc.h"
#include "failure.h"
#include "inside.h"
#include "runner.h"
#include "writer.h"

daffi_status_t daffi_payloads_refuse (daffi_request_t *request,
                                      const daffi_error_t *error)
{
    request->ran = false;
    return daffi_request_fail_with (request, error->status, "%s", error->text);
}

bool daffi_payloads_managed_by (daffi_payloads_t *self, daffi_request_t *request,
                                const char *owner)
{
    daffi_error_t error;
    const char *caller = daffi_request_caller (request);
    if (daffi_transfer_policy_manages (&self->policy, caller, owner))
        return true;
    daffi_fail (&error, DAFFI_REFUSED,
                "'%.60s' manages no payloads here; name it in .managers", caller);
    daffi_log (&self->log, DAFFI_LOG_WARNING, "payload.refused",
               "function=%s caller=%s owner=%s text=%s", request->function, caller,
               owner, error.text);
    (void)daffi_payloads_refuse (request, &error);
    return false;
}

static daffi_status_t malformed (daffi_request_t *request, const char *text)
{
    daffi_error_t error;
    daffi_fail (&error, DAFFI_INVALID, "%s", text);
    return daffi_payloads_refuse (request, &error);
}

const uint8_t *daffi_payloads_hash_of (daffi_request_t *request)
{
    const void *data;
    size_t size;
    if (!daffi_request_bytes (request, 0, &data, &size) && size == DAFFI_HASH_SIZE)
        return data;
    (void)malformed (request, "the first argument must be a hash of 32 bytes");
    return NULL;
}

daffi_held_t *daffi_payloads_find (daffi_payloads_t *self, const uint8_t *hash,
                                   daffi_error_t *error)
{
    daffi_held_t *held = daffi_vault_get (&self->vault, hash);
    if (held && !daffi_held_expired (held))
        return held;
    daffi_fail (error, DAFFI_NO_PAYLOAD, "%s",
                held ? "the payload that is there has expired; ship it with a manifest "
                       "that has not"
                     : daffi_status_text (DAFFI_NO_PAYLOAD));
    daffi_held_unref (held);
    return NULL;
}

//  --- running ------------------------------------------------------------------------

daffi_status_t daffi_payloads_run (daffi_payloads_t *self, daffi_held_t *held,
                                   const char *function, daffi_value_t args,
                                   daffi_request_t *request)
{
    daffi_error_t error;
    daffi_status_t status = daffi_transfer_policy_admit (held->trust, held->payload,
                                                         daffi_request_caller (request),
                                                         time (NULL), &error);
    if (status) {
        daffi_log (&self->log, DAFFI_LOG_WARNING, "payload.refused",
                   "hash=%s caller=%s text=%s", held->payload->hash_text,
                   daffi_request_caller (request), error.text);
        return daffi_payloads_refuse (request, &error);
    }
    atomic_fetch_add (&held->running, 1);
    atomic_fetch_add (&held->calls, 1);
    status = self->runner
                 ? daffi_payload_run_isolated (self, held, function, args, request)
                 : daffi_payload_run_here (self, held, function, args, request);
    atomic_fetch_sub (&held->running, 1);
    return status;
}

//  [hash]
static daffi_status_t serve_have (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    const uint8_t *hash = daffi_payloads_hash_of (request);
    if (!hash)
        return DAFFI_INVALID;
    daffi_held_t *held = daffi_payloads_find (self, hash, &error);
    if (!held)
        return daffi_payloads_refuse (request, &error);
    daffi_held_unref (held);
    return DAFFI_OK;
}

typedef struct {
    const uint8_t *hash;
    char function[DAFFI_NAME_MAX + 1];
    daffi_value_t args;
} asked_t;

//  In one pass and without a copy on the heap: every call of a payload pays for it.
static bool read_call (const daffi_request_t *request, asked_t *out)
{
    daffi_value_t hash, name;
    daffi_iterator_t all = daffi_value_iterate (&request->args.value);
    if (!daffi_iterator_next (&all, NULL, &hash) ||
        !daffi_iterator_next (&all, NULL, &name) ||
        !daffi_iterator_next (&all, NULL, &out->args))
        return false;
    if (hash.kind != DAFFI_KIND_BINARY || hash.size != DAFFI_HASH_SIZE ||
        name.kind != DAFFI_KIND_STRING || name.size > DAFFI_NAME_MAX ||
        out->args.kind != DAFFI_KIND_ARRAY)
        return false;
    out->hash = hash.as.data;
    daffi_name_copy (out->function, daffi_text (name.as.string, name.size));
    return strlen (out->function) == name.size;
}

//  [hash, function, [argument …]]
static daffi_status_t serve_call (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    asked_t asked;
    if (!read_call (request, &asked))
        return malformed (request, "a hash of 32 bytes, a function and an array of "
                                   "arguments are needed");
    if (self->policy.options.run == DAFFI_RUN_REFUSED) {
        daffi_fail (&error, DAFFI_REFUSED,
                    "the process takes no payloads; set .transfer of its options");
        return daffi_payloads_refuse (request, &error);
    }
    daffi_held_t *held = daffi_payloads_find (self, asked.hash, &error);
    if (!held)
        return daffi_payloads_refuse (request, &error);
    daffi_status_t status =
        daffi_payloads_run (self, held, asked.function, asked.args, request);
    daffi_held_unref (held);
    return status;
}

//  --- listing ------------------------------------------------------------------------

typedef struct {
    daffi_payloads_t *payloads;
    daffi_buffer_t rows;
    uint32_t count;
} listing_t;

static void put_number (daffi_buffer_t *out, const char *key, uint64_t number)
{
    daffi_write_string (out, key);
    daffi_write_uint (out, number);
}

static void put_text (daffi_buffer_t *out, const char *key, const char *text)
{
    daffi_write_string (out, key);
    daffi_write_string (out, text);
}

static void write_row (void *context, const daffi_held_t *held)
{
    listing_t *listing = context;
    daffi_buffer_t *out = &listing->rows;
    const daffi_payload_info_t *info = &held->payload->info;
    listing->count++;
    daffi_write_map (out, 10);
    put_text (out, "hash", info->hash);
    put_text (out, "name", info->name);
    put_text (out, "version", info->version);
    put_text (out, "signer", info->signer ? info->signer : "");
    put_number (out, "size", info->size_bytes);
    put_number (out, "calls", atomic_load (&held->calls));
    put_number (out, "running", atomic_load (&held->running));
    put_number (out, "crashes", atomic_load (&held->crashes));
    put_text (out, "place", held->library_open ? "loaded" : "memory");
    daffi_write_string (out, "published");
    daffi_payloads_write_names (listing->payloads, held->payload->hash, out);
}

static daffi_status_t serve_list (daffi_request_t *request, void *arg)
{
    listing_t listing = {.payloads = arg};
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    daffi_buffer_init (&listing.rows);
    daffi_vault_each (&listing.payloads->vault, write_row, &listing);
    daffi_write_array (&out, listing.count);
    daffi_buffer_append (&out, listing.rows.data, listing.rows.size);
    daffi_status_t status = DAFFI_NO_MEMORY;
    if (!out.failed && !listing.rows.failed)
        status =
            daffi_request_reply_value (request, daffi_value_raw (out.data, out.size));
    daffi_buffer_done (&listing.rows);
    daffi_buffer_done (&out);
    return status;
}

//  [hash]
static daffi_status_t serve_unload (daffi_request_t *request, void *arg)
{
    daffi_payloads_t *self = arg;
    daffi_error_t error;
    char text[DAFFI_HASH_TEXT + 1];
    const uint8_t *hash = daffi_payloads_hash_of (request);
    if (!hash)
        return DAFFI_INVALID;
    daffi_held_t *held = daffi_vault_get (&self->vault, hash);
    bool may = daffi_payloads_managed_by (self, request, held ? held->owner : "");
    if (may)
        daffi_payloads_withdraw_all (self, hash);
    if (may && held && self->runner)
        daffi_runner_forget (self->runner, held);
    daffi_held_unref (held);
    if (!may)
        return DAFFI_REFUSED;
    if (daffi_vault_remove (&self->vault, hash, &error))
        return daffi_payloads_refuse (request, &error);
    daffi_hash_text (hash, text);
    daffi_log (&self->log, DAFFI_LOG_INFO, "payload.unloaded", "hash=%s caller=%s",
               text, daffi_request_caller (request));
    return DAFFI_OK;
}

//  --- life ---------------------------------------------------------------------------

static void register_own (daffi_payloads_t *self)
{
    const daffi_function_t own[] = {
        {.name = "$node.payload.offer", .callback = daffi_payloads_offer, .arg = self},
        {.name = "$node.payload.put", .callback = daffi_payloads_put, .arg = self},
        {.name = "$node.payload.have", .callback = serve_have, .arg = self},
        {.name = "$node.payload.call", .callback = serve_call, .arg = self},
        {.name = "$node.payload.publish",
         .callback = daffi_payloads_publish,
         .arg = self},
        {.name = "$node.payload.withdraw",
         .callback = daffi_payloads_withdraw,
         .arg = self},
        {.name = "$node.payload.list", .callback = serve_list, .arg = self},
        {.name = "$node.payload.unload", .callback = serve_unload, .arg = self}};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        daffi_status_t status =
            daffi_functions_add (&self->node->functions, &own[i], true, NULL);
        assert (status == DAFFI_OK);
        (void)status;
    }
}

daffi_payloads_t *daffi_payloads_new (daffi_node_t *node,
                                      const daffi_transfer_options_t *options,
                                      const char *process, const daffi_log_t *log,
                                      daffi_error_t *error)
{
    daffi_payloads_t *self = daffi_new (sizeof *self);
    self->node = node;
    self->log = *log;
    daffi_list_init (&self->uploads);
    daffi_list_init (&self->published);
    if (daffi_transfer_policy_init (&self->policy, options, process, error)) {
        free (self);
        return NULL;
    }
    pthread_mutex_init (&self->lock, NULL);
    pthread_mutex_init (&self->publishing, NULL);
    daffi_vault_init (&self->vault, &self->policy, log);
    if (self->policy.options.run == DAFFI_RUN_ISOLATED &&
        !(self->runner = daffi_runner_new (&self->policy, log, error))) {
        daffi_payloads_destroy (&self);
        return NULL;
    }
    register_own (self);
    return self;
}

void daffi_payloads_connects (daffi_payloads_t *self, const char *socket)
{
    snprintf (self->policy.socket, sizeof self->policy.socket, "%s", socket);
}

void daffi_payloads_destroy (daffi_payloads_t **self_p)
{
    daffi_payloads_t *self = *self_p;
    if (!self)
        return;
    daffi_payloads_forget_uploads (self);
    daffi_runner_destroy (&self->runner);
    daffi_vault_done (&self->vault);
    daffi_transfer_policy_done (&self->policy);
    pthread_mutex_destroy (&self->publishing);
    pthread_mutex_destroy (&self->lock);
    free (self);
    *self_p = NULL;
}
