//  SPDX-License-Identifier: MPL-2.0
//  payload_host FOLDER [PAYLOAD BUNDLE]: a process `host`, with a controller at the
//  UNIX socket in a folder, that runs payloads itself. Without more it takes unsigned
//  ones of this user; else it makes a key, signs PAYLOAD with it as `shipped`, writes
//  BUNDLE, and takes only what that key has signed. Says `ready PID`; ends with its
//  input.

#include <daffi_transfer.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

//  Writes the bundle; `key` gets the path of the public key.
static daffi_status_t sign (const char *path, const char *bundle, char *key,
                            size_t size, daffi_error_t *error)
{
    char secret[256];
    snprintf (secret, sizeof secret, "%s.key", bundle);
    snprintf (key, size, "%s.pub", secret);
    DAFFI_AUTO (daffi_payload) *payload = daffi_payload_open (path, error);
    if (!payload)
        return error->status;
    const daffi_manifest_options_t more = {.name = "shipped"};
    daffi_status_t status = daffi_payload_keygen (secret, error);
    if (!status)
        status = daffi_payload_describe (payload, &more, error);
    if (!status)
        status = daffi_payload_sign (payload, secret, error);
    return status ? status : daffi_payload_write (payload, bundle, error);
}

int main (int count, char **arguments)
{
    daffi_error_t error;
    char key[512] = "";
    if (count != 2 && count != 4)
        return fprintf (stderr, "usage: payload_host FOLDER [PAYLOAD BUNDLE]\n"), 2;
    if (count == 4 && sign (arguments[2], arguments[3], key, sizeof key, &error))
        return fprintf (stderr, "%s\n", error.text), 1;
    const daffi_trusted_key_t keys[] = {{.key = key}, {.key = NULL}};
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "host", .init_controller = true,
                       .unix_sock_path = arguments[1],
                       .transfer = DAFFI_TRANSFER (.run = DAFFI_RUN_HERE,
                                                   .unsigned_local = count == 2,
                                                   .keys = count == 4 ? keys : NULL)),
        &error);
    if (!global)
        return fprintf (stderr, "%s\n", error.text), 1;
    printf ("ready %d\n", (int)getpid ());
    fflush (stdout);
    while (getchar () != EOF)
        continue;
    return EXIT_SUCCESS;
}
