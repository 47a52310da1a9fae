/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_transfer.h - ship compiled functions to another process and run them there.
 *
 *  A payload is a shared object made with daffi_payload.h. It is known by the hash of
 *  its bytes, so it crosses the wire once to each process, and several versions of it
 *  live side by side there.
 *
 *      DAFFI_AUTO (daffi_payload) *payload = daffi_payload_open ("get_pid.so", &error);
 *      daffi_result_t *result = NULL;
 *      if (payload &&
 *          !daffi_global_transfer_and_call (global, "other", payload, "get_pid",
 *                                           DAFFI_ARGS (), &result, &error)) ...
 *
 *  The process that receives says whether, whose and where such code runs: see
 *  daffi_transfer_options_t. It refuses all unless it was told otherwise.
 */
#ifndef DAFFI_TRANSFER_H
#define DAFFI_TRANSFER_H

#include "daffi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DAFFI_HASH_SIZE 32 /*  bytes of BLAKE2b-256 over the shared object */
#define DAFFI_HASH_TEXT 64 /*  the same in hexadecimal digits, NUL excluded */

/*  --- payloads ------------------------------------------------------------ */

/*  A payload in memory, and what is known of it. Never changes, except by being signed:
 *  do that before other threads see it. */
typedef struct daffi_payload daffi_payload_t;

/*  A shared object, or a bundle that daffi_payload_write () has written. DAFFI_SYSTEM:
 *  cannot be read; DAFFI_BAD_PAYLOAD: neither of both, or nothing that could be loaded
 *  (the text says what is wrong); DAFFI_TOO_BIG: over 1 GiB. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_payload_t *daffi_payload_open (const char *path,
                                                                 daffi_error_t *error);
/*  The same from memory, which is copied: a file that was read, or the payload that a
 *  program carries in itself (daffi_embed_payload () of the CMake package). */
DAFFI_EXPORT DAFFI_MUST_USE daffi_payload_t *
daffi_payload_from_bytes (const void *data, size_t size, daffi_error_t *error);
/*  A payload that is known by its hash alone, in DAFFI_HASH_TEXT hexadecimal digits: it
 *  can be called where it is already, and not be shipped. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_payload_t *
daffi_payload_from_hash (const char *hash, daffi_error_t *error);
/*  Calls that are in flight keep what they need of it. */
DAFFI_EXPORT void daffi_payload_destroy (daffi_payload_t **self_p);

typedef struct {
    const char *name; /*  a C identifier */
    const char *signature;
} daffi_payload_function_info_t;

/*  All borrowed until the payload is destroyed. */
typedef struct {
    const char *hash;    /*  DAFFI_HASH_TEXT hexadecimal digits */
    uint64_t size_bytes; /*  of the shared object; 0: known by its hash alone */
    const char *name;
    const char *version;
    const char *architecture; /*  "x86_64", "aarch64" */
    uint32_t abi;             /*  DAFFI_PAYLOAD_ABI that it was made for */
    uint64_t expires_s;       /*  seconds since 1970; 0 = never */
    const char *processes;    /*  which it is meant for: patterns with `*` and `?`,
                                  divided by spaces; "" = any */
    const char *signer;       /*  public key, as in a key file; NULL: not signed */
    size_t function_count;
    const daffi_payload_function_info_t *functions;
} daffi_payload_info_t;
/*  Never NULL. */
DAFFI_EXPORT const daffi_payload_info_t *
daffi_payload_info (const daffi_payload_t *self);

/*  --- signing ------------------------------------------------------------- */

/*  What a manifest says beyond what stands in the shared object. Strings of at most 128
 *  bytes; NULL = "". */
typedef struct {
    const char *name;
    const char *version;
    uint64_t expires_s;    /*  0 = never */
    const char *processes; /*  see daffi_payload_info_t */
} daffi_manifest_options_t;

/*  Makes a key pair: `path` gets the secret key (mode 0600), `path`.pub the public one,
 *  each a line of text. DAFFI_EXISTS: one of the files is there; DAFFI_SYSTEM. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_payload_keygen (const char *path,
                                                                 daffi_error_t *error);
/*  Gives the payload a new manifest; a signature that it had is gone. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_payload_describe (daffi_payload_t *self, const daffi_manifest_options_t *options,
                        daffi_error_t *error);
/*  Signs its manifest (Ed25519) with the secret key of this file. DAFFI_SYSTEM: cannot
 *  be read; DAFFI_INVALID: no secret key, or a file that others can read. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_payload_sign (daffi_payload_t *self,
                                                               const char *key_path,
                                                               daffi_error_t *error);
/*  Does the signature belong to the manifest, and to this key (its text, or the path of
 *  a key file; NULL: any)? DAFFI_REFUSED: it is not signed, by another key, or the
 *  signature is not the manifest's. The manifest's hash is checked when it is opened.
 */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_payload_verify (
    const daffi_payload_t *self, const char *key, daffi_error_t *error);
/*  Writes the bundle of manifest, signature and shared object. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_payload_write (
    const daffi_payload_t *self, const char *path, daffi_error_t *error);

/*  --- what a process takes ------------------------------------------------ */

typedef enum {
    DAFFI_RUN_REFUSED = 0,  /*  no foreign code */
    DAFFI_RUN_ISOLATED = 1, /*  in a child of the runner, behind limits, Landlock and
                                seccomp, without this process's environment but for
                                locale, time zone and what the loader reads: a crash
                                costs that call alone */
    DAFFI_RUN_HERE = 2      /*  in this process: a crash ends it */
} daffi_run_t;

/*  Whose payloads are taken. Patterns are as in daffi_payload_info_t; NULL = any. */
typedef struct {
    const char *key;      /*  public key: the text of a key file, or the path of one */
    const char *payloads; /*  names of payloads that it may sign */
    const char *callers;  /*  processes that may call what it signed */
    bool isolated_only;   /*  never in this process, whatever `run` says */
} daffi_trusted_key_t;

/*  Handed to daffi_global_new () as DAFFI_OPTIONS (.transfer = DAFFI_TRANSFER (…)). */
typedef struct daffi_transfer_options {
    daffi_run_t run;
    bool unsigned_local; /*  take unsigned payloads where the controller is reached over
                             a UNIX socket that belongs to this user, in a folder that
                             nobody else can write to: its peers are all of this user,
                             and could do as much without a payload */
    const daffi_trusted_key_t *keys; /*  ended by one without key; or NULL */
    const char *managers; /*  processes, as patterns, that may withdraw and unload what
                              others published and shipped; who did so may always.
                              NULL: everybody over such a UNIX socket, else nobody. A
                              name is worth what access to the controller is worth */

    const char *cache_folder;   /*  keep payloads on disk, in this folder of their own;
                                    NULL: in memory only */
    uint64_t cache_bytes;       /*  at most; 0 = 256 MiB */
    uint64_t memory_bytes;      /*  of payloads held in memory; 0 = 128 MiB */
    uint32_t payload_bytes_max; /*  one of them; 0 = 16 MiB */

    /*  isolated only, for each child */
    const char *runner_path;     /*  NULL: $DAFFI_RUNNER, or daffi-runner where it was
                                     installed, beside the program, or in $PATH */
    bool fresh_child;            /*  a child for each call; else one is kept for a
                                     payload and a caller */
    bool weak_ok;                /*  go on where the kernel has no Landlock or seccomp;
                                     else isolated payloads are refused there */
    uint32_t children_max;       /*  at once; 0 = 16 */
    uint64_t child_memory_bytes; /*  address space; 0 = 512 MiB */
    uint32_t child_cpu_ms;    /*  CPU time of one call; 0 = 10,000. A kept child makes
                                  way for a new one before it has used ten times that */
    uint32_t child_files_max; /*  descriptors; 0 = 32 */
    uint32_t child_idle_ms;   /*  a kept child that nobody calls ends after this; 0 =
                                  30,000 */
} daffi_transfer_options_t;

#ifndef __cplusplus
/*  DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED, .unsigned_local = true) */
#define DAFFI_TRANSFER(...) (&(daffi_transfer_options_t){__VA_ARGS__})
#endif

/*  --- calling ------------------------------------------------------------- */

/*  Calls a function of the payload in that process, which is sent the payload first if
 *  it does not have it. Everything else as in daffi_call (), and besides: NO_PAYLOAD
 *  (known by hash alone, and not there, or expired there), BAD_PAYLOAD (it cannot be
 *  loaded; the text is the loader's), REFUSED (signature, key, expiry, process; the
 *  text says which), NO_FUNCTION, CRASHED, LIMIT and FORBIDDEN (isolated: what ended
 *  it). Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_transfer_and_call (
    daffi_global_t *self, const char *process, const daffi_payload_t *payload,
    const char *function, daffi_args_t args, daffi_result_t **result,
    daffi_error_t *error);
/*  The same as a future, with options whose `process` counts. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_future_t *
daffi_global_transfer_start (daffi_global_t *self, const daffi_payload_t *payload,
                             const char *function, daffi_args_t args,
                             const daffi_call_options_t *options, daffi_error_t *error);
/*  The same as a stream. Never blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_stream_t *daffi_global_transfer_stream (
    daffi_global_t *self, const daffi_payload_t *payload, const char *function,
    daffi_args_t args, const daffi_call_options_t *options, daffi_error_t *error);

/*  Ships the payload to that process, unless it is there already, and calls nothing.
 *  Blocks; errors as above. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_ship (daffi_global_t *self, const char *process,
                   const daffi_payload_t *payload, daffi_error_t *error);

/*  Makes `function` of the payload an ordinary function of that process, registered as
 *  `name`, until it is withdrawn. DAFFI_EXISTS: it offers that name already. For k
 *  processes, do so k times. Block; errors as above. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_publish (
    daffi_global_t *self, const char *process, const daffi_payload_t *payload,
    const char *function, const char *name, daffi_error_t *error);
/*  DAFFI_NOT_FOUND: nothing was published there under that name; DAFFI_REFUSED: it is
 *  for who published it, and for .managers. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_global_withdraw (daffi_global_t *self,
                                                                  const char *process,
                                                                  const char *name,
                                                                  daffi_error_t *error);

/*  The payloads of a process: an array of maps with hash, name, version, signer
 *  (strings), size, calls, running, crashes (numbers), published (array of names) and
 *  place ("loaded": into this process, else "memory"). Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_payloads (daffi_global_t *self, const char *process,
                       daffi_result_t **result, daffi_error_t *error);
/*  Lets a process forget a payload, in memory and on disk: what it published is
 *  withdrawn, its children end. DAFFI_BUSY: it runs; DAFFI_NOT_FOUND; DAFFI_REFUSED: it
 *  is for who shipped it, and for .managers. Blocks. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_global_unload (daffi_global_t *self, const char *process,
                     const daffi_payload_t *payload, daffi_error_t *error);

#ifdef __cplusplus
}
#endif
#endif
