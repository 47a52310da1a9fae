//  SPDX-License-Identifier: MPL-2.0
//  01_hello: one process offers a function, another one calls it.
//
//  Two Globals stand for the two processes, so that one program shows both sides. The
//  greeter runs the controller (the broker) as well: nothing else has to be started.
//  They meet at a UNIX socket in a folder of their own.
//
//  RUN: ./01_hello
//  OUTPUT:
//  | greeter: guest asks for hello
//  | guest: hello, world
//  END

#include <daffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static daffi_status_t hello (daffi_request_t *request, void *arg)
{
    (void)arg;
    const char *name;
    if (daffi_request_string (request, 0, &name))
        return daffi_request_fail (request, "hello wants a name");

    printf ("greeter: %s asks for %s\n", daffi_request_caller (request),
            daffi_request_function (request));
    char text[100];
    snprintf (text, sizeof text, "hello, %s", name);
    return daffi_request_reply (request, text);
}

static int failed (const daffi_error_t *error)
{
    fprintf (stderr, "%s\n", error->text);
    return EXIT_FAILURE;
}

static int meet (const char *folder)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *greeter = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "greeter", .init_controller = true,
                       .unix_sock_path = folder),
        &error);
    if (!greeter || daffi_global_register (greeter, "hello", hello, NULL, &error))
        return failed (&error);

    DAFFI_AUTO (daffi_global) *guest = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "guest", .unix_sock_path = folder), &error);
    char *text;
    if (!guest || daffi_global_wait_function (guest, "hello", 5000, &error) ||
        daffi_call_string (guest, "hello", DAFFI_ARGS ("world"), &text, &error))
        return failed (&error);

    printf ("guest: %s\n", text);
    free (text);
    return EXIT_SUCCESS;
}

int main (void)
{
    char folder[] = "/tmp/daffi-hello-XXXXXX";
    if (!mkdtemp (folder))
        return perror ("mkdtemp"), EXIT_FAILURE;
    int status = meet (folder);
    rmdir (folder);
    return status;
}
