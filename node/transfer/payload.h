//  SPDX-License-Identifier: MPL-2.0
//  A payload: the bytes of a shared object, the manifest that describes it and, if it
//  is signed, by whom. The same object on the side that sends and on the one that
//  receives.

#ifndef DAFFI_PAYLOAD_OBJECT_H
#define DAFFI_PAYLOAD_OBJECT_H

#include <stdatomic.h>

#include "blob.h"
#include "buffer.h"
#include "manifest.h"

enum {
    DAFFI_PAYLOAD_MAX = 16 << 20,     //  bytes of a shared object, by default
    DAFFI_PAYLOAD_FILE_MAX = 1 << 30  //  of a file that the user names himself
};

struct daffi_payload {
    atomic_uint refs;
    uint8_t hash[DAFFI_HASH_SIZE];
    daffi_blob_t *bytes;      //  NULL: known by its hash alone
    daffi_buffer_t manifest;  //  what is signed; empty with the hash alone
    daffi_manifest_t read;    //  borrows from it
    bool is_signed;
    uint8_t key[DAFFI_KEY_SIZE];
    uint8_t signature[DAFFI_SIGNATURE_SIZE];

    //  as text, for daffi_payload_info ()
    daffi_payload_info_t info;
    char hash_text[DAFFI_HASH_TEXT + 1];
    char key_text[96];
    char *strings;
};

static inline daffi_payload_t *daffi_payload_ref (const daffi_payload_t *self)
{
    daffi_payload_t *own = (daffi_payload_t *)self;
    atomic_fetch_add_explicit (&own->refs, 1, memory_order_acq_rel);
    return own;
}

//  A manifest that came from a peer, without the bytes it tells of; it has been checked
//  for its form alone. `key` and `signature` may be NULL.
daffi_payload_t *daffi_payload_announced (const void *manifest, size_t size,
                                          const uint8_t *key, const uint8_t *signature,
                                          daffi_error_t *error);
//  Gives it the bytes. DAFFI_BAD_PAYLOAD: they are not those of the manifest, or cannot
//  be loaded; takes the reference in any case.
DAFFI_MUST_USE daffi_status_t daffi_payload_fill (daffi_payload_t *self,
                                                  daffi_blob_t *bytes,
                                                  daffi_error_t *error);

void daffi_payload_hash (const void *data, size_t size, uint8_t *hash);
void daffi_hash_text (const uint8_t *hash, char *text);

//  The bundle as bytes; out of memory shows in the buffer.
void daffi_payload_bundle (const daffi_payload_t *self, daffi_buffer_t *out);
DAFFI_MUST_USE daffi_status_t daffi_file_read (const char *path, size_t limit,
                                               daffi_buffer_t *out,
                                               daffi_error_t *error);
bool daffi_file_write_all (int fd, const void *data, size_t size);
//  All or nothing, under a name of its own until it is whole.
DAFFI_MUST_USE daffi_status_t daffi_file_write (const char *path, const void *data,
                                                size_t size, unsigned mode,
                                                daffi_error_t *error);

//  --- keys ---------------------------------------------------------------------------

//  The text of a public key, or the path of a file that holds one.
DAFFI_MUST_USE daffi_status_t daffi_key_read (const char *text, uint8_t *key,
                                              daffi_error_t *error);
void daffi_key_text (const uint8_t *key, char *text, size_t capacity);
//  The signature belongs to the manifest and the key.
bool daffi_payload_signature_holds (const daffi_payload_t *self);

#endif
