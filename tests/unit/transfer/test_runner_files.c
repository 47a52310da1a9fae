//  SPDX-License-Identifier: MPL-2.0
//  The limit of file sizes in the isolated runner. A payload cannot open a file, and
//  the node gives it none that can be written; so here the test is the node, and what
//  the payload prints goes to a file.

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader.h"
#include "payload.h"
#include "runner.h"
#include "runner_wire.h"
#include "test.h"

enum { HIGH = 10, PATIENCE_S = 60 };

//  A socket of each end, the second one above those that the runner knows.
static void make_pair (int *pair)
{
    int both[2];
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    CHECK_EQ_INT (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both), 0);
    pair[0] = both[0];
    pair[1] = fcntl (both[1], F_DUPFD_CLOEXEC, HIGH);
    close (both[1]);
    CHECK (pair[1] >= HIGH);
    CHECK_EQ_INT (
        setsockopt (pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
}

static pid_t start_runner (int theirs)
{
    char path[4096];
    char *const args[] = {"daffi-runner", "--of-a-node", NULL};
    pid_t pid;
    daffi_error_t error;
    posix_spawn_file_actions_t actions;
    if (daffi_runner_find (NULL, path, sizeof path, &error))
        SKIP ("%s", error.text);
    posix_spawn_file_actions_init (&actions);
    posix_spawn_file_actions_adddup2 (&actions, theirs, 3);
    CHECK_EQ_INT (posix_spawn (&pid, path, &actions, NULL, args, environ), 0);
    posix_spawn_file_actions_destroy (&actions);
    close (theirs);
    return pid;
}

static int image_of_payload (void)
{
    char path[4096];
    daffi_error_t error;
    daffi_buffer_t file;
    const char *build = getenv ("DAFFI_BUILD_DIR");
    if (!build)
        SKIP ("DAFFI_BUILD_DIR does not say where the payloads were built");
    snprintf (path, sizeof path, "%s/tests/payloads/bad.so", build);
    daffi_buffer_init (&file);
    CHECK_OK (daffi_file_read (path, DAFFI_PAYLOAD_MAX, &file, &error));
    int image = daffi_image_new (file.data, file.size, &error);
    daffi_buffer_done (&file);
    CHECK (image >= 0);
    return image;
}

//  Its output is `output`; returns the socket to it.
static int start_child (int control, int output)
{
    int pair[2], image = image_of_payload ();
    const daffi_limits_t limits = {.memory_bytes = 256 << 20,
                                   .cpu_ms = 10000,
                                   .files_max = 16,
                                   .idle_ms = 1000 * PATIENCE_S,
                                   .weak_ok = true};
    make_pair (pair);
    const int fds[DAFFI_SAY_FDS] = {pair[1], image, output};
    CHECK (daffi_say_fds (control, DAFFI_SAY_SPAWN, 1, &limits, sizeof limits, fds,
                          DAFFI_SAY_FDS));
    close (pair[1]);
    close (image);
    return pair[0];
}

//  The first word of the child that is none of how it begins.
static daffi_said_t outcome_of (int child)
{
    static const char call[] = "prints\0somebody\0\x90";
    daffi_heard_t heard;
    CHECK (daffi_say (child, DAFFI_SAY_CALL, -1, 0, call, sizeof call - 1));
    do {
        daffi_heard_init (&heard);
        CHECK_EQ_INT (daffi_hear (child, false, &heard, 4096), 1);
        daffi_heard_done (&heard);
    } while (heard.said.type == DAFFI_SAY_STARTED ||
             heard.said.type == DAFFI_SAY_LOADED);
    return heard.said;
}

TEST ("what may be written without opening it has no room for a byte in a file")
{
    char path[256];
    daffi_said_t said;
    daffi_limits_t none;
    struct stat status;
    int control[2], fds[DAFFI_SAY_FDS];
    snprintf (path, sizeof path, "%s/output", test_tmpdir ());
    int output = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK (output >= 0);
    make_pair (control);
    pid_t runner = start_runner (control[1]);
    CHECK (daffi_hear_fds (control[0], &said, &none, sizeof none, fds) >= 0);
    CHECK_EQ_UINT (said.type, DAFFI_SAY_READY);
    int child = start_child (control[0], output);
    said = outcome_of (child);
    CHECK_EQ_UINT (said.type, DAFFI_SAY_EXITED);
    CHECK (WIFSIGNALED ((int)said.a));
    CHECK_EQ_INT (WTERMSIG ((int)said.a), SIGXFSZ);
    CHECK_EQ_INT (fstat (output, &status), 0);
    CHECK_EQ_INT (status.st_size, 0);
    close (child);
    close (output);
    close (control[0]);
    CHECK_EQ_INT (waitpid (runner, NULL, 0), runner);
}
