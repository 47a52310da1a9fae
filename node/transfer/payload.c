//  SPDX-License-Identifier: MPL-2.0
//  A payload: bytes, manifest, signature.

#include "payload.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "elf_look.h"
#include "failure.h"
#include "writer.h"

static const char magic[] = "daffi payload 1";

void daffi_payload_hash (const void *data, size_t size, uint8_t *hash)
{
    crypto_generichash (hash, DAFFI_HASH_SIZE, data, size, NULL, 0);
}

void daffi_hash_text (const uint8_t *hash, char *text)
{
    sodium_bin2hex (text, DAFFI_HASH_TEXT + 1, hash, DAFFI_HASH_SIZE);
}

static daffi_payload_t *new_payload (daffi_error_t *error)
{
    if (sodium_init () < 0) {
        daffi_fail (error, DAFFI_SYSTEM, "libsodium does not start");
        return NULL;
    }
    daffi_payload_t *self = daffi_new (sizeof *self);
    atomic_init (&self->refs, 1);
    daffi_buffer_init (&self->manifest);
    return self;
}

void daffi_payload_destroy (daffi_payload_t **self_p)
{
    daffi_payload_t *self = *self_p;
    *self_p = NULL;
    if (!self || atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) > 1)
        return;
    daffi_blob_unref (self->bytes);
    daffi_buffer_done (&self->manifest);
    free ((void *)self->info.functions);
    free (self->strings);
    free (self);
}

//  --- what is shown of it ------------------------------------------------------------

static const char *keep (char **cursor, daffi_text_t text)
{
    char *start = *cursor;
    if (text.size)
        memcpy (start, text.data, text.size);
    start[text.size] = 0;
    *cursor += text.size + 1;
    return start;
}

static void show_functions (daffi_payload_t *self, char **cursor)
{
    daffi_payload_function_info_t *functions =
        daffi_new ((self->read.functions.count + 1) * sizeof *functions);
    daffi_iterator_t it = daffi_value_iterate (&self->read.functions);
    daffi_value_t row, name, signature;
    size_t count = 0;
    while (daffi_iterator_next (&it, NULL, &row)) {
        if (daffi_value_item (&row, 0, &name) || daffi_value_item (&row, 1, &signature))
            continue;
        functions[count].name = keep (cursor, daffi_text (name.as.string, name.size));
        functions[count++].signature =
            keep (cursor, daffi_text (signature.as.string, signature.size));
    }
    self->info.functions = functions;
    self->info.function_count = count;
}

//  The strings of a manifest are shorter than the manifest.
static void show (daffi_payload_t *self)
{
    free ((void *)self->info.functions);
    free (self->strings);
    self->strings = daffi_new (self->manifest.size + 1024);
    char *cursor = self->strings;
    self->info.hash = self->hash_text;
    self->info.size_bytes = self->read.size;
    self->info.name = keep (&cursor, self->read.name);
    self->info.version = keep (&cursor, self->read.version);
    self->info.architecture = keep (&cursor, self->read.architecture);
    self->info.abi = (uint32_t)self->read.abi;
    self->info.expires_s = self->read.expires_s;
    self->info.processes = keep (&cursor, self->read.processes);
    show_functions (self, &cursor);
    self->info.signer = NULL;
    if (self->is_signed) {
        daffi_key_text (self->key, self->key_text, sizeof self->key_text);
        self->info.signer = self->key_text;
    }
    daffi_hash_text (self->hash, self->hash_text);
}

const daffi_payload_info_t *daffi_payload_info (const daffi_payload_t *self)
{
    return &self->info;
}

//  --- manifests ----------------------------------------------------------------------

static daffi_status_t take_manifest (daffi_payload_t *self, const void *data,
                                     size_t size, daffi_error_t *error)
{
    daffi_buffer_clear (&self->manifest);
    daffi_buffer_append (&self->manifest, data, size);
    if (self->manifest.failed)
        return daffi_fail (error, DAFFI_NO_MEMORY, "no memory for the manifest");
    daffi_status_t status =
        daffi_read_manifest (self->manifest.data, size, &self->read, error);
    if (status)
        return status;
    memcpy (self->hash, self->read.hash, sizeof self->hash);
    show (self);
    return DAFFI_OK;
}

daffi_payload_t *daffi_payload_announced (const void *manifest, size_t size,
                                          const uint8_t *key, const uint8_t *signature,
                                          daffi_error_t *error)
{
    daffi_payload_t *self = new_payload (error);
    if (!self)
        return NULL;
    self->is_signed = key && signature;
    if (self->is_signed) {
        memcpy (self->key, key, DAFFI_KEY_SIZE);
        memcpy (self->signature, signature, DAFFI_SIGNATURE_SIZE);
    }
    if (take_manifest (self, manifest, size, error))
        daffi_payload_destroy (&self);
    return self;
}

//  The functions that the shared object has, in the form of the manifest.
static void write_own (daffi_payload_t *self, const daffi_manifest_options_t *options,
                       const daffi_elf_t *elf, daffi_buffer_t *out)
{
    daffi_value_t *rows = daffi_new (elf->function_count * sizeof *rows);
    daffi_value_t *pairs = daffi_new (elf->function_count * 2 * sizeof *pairs);
    for (uint32_t i = 0; i < elf->function_count; i++) {
        const daffi_elf_function_t *function = &elf->functions[i];
        pairs[2 * i] = daffi_value_text (function->name.data, function->name.size);
        pairs[2 * i + 1] =
            daffi_value_text (function->signature.data, function->signature.size);
        rows[i] = daffi_value_array (&pairs[2 * i], 2);
    }
    daffi_manifest_t manifest = {
        .size = self->bytes->size,
        .name = daffi_text_of (options->name ? options->name : ""),
        .version = daffi_text_of (options->version ? options->version : ""),
        .architecture = daffi_text_of (daffi_elf_architecture ()),
        .abi = elf->abi,
        .expires_s = options->expires_s,
        .processes = daffi_text_of (options->processes ? options->processes : ""),
        .functions = daffi_value_array (rows, elf->function_count)};
    memcpy (manifest.hash, self->hash, sizeof manifest.hash);
    daffi_write_manifest (out, &manifest);
    free (pairs);
    free (rows);
}

static daffi_elf_t *look (const daffi_blob_t *bytes, daffi_error_t *error)
{
    daffi_elf_t *elf = daffi_new (sizeof *elf);
    if (!daffi_elf_look (bytes->data, bytes->size, elf, error))
        return elf;
    free (elf);
    return NULL;
}

static bool short_enough (const char *text)
{
    return !text || strlen (text) <= DAFFI_MANIFEST_TEXT_MAX;
}

daffi_status_t daffi_payload_describe (daffi_payload_t *self,
                                       const daffi_manifest_options_t *options,
                                       daffi_error_t *error)
{
    static const daffi_manifest_options_t none;
    options = options ? options : &none;
    if (!self->bytes)
        return daffi_fail (error, DAFFI_INVALID,
                           "of this payload only the hash is known");
    if (!short_enough (options->name) || !short_enough (options->version) ||
        !short_enough (options->processes))
        return daffi_fail (error, DAFFI_INVALID,
                           "a text of a manifest has at most 128 bytes");
    daffi_elf_t *elf = look (self->bytes, error);
    if (!elf)
        return DAFFI_BAD_PAYLOAD;
    daffi_buffer_t out;
    daffi_buffer_init (&out);
    write_own (self, options, elf, &out);
    free (elf);
    self->is_signed = false;
    daffi_status_t status =
        out.failed ? daffi_fail (error, DAFFI_NO_MEMORY, "no memory for the manifest")
                   : take_manifest (self, out.data, out.size, error);
    daffi_buffer_done (&out);
    return status;
}

daffi_status_t daffi_payload_fill (daffi_payload_t *self, daffi_blob_t *bytes,
                                   daffi_error_t *error)
{
    uint8_t hash[DAFFI_HASH_SIZE];
    daffi_payload_hash (bytes->data, bytes->size, hash);
    daffi_elf_t *elf = NULL;
    if (bytes->size != self->read.size || memcmp (hash, self->hash, sizeof hash) != 0)
        daffi_fail (error, DAFFI_BAD_PAYLOAD,
                    "its bytes are not those that the manifest was made for");
    else
        elf = look (bytes, error);
    if (!elf) {
        daffi_blob_unref (bytes);
        return DAFFI_BAD_PAYLOAD;
    }
    free (elf);
    daffi_blob_unref (self->bytes);
    self->bytes = bytes;
    return DAFFI_OK;
}

//  --- making -------------------------------------------------------------------------

static daffi_payload_t *from_object (const void *data, size_t size, const char *name,
                                     daffi_error_t *error)
{
    daffi_payload_t *self = new_payload (error);
    if (!self)
        return NULL;
    self->bytes = daffi_blob_copy (data, size);
    daffi_manifest_options_t options = {.name = name};
    if (!self->bytes) {
        daffi_fail (error, DAFFI_NO_MEMORY, "no memory for the payload");
        daffi_payload_destroy (&self);
        return NULL;
    }
    daffi_payload_hash (data, size, self->hash);
    if (daffi_payload_describe (self, &options, error))
        daffi_payload_destroy (&self);
    return self;
}

static const uint8_t *binary_of (const daffi_value_t *list, size_t index, size_t size)
{
    daffi_value_t value;
    if (daffi_value_item (list, index, &value) || value.kind != DAFFI_KIND_BINARY ||
        (size && value.size != size))
        return NULL;
    return value.as.data;
}

static daffi_payload_t *from_bundle (const daffi_value_t *list, daffi_error_t *error)
{
    daffi_value_t manifest, object;
    if (daffi_value_item (list, 1, &manifest) || daffi_value_item (list, 4, &object) ||
        manifest.kind != DAFFI_KIND_BINARY || object.kind != DAFFI_KIND_BINARY) {
        daffi_fail (error, DAFFI_BAD_PAYLOAD, "the bundle is malformed");
        return NULL;
    }
    daffi_payload_t *self = daffi_payload_announced (
        manifest.as.data, manifest.size, binary_of (list, 2, DAFFI_KEY_SIZE),
        binary_of (list, 3, DAFFI_SIGNATURE_SIZE), error);
    daffi_blob_t *bytes = daffi_blob_copy (object.as.data, object.size);
    if (self && !bytes)
        daffi_fail (error, DAFFI_NO_MEMORY, "no memory for the payload");
    if (!self || !bytes || daffi_payload_fill (self, daffi_blob_ref (bytes), error))
        daffi_payload_destroy (&self);
    daffi_blob_unref (bytes);
    return self;
}

static daffi_payload_t *from_bytes (const void *data, size_t size, const char *name,
                                    daffi_error_t *error)
{
    daffi_value_t list, head;
    if (!data || size < 4 ||
        memcmp (data,
                "\x7f"
                "ELF",
                4) == 0)
        return from_object (data ? data : "", data ? size : 0, name, error);
    if (!daffi_value_unpack (data, size, &list) &&
        !daffi_value_item (&list, 0, &head) && head.kind == DAFFI_KIND_STRING &&
        head.size == sizeof magic - 1 && memcmp (head.as.string, magic, head.size) == 0)
        return from_bundle (&list, error);
    daffi_fail (error, DAFFI_BAD_PAYLOAD,
                "it is neither a shared object nor a bundle of one");
    return NULL;
}

daffi_payload_t *daffi_payload_from_bytes (const void *data, size_t size,
                                           daffi_error_t *error)
{
    return from_bytes (data, size, "", error);
}

//  "lib/get_pid.so" is called "get_pid" until it is told otherwise.
static void name_of (const char *path, char *name, size_t capacity)
{
    const char *slash = strrchr (path, '/');
    snprintf (name, capacity, "%s", slash ? slash + 1 : path);
    char *dot = strchr (name, '.');
    if (dot)
        *dot = 0;
}

daffi_payload_t *daffi_payload_open (const char *path, daffi_error_t *error)
{
    char name[DAFFI_MANIFEST_TEXT_MAX];
    daffi_error_t why = {.text = ""};
    daffi_buffer_t file;
    daffi_buffer_init (&file);
    daffi_payload_t *self = NULL;
    path = path ? path : "";
    if (!daffi_file_read (path, DAFFI_PAYLOAD_FILE_MAX, &file, error)) {
        name_of (path, name, sizeof name);
        self = from_bytes (file.data, file.size, name, &why);
        if (!self)
            daffi_fail (error, why.status, "%.150s: %.340s", path, why.text);
    }
    daffi_buffer_done (&file);
    return self;
}

daffi_payload_t *daffi_payload_from_hash (const char *hash, daffi_error_t *error)
{
    size_t size = 0;
    daffi_payload_t *self = new_payload (error);
    if (!self)
        return NULL;
    if (!hash || strlen (hash) != DAFFI_HASH_TEXT ||
        sodium_hex2bin (self->hash, sizeof self->hash, hash, DAFFI_HASH_TEXT, NULL,
                        &size, NULL) ||
        size != DAFFI_HASH_SIZE) {
        daffi_fail (error, DAFFI_INVALID, "a hash has 64 hexadecimal digits");
        daffi_payload_destroy (&self);
        return NULL;
    }
    self->read.functions = daffi_value_array (NULL, 0);
    self->read.name = self->read.version = self->read.architecture =
        self->read.processes = daffi_text ("", 0);
    show (self);
    return self;
}

//  --- bundles ------------------------------------------------------------------------

static void put_binary (daffi_buffer_t *out, const void *data, size_t size)
{
    daffi_write_binary_head (out, (uint32_t)size);
    daffi_buffer_append (out, data, size);
}

void daffi_payload_bundle (const daffi_payload_t *self, daffi_buffer_t *out)
{
    daffi_write_array (out, 5);
    daffi_write_string (out, magic);
    put_binary (out, self->manifest.data, self->manifest.size);
    if (self->is_signed) {
        put_binary (out, self->key, sizeof self->key);
        put_binary (out, self->signature, sizeof self->signature);
    } else {
        daffi_write_nil (out);
        daffi_write_nil (out);
    }
    put_binary (out, self->bytes->data, self->bytes->size);
}

daffi_status_t daffi_payload_write (const daffi_payload_t *self, const char *path,
                                    daffi_error_t *error)
{
    daffi_buffer_t out;
    if (!self->bytes)
        return daffi_fail (error, DAFFI_INVALID,
                           "of this payload only the hash is known");
    daffi_buffer_init (&out);
    daffi_payload_bundle (self, &out);
    daffi_status_t status =
        out.failed ? daffi_fail (error, DAFFI_NO_MEMORY, "no memory for the bundle")
                   : daffi_file_write (path, out.data, out.size, 0644, error);
    daffi_buffer_done (&out);
    return status;
}
