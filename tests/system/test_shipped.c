//  SPDX-License-Identifier: MPL-2.0
//  Shipped functions, wherever they run: the same in the node's own process and behind
//  the runner's wall.

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shipping.h"
#include "test.h"

//  Runs the rest of the test in both places, one after the other.
static const daffi_run_t places[] = {DAFFI_RUN_HERE, DAFFI_RUN_ISOLATED};
#define IN_BOTH_PLACES(at, payload, name)                                             \
    for (size_t place_ = 0; place_ < 2; place_++)                                     \
        for (daffi_payload_t *payload = begin (&(at), places[place_], name); payload; \
             finish (&(at), &(payload)))

static daffi_payload_t *begin (shipping_t *at, daffi_run_t run, const char *name)
{
    shipping_start (at, DAFFI_TRANSFER (.run = run, .unsigned_local = true));
    return payload_open (name);
}

static void finish (shipping_t *at, daffi_payload_t **payload)
{
    daffi_payload_destroy (payload);
    shipping_stop (at);
}

static daffi_future_t *call (shipping_t *at, const daffi_payload_t *payload,
                             const char *function, daffi_args_t args,
                             int64_t timeout_ms)
{
    daffi_error_t error;
    daffi_future_t *future = daffi_global_transfer_start (
        at->caller, payload, function, args,
        DAFFI_CALL (.process = "taker", .timeout_ms = timeout_ms), &error);
    if (!future)
        daffi_test_fail (__FILE__, __LINE__, "%s: %s", function, error.text);
    return future;
}

TEST ("values, errors and log lines come through the table")
{
    shipping_t at;
    int64_t number;
    daffi_error_t error;
    daffi_result_t *result = NULL;
    double weighted = 0;
    IN_BOTH_PLACES (at, payload, "good")
    {
        CHECK_OK (daffi_global_transfer_and_call (
            at.caller, "taker", payload, "read_all",
            DAFFI_ARGS (DAFFI_ARRAY (1, 2, 3), DAFFI_MAP ("weight", 0.5), "four"),
            &result, &error));
        CHECK_OK (daffi_value_get_double (daffi_result_value (result), &weighted));
        CHECK_EQ_DOUBLE (weighted, 7.0);
        daffi_result_destroy (&result);
        CHECK_EQ_INT (shipping_logged ("payload.says", "read 3 arguments"), 1);
        CHECK_STATUS (DAFFI_FAILED, ship_int (&at, payload, "add", DAFFI_ARGS ("x"),
                                              &number, &error));
        CHECK_EQ_STR (error.text, "add wants two integers");
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
        CHECK_STATUS (DAFFI_TYPE,
                      ship_int (&at, payload, "fail_with", DAFFI_ARGS ((int)DAFFI_TYPE),
                                &number, &error));
        CHECK_STATUS (DAFFI_FAILED,
                      ship_int (&at, payload, "fail_with",
                                DAFFI_ARGS ((int)DAFFI_NO_PAYLOAD), &number, &error));
        CHECK_STATUS (DAFFI_NO_FUNCTION, ship_int (&at, payload, "missing",
                                                   DAFFI_ARGS (), &number, &error));
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    }
}

TEST ("large values go in and come back")
{
    enum { BIG = 5 << 20 };
    shipping_t at;
    daffi_error_t error;
    daffi_result_t *result = NULL;
    char *big = calloc (1, BIG);
    CHECK (big != NULL);
    big[BIG - 1] = 7;
    daffi_value_t sent = daffi_value_binary (big, BIG);
    IN_BOTH_PLACES (at, payload, "good")
    {
        CHECK_OK (daffi_global_transfer_and_call (at.caller, "taker", payload, "echo",
                                                  DAFFI_ARGS (sent), &result, &error));
        CHECK (daffi_value_equal (daffi_result_value (result), &sent));
        daffi_result_destroy (&result);
    }
    free (big);
}

TEST ("items go both ways, and the result comes at the end")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    IN_BOTH_PLACES (at, payload, "good")
    {
        daffi_stream_t *stream =
            daffi_global_transfer_stream (at.caller, payload, "doubled", DAFFI_ARGS (),
                                          DAFFI_CALL (.process = "taker"), &error);
        CHECK (stream != NULL);
        for (int i = 0; i < 200; i++) {
            daffi_result_t *item = NULL;
            CHECK_OK (daffi_stream_send (stream, i, 10000, &error));
            CHECK_OK (daffi_stream_receive (stream, 10000, &item, &error));
            CHECK_OK (daffi_value_get_int (daffi_result_value (item), &number));
            CHECK_EQ_INT (number, 2 * i);
            daffi_result_destroy (&item);
        }
        daffi_stream_send_end (stream);
        CHECK_OK (daffi_stream_wait (stream, 10000, &error));
        CHECK_OK (daffi_value_get_int (daffi_stream_value (stream), &number));
        CHECK_EQ_INT (number, 200);
        daffi_stream_destroy (&stream);
    }
}

static void note (daffi_future_t *future, const daffi_progress_t *progress, void *arg)
{
    (void)future;
    atomic_store ((atomic_ullong *)arg, progress->done);
}

TEST ("what a shipped function reports reaches its caller while it runs")
{
    shipping_t at;
    daffi_error_t error;
    IN_BOTH_PLACES (at, payload, "good")
    {
        atomic_ullong seen;
        daffi_progress_t last = {0};
        atomic_init (&seen, 0);
        daffi_future_t *future =
            call (&at, payload, "report_until_cancelled", DAFFI_ARGS (40), 30000);
        CHECK_OK (daffi_future_on_progress (future, note, &seen));
        //  it goes on until it is cancelled, so this was told meanwhile
        while (!atomic_load (&seen))
            usleep (1000);
        CHECK_OK (daffi_future_progress (future, &last));
        CHECK_EQ_UINT (last.total, 40);
        CHECK (last.done >= 1 && last.done <= 40);
        daffi_future_cancel (future);
        CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (future, 10000, &error));
        daffi_future_destroy (&future);
    }
}

TEST ("a shipped function learns of its cancellation and of its deadline")
{
    shipping_t at;
    daffi_error_t error;
    IN_BOTH_PLACES (at, payload, "good")
    {
        daffi_future_t *future =
            call (&at, payload, "wait_for_cancel", DAFFI_ARGS (), 200);
        CHECK_STATUS (DAFFI_TIMEOUT, daffi_future_wait (future, 10000, &error));
        daffi_future_destroy (&future);
        future = call (&at, payload, "wait_for_cancel", DAFFI_ARGS (), 30000);
        while (!shipping_logged ("payload.says", "waits"))
            usleep (1000);
        daffi_future_cancel (future);
        CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (future, 10000, &error));
        daffi_future_destroy (&future);
        //  the taker's drain would wait for a function that never ends
    }
}

TEST ("a stream that its reader leaves ends the function that yields")
{
    shipping_t at;
    daffi_error_t error;
    IN_BOTH_PLACES (at, payload, "good")
    {
        daffi_result_t *item = NULL;
        daffi_stream_t *stream =
            daffi_global_transfer_stream (at.caller, payload, "endless", DAFFI_ARGS (),
                                          DAFFI_CALL (.process = "taker"), &error);
        CHECK (stream != NULL);
        for (int i = 0; i < 100; i++) {
            CHECK_OK (daffi_stream_receive (stream, 10000, &item, &error));
            daffi_result_destroy (&item);
        }
        daffi_stream_destroy (&stream);
        while (!shipping_logged ("payload.says", "nobody reads"))
            usleep (1000);
    }
}

extern const unsigned char payload_good_payload[];
extern const unsigned char payload_good_payload_end[];

TEST ("a program ships the payload that it carries in itself")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    IN_BOTH_PLACES (at, payload, "good")
    {
        daffi_payload_t *own = daffi_payload_from_bytes (
            payload_good_payload,
            (size_t)(payload_good_payload_end - payload_good_payload), &error);
        CHECK (own != NULL);
        CHECK_EQ_STR (daffi_payload_info (own)->hash,
                      daffi_payload_info (payload)->hash);
        CHECK_OK (ship_int (&at, own, "add", DAFFI_ARGS (2, 3), &number, &error));
        CHECK_EQ_INT (number, 5);
        daffi_payload_destroy (&own);
    }
}

TEST ("versions live side by side, and each is called by its hash")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    IN_BOTH_PLACES (at, payload, "version_1")
    {
        daffi_payload_t *second = payload_open ("version_2");
        CHECK_OK (ship_int (&at, payload, "version", DAFFI_ARGS (), &number, &error));
        CHECK_EQ_INT (number, 1);
        CHECK_OK (ship_int (&at, second, "version", DAFFI_ARGS (), &number, &error));
        CHECK_EQ_INT (number, 2);
        CHECK_OK (ship_int (&at, payload, "version", DAFFI_ARGS (), &number, &error));
        CHECK_EQ_INT (number, 1);
        daffi_payload_destroy (&second);
    }
}

TEST ("a function is published at several processes, and withdrawn from each")
{
    enum { MORE = 3 };
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    IN_BOTH_PLACES (at, payload, "good")
    {
        daffi_global_t *takers[MORE];
        char name[20];
        for (int i = 0; i < MORE; i++) {
            snprintf (name, sizeof name, "taker-%d", i);
            takers[i] = daffi_global_new (
                DAFFI_OPTIONS (.process_name = name, .unix_sock_path = at.folder,
                               .connect_timeout_ms = 10000,
                               .transfer = DAFFI_TRANSFER (.run = places[place_],
                                                           .unsigned_local = true)),
                &error);
            CHECK (takers[i] != NULL);
            CHECK_OK (
                daffi_global_publish (at.caller, name, payload, "add", "plus", &error));
        }
        for (int i = 0; i < MORE; i++) {
            snprintf (name, sizeof name, "taker-%d", i);
            DAFFI_AUTO (daffi_result) *result = NULL;
            CHECK_OK (daffi_call (at.caller, "plus", DAFFI_ARGS (4, i),
                                  DAFFI_CALL (.process = name), &result, &error));
            CHECK_OK (daffi_value_get_int (daffi_result_value (result), &number));
            CHECK_EQ_INT (number, 4 + i);
            CHECK_OK (daffi_global_withdraw (at.caller, name, "plus", &error));
        }
        CHECK_STATUS (
            DAFFI_NO_FUNCTION,
            daffi_call_int (at.caller, "plus", DAFFI_ARGS (4, 5), &number, &error));
        for (int i = 0; i < MORE; i++)
            daffi_global_destroy (&takers[i]);
    }
}

static void call_in_both_places (const char *name)
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    if (access (payload_path (name), R_OK) != 0)
        SKIP ("this build had no compiler for it");
    IN_BOTH_PLACES (at, payload, name)
    {
        CHECK_OK (ship_int (&at, payload, "add", DAFFI_ARGS (20, 22), &number, &error));
        CHECK_EQ_INT (number, 42);
        CHECK_STATUS (DAFFI_TYPE, ship_int (&at, payload, "add", DAFFI_ARGS ("x", 1),
                                            &number, &error));
        CHECK_STATUS (DAFFI_NO_FUNCTION, ship_int (&at, payload, "missing",
                                                   DAFFI_ARGS (), &number, &error));
    }
}

TEST ("a payload may be written in C++")
{
    call_in_both_places ("cplusplus");
}

TEST ("a payload may be written in Fortran")
{
    call_in_both_places ("fortran");
}

TEST ("a child that begins a message and never ends it costs its own call alone")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_ISOLATED,
                                         .unsigned_local = true, .children_max = 2));
    daffi_payload_t *payload = payload_open ("liar");
    daffi_future_t *future = call (&at, payload, "half_a_message", DAFFI_ARGS (), 300);
    CHECK_STATUS (DAFFI_TIMEOUT, daffi_future_wait (future, 10000, &error));
    daffi_future_destroy (&future);
    CHECK_STATUS (DAFFI_CRASHED,
                  ship_int (&at, payload, "nonsense", DAFFI_ARGS (), &number, &error));
    future = call (&at, payload, "floods", DAFFI_ARGS (), 300);
    CHECK_STATUS (DAFFI_TIMEOUT, daffi_future_wait (future, 10000, &error));
    daffi_future_destroy (&future);
    CHECK (shipping_logged ("payload.says", "") < 200);
    CHECK_OK (ship_int (&at, payload, "fine", DAFFI_ARGS (), &number, &error));
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}
