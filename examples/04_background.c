//  SPDX-License-Identifier: MPL-2.0
//  04_background: calls that go on while the caller does something else.
//
//  daffi_call_start () returns a future at once. A future is waited for as often as you
//  like, tells when it is done, can be cancelled, and keeps its result until it is
//  destroyed. Each has exactly one outcome, at the latest at its deadline.
//
//  RUN: ./04_background
//  OUTPUT:
//  | three at once: 1 4 9
//  | looked, it was PENDING, then waited: 49
//  | with a deadline of 20 ms: TIMEOUT
//  | cancelled: CANCELLED, and the function noticed
//  | attempt 1: FAILED (not today)
//  | attempt 2: FAILED (not today)
//  | attempt 3: 25
//  | on_done: 36
//  END

#include <daffi.h>
#include <inttypes.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static sem_t begun, noticed, finished;

//  square (n, ms): n * n, after so many milliseconds, unless nobody waits any more.
static daffi_status_t square (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t n, ms;
    if (daffi_request_int (request, 0, &n) || daffi_request_int (request, 1, &ms))
        return daffi_request_fail (request, "square wants a number and milliseconds");

    struct pollfd cancel = {.fd = daffi_request_cancel_fd (request), .events = POLLIN};
    if (poll (&cancel, 1, (int)ms) > 0)
        return DAFFI_CANCELLED;
    return daffi_request_reply (request, n * n);
}

//  Has no end of its own.
static daffi_status_t forever (daffi_request_t *request, void *arg)
{
    (void)arg;
    struct pollfd cancel = {.fd = daffi_request_cancel_fd (request), .events = POLLIN};
    sem_post (&begun);
    poll (&cancel, 1, -1);
    sem_post (&noticed);
    return DAFFI_CANCELLED;
}

//  Works at every third time only.
static daffi_status_t moody_square (daffi_request_t *request, void *arg)
{
    static atomic_int calls;
    if (++calls % 3)
        return daffi_request_fail (request, "not today");
    return square (request, arg);
}

//  Here a call that cannot even begin ends the program; not by exit (), which wants all
//  Globals to be destroyed before.
static daffi_future_t *start (daffi_global_t *global, const char *function,
                              daffi_args_t args, const daffi_call_options_t *options)
{
    daffi_error_t error;
    daffi_future_t *future = daffi_call_start (global, function, args, options, &error);
    if (!future) {
        fprintf (stderr, "%s\n", error.text);
        _exit (EXIT_FAILURE);
    }
    return future;
}

static int64_t number (daffi_future_t *future)
{
    int64_t n = -1;
    const daffi_value_t *value = daffi_future_value (future);
    return value && !daffi_value_get_int (value, &n) ? n : -1;
}

static void several_at_once (daffi_global_t *global)
{
    daffi_future_t *futures[3];
    for (int i = 0; i < 3; i++)
        futures[i] = start (global, "square", DAFFI_ARGS (i + 1, 50), NULL);

    printf ("three at once:");
    for (int i = 0; i < 3; i++) {
        if (!daffi_future_wait (futures[i], DAFFI_FOREVER, NULL))
            printf (" %" PRId64, number (futures[i]));
        daffi_future_destroy (&futures[i]);
    }
    printf ("\n");
}

static void wait_repeatedly (daffi_global_t *global)
{
    DAFFI_AUTO (daffi_future) *future =
        start (global, "square", DAFFI_ARGS (7, 300), NULL);
    daffi_status_t first = daffi_future_wait (future, 0, NULL);
    while (daffi_future_wait (future, 10, NULL) == DAFFI_PENDING)
        ;  //  here the caller does something else
    printf ("looked, it was %s, then waited: %" PRId64 "\n", daffi_status_name (first),
            number (future));
}

static void miss_a_deadline (daffi_global_t *global)
{
    DAFFI_AUTO (daffi_future) *future =
        start (global, "square", DAFFI_ARGS (8, 60000), DAFFI_CALL (.timeout_ms = 20));
    daffi_status_t status = daffi_future_wait (future, DAFFI_FOREVER, NULL);
    printf ("with a deadline of 20 ms: %s\n", daffi_status_name (status));
}

static void cancel (daffi_global_t *global)
{
    DAFFI_AUTO (daffi_future) *future = start (global, "forever", DAFFI_ARGS (), NULL);
    sem_wait (&begun);
    daffi_future_cancel (future);
    daffi_status_t status = daffi_future_wait (future, DAFFI_FOREVER, NULL);
    sem_wait (&noticed);
    printf ("cancelled: %s, and the function noticed\n", daffi_status_name (status));
}

//  The library tries again by itself only what was not executed. Here the function ran
//  and said no, so trying again is the caller's decision.
static void try_again (daffi_global_t *global)
{
    daffi_error_t error;
    for (int attempt = 1; attempt <= 3; attempt++) {
        DAFFI_AUTO (daffi_future) *future =
            start (global, "moody_square", DAFFI_ARGS (5, 0), NULL);
        if (daffi_future_wait (future, DAFFI_FOREVER, &error))
            printf ("attempt %d: %s (%s)\n", attempt, daffi_status_name (error.status),
                    error.text);
        else
            printf ("attempt %d: %" PRId64 "\n", attempt, number (future));
    }
}

//  Runs in a thread of the library: keep it short, hand over, do not block.
static void on_done (daffi_future_t *future, void *arg)
{
    *(int64_t *)arg = number (future);
    sem_post (&finished);
}

static void be_told (daffi_global_t *global)
{
    int64_t result = 0;
    DAFFI_AUTO (daffi_future) *future =
        start (global, "square", DAFFI_ARGS (6, 10), NULL);
    if (!daffi_future_on_done (future, on_done, &result)) {
        sem_wait (&finished);
        printf ("on_done: %" PRId64 "\n", result);
    }
}

int main (void)
{
    static const daffi_function_t functions[] = {
        {.name = "square", .callback = square},
        {.name = "forever", .callback = forever},
        {.name = "moody_square", .callback = moody_square},
        {0}};
    sem_init (&begun, 0, 0);
    sem_init (&noticed, 0, 0);
    sem_init (&finished, 0, 0);

    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "background", .init_controller = true,
                       .host = "127.0.0.1", .functions = functions),
        &error);
    if (!global)
        return fprintf (stderr, "%s\n", error.text), EXIT_FAILURE;

    several_at_once (global);
    wait_repeatedly (global);
    miss_a_deadline (global);
    cancel (global);
    try_again (global);
    be_told (global);
    return EXIT_SUCCESS;
}
