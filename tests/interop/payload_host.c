//  SPDX-License-Identifier: MPL-2.0
//  payload_host FOLDER: a process `host`, with a controller at the UNIX socket in a
//  folder, that runs payloads of this user itself. Says `ready PID`; ends with its
//  input.

#include <daffi_transfer.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main (int count, char **arguments)
{
    daffi_error_t error;
    if (count != 2)
        return fprintf (stderr, "usage: payload_host FOLDER\n"), 2;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "host", .init_controller = true,
                       .unix_sock_path = arguments[1],
                       .transfer = DAFFI_TRANSFER (.run = DAFFI_RUN_HERE,
                                                   .unsigned_local = true)),
        &error);
    if (!global)
        return fprintf (stderr, "%s\n", error.text), 1;
    printf ("ready %d\n", (int)getpid ());
    fflush (stdout);
    while (getchar () != EOF)
        continue;
    return EXIT_SUCCESS;
}
