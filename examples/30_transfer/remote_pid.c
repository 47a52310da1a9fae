//  SPDX-License-Identifier: MPL-2.0
//  30_transfer: ship a compiled function to another process, and run it there.
//
//  The process "other" has never heard of get_pid.c. It takes payloads of this user
//  over its UNIX socket and runs them itself, so that getpid () answers its number and
//  not that of the program that shipped the function.
//
//  RUN: 30_transfer/remote_pid 30_transfer/get_pid.so
//  OUTPUT:
//  | get_pid ran in the other process: yes
//  END

#include <daffi_transfer.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed (const daffi_error_t *error)
{
    fprintf (stderr, "%s\n", error->text);
    return EXIT_FAILURE;
}

//  The other process, until it is killed.
static int other (const char *folder)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "other", .init_controller = true,
                       .unix_sock_path = folder,
                       .transfer = DAFFI_TRANSFER (.run = DAFFI_RUN_HERE,
                                                   .unsigned_local = true)),
        &error);
    return global ? daffi_global_join (global, DAFFI_FOREVER) != DAFFI_OK
                  : failed (&error);
}

//  The ten lines.
static int ship (const char *folder, const char *path, int64_t *pid)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    DAFFI_AUTO (daffi_payload) *payload = daffi_payload_open (path, &error);
    DAFFI_AUTO (daffi_global) *global =
        daffi_global_new (DAFFI_OPTIONS (.unix_sock_path = folder), &error);
    if (!payload || !global ||
        daffi_global_wait_process (global, "other", 5000, &error) ||
        daffi_global_transfer_and_call (global, "other", payload, "get_pid",
                                        DAFFI_ARGS (), &result, &error) ||
        daffi_value_get_int (daffi_result_value (result), pid))
        return failed (&error);
    daffi_result_destroy (&result);
    return EXIT_SUCCESS;
}

int main (int argc, char **argv)
{
    int64_t pid = 0;
    char folder[] = "/tmp/daffi-transfer-XXXXXX";
    if (argc != 2 || !mkdtemp (folder))
        return fprintf (stderr, "usage: remote_pid PAYLOAD\n"), EXIT_FAILURE;
    pid_t child = fork ();
    if (child == 0)
        return other (folder);
    int status = ship (folder, argv[1], &pid);
    if (!status)
        printf ("get_pid ran in the other process: %s\n", pid == child ? "yes" : "no");
    kill (child, SIGKILL);
    waitpid (child, NULL, 0);
    char path[64];
    snprintf (path, sizeof path, "%s/.sock", folder);
    unlink (path);
    snprintf (path, sizeof path, "%s/.lock", folder);
    unlink (path);
    rmdir (folder);
    return status;
}
