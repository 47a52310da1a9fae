//  SPDX-License-Identifier: MPL-2.0
//  Starting the runner's program.
//
//  What a node has for itself is not for foreign code, and a child of the runner is a
//  copy of it: of the environment, where services are handed their secrets, only that
//  goes on which the loader, the C library and sanitizers read. A signal that the node
//  ignores would be ignored there, too, and the runner lives by SIGCHLD.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "failure.h"
#include "runner.h"

static bool goes_on (const char *entry)
{
    static const char *const beginnings[] = {"LANG=",   "LANGUAGE=", "LC_",
                                             "LD_",     "TZ=",       "TZDIR=",
                                             "MALLOC_", "GLIBC_",    "LLVM_PROFILE_"};
    static const char sanitizer[] = "SAN_OPTIONS=";
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (strncmp (entry, beginnings[i], strlen (beginnings[i])) == 0)
            return true;
    const char *found = strstr (entry, sanitizer);
    return found && found < strchr (entry, '=');
}

//  Its strings are borrowed.
static char **new_environment (void)
{
    size_t count = 0, kept = 0;
    while (environ && environ[count])
        count++;
    char **entries = daffi_new ((count + 1) * sizeof *entries);
    for (size_t i = 0; i < count && environ[i]; i++)
        if (goes_on (environ[i]))
            entries[kept++] = environ[i];
    entries[kept] = NULL;
    return entries;
}

static void set_signals (posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset (&none);
    sigfillset (&all);
    posix_spawnattr_setsigmask (attributes, &none);
    posix_spawnattr_setsigdefault (attributes, &all);
    posix_spawnattr_setflags (attributes,
                              POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

daffi_status_t daffi_runner_spawn (const char *path, int theirs, int *pid,
                                   daffi_error_t *error)
{
    char *const args[] = {"daffi-runner", "--of-a-node", NULL};
    char **environment = new_environment ();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2 (&actions, theirs, 3);
    posix_spawnattr_init (&attributes);
    set_signals (&attributes);
    int failed = posix_spawn (pid, path, &actions, &attributes, args, environment);
    posix_spawnattr_destroy (&attributes);
    posix_spawn_file_actions_destroy (&actions);
    free (environment);
    if (!failed)
        return DAFFI_OK;
    *pid = 0;
    return daffi_fail (error, DAFFI_SYSTEM, "%.150s: %s", path, strerror (failed));
}
