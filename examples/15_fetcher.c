//  SPDX-License-Identifier: MPL-2.0
//  15_fetcher: a table of functions offered as a group, and fetchers that call them.
//
//  The table comes from one list (an X-macro), is registered in one line and becomes
//  the group "math". A fetcher binds a name and its options once; then only the
//  arguments are said: in the foreground, in the background, to all, and as a stream.
//
//  RUN: ./15_fetcher
//  OUTPUT:
//  | math.add (int, int) -> int: The sum of two integers.
//  | math.scale (double, double?) -> double: A number, doubled or more.
//  | math.squares (int) -> int: Yields the squares below n.
//  | add (2, 3) = 5
//  | add (20, 22) = 42, in the background
//  | scale (2.5) = 5.0, scale (2.5, 10) = 25.0
//  | add ("two", 3): argument 1 of math.add is a string, and 'int' is wanted
//  | squares (4): 0 1 4 9, 4 of them
//  | all: desk says 9
//  | without the group: NO_FUNCTION
//  END

#include <daffi.h>
#include <stdio.h>
#include <stdlib.h>

//  --- what is offered ----------------------------------------------------------------

static daffi_status_t add (daffi_request_t *request, void *arg)
{
    int64_t a, b;
    (void)arg;
    daffi_status_t status = daffi_request_read (request, &a, &b);
    return status ? status : daffi_request_reply (request, a + b);
}

static daffi_status_t scale (daffi_request_t *request, void *arg)
{
    double number, factor = 2;
    (void)arg;
    daffi_status_t status =
        daffi_request_read (request, &number, DAFFI_OPTIONAL (&factor));
    return status ? status : daffi_request_reply (request, number * factor);
}

static daffi_status_t squares (daffi_request_t *request, void *arg)
{
    int n;
    (void)arg;
    daffi_status_t status = daffi_request_read (request, &n);
    for (int i = 0; !status && i < n; i++)
        status = daffi_request_yield (request, i * i);
    return status ? status : daffi_request_reply (request, n);
}

#define MATH(X)                                                            \
    X (add, "(int, int) -> int", "The sum of two integers.")               \
    X (scale, "(double, double?) -> double", "A number, doubled or more.") \
    X (squares, "(int) -> int", "Yields the squares below n.")
#define ROW(callback, signature, doc) DAFFI_FUNCTION (callback, signature, doc),
static const daffi_function_t math[] = {MATH (ROW){0}};

static daffi_status_t show (daffi_global_t *global, daffi_error_t *error)
{
    daffi_callbacks_t *all = daffi_global_registered_group (global, "math", error);
    for (size_t i = 0; all && i < all->count; i++)
        printf ("%s %s: %s\n", all->items[i].function, all->items[i].signature,
                all->items[i].doc);
    if (!all)
        return error->status;
    daffi_callbacks_destroy (&all);
    return DAFFI_OK;
}

//  --- what calls ---------------------------------------------------------------------

static daffi_status_t sums (daffi_fetcher_t *add_up, daffi_error_t *error)
{
    int64_t sum;
    daffi_status_t status = daffi_fetch_int (add_up, DAFFI_ARGS (2, 3), &sum, error);
    if (status)
        return status;
    printf ("add (2, 3) = %d\n", (int)sum);
    DAFFI_AUTO (daffi_future) *later =
        daffi_fetch_start (add_up, DAFFI_ARGS (20, 22), error);
    if (!later || daffi_future_wait (later, DAFFI_FOREVER, error) ||
        daffi_value_get_int (daffi_future_value (later), &sum))
        return DAFFI_FAILED;
    printf ("add (20, 22) = %d, in the background\n", (int)sum);
    return DAFFI_OK;
}

static daffi_status_t scales (daffi_fetcher_t *scaled, daffi_error_t *error)
{
    double twice, ten_times;
    daffi_status_t status =
        daffi_fetch_double (scaled, DAFFI_ARGS (2.5), &twice, error);
    if (!status)
        status = daffi_fetch_double (scaled, DAFFI_ARGS (2.5, 10), &ten_times, error);
    if (!status)
        printf ("scale (2.5) = %.1f, scale (2.5, 10) = %.1f\n", twice, ten_times);
    return status;
}

static daffi_status_t stream (daffi_fetcher_t *numbers, daffi_error_t *error)
{
    int64_t number = 0;
    daffi_status_t status;
    daffi_result_t *item;
    DAFFI_AUTO (daffi_stream) *all =
        daffi_fetch_stream (numbers, DAFFI_ARGS (4), error);
    if (!all)
        return error->status;
    printf ("squares (4):");
    while (!(status = daffi_stream_receive (all, DAFFI_FOREVER, &item, error))) {
        if (!daffi_value_get_int (daffi_result_value (item), &number))
            printf (" %d", (int)number);
        daffi_result_destroy (&item);
    }
    if (status != DAFFI_END || daffi_value_get_int (daffi_stream_value (all), &number))
        return status;
    printf (", %d of them\n", (int)number);
    return DAFFI_OK;
}

static daffi_status_t ask_all (daffi_fetcher_t *add_up, daffi_error_t *error)
{
    int64_t sum = 0;
    DAFFI_AUTO (daffi_broadcast) *all =
        daffi_fetch_broadcast (add_up, DAFFI_ARGS (4, 5), error);
    daffi_status_t status =
        all ? daffi_broadcast_wait (all, DAFFI_FOREVER, error) : error->status;
    for (size_t i = 0; !status && i < daffi_broadcast_count (all); i++) {
        const daffi_reply_t *reply = daffi_broadcast_reply (all, i);
        if (reply->value && !daffi_value_get_int (reply->value, &sum))
            printf ("all: %s says %d\n", reply->process, (int)sum);
    }
    return status;
}

static daffi_status_t run (daffi_global_t *global, daffi_error_t *error)
{
    DAFFI_AUTO (daffi_fetcher) *add_up = daffi_fetcher_new (
        global, "math.add", DAFFI_FETCHER (.call.timeout_ms = 5000), error);
    DAFFI_AUTO (daffi_fetcher) *scaled =
        daffi_fetcher_new (global, "math.scale", NULL, error);
    DAFFI_AUTO (daffi_fetcher) *numbers =
        daffi_fetcher_new (global, "math.squares", NULL, error);
    if (!add_up || !scaled || !numbers || sums (add_up, error) ||
        scales (scaled, error))
        return DAFFI_FAILED;
    if (daffi_fetch_void (add_up, DAFFI_ARGS ("two", 3), error))
        printf ("add (\"two\", 3): %s\n", error->text);
    if (stream (numbers, error) || ask_all (add_up, error) ||
        daffi_global_unregister_group (global, "math", error))
        return DAFFI_FAILED;
    printf ("without the group: %s\n",
            daffi_status_name (daffi_fetch_void (add_up, DAFFI_ARGS (1, 1), error)));
    return DAFFI_OK;
}

int main (void)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_global) *desk = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "desk", .init_controller = true,
                       .host = "127.0.0.1", .settle_ms = -1),
        &error);
    if (!desk || daffi_global_register_table (desk, "math", math, &error) ||
        daffi_global_wait_group (desk, "math", 5000, &error) || show (desk, &error) ||
        run (desk, &error)) {
        fprintf (stderr, "%s\n", error.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
