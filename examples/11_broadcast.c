//  SPDX-License-Identifier: MPL-2.0
//  11_broadcast: one call to every process that offers a function.
//
//  Sensors offer "read"; one of them is broken and one is slow. A broadcast names
//  each of them with what it said. Then two values are enough, and the slowest is told
//  to stop.
//
//  RUN: ./11_broadcast
//  OUTPUT:
//  | all: broken FAILED (no contact), quick 21, slow 19
//  | two of four: 2 replies are values, 1 was CANCELLED, 1 FAILED
//  END

#include <daffi.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOW_MS = 50 };

static daffi_status_t quick (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_reply (request, 21);
}

//  Takes its time, unless nobody wants to know any more.
static daffi_status_t slow (daffi_request_t *request, void *arg)
{
    const int *pause_ms = arg;
    struct pollfd cancelled = {.fd = daffi_request_cancel_fd (request),
                               .events = POLLIN};
    poll (&cancelled, 1, *pause_ms);
    return daffi_request_reply (request, 19);
}

static daffi_status_t broken (daffi_request_t *request, void *arg)
{
    (void)arg;
    return daffi_request_fail (request, "no contact");
}

static daffi_global_t *start (const char *name, const char *host, uint16_t port,
                              daffi_callback_fn *read, int *pause_ms)
{
    daffi_error_t error;
    const daffi_function_t functions[] = {
        {.name = "read", .callback = read, .arg = pause_ms}, {0}};
    daffi_global_t *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = name, .host = host, .port = port,
                       .init_controller = port == 0, .connect_timeout_ms = 5000,
                       .functions = functions),
        &error);
    if (!global) {
        fprintf (stderr, "%s: %s\n", name, error.text);
        exit (EXIT_FAILURE);
    }
    return global;
}

static void print_reply (const daffi_reply_t *reply, const char *end)
{
    char value[32] = "";
    if (reply->value)
        daffi_value_format (reply->value, value, sizeof value);
    if (reply->status)
        printf (" %s %s (%s)%s", reply->process, daffi_status_name (reply->status),
                reply->text, end);
    else
        printf (" %s %s%s", reply->process, value, end);
}

static void ask_all (daffi_global_t *global)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_broadcast) *all =
        daffi_broadcast_start (global, "read", DAFFI_ARGS (), NULL, &error);
    if (!all || daffi_broadcast_wait (all, DAFFI_FOREVER, &error)) {
        fprintf (stderr, "%s\n", error.text);
        exit (EXIT_FAILURE);
    }
    printf ("all:");
    print_reply (daffi_broadcast_find (all, "broken"), ",");
    print_reply (daffi_broadcast_find (all, "quick"), ",");
    print_reply (daffi_broadcast_find (all, "slow"), "\n");
}

//  Replies are told in the order in which they come.
static void ask_two (daffi_global_t *global)
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    int values = 0, cancelled = 0, failed = 0;
    DAFFI_AUTO (daffi_broadcast) *two = daffi_broadcast_start (
        global, "read", DAFFI_ARGS (), DAFFI_BROADCAST (.stop_after = 2), &error);
    while (two && daffi_broadcast_next (two, 5000, &reply, &error) == DAFFI_OK) {
        values += reply->status == DAFFI_OK;
        cancelled += reply->status == DAFFI_CANCELLED;
        failed += reply->status == DAFFI_FAILED;
    }
    printf ("two of four: %d replies are values, %d was CANCELLED, %d FAILED\n", values,
            cancelled, failed);
}

int main (void)
{
    int pause_ms = SLOW_MS, long_ms = 60000;
    DAFFI_AUTO (daffi_global) *first = start ("quick", "127.0.0.1", 0, quick, NULL);
    const char *endpoint = daffi_global_endpoint (first);
    uint16_t port = (uint16_t)strtol (strrchr (endpoint, ':') + 1, NULL, 10);
    DAFFI_AUTO (daffi_global) *second =
        start ("broken", "127.0.0.1", port, broken, NULL);
    DAFFI_AUTO (daffi_global) *third =
        start ("slow", "127.0.0.1", port, slow, &pause_ms);
    ask_all (first);

    //  a fourth one that would take a minute: two values come before it
    DAFFI_AUTO (daffi_global) *fourth =
        start ("slower", "127.0.0.1", port, slow, &long_ms);
    ask_two (first);
    return EXIT_SUCCESS;
}
