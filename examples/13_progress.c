//  SPDX-License-Identifier: MPL-2.0
//  13_progress: what a call tells before its end, and when it begins.
//
//  A function reports how far it is; the caller is called, and cancels when it has seen
//  enough. A call with an eta is held by the controller until then, and can be
//  cancelled there. Arguments that are not what a signature says never reach the
//  function.
//
//  RUN: ./13_progress
//  OUTPUT:
//  | copy: 3 of 10 at worker, "file-3"
//  | cancelled: CANCELLED
//  | cancelled before its time: CANCELLED, executed: no
//  | a wrong argument: TYPE, executed: no
//  END

#include <daffi.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

static sem_t reported;

//  Copies three files, and has no end of its own.
static daffi_status_t copy (daffi_request_t *request, void *arg)
{
    (void)arg;
    struct pollfd cancel = {.fd = daffi_request_cancel_fd (request), .events = POLLIN};
    for (unsigned i = 1; i <= 3; i++)
        if (daffi_request_progress (request, i, 10, "file-%u", i))
            return DAFFI_CANCELLED;
    poll (&cancel, 1, -1);
    return DAFFI_CANCELLED;
}

//  In the node's actor: must not block.
static void on_progress (daffi_future_t *future, const daffi_progress_t *progress,
                         void *arg)
{
    (void)future, (void)progress, (void)arg;
    sem_post (&reported);
}

static daffi_status_t watch (daffi_global_t *global, daffi_error_t *error)
{
    daffi_progress_t progress = {0};
    //  with an eta, so that none is reported before somebody listens
    DAFFI_AUTO (daffi_future) *call = daffi_call_start (
        global, "copy", DAFFI_ARGS ("a"), DAFFI_CALL (.eta_ms = 20), error);
    if (!call)
        return error->status;
    daffi_status_t status = daffi_future_on_progress (call, on_progress, NULL);
    while (!status && progress.done < 3) {
        sem_wait (&reported);
        status = daffi_future_progress (call, &progress);
    }
    printf ("copy: %d of %d at %s, \"%s\"\n", (int)progress.done, (int)progress.total,
            progress.process, progress.text);
    daffi_future_cancel (call);
    printf ("cancelled: %s\n",
            daffi_status_name (daffi_future_wait (call, DAFFI_FOREVER, error)));
    return status;
}

static const char *ran (const daffi_error_t *error)
{
    return error->executed == DAFFI_EXECUTED_NO ? "no" : "maybe";
}

static daffi_status_t later (daffi_global_t *global, daffi_error_t *error)
{
    DAFFI_AUTO (daffi_future) *call = daffi_call_start (
        global, "copy", DAFFI_ARGS ("b"), DAFFI_CALL (.eta_ms = 3600 * 1000), error);
    if (!call)
        return error->status;
    daffi_future_cancel (call);
    daffi_status_t status = daffi_future_wait (call, DAFFI_FOREVER, error);
    printf ("cancelled before its time: %s, executed: %s\n", daffi_status_name (status),
            ran (error));
    status = daffi_call_void (global, "copy", DAFFI_ARGS (5), error);
    printf ("a wrong argument: %s, executed: %s\n", daffi_status_name (status),
            ran (error));
    return DAFFI_OK;
}

int main (void)
{
    daffi_error_t error;
    const daffi_function_t functions[] = {{.name = "copy",
                                           .callback = copy,
                                           .signature = "(string folder) -> nil",
                                           .doc = "Copies a folder, file by file."},
                                          {0}};
    sem_init (&reported, 0, 0);
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "worker", .init_controller = true,
                       .host = "127.0.0.1", .functions = functions),
        &error);
    if (!global || watch (global, &error) || later (global, &error)) {
        fprintf (stderr, "%s\n", error.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
