//  SPDX-License-Identifier: MPL-2.0
//  Who may ship what: every refusal, each before the loader is reached.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shipping.h"
#include "test.h"

typedef struct {
    char mine[128];
    char other[128];
    char mine_public[160];
    char other_public[160];
} keys_t;

static void make_keys (keys_t *keys)
{
    daffi_error_t error;
    snprintf (keys->mine, sizeof keys->mine, "%s/mine", test_tmpdir ());
    snprintf (keys->other, sizeof keys->other, "%s/other", test_tmpdir ());
    snprintf (keys->mine_public, sizeof keys->mine_public, "%s.pub", keys->mine);
    snprintf (keys->other_public, sizeof keys->other_public, "%s.pub", keys->other);
    CHECK_OK (daffi_payload_keygen (keys->mine, &error));
    CHECK_OK (daffi_payload_keygen (keys->other, &error));
    CHECK_STATUS (DAFFI_EXISTS, daffi_payload_keygen (keys->mine, &error));
}

static daffi_payload_t *signed_by (const char *key,
                                   const daffi_manifest_options_t *options)
{
    daffi_error_t error;
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (daffi_payload_describe (payload, options, &error));
    if (key)
        CHECK_OK (daffi_payload_sign (payload, key, &error));
    return payload;
}

//  Takes the payload.
static void comes_to (shipping_t *at, daffi_payload_t *payload, daffi_status_t status,
                      const char *text)
{
    daffi_error_t error = {.text = ""};
    int64_t number;
    daffi_status_t got =
        ship_int (at, payload, "add", DAFFI_ARGS (1, 2), &number, &error);
    if (got != status || !strstr (error.text, text))
        daffi_test_fail (__FILE__, __LINE__, "%s, '%s' (wanted %s, '%s')",
                         daffi_status_name (got), error.text,
                         daffi_status_name (status), text);
    daffi_payload_destroy (&payload);
    if (status)
        CHECK_EQ_INT (shipping_logged ("payload.loaded", ""), 0);
}

#define MANIFEST(...) (&(daffi_manifest_options_t){.name = "image-blur", __VA_ARGS__})

//  Takes what `mine` has signed.
static void start_trusting (shipping_t *at, keys_t *keys)
{
    make_keys (keys);
    const daffi_trusted_key_t trusted[] = {{.key = keys->mine_public}, {.key = NULL}};
    shipping_start (at, DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .keys = trusted));
}

//  One that was taken, and has expired since.
static daffi_payload_t *ship_expired (shipping_t *at, keys_t *keys)
{
    enum { VALID_S = 4 };  //  to be shipped in, on a busy machine too
    int64_t number;
    daffi_error_t error;
    daffi_payload_t *payload =
        signed_by (keys->mine, MANIFEST (.expires_s = (uint64_t)time (NULL) + VALID_S));
    CHECK_OK (ship_int (at, payload, "add", DAFFI_ARGS (1, 2), &number, &error));
    while ((uint64_t)time (NULL) < daffi_payload_info (payload)->expires_s)
        usleep (10000);
    return payload;
}

TEST ("a process takes what a trusted key has signed, and nothing else")
{
    shipping_t at;
    keys_t keys;
    start_trusting (&at, &keys);
    comes_to (&at, signed_by (NULL, MANIFEST (.version = "1")), DAFFI_REFUSED,
              "not signed");
    comes_to (&at, signed_by (keys.other, MANIFEST (.version = "1")), DAFFI_REFUSED,
              "does not trust the key daffi-ed25519:");
    comes_to (&at,
              signed_by (keys.mine, MANIFEST (.expires_s = (uint64_t)time (NULL) - 10)),
              DAFFI_REFUSED, "expired");
    comes_to (&at, signed_by (keys.mine, MANIFEST (.processes = "gpu-* disk-?")),
              DAFFI_REFUSED, "meant for 'gpu-* disk-?'");
    CHECK_EQ_INT (shipping_logged ("payload.refused", ""), 4);
    comes_to (&at, signed_by (keys.mine, MANIFEST (.processes = "gpu-* tak?r")),
              DAFFI_OK, "");
    CHECK_EQ_INT (shipping_logged ("payload.accepted", "signer=daffi-ed25519:"), 1);
    shipping_stop (&at);
}

TEST ("a key is trusted within its scope: names of payloads, callers, isolation")
{
    shipping_t at;
    keys_t keys;
    make_keys (&keys);
    const daffi_trusted_key_t names[] = {
        {.key = keys.mine_public, .payloads = "text-*"},
        {.key = keys.other_public, .callers = "somebody-else"},
        {.key = NULL}};
    shipping_start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .keys = names));
    comes_to (&at, signed_by (keys.mine, MANIFEST (.version = "1")), DAFFI_REFUSED,
              "for payloads named 'text-*'");
    comes_to (&at, signed_by (keys.other, MANIFEST (.version = "1")), DAFFI_REFUSED,
              "'caller' may not call");
    shipping_stop (&at);
    const daffi_trusted_key_t isolated[] = {
        {.key = keys.mine_public, .isolated_only = true}, {.key = NULL}};
    shipping_start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .keys = isolated));
    comes_to (&at, signed_by (keys.mine, MANIFEST (.version = "1")), DAFFI_REFUSED,
              "isolated runs only");
    shipping_stop (&at);
}

TEST ("a payload is refused from the second on in which it expires, also where it is "
      "held")
{
    shipping_t at;
    keys_t keys;
    int64_t number;
    daffi_error_t error;
    start_trusting (&at, &keys);
    daffi_payload_t *payload = ship_expired (&at, &keys);
    CHECK_STATUS (DAFFI_REFUSED,
                  ship_int (&at, payload, "add", DAFFI_ARGS (1, 2), &number, &error));
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a payload that expired is taken anew with a manifest that has not")
{
    shipping_t at;
    keys_t keys;
    int64_t number;
    daffi_error_t error;
    start_trusting (&at, &keys);
    daffi_payload_t *old = ship_expired (&at, &keys);
    daffi_payload_t *known =
        daffi_payload_from_hash (daffi_payload_info (old)->hash, &error);
    CHECK_STATUS (DAFFI_NO_PAYLOAD,
                  ship_int (&at, known, "add", DAFFI_ARGS (1, 2), &number, &error));
    CHECK (strstr (error.text, "expired") != NULL);
    daffi_payload_t *renewed = signed_by (keys.mine, MANIFEST (.version = "2"));
    CHECK_OK (ship_int (&at, renewed, "add", DAFFI_ARGS (1, 2), &number, &error));
    CHECK_OK (ship_int (&at, known, "add", DAFFI_ARGS (1, 2), &number, &error));
    daffi_payload_destroy (&renewed);
    daffi_payload_destroy (&known);
    daffi_payload_destroy (&old);
    shipping_stop (&at);
}

//  --- what no honest sender makes ----------------------------------------------------

//  The parts of a bundle, to be changed: manifest, key, signature and shared object.
typedef struct {
    char *bytes;
    size_t size;
    daffi_value_t parts[4];
} bundle_t;

static void read_bundle (bundle_t *self, const daffi_payload_t *payload)
{
    char path[200];
    daffi_value_t list;
    daffi_error_t error;
    snprintf (path, sizeof path, "%s/bundle", test_tmpdir ());
    CHECK_OK (daffi_payload_write (payload, path, &error));
    FILE *file = fopen (path, "rb");
    CHECK (file != NULL);
    self->bytes = malloc (1 << 20);
    CHECK (self->bytes != NULL);
    self->size = fread (self->bytes, 1, 1 << 20, file);
    fclose (file);
    CHECK_OK (daffi_value_unpack (self->bytes, self->size, &list));
    for (size_t i = 0; i < 4; i++)
        CHECK_OK (daffi_value_item (&list, i + 1, &self->parts[i]));
}

static void offered (shipping_t *at, const bundle_t *bundle, daffi_status_t status,
                     const char *text)
{
    daffi_error_t error = {.text = ""};
    const daffi_value_t *part = bundle->parts;
    daffi_status_t got = daffi_call (at->caller, "$node.payload.offer",
                                     DAFFI_ARGS (part[0], part[1], part[2], part[3]),
                                     DAFFI_CALL (.process = "taker"), NULL, &error);
    if (got != status || !strstr (error.text, text))
        daffi_test_fail (__FILE__, __LINE__, "%s, '%s' (wanted %s, '%s')",
                         daffi_status_name (got), error.text,
                         daffi_status_name (status), text);
}

static void flip (const daffi_value_t *part, size_t at, int bit)
{
    ((char *)part->as.data)[at] ^= (char)(1 << bit);
}

TEST ("one bit that is turned anywhere in manifest, key, signature or code is enough")
{
    shipping_t at;
    keys_t keys;
    bundle_t bundle;
    unsigned random = 7;
    start_trusting (&at, &keys);
    daffi_payload_t *payload = signed_by (keys.mine, MANIFEST (.version = "1"));
    read_bundle (&bundle, payload);
    for (int i = 0; i < 400; i++) {
        const daffi_value_t *part = &bundle.parts[i % 4];
        daffi_error_t error;
        random = random * 1103515245 + 12345;
        size_t place = (random >> 8) % part->size;
        flip (part, place, i % 8);
        daffi_status_t status =
            daffi_call (at.caller, "$node.payload.offer",
                        DAFFI_ARGS (bundle.parts[0], bundle.parts[1], bundle.parts[2],
                                    bundle.parts[3]),
                        DAFFI_CALL (.process = "taker"), NULL, &error);
        CHECK (status == DAFFI_REFUSED || status == DAFFI_BAD_PAYLOAD);
        flip (part, place, i % 8);
    }
    CHECK_EQ_INT (shipping_logged ("payload.accepted", ""), 0);
    offered (&at, &bundle, DAFFI_OK, "");
    free (bundle.bytes);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a manifest of another architecture or another ABI is refused by its words")
{
    shipping_t at;
    bundle_t bundle;
    shipping_start (&at,
                    DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .unsigned_local = true));
    daffi_payload_t *payload = payload_open ("good");
    read_bundle (&bundle, payload);
    const char *here = daffi_payload_info (payload)->architecture;
    char *manifest = (char *)bundle.parts[0].as.data;
    char *arch = memmem (manifest, bundle.parts[0].size, here, strlen (here));
    CHECK (arch != NULL);
    arch[0] = 'z';
    offered (&at, &bundle, DAFFI_BAD_PAYLOAD, "this process is ");
    arch[0] = here[0];
    char *abi = memmem (manifest, bundle.parts[0].size,
                        "\xa3"
                        "abi\x01",
                        5);
    CHECK (abi != NULL);
    abi[4] = 2;
    offered (&at, &bundle, DAFFI_BAD_PAYLOAD, "version 2 of the payload ABI");
    free (bundle.bytes);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a secret key that others can read is not used")
{
    keys_t keys;
    daffi_error_t error;
    make_keys (&keys);
    CHECK (chmod (keys.mine, 0644) == 0);
    daffi_payload_t *payload = payload_open ("good");
    CHECK_STATUS (DAFFI_INVALID, daffi_payload_sign (payload, keys.mine, &error));
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_payload_sign (payload, keys.other_public, &error));
    CHECK_STATUS (DAFFI_SYSTEM, daffi_payload_sign (payload, "/no/such/key", &error));
    daffi_payload_destroy (&payload);
}

TEST ("a signed bundle reads back as it was written")
{
    keys_t keys;
    daffi_error_t error;
    char path[200];
    make_keys (&keys);
    snprintf (path, sizeof path, "%s/blur.daffi", test_tmpdir ());
    daffi_payload_t *payload =
        signed_by (keys.mine, MANIFEST (.version = "1.2", .processes = "gpu-*"));
    CHECK_OK (daffi_payload_write (payload, path, &error));
    daffi_payload_t *again = daffi_payload_open (path, &error);
    CHECK (again != NULL);
    const daffi_payload_info_t *info = daffi_payload_info (again);
    CHECK_EQ_STR (info->hash, daffi_payload_info (payload)->hash);
    CHECK_EQ_STR (info->signer, daffi_payload_info (payload)->signer);
    CHECK_EQ_STR (info->name, "image-blur");
    CHECK_EQ_STR (info->version, "1.2");
    CHECK_EQ_STR (info->processes, "gpu-*");
    CHECK (info->function_count >= 8);
    bool found = false;
    for (size_t i = 0; i < info->function_count; i++)
        found =
            found || (strcmp (info->functions[i].name, "add") == 0 &&
                      strcmp (info->functions[i].signature, "(int, int) -> int") == 0);
    CHECK (found);
    daffi_payload_destroy (&again);
    daffi_payload_destroy (&payload);
}
