//  SPDX-License-Identifier: MPL-2.0
//  What a node refuses, before the loader is reached.

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daffi.h"
#include "forge.h"
#include "policy.h"
#include "test.h"

static daffi_status_t call_run (daffi_global_t *caller, const forged_t *forged,
                                daffi_error_t *error)
{
    uint8_t hash[DAFFI_HASH_SIZE];
    daffi_payload_hash (forged->object.data, forged->object.size, hash);
    return daffi_call (caller, "$node.payload.call",
                       DAFFI_ARGS (daffi_value_binary (hash, sizeof hash), "run",
                                   daffi_value_array (NULL, 0)),
                       DAFFI_CALL (.process = "taker"), NULL, error);
}

TEST ("what is signed by a trusted key is taken, and loaded when it is called")
{
    bench_t bench;
    forged_t forged;
    daffi_error_t error;
    bench_start (&bench, NULL, NULL);
    forge_good (&forged, bench.key);
    CHECK_OK (bench_offer (&bench, &forged, &error));
    CHECK_EQ_INT (bench_logged ("payload.accepted"), 1);
    CHECK (!bench_loaded ());
    CHECK_OK (call_run (bench.caller, &forged, &error));
    CHECK (bench_loaded ());
    forge_done (&forged);
    bench_stop (&bench);
}

static void expired (daffi_manifest_t *manifest)
{
    manifest->expires_s = (uint64_t)time (NULL) - 10;
}

static void for_others (daffi_manifest_t *manifest)
{
    manifest->processes = daffi_text_of ("gpu-* cpu-?");
}

static void for_riscv (daffi_manifest_t *manifest)
{
    manifest->architecture = daffi_text_of ("pdp11");
}

static void abi_2 (daffi_manifest_t *manifest)
{
    manifest->abi = 2;
}

static void huge (daffi_manifest_t *manifest)
{
    manifest->size = UINT64_C (1) << 40;
}

TEST ("no signature, another key, another process, too late: refused by its manifest")
{
    static const struct {
        void (*change) (daffi_manifest_t *manifest);
        daffi_status_t status;
        const char *text;
    } wrong[] = {{expired, DAFFI_REFUSED, "expired"},
                 {for_others, DAFFI_REFUSED, "is meant for 'gpu-* cpu-?'"},
                 {for_riscv, DAFFI_BAD_PAYLOAD, "built for pdp11"},
                 {abi_2, DAFFI_BAD_PAYLOAD, "version 2 of the payload ABI"},
                 {huge, DAFFI_TOO_BIG, "bytes, this process takes"}};
    bench_t bench;
    forged_t forged;
    bench_start (&bench, NULL, NULL);
    forge_object (&forged, "marked");
    forge_manifest (&forged, NULL);
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "not signed");
    forge_sign (&forged, bench.other_key);
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "does not trust the key");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        forge_manifest (&forged, wrong[i].change);
        forge_sign (&forged, bench.key);
        bench_refuses (&bench, &forged, wrong[i].status, wrong[i].text);
    }
    CHECK_EQ_INT (bench_logged ("payload.accepted"), 0);
    forge_done (&forged);
    bench_stop (&bench);
}

TEST ("one turned bit of manifest, key, signature or code is enough")
{
    bench_t bench;
    forged_t forged;
    bench_start (&bench, NULL, NULL);
    forge_good (&forged, bench.key);
    for (size_t i = 0; i < forged.manifest.size; i++) {
        forged.manifest.data[i] ^= (uint8_t)(1 << i % 8);
        //  malformed, or not what was signed
        daffi_error_t error;
        daffi_status_t status = bench_offer (&bench, &forged, &error);
        CHECK (status == DAFFI_REFUSED || status == DAFFI_BAD_PAYLOAD);
        forged.manifest.data[i] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < sizeof forged.key; i += 5) {
        forged.key[i] ^= 4;
        bench_refuses (&bench, &forged, DAFFI_REFUSED, "does not trust the key");
        forged.key[i] ^= 4;
    }
    for (size_t i = 0; i < sizeof forged.signature; i += 5) {
        forged.signature[i] ^= 4;
        bench_refuses (&bench, &forged, DAFFI_REFUSED, "the signature does not belong");
        forged.signature[i] ^= 4;
    }
    for (size_t i = 0; i < forged.object.size; i += 997) {
        forged.object.data[i] ^= 4;
        bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "its bytes are not those");
        forged.object.data[i] ^= 4;
    }
    CHECK_EQ_INT (bench_logged ("payload.accepted"), 0);
    CHECK (!bench_loaded ());
    forge_done (&forged);
    bench_stop (&bench);
}

//  Replaces the first `from` in the object by as many bytes.
static void patch (forged_t *forged, const char *from, const char *to, size_t size)
{
    uint8_t *found = memmem (forged->object.data, forged->object.size, from, size);
    CHECK (found != NULL);
    memcpy (found, to, size);
}

TEST ("code for another machine, libc or table is refused although its key is trusted")
{
    enum { MACHINE = 18 };  //  e_machine of the ELF header
    bench_t bench;
    forged_t forged;
    bench_start (&bench, NULL, NULL);
    forge_object (&forged, "marked");
    forged.object.data[MACHINE] ^= 0xff;
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "another architecture");
    forge_done (&forged);

    forge_object (&forged, "marked");
    patch (&forged, "\0libc.so.6", "\0libc.so\0\0", 10);
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "another libc");
    forge_done (&forged);

    forge_object (&forged, "marked");
    patch (&forged, "\0GLIBC_2.", "\0GLIBC_9.", 9);
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "a newer glibc (9.");
    forge_done (&forged);

    forge_object (&forged, "other_abi");
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "version 2 of the payload ABI");
    forge_done (&forged);

    forge_object (&forged, "no_function");
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "exports no payload function");
    forge_done (&forged);
    CHECK_EQ_INT (bench_logged ("payload.accepted"), 0);
    bench_stop (&bench);
}

TEST ("what was linked with musl is refused for that, before the loader sees it")
{
    bench_t bench;
    forged_t forged;
    daffi_error_t error;
    char path[4096];
    const char *build = getenv ("DAFFI_BUILD_DIR");
    snprintf (path, sizeof path, "%s/tests/payloads/musl.so", build ? build : ".");
    if (access (path, R_OK))
        SKIP ("no musl-gcc was there to build a payload (Debian: musl-tools)");
    CHECK (!daffi_payload_open (path, &error));
    CHECK_EQ_INT (error.status, DAFFI_BAD_PAYLOAD);
    CHECK (strstr (error.text, "another libc (libc.so)") != NULL);
    //  a peer that has no such scruples
    bench_start (&bench, NULL, NULL);
    forge_object (&forged, path);
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "another libc (libc.so)");
    CHECK_EQ_INT (bench_logged ("payload.accepted"), 0);
    forge_done (&forged);
    bench_stop (&bench);
}

TEST ("a symbol that nobody has is told in the words of the loader")
{
    bench_t bench;
    forged_t forged;
    daffi_error_t error;
    bench_start (&bench, NULL, NULL);
    forge_object (&forged, "undefined");
    forge_manifest (&forged, NULL);
    forge_sign (&forged, bench.key);
    CHECK_OK (bench_offer (&bench, &forged, &error));
    CHECK_STATUS (DAFFI_BAD_PAYLOAD, call_run (bench.caller, &forged, &error));
    CHECK (strstr (error.text, "undefined symbol: daffi_test_nobody_has_this") != NULL);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    forge_done (&forged);
    bench_stop (&bench);
}

//  The files of the fuzzer's corpus that are no sound shared object. The others differ
//  from one in a bit that no look can find: the hash does.
TEST ("broken files are refused, whatever their key says")
{
    static const char *const broken[] = {
        "class_32",     "half",          "header_only", "headers_far_away",
        "many_headers", "other_machine", "program"};
    bench_t bench;
    forged_t forged;
    char path[4096];
    bench_start (&bench, NULL, NULL);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        snprintf (path, sizeof path, "%s/tests/fuzz/corpus/elf/%s", DAFFI_SOURCE_DIR,
                  broken[i]);
        forge_object (&forged, path);
        forge_manifest (&forged, NULL);
        forge_sign (&forged, bench.key);
        bench_refuses (&bench, &forged, DAFFI_BAD_PAYLOAD, "");
        forge_done (&forged);
    }
    CHECK_EQ_INT (bench_logged ("payload.accepted"), 0);
    bench_stop (&bench);
}

TEST ("a key is trusted for some payloads, some callers, and not in every place")
{
    bench_t bench;
    forged_t forged;
    daffi_error_t error;
    bench_start (&bench, &(daffi_trusted_key_t){.payloads = "thumbs"}, NULL);
    forge_good (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "for payloads named 'thumbs'");
    forge_done (&forged);
    bench_stop (&bench);
    unlink (bench.key), unlink (bench.other_key);
    char path[300];
    snprintf (path, sizeof path, "%s.pub", bench.key);
    unlink (path);
    snprintf (path, sizeof path, "%s.pub", bench.other_key);
    unlink (path);

    bench_start (&bench, &(daffi_trusted_key_t){.callers = "boss"}, NULL);
    forge_good (&forged, bench.key);
    CHECK_OK (bench_offer (&bench, &forged, &error));
    CHECK_STATUS (DAFFI_REFUSED, call_run (bench.caller, &forged, &error));
    CHECK (strstr (error.text, "'caller' may not call") != NULL);
    uint8_t hash[DAFFI_HASH_SIZE];
    daffi_payload_hash (forged.object.data, forged.object.size, hash);
    CHECK_STATUS (
        DAFFI_REFUSED,
        daffi_call (bench.caller, "$node.payload.publish",
                    DAFFI_ARGS (daffi_value_binary (hash, sizeof hash), "run", "run"),
                    DAFFI_CALL (.process = "taker"), NULL, &error));
    CHECK (!bench_loaded ());
    forge_done (&forged);
    bench_stop (&bench);
}

TEST ("a key for isolated runs only is refused by a node that runs payloads itself")
{
    bench_t bench;
    forged_t forged;
    bench_start (&bench, &(daffi_trusted_key_t){.isolated_only = true}, NULL);
    forge_good (&forged, bench.key);
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "for isolated runs only");
    forge_done (&forged);
    bench_stop (&bench);
}

TEST ("nothing runs any more once it has expired")
{
    forged_t forged;
    daffi_error_t error;
    forge_object (&forged, "marked");
    forge_manifest (&forged, expired);
    daffi_payload_t *payload = daffi_payload_announced (
        forged.manifest.data, forged.manifest.size, NULL, NULL, &error);
    CHECK (payload != NULL);
    int64_t end_s = (int64_t)payload->read.expires_s;
    CHECK_OK (daffi_transfer_policy_admit (NULL, payload, "caller", end_s - 1, &error));
    CHECK_STATUS (DAFFI_REFUSED,
                  daffi_transfer_policy_admit (NULL, payload, "caller", end_s, &error));
    daffi_payload_destroy (&payload);
    forge_done (&forged);
}

TEST ("unsigned payloads need a socket of this user in a folder that others cannot use")
{
    bench_t bench;
    forged_t forged;
    daffi_error_t error;
    bench_start (&bench, NULL, &(daffi_transfer_options_t){.unsigned_local = true});
    forge_object (&forged, "marked");
    forge_manifest (&forged, NULL);
    CHECK (chmod (bench.folder, 0777) == 0);
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "a UNIX socket of its own user");
    //  others can put a socket of theirs there first
    CHECK (chmod (bench.folder, 01777) == 0);
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "a UNIX socket of its own user");
    CHECK (chmod (bench.folder, 0700) == 0);
    CHECK_OK (bench_offer (&bench, &forged, &error));
    forge_done (&forged);
    bench_stop (&bench);
}

TEST ("who is shown as the signer has signed, where nobody has to")
{
    bench_t bench;
    forged_t forged;
    daffi_error_t error;
    bench_start (&bench, NULL, &(daffi_transfer_options_t){.unsigned_local = true});
    forge_good (&forged, bench.other_key);
    forged.signature[1] ^= 4;
    bench_refuses (&bench, &forged, DAFFI_REFUSED, "the signature does not belong");
    forged.signature[1] ^= 4;
    CHECK_OK (bench_offer (&bench, &forged, &error));
    forge_done (&forged);
    bench_stop (&bench);
}

TEST ("pieces that nobody announced, or of a wrong size, are refused")
{
    bench_t bench;
    daffi_error_t error;
    uint8_t hash[DAFFI_HASH_SIZE] = {1};
    bench_start (&bench, NULL, NULL);
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_call (bench.caller, "$node.payload.put",
                              DAFFI_ARGS (daffi_value_binary (hash, sizeof hash), 0,
                                          daffi_value_binary (hash, sizeof hash)),
                              DAFFI_CALL (.process = "taker"), NULL, &error));
    bench_stop (&bench);
}
