//  SPDX-License-Identifier: MPL-2.0
//  Where the runner's program is.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"
#include "runner.h"

#ifndef DAFFI_RUNNER_INSTALLED
#define DAFFI_RUNNER_INSTALLED "/usr/local/libexec/daffi-runner"
#endif

typedef struct {
    char *path;
    size_t capacity;
} place_t;

static bool found (const place_t *self, const char *folder, const char *rest)
{
    int size = snprintf (self->path, self->capacity, "%s%s", folder, rest);
    return size > 0 && (size_t)size < self->capacity && !access (self->path, X_OK);
}

//  Beside the program, as it was built or installed.
static bool found_beside (const place_t *self)
{
    char folder[2048];
    ssize_t size = readlink ("/proc/self/exe", folder, sizeof folder - 1);
    if (size <= 0)
        return false;
    folder[size] = 0;
    char *slash = strrchr (folder, '/');
    if (!slash)
        return false;
    *slash = 0;
    return found (self, folder, "/daffi-runner") ||
           found (self, folder, "/../bin/daffi-runner");
}

static bool found_in_path (const place_t *self)
{
    const char *cursor = getenv ("PATH");
    while (cursor && *cursor) {
        char folder[2048];
        size_t size = strcspn (cursor, ":");
        if (size && size < sizeof folder) {
            memcpy (folder, cursor, size);
            folder[size] = 0;
            if (found (self, folder, "/daffi-runner"))
                return true;
        }
        cursor += size + (cursor[size] == ':');
    }
    return false;
}

daffi_status_t daffi_runner_find (const char *wish, char *path, size_t capacity,
                                  daffi_error_t *error)
{
    place_t place = {path, capacity};
    path[0] = 0;
    wish = wish ? wish : getenv ("DAFFI_RUNNER");
    if (wish ? found (&place, wish, "")
             : found (&place, DAFFI_RUNNER_INSTALLED, "") || found_beside (&place) ||
                   found_in_path (&place))
        return DAFFI_OK;
    return daffi_fail (error, DAFFI_SYSTEM,
                       "daffi-runner is not found; install it, or name it by "
                       ".runner_path or $DAFFI_RUNNER");
}
