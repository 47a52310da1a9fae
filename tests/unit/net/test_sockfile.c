//  SPDX-License-Identifier: MPL-2.0
//  The UNIX socket's folder and lock: who may have it, and what is left alone.

#include "sockfile.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

static daffi_endpoint_t endpoint_in (const char *name)
{
    static char folder[100];
    daffi_endpoint_t endpoint;
    snprintf (folder, sizeof folder, "%s/%s", test_tmpdir (), name);
    daffi_options_t options = {.unix_sock_path = folder};
    CHECK_OK (daffi_endpoint_resolve (&endpoint, &options, NULL));
    return endpoint;
}

static bool there (const char *path)
{
    struct stat info;
    return lstat (path, &info) == 0;
}

//  A socket at the path: listening, or dead once its descriptor is closed.
static int listen_at (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf (address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    CHECK (bind (fd, (const struct sockaddr *)&address, sizeof address) == 0);
    CHECK (listen (fd, 8) == 0);
    return fd;
}

TEST ("the folder is made for this user alone, and one that is there is taken")
{
    daffi_error_t error;
    struct stat info;
    daffi_endpoint_t endpoint = endpoint_in ("new");
    CHECK_OK (daffi_sockfile_folder (&endpoint, &error));
    CHECK (stat (endpoint.folder, &info) == 0);
    CHECK_EQ_INT (info.st_mode & 0777, 0700);
    CHECK_OK (daffi_sockfile_folder (&endpoint, &error));
    CHECK (chmod (endpoint.folder, 0777) == 0);
    CHECK_STATUS (DAFFI_ENDPOINT, daffi_sockfile_folder (&endpoint, &error));
    CHECK (strstr (error.text, "chmod 700") != NULL);
}

TEST ("one claim holds the folder until it is released, and leaves nothing behind")
{
    daffi_error_t error;
    daffi_endpoint_t endpoint = endpoint_in ("held");
    daffi_sockfile_t first = {.lock = -1}, second = {.lock = -1};
    char lock[120];
    snprintf (lock, sizeof lock, "%s/.lock", endpoint.folder);
    for (int i = 0; i < 3; i++) {
        CHECK_OK (daffi_sockfile_claim (&first, &endpoint, &error));
        CHECK (there (lock));
        CHECK_STATUS (DAFFI_ENDPOINT,
                      daffi_sockfile_claim (&second, &endpoint, &error));
        CHECK (strstr (error.text, "in use") != NULL);
        CHECK_EQ_INT (second.lock, -1);
        daffi_sockfile_release (&second);
        CHECK (there (lock));
        daffi_sockfile_release (&first);
        CHECK (!there (lock));
        daffi_sockfile_release (&first);
    }
}

TEST ("a dead socket is taken away, a living one and a file are not")
{
    daffi_error_t error;
    daffi_endpoint_t endpoint = endpoint_in ("socket");
    daffi_sockfile_t self = {.lock = -1};
    CHECK_OK (daffi_sockfile_folder (&endpoint, &error));
    int fd = listen_at (endpoint.path);
    CHECK_STATUS (DAFFI_ENDPOINT, daffi_sockfile_claim (&self, &endpoint, &error));
    CHECK (strstr (error.text, "another program") != NULL);
    CHECK (there (endpoint.path));
    close (fd);
    CHECK_OK (daffi_sockfile_claim (&self, &endpoint, &error));
    CHECK (!there (endpoint.path));
    daffi_sockfile_release (&self);

    FILE *file = fopen (endpoint.path, "w");
    CHECK (file != NULL);
    fclose (file);
    CHECK_STATUS (DAFFI_ENDPOINT, daffi_sockfile_claim (&self, &endpoint, &error));
    CHECK (there (endpoint.path));
    //  a link to a socket is no socket either
    CHECK (unlink (endpoint.path) == 0);
    CHECK (symlink ("/nowhere", endpoint.path) == 0);
    CHECK_STATUS (DAFFI_ENDPOINT, daffi_sockfile_claim (&self, &endpoint, &error));
    CHECK (there (endpoint.path));
}
