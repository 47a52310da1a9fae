//  SPDX-License-Identifier: MPL-2.0
//  peer FOLDER NAME: the C end of the matrix at the UNIX socket in a folder.
//
//  Says `ready`; then, for each line `SCENARIO PROVIDER` of standard input, `ok` or
//  `FAIL why`. Ends with its input.

#include <stdio.h>
#include <stdlib.h>

#include "peer.h"

int main (int count, char **arguments)
{
    daffi_error_t error;
    char line[256], scenario[64], provider[129], why[256];
    if (count != 3)
        return fprintf (stderr, "usage: peer FOLDER NAME\n"), 2;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.unix_sock_path = arguments[1], .process_name = arguments[2],
                       .functions = peer_functions,
                       .connect_timeout_ms = PEER_TIMEOUT_MS),
        &error);
    if (!global)
        return fprintf (stderr, "%s\n", error.text), 1;
    setvbuf (stdout, NULL, _IOLBF, 0);
    puts ("ready");
    while (fgets (line, sizeof line, stdin)) {
        if (sscanf (line, "%63s %128s", scenario, provider) != 2)
            continue;
        if (peer_ask (global, scenario, provider, why, sizeof why))
            puts ("ok");
        else
            printf ("FAIL %s\n", why);
    }
    return EXIT_SUCCESS;
}
