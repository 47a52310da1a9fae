//  SPDX-License-Identifier: MPL-2.0
//  What daffi's worker and caller have in common.
//
//  The broker writes the endpoint that it really bound; a node is told the same in the
//  terms of its options.
#include "bench_daffi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

daffi_status_t bench_daffi_endpoint (const char *endpoint, char text[128],
                                     daffi_options_t *options, daffi_error_t *error)
{
    bool is_tcp = strncmp (endpoint, "tcp://", 6) == 0;
    char *end = NULL;
    if (is_tcp || strncmp (endpoint, "ipc://", 6) == 0) {
        snprintf (text, 128, "%s", endpoint + 6);
        end = strrchr (text, is_tcp ? ':' : '/');
    }
    if (!end)
        return bench_fail (error, DAFFI_INVALID, "not an endpoint: %s", endpoint);
    *end = 0;
    if (is_tcp) {
        options->host = text;
        options->port = (uint16_t)strtoul (end + 1, NULL, 10);
    } else
        options->unix_sock_path = text;
    return DAFFI_OK;
}
