//  SPDX-License-Identifier: MPL-2.0
//  Function transfer into the node's own process: shipped once, called like any other.

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shipping.h"
#include "test.h"

#define HERE DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .unsigned_local = true)

TEST ("a payload crosses the wire once and is called by its hash from then on")
{
    shipping_t at;
    int64_t number = 0;
    daffi_error_t error;
    shipping_start (&at, HERE);
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    CHECK_EQ_INT (number, getpid ());
    CHECK_OK (ship_int (&at, payload, "add", DAFFI_ARGS (2, 3), &number, &error));
    CHECK_EQ_INT (number, 5);
    daffi_payload_t *known =
        daffi_payload_from_hash (daffi_payload_info (payload)->hash, &error);
    CHECK (known != NULL);
    CHECK_OK (ship_int (&at, known, "add", DAFFI_ARGS (20, 3), &number, &error));
    CHECK_EQ_INT (number, 23);
    CHECK_EQ_INT (shipping_logged ("payload.accepted", "name=good"), 1);
    CHECK_EQ_INT (shipping_logged ("payload.loaded", ""), 1);
    daffi_payload_destroy (&known);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a hash alone is not enough where the payload never was")
{
    shipping_t at;
    int64_t number;
    daffi_error_t error;
    shipping_start (&at, HERE);
    daffi_payload_t *payload = payload_open ("good");
    daffi_payload_t *known =
        daffi_payload_from_hash (daffi_payload_info (payload)->hash, &error);
    CHECK_STATUS (DAFFI_NO_PAYLOAD,
                  ship_int (&at, known, "add", DAFFI_ARGS (2, 3), &number, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_STR (error.function, "add");
    CHECK_EQ_STR (error.process, "taker");
    daffi_payload_destroy (&known);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a process takes no payload unless it was told so")
{
    shipping_t at;
    int64_t number;
    daffi_error_t error;
    shipping_start (&at, NULL);
    daffi_payload_t *payload = payload_open ("good");
    CHECK_STATUS (DAFFI_REFUSED,
                  ship_int (&at, payload, "add", DAFFI_ARGS (2, 3), &number, &error));
    CHECK (strstr (error.text, "takes no payloads") != NULL);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a published function is an ordinary one until it is withdrawn")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    shipping_start (&at, HERE);
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (
        daffi_global_publish (at.caller, "taker", payload, "add", "plus", &error));
    CHECK_OK (daffi_global_wait_function (at.caller, "plus", 10000, &error));
    CHECK_OK (daffi_call_int (at.caller, "plus", DAFFI_ARGS (4, 5), &number, &error));
    CHECK_EQ_INT (number, 9);
    CHECK_STATUS (DAFFI_EXISTS, daffi_global_publish (at.caller, "taker", payload,
                                                      "add", "plus", &error));
    CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_global_publish (at.caller, "taker", payload,
                                                           "no", "no", &error));
    CHECK_OK (daffi_global_withdraw (at.caller, "taker", "plus", &error));
    CHECK_STATUS (DAFFI_NOT_FOUND,
                  daffi_global_withdraw (at.caller, "taker", "plus", &error));
    CHECK (daffi_call_int (at.caller, "plus", DAFFI_ARGS (4, 5), &number, &error) !=
           DAFFI_OK);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

typedef struct {
    daffi_global_t *global;
    const daffi_payload_t *payload;
    atomic_bool on;
} claimer_t;

//  Wants the name again and again, and is told that it is taken.
static void *claim (void *arg)
{
    claimer_t *self = arg;
    daffi_error_t error;
    while (atomic_load (&self->on))
        CHECK_STATUS (DAFFI_EXISTS,
                      daffi_global_publish (self->global, "taker", self->payload, "add",
                                            "math.add", &error));
    return NULL;
}

TEST ("who wants a name that is taken cannot withdraw it meanwhile")
{
    enum { TRIES = 10000 };
    shipping_t at;
    daffi_error_t error;
    pthread_t thread;
    shipping_start (&at, DAFFI_TRANSFER (.run = DAFFI_RUN_HERE, .unsigned_local = true,
                                         .managers = "nobody"));
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (
        daffi_global_publish (at.caller, "taker", payload, "add", "math.add", &error));
    daffi_global_t *other = daffi_global_new (
        DAFFI_OPTIONS (.process_name = "other", .unix_sock_path = at.folder,
                       .connect_timeout_ms = 10000),
        &error);
    CHECK (other != NULL);
    claimer_t claimer = {.global = other, .payload = payload};
    atomic_init (&claimer.on, true);
    CHECK (!pthread_create (&thread, NULL, claim, &claimer));
    for (int i = 0; i < TRIES; i++)
        CHECK_STATUS (DAFFI_REFUSED,
                      daffi_global_withdraw (other, "taker", "math.add", &error));
    atomic_store (&claimer.on, false);
    pthread_join (thread, NULL);
    CHECK_OK (daffi_global_withdraw (at.caller, "taker", "math.add", &error));
    daffi_global_destroy (&other);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("what is held can be listed, and is gone after it was unloaded")
{
    shipping_t at;
    daffi_error_t error;
    daffi_result_t *result = NULL;
    daffi_value_t row, value;
    int64_t number;
    shipping_start (&at, HERE);
    daffi_payload_t *payload = payload_open ("good");
    CHECK_OK (
        daffi_global_publish (at.caller, "taker", payload, "add", "plus", &error));
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    CHECK_OK (daffi_global_payloads (at.caller, "taker", &result, &error));
    CHECK_OK (daffi_value_item (daffi_result_value (result), 0, &row));
    CHECK_OK (daffi_value_find (&row, "calls", &value));
    CHECK_OK (daffi_value_get_int (&value, &number));
    CHECK_EQ_INT (number, 1);
    CHECK_OK (daffi_value_find (&row, "published", &value));
    CHECK_EQ_INT (value.count, 1);
    daffi_result_destroy (&result);

    CHECK_OK (daffi_global_unload (at.caller, "taker", payload, &error));
    CHECK_STATUS (DAFFI_NOT_FOUND,
                  daffi_global_unload (at.caller, "taker", payload, &error));
    CHECK_OK (daffi_global_payloads (at.caller, "taker", &result, &error));
    CHECK_EQ_INT (daffi_result_value (result)->count, 0);
    daffi_result_destroy (&result);
    //  and comes again when it is wanted again
    CHECK_OK (ship_int (&at, payload, "get_pid", DAFFI_ARGS (), &number, &error));
    CHECK_EQ_INT (shipping_logged ("payload.unloaded", ""), 1);
    CHECK_EQ_INT (shipping_logged ("payload.accepted", ""), 2);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a large payload goes in pieces, and calls that wait for it share them")
{
    enum { CALLS = 20 };
    shipping_t at;
    daffi_error_t error;
    daffi_future_t *futures[CALLS];
    shipping_start (&at, HERE);
    daffi_payload_t *payload = payload_open ("large");
    CHECK (daffi_payload_info (payload)->size_bytes > 2 << 20);
    for (int i = 0; i < CALLS; i++) {
        futures[i] =
            daffi_global_transfer_start (at.caller, payload, "sum", DAFFI_ARGS (),
                                         DAFFI_CALL (.process = "taker"), &error);
        CHECK (futures[i] != NULL);
    }
    for (int i = 0; i < CALLS; i++) {
        CHECK_OK (daffi_future_wait (futures[i], 30000, &error));
        daffi_future_destroy (&futures[i]);
    }
    CHECK_EQ_INT (shipping_logged ("payload.accepted", ""), 1);
    daffi_payload_destroy (&payload);
    shipping_stop (&at);
}

TEST ("a payload that was kept on disk need not be shipped to the next life")
{
    shipping_t at;
    daffi_error_t error;
    int64_t number;
    char cache[200];
    shipping_start (&at, NULL);
    snprintf (cache, sizeof cache, "%s/cache", at.folder);
    shipping_stop (&at);
    const daffi_transfer_options_t options = {
        .run = DAFFI_RUN_HERE, .unsigned_local = true, .cache_folder = cache};
    daffi_payload_t *payload = payload_open ("good");
    daffi_payload_t *known =
        daffi_payload_from_hash (daffi_payload_info (payload)->hash, &error);
    shipping_start (&at, &options);
    CHECK_OK (ship_int (&at, payload, "add", DAFFI_ARGS (1, 1), &number, &error));
    shipping_stop (&at);
    shipping_start (&at, &options);
    CHECK_OK (ship_int (&at, known, "add", DAFFI_ARGS (1, 2), &number, &error));
    CHECK_EQ_INT (number, 3);
    CHECK_EQ_INT (shipping_logged ("payload.accepted", "from=cache"), 1);
    shipping_stop (&at);

    //  one bit of the file is turned
    char path[400];
    snprintf (path, sizeof path, "%s/%s.daffi", cache,
              daffi_payload_info (payload)->hash);
    FILE *file = fopen (path, "r+b");
    CHECK (file != NULL);
    CHECK (fseek (file, 5000, SEEK_SET) == 0);
    int byte = fgetc (file);
    CHECK (fseek (file, 5000, SEEK_SET) == 0);
    CHECK (fputc (byte ^ 1, file) != EOF);
    fclose (file);
    shipping_start (&at, &options);
    CHECK_STATUS (DAFFI_NO_PAYLOAD,
                  ship_int (&at, known, "add", DAFFI_ARGS (1, 2), &number, &error));
    CHECK (access (path, F_OK) != 0);
    shipping_stop (&at);
    daffi_payload_destroy (&known);
    daffi_payload_destroy (&payload);
}
