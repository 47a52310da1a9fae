//  SPDX-License-Identifier: MPL-2.0
//  12_streams: items that go with a call.
//
//  Up: numbers are fed into "sum", whose result comes at the end. Down: "count" yields
//  numbers until the caller has seen enough and lets go. Both: "double" answers each
//  item with another one.
//
//  RUN: ./12_streams
//  OUTPUT:
//  | up: the sum of 1 to 1000 is 500500
//  | down: 1 2 3 4 5, enough; the function was told: yes
//  | both: 2, 4, 6, 8, 10, and the result is "doubled 5"
//  END

#include <daffi.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000 };

//  Reads items until no more come.
static daffi_status_t sum (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t total = 0, number;
    daffi_value_t item;
    daffi_status_t status;
    while (!(status = daffi_request_receive (request, TIMEOUT_MS, &item)))
        if (!daffi_value_get_int (&item, &number))
            total += number;
    return status == DAFFI_END ? daffi_request_reply (request, total) : status;
}

//  Yields items until the caller reads no more, and tells main () that it noticed.
static daffi_status_t count (daffi_request_t *request, void *arg)
{
    FILE *noticed = arg;
    daffi_status_t status = DAFFI_OK;
    for (int i = 1; status == DAFFI_OK; i++)
        status = daffi_request_yield (request, i);
    fprintf (noticed, "%s\n", status == DAFFI_CANCELLED ? "yes" : "no");
    fflush (noticed);
    return status;
}

static daffi_status_t twice (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t number;
    int doubled = 0;
    char text[32];
    daffi_value_t item;
    while (!daffi_request_receive (request, TIMEOUT_MS, &item)) {
        if (daffi_value_get_int (&item, &number) ||
            daffi_request_yield (request, 2 * number))
            return daffi_request_fail (request, "could not go on");
        doubled++;
    }
    snprintf (text, sizeof text, "doubled %d", doubled);
    return daffi_request_reply (request, text);
}

static daffi_status_t up (daffi_global_t *global, daffi_error_t *error)
{
    int64_t total = 0;
    daffi_status_t status = DAFFI_OK;
    DAFFI_AUTO (daffi_stream) *stream =
        daffi_stream_open (global, "sum", DAFFI_ARGS (), NULL, error);
    if (!stream)
        return error->status;
    for (int i = 1; i <= 1000 && !status; i++)
        status = daffi_stream_send (stream, i, TIMEOUT_MS, error);
    daffi_stream_send_end (stream);
    if (!status || status == DAFFI_END)
        status = daffi_stream_wait (stream, TIMEOUT_MS, error);
    if (!status)
        status = daffi_value_get_int (daffi_stream_value (stream), &total);
    if (!status)
        printf ("up: the sum of 1 to 1000 is %lld\n", (long long)total);
    return status;
}

static void print_item (const daffi_result_t *item, const char *end)
{
    char text[32];
    daffi_value_format (daffi_result_value (item), text, sizeof text);
    printf (" %s%s", text, end);
}

static daffi_status_t down (daffi_global_t *global, FILE *noticed, daffi_error_t *error)
{
    char answer[8] = "";
    int seen = 0;
    daffi_stream_t *stream =
        daffi_stream_open (global, "count", DAFFI_ARGS (), NULL, error);
    if (!stream)
        return error->status;
    printf ("down:");
    DAFFI_STREAM_EACH (item, stream, TIMEOUT_MS) {
        print_item (item, ++seen < 5 ? "" : ", enough;");
        if (seen == 5)
            break;
    }
    //  of a call that goes on this says PENDING
    daffi_status_t status = seen == 5 ? DAFFI_OK : daffi_stream_wait (stream, 0, error);
    daffi_stream_destroy (&stream);
    if (!status && fgets (answer, sizeof answer, noticed))
        printf (" the function was told: %s", answer);
    return status;
}

static daffi_status_t both (daffi_global_t *global, daffi_error_t *error)
{
    char text[64];
    daffi_status_t status = DAFFI_OK;
    DAFFI_AUTO (daffi_stream) *stream =
        daffi_stream_open (global, "double", DAFFI_ARGS (), NULL, error);
    if (!stream)
        return error->status;
    printf ("both:");
    for (int i = 1; i <= 5 && !status; i++) {
        daffi_result_t *item;
        status = daffi_stream_send (stream, i, TIMEOUT_MS, error);
        if (!status)
            status = daffi_stream_receive (stream, TIMEOUT_MS, &item, error);
        if (!status) {
            print_item (item, ",");
            daffi_result_destroy (&item);
        }
    }
    daffi_stream_send_end (stream);
    if (!status)
        status = daffi_stream_wait (stream, TIMEOUT_MS, error);
    if (!status) {
        daffi_value_format (daffi_stream_value (stream), text, sizeof text);
        printf (" and the result is %s\n", text);
    }
    return status;
}

int main (void)
{
    daffi_error_t error;
    int pipe_ends[2];
    if (pipe (pipe_ends))
        return EXIT_FAILURE;
    FILE *noticed = fdopen (pipe_ends[0], "r");
    FILE *notice = fdopen (pipe_ends[1], "w");
    const daffi_function_t functions[] = {
        {.name = "sum", .callback = sum},
        {.name = "count", .callback = count, .arg = notice},
        {.name = "double", .callback = twice},
        {0}};
    DAFFI_AUTO (daffi_global) *global = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "streams", .init_controller = true,
                       .host = "127.0.0.1", .functions = functions),
        &error);
    if (!global || up (global, &error) || down (global, noticed, &error) ||
        both (global, &error)) {
        fprintf (stderr, "%s\n", error.text);
        return EXIT_FAILURE;
    }
    fclose (noticed);
    daffi_global_stop (global);
    fclose (notice);
    return EXIT_SUCCESS;
}
