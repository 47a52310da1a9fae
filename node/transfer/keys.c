//  SPDX-License-Identifier: MPL-2.0
//  Keys and signatures: Ed25519 by libsodium, keys as lines of text.
//
//  What is signed is the manifest behind a fixed prefix, so that a signature of this
//  kind can never be taken for one of another.

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failure.h"
#include "payload.h"

static const char prefix[] = "daffi payload manifest 1";
static const char public_head[] = "daffi-ed25519:";
static const char secret_head[] = "daffi-ed25519-secret:";

enum { KEY_FILE_MAX = 4096 };

//  --- text ---------------------------------------------------------------------------

void daffi_key_text (const uint8_t *key, char *text, size_t capacity)
{
    char hex[2 * DAFFI_KEY_SIZE + 1];
    sodium_bin2hex (hex, sizeof hex, key, DAFFI_KEY_SIZE);
    snprintf (text, capacity, "%s%s", public_head, hex);
}

static bool parse (const char *text, const char *head, uint8_t *key)
{
    size_t size = 0;
    const char *end = NULL;
    size_t length = strlen (head);
    if (strncmp (text, head, length) != 0)
        return false;
    text += length;
    if (sodium_hex2bin (key, DAFFI_KEY_SIZE, text, strlen (text), NULL, &size, &end))
        return false;
    return size == DAFFI_KEY_SIZE && strspn (end, " \r\n\t") == strlen (end);
}

//  The file's text, NUL-terminated.
static daffi_status_t read_text (const char *path, char *text, daffi_error_t *error)
{
    daffi_buffer_t file;
    daffi_buffer_init (&file);
    daffi_status_t status = daffi_file_read (path, KEY_FILE_MAX, &file, error);
    if (!status) {
        memcpy (text, file.data, file.size);
        text[file.size] = 0;
        sodium_memzero (file.data, file.size);
    }
    daffi_buffer_done (&file);
    return status;
}

daffi_status_t daffi_key_read (const char *text, uint8_t *key, daffi_error_t *error)
{
    char file[KEY_FILE_MAX + 1];
    if (sodium_init () < 0)
        return daffi_fail (error, DAFFI_SYSTEM, "libsodium does not start");
    if (parse (text, public_head, key))
        return DAFFI_OK;
    if (strncmp (text, public_head, strlen (public_head)) == 0)
        return daffi_fail (error, DAFFI_INVALID,
                           "a public key is 'daffi-ed25519:' and 64 digits");
    daffi_status_t status = read_text (text, file, error);
    if (status)
        return status;
    if (!parse (file, public_head, key))
        return daffi_fail (error, DAFFI_INVALID, "%.150s holds no public key", text);
    return DAFFI_OK;
}

static daffi_status_t read_secret (const char *path, uint8_t *seed,
                                   daffi_error_t *error)
{
    struct stat status;
    char text[KEY_FILE_MAX + 1];
    if (stat (path, &status))
        return daffi_fail (error, DAFFI_SYSTEM, "%.150s: %s", path, strerror (errno));
    if (status.st_mode & 077)
        return daffi_fail (error, DAFFI_INVALID,
                           "others can read the secret key %.100s; chmod 600 it, or "
                           "better make a new one",
                           path);
    daffi_status_t verdict = read_text (path, text, error);
    if (!verdict && !parse (text, secret_head, seed))
        verdict = daffi_fail (error, DAFFI_INVALID, "%.150s holds no secret key", path);
    sodium_memzero (text, sizeof text);
    return verdict;
}

//  --- making -------------------------------------------------------------------------

static daffi_status_t write_key (const char *path, const char *text, unsigned mode,
                                 daffi_error_t *error)
{
    if (!access (path, F_OK))
        return daffi_fail (error, DAFFI_EXISTS,
                           "%.150s is there already; name another file", path);
    return daffi_file_write (path, text, strlen (text), mode, error);
}

daffi_status_t daffi_payload_keygen (const char *path, daffi_error_t *error)
{
    uint8_t public[DAFFI_KEY_SIZE], secret[crypto_sign_SECRETKEYBYTES];
    char hex[2 * DAFFI_KEY_SIZE + 1], text[128], beside[4096];
    if (sodium_init () < 0)
        return daffi_fail (error, DAFFI_SYSTEM, "libsodium does not start");
    int size = snprintf (beside, sizeof beside, "%s.pub", path);
    if (size < 0 || (size_t)size >= sizeof beside)
        return daffi_fail (error, DAFFI_INVALID, "the path is too long");
    if (!access (beside, F_OK))
        return daffi_fail (error, DAFFI_EXISTS,
                           "%.150s is there already; name another file", beside);
    crypto_sign_keypair (public, secret);
    sodium_bin2hex (hex, sizeof hex, secret, DAFFI_KEY_SIZE);
    snprintf (text, sizeof text, "%s%s\n", secret_head, hex);
    daffi_status_t status = write_key (path, text, 0600, error);
    sodium_memzero (secret, sizeof secret);
    sodium_memzero (hex, sizeof hex);
    sodium_memzero (text, sizeof text);
    if (status)
        return status;
    daffi_key_text (public, text, sizeof text - 1);
    size_t end = strlen (text);
    text[end] = '\n';
    text[end + 1] = 0;
    return write_key (beside, text, 0644, error);
}

//  --- signing ------------------------------------------------------------------------

static void message_of (const daffi_payload_t *self, daffi_buffer_t *out)
{
    daffi_buffer_init (out);
    daffi_buffer_append (out, prefix, sizeof prefix);
    daffi_buffer_append (out, self->manifest.data, self->manifest.size);
}

daffi_status_t daffi_payload_sign (daffi_payload_t *self, const char *key_path,
                                   daffi_error_t *error)
{
    uint8_t seed[crypto_sign_SEEDBYTES], secret[crypto_sign_SECRETKEYBYTES];
    daffi_buffer_t message;
    if (!self->bytes)
        return daffi_fail (error, DAFFI_INVALID,
                           "of this payload only the hash is known");
    daffi_status_t status = read_secret (key_path, seed, error);
    if (status)
        return status;
    crypto_sign_seed_keypair (self->key, secret, seed);
    message_of (self, &message);
    if (message.failed)
        status = daffi_fail (error, DAFFI_NO_MEMORY, "no memory to sign");
    else
        crypto_sign_detached (self->signature, NULL, message.data, message.size,
                              secret);
    sodium_memzero (seed, sizeof seed);
    sodium_memzero (secret, sizeof secret);
    daffi_buffer_done (&message);
    if (status)
        return status;
    self->is_signed = true;
    daffi_key_text (self->key, self->key_text, sizeof self->key_text);
    self->info.signer = self->key_text;
    return DAFFI_OK;
}

daffi_status_t daffi_payload_verify (const daffi_payload_t *self, const char *key,
                                     daffi_error_t *error)
{
    uint8_t wanted[DAFFI_KEY_SIZE];
    if (!self->is_signed)
        return daffi_fail (error, DAFFI_REFUSED, "the payload is not signed");
    daffi_status_t status = key ? daffi_key_read (key, wanted, error) : DAFFI_OK;
    if (status)
        return status;
    if (key && memcmp (wanted, self->key, sizeof wanted) != 0)
        return daffi_fail (error, DAFFI_REFUSED,
                           "it was signed with another key, %.90s", self->key_text);
    if (!daffi_payload_signature_holds (self))
        return daffi_fail (error, DAFFI_REFUSED,
                           "the signature does not belong to the manifest");
    return DAFFI_OK;
}

bool daffi_payload_signature_holds (const daffi_payload_t *self)
{
    daffi_buffer_t message;
    message_of (self, &message);
    bool holds = !message.failed && self->is_signed &&
                 !crypto_sign_verify_detached (self->signature, message.data,
                                               message.size, self->key);
    daffi_buffer_done (&message);
    return holds;
}
