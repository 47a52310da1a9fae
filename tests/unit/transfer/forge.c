//  SPDX-License-Identifier: MPL-2.0
//  Payloads as a hostile peer would make them, and a node that is offered them.

#include "forge.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daffi.h"
#include "elf_look.h"
#include "loader.h"
#include "test.h"

//  --- forging ------------------------------------------------------------------------

void forge_object (forged_t *self, const char *name)
{
    char path[4096];
    daffi_error_t error;
    const char *build = getenv ("DAFFI_BUILD_DIR");
    if (!build)
        SKIP ("DAFFI_BUILD_DIR does not say where the payloads were built");
    if (strchr (name, '/'))
        snprintf (path, sizeof path, "%s", name);
    else
        snprintf (path, sizeof path, "%s/tests/payloads/%s.so", build, name);
    memset (self, 0, sizeof *self);
    daffi_buffer_init (&self->object);
    daffi_buffer_init (&self->manifest);
    CHECK_OK (daffi_file_read (path, DAFFI_PAYLOAD_MAX, &self->object, &error));
}

void forge_manifest (forged_t *self, void (*change) (daffi_manifest_t *manifest))
{
    const daffi_value_t pair[] = {daffi_value_string ("run"), daffi_value_string ("")};
    const daffi_value_t row = daffi_value_array (pair, 2);
    daffi_manifest_t manifest = {.size = self->object.size,
                                 .name = daffi_text_of ("marked"),
                                 .version = daffi_text_of ("1"),
                                 .architecture =
                                     daffi_text_of (daffi_elf_architecture ()),
                                 .abi = DAFFI_PAYLOAD_ABI,
                                 .processes = daffi_text_of (""),
                                 .functions = daffi_value_array (&row, 1)};
    daffi_payload_hash (self->object.data, self->object.size, manifest.hash);
    if (change)
        change (&manifest);
    daffi_buffer_clear (&self->manifest);
    daffi_write_manifest (&self->manifest, &manifest);
    self->is_signed = false;
}

void forge_sign (forged_t *self, const char *key_path)
{
    daffi_error_t error;
    daffi_payload_t *payload = daffi_payload_announced (
        self->manifest.data, self->manifest.size, NULL, NULL, &error);
    CHECK (payload != NULL);
    payload->bytes = daffi_blob_copy (self->object.data, self->object.size);
    CHECK_OK (daffi_payload_sign (payload, key_path, &error));
    memcpy (self->key, payload->key, sizeof self->key);
    memcpy (self->signature, payload->signature, sizeof self->signature);
    self->is_signed = true;
    daffi_payload_destroy (&payload);
}

void forge_good (forged_t *self, const char *key_path)
{
    forge_object (self, "marked");
    forge_manifest (self, NULL);
    forge_sign (self, key_path);
}

void forge_done (forged_t *self)
{
    daffi_buffer_done (&self->object);
    daffi_buffer_done (&self->manifest);
}

//  --- the node -----------------------------------------------------------------------

static atomic_int refused, accepted, loaded;

static void count (void *arg, daffi_log_level_t level, const char *id, const char *text)
{
    (void)arg, (void)level, (void)text;
    atomic_fetch_add (&refused, strcmp (id, "payload.refused") == 0);
    atomic_fetch_add (&accepted, strcmp (id, "payload.accepted") == 0);
    atomic_fetch_add (&loaded, strcmp (id, "payload.loaded") == 0);
}

int bench_logged (const char *id)
{
    return strcmp (id, "payload.refused") == 0    ? atomic_load (&refused)
           : strcmp (id, "payload.accepted") == 0 ? atomic_load (&accepted)
                                                  : atomic_load (&loaded);
}

bool bench_loaded (void)
{
    return getenv ("DAFFI_TEST_LOADED") != NULL || bench_logged ("payload.loaded");
}

void bench_start (bench_t *self, const daffi_trusted_key_t *trusted,
                  const daffi_transfer_options_t *more)
{
    daffi_error_t error;
    char public_key[300];
    snprintf (self->folder, sizeof self->folder, "%s", test_tmpdir ());
    snprintf (self->key, sizeof self->key, "%s/trusted", self->folder);
    snprintf (self->other_key, sizeof self->other_key, "%s/other", self->folder);
    CHECK_OK (daffi_payload_keygen (self->key, &error));
    CHECK_OK (daffi_payload_keygen (self->other_key, &error));
    snprintf (public_key, sizeof public_key, "%s.pub", self->key);
    daffi_trusted_key_t keys[2] = {trusted ? *trusted : (daffi_trusted_key_t){0}};
    keys[0].key = public_key;
    daffi_transfer_options_t options = more ? *more : (daffi_transfer_options_t){0};
    options.run = DAFFI_RUN_HERE;
    options.keys = keys;
    self->taker = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "taker", .init_controller = true,
                       .unix_sock_path = self->folder, .transfer = &options,
                       .log = count, .log_level = DAFFI_LOG_DEBUG),
        &error);
    if (!self->taker)
        daffi_test_fail (__FILE__, __LINE__, "taker: %s", error.text);
    self->caller = daffi_global_new (DAFFI_OPTIONS (.process_name = "caller",
                                                    .unix_sock_path = self->folder,
                                                    .connect_timeout_ms = 10000),
                                     &error);
    CHECK (self->caller != NULL);
}

void bench_stop (bench_t *self)
{
    daffi_global_destroy (&self->caller);
    daffi_global_destroy (&self->taker);
}

daffi_status_t bench_offer (bench_t *self, const forged_t *forged, daffi_error_t *error)
{
    daffi_value_t nil = daffi_value_nil ();
    return daffi_call (
        self->caller, "$node.payload.offer",
        DAFFI_ARGS (
            daffi_value_binary (forged->manifest.data, forged->manifest.size),
            forged->is_signed ? daffi_value_binary (forged->key, sizeof forged->key)
                              : nil,
            forged->is_signed
                ? daffi_value_binary (forged->signature, sizeof forged->signature)
                : nil,
            daffi_value_binary (forged->object.data, forged->object.size)),
        DAFFI_CALL (.process = "taker"), NULL, error);
}

void bench_refuses (bench_t *self, const forged_t *forged, daffi_status_t status,
                    const char *text)
{
    daffi_error_t error;
    int before = bench_logged ("payload.refused");
    daffi_status_t got = bench_offer (self, forged, &error);
    if (got != status || !strstr (error.text, text))
        daffi_test_fail (__FILE__, __LINE__, "%s '%s', wanted %s '%s'",
                         daffi_status_name (got), got ? error.text : "",
                         daffi_status_name (status), text);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_INT (bench_logged ("payload.refused"), before + 1);
    CHECK (!bench_loaded ());
}
