//  SPDX-License-Identifier: MPL-2.0
//  Where a broker keeps its tasks when nobody says where: one file an endpoint, since a
//  broker that comes back at the same place is the same one to its users.

#include "store_place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

//  systemd may name several folders, divided by colons; the first one is meant.
static bool folder_of (char *out, size_t size)
{
    const char *state = getenv ("STATE_DIRECTORY");
    const char *xdg = getenv ("XDG_STATE_HOME");
    const char *home = getenv ("HOME");
    int length = -1;
    if (state && state[0] == '/')
        length = snprintf (out, size, "%.*s", (int)strcspn (state, ":"), state);
    else if (xdg && xdg[0] == '/')
        length = snprintf (out, size, "%s/daffi", xdg);
    else if (home && home[0] == '/')
        length = snprintf (out, size, "%s/.local/state/daffi", home);
    return length >= 0 && (size_t)length < size;
}

//  What cannot stand in the name of a file becomes `_`, and `_` becomes two.
static bool append_name (char *out, size_t size, const char *text)
{
    size_t used = strlen (out);
    for (; *text; text++) {
        char c = *text;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (used + 3 > size)
            return false;
        out[used++] = plain ? c : '_';
        if (c == '_')
            out[used++] = '_';
    }
    out[used] = 0;
    return true;
}

//  The folder without links and detours, whether it is there yet or not: the broker
//  makes it later, and must find the same file at its next start.
static bool resolve (const char *folder, char *out, size_t size)
{
    char known[PATH_MAX], real[PATH_MAX];
    if ((size_t)snprintf (known, sizeof known, "%s", folder) >= sizeof known)
        return false;
    size_t end = strlen (known);
    while (end > 1 && known[end - 1] == '/')
        known[--end] = 0;
    const char *rest = folder + end;  //  what is not there yet
    while (!realpath (known, real)) {
        if (errno != ENOENT || !strcmp (known, "."))
            return false;
        char *slash = strrchr (known, '/');
        const char *cut = slash ? slash : known;
        rest = folder + (cut - known);
        if (!slash)
            snprintf (known, sizeof known, ".");
        else if (slash == known)
            slash[1] = 0;
        else
            *slash = 0;
    }
    while (*rest == '/')
        rest++;
    int length =
        snprintf (out, size, "%s%s%.*s", real, *rest && real[1] ? "/" : "",
                  (int)(folder + end - rest > 0 ? folder + end - rest : 0), rest);
    return length > 0 && (size_t)length < size;
}

static bool endpoint_of (const daffi_options_t *options, char *out, size_t size)
{
    const char *temporary = getenv ("TMPDIR");
    if (options->host && !options->port)
        return false;
    if (options->host)
        return (size_t)snprintf (out, size, "tcp-%s-%u", options->host, options->port) <
               size;
    if (options->unix_sock_path) {
        char real[PATH_MAX];
        bool found = resolve (options->unix_sock_path, real, sizeof real);
        return (size_t)snprintf (out, size, "unix-%s",
                                 found ? real : options->unix_sock_path) < size;
    }
    return (size_t)snprintf (out, size, "unix-%s/daffi",
                             temporary && temporary[0] ? temporary : "/tmp") < size;
}

bool daffi_store_place_usable (const char *path)
{
    char folder[PATH_MAX];
    if ((size_t)snprintf (folder, sizeof folder, "%s", path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *slash = strrchr (folder, '/'); slash; slash = strrchr (folder, '/')) {
        slash[slash == folder] = 0;
        //  with the dot it is a folder or an error
        char inside[PATH_MAX + 2];
        snprintf (inside, sizeof inside, "%s/.", folder);
        if (access (inside, W_OK | X_OK) == 0)
            return true;
        if (errno != ENOENT || slash == folder)
            return false;
    }
    return false;
}

bool daffi_store_place (const daffi_options_t *options, char *out, size_t size)
{
    enum { NAME_ROOM = 200 };
    char endpoint[NAME_ROOM], name[2 * NAME_ROOM] = "";
    if (!endpoint_of (options, endpoint, sizeof endpoint) || !folder_of (out, size))
        return false;
    size_t used = strlen (out);
    if (!append_name (name, NAME_ROOM, endpoint))
        return false;
    return (size_t)snprintf (out + used, size - used, "/tasks-%s.db", name) <
           size - used;
}
