//  SPDX-License-Identifier: MPL-2.0
//  What the C end of the matrix asks of a provider, a scenario a function.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peer.h"

typedef struct {
    daffi_global_t *global;
    const char *provider;
    char *why;
    size_t why_size;
} scene_t;

#define EXPECT(condition)                                                          \
    do {                                                                           \
        if (!(condition)) {                                                        \
            snprintf (at->why, at->why_size, "line %d: %s", __LINE__, #condition); \
            return false;                                                          \
        }                                                                          \
    } while (0)

#define TO(at) DAFFI_CALL (.process = (at)->provider, .timeout_ms = PEER_TIMEOUT_MS)

//  The result, or NULL with the reason in `why`.
static daffi_result_t *ask (const scene_t *at, const char *function, daffi_args_t args)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    if (daffi_call (at->global, function, args, TO (at), &result, &error))
        snprintf (at->why, at->why_size, "%s: %s", function, error.text);
    return result;
}

static int64_t ask_int (const scene_t *at, const char *function, daffi_args_t args)
{
    int64_t number = -1;
    DAFFI_AUTO (daffi_result) *result = ask (at, function, args);
    if (result && daffi_value_get_int (daffi_result_value (result), &number))
        number = -1;
    return number;
}

static bool is_text (const daffi_value_t *value, const char *text)
{
    daffi_value_t expected = daffi_value_string (text);
    return value && daffi_value_equal (value, &expected);
}

//  For a counter that moves soon.
static bool reaches (const scene_t *at, const char *counter, int64_t number)
{
    struct timespec pause = {.tv_nsec = 5000000};
    for (int i = 0; i < PEER_TIMEOUT_MS / 5; i++) {
        if (ask_int (at, counter, DAFFI_ARGS ()) >= number)
            return true;
        nanosleep (&pause, NULL);
    }
    return false;
}

static bool calls (const scene_t *at)
{
    EXPECT (ask_int (at, "add", DAFFI_ARGS (2, 3)) == 5);
    EXPECT (ask_int (at, "add", DAFFI_ARGS (INT64_C (9007199254740990), 1)) ==
            INT64_C (9007199254740991));
    EXPECT (ask_int (at, "add", DAFFI_ARGS (-70000, 1)) == -69999);
    return true;
}

static bool comes_back (const scene_t *at, const char *kind, daffi_value_t value)
{
    DAFFI_AUTO (daffi_result) *seen = ask (at, "kind", DAFFI_ARGS (value));
    EXPECT (seen && is_text (daffi_result_value (seen), kind));
    DAFFI_AUTO (daffi_result) *back = ask (at, "echo", DAFFI_ARGS (value));
    EXPECT (back && daffi_value_equal (daffi_result_value (back), &value));
    return true;
}

static bool values (const scene_t *at)
{
    return comes_back (at, "nil", daffi_value_nil ()) &&
           comes_back (at, "bool", daffi_value_bool (true)) &&
           comes_back (at, "int", daffi_value_int (-129)) &&
           comes_back (at, "int", daffi_value_int (INT64_C (9007199254740991))) &&
           comes_back (at, "double", daffi_value_double (0.1)) &&
           comes_back (at, "string", daffi_value_string ("")) &&
           comes_back (at, "binary", daffi_value_binary ("", 0)) &&
           comes_back (at, "array", DAFFI_ARRAY (1, "a", DAFFI_ARRAY ())) &&
           comes_back (at, "map", DAFFI_MAP ("a", 1, "b", DAFFI_MAP ("c", 0.5)));
}

static bool unicode (const scene_t *at)
{
    const char *text = "grüße 世界 😀 \xc2\xa0 e\xcc\x81";
    EXPECT (ask_int (at, "checksum", DAFFI_ARGS (text)) ==
            peer_checksum (text, strlen (text)));
    return comes_back (at, "string", daffi_value_string (text));
}

static bool bytes (const scene_t *at, size_t size)
{
    uint8_t *data = malloc (size);
    EXPECT (data);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    daffi_value_t value = daffi_value_binary (data, size);
    bool fine =
        ask_int (at, "checksum", DAFFI_ARGS (value)) == peer_checksum (data, size) &&
        comes_back (at, "binary", value);
    free (data);
    EXPECT (fine);
    return true;
}

static bool binary (const scene_t *at)
{
    return bytes (at, 256);
}

static bool large (const scene_t *at)
{
    return bytes (at, PEER_LARGE_BYTES);
}

static bool errors (const scene_t *at)
{
    daffi_error_t error;
    EXPECT (daffi_call (at->global, "fail", DAFFI_ARGS ("x"), TO (at), NULL, &error) ==
            DAFFI_FAILED);
    EXPECT (error.executed == DAFFI_EXECUTED_YES);
    EXPECT (strstr (error.text, "broken: x"));
    EXPECT (strstr (error.text, at->provider) || !strcmp (error.process, at->provider));
    EXPECT (daffi_call (at->global, "no-such", DAFFI_ARGS (), TO (at), NULL, &error) ==
            DAFFI_NO_FUNCTION);
    EXPECT (error.executed == DAFFI_EXECUTED_NO);
    EXPECT (daffi_call (at->global, "add", DAFFI_ARGS (1, 2),
                        DAFFI_CALL (.process = "nobody"), NULL,
                        &error) == DAFFI_NO_PROCESS);
    EXPECT (error.executed == DAFFI_EXECUTED_NO);
    return true;
}

static bool up (const scene_t *at)
{
    daffi_error_t error;
    int64_t sum = 0;
    daffi_status_t status = DAFFI_OK;
    DAFFI_AUTO (daffi_stream) *stream =
        daffi_stream_open (at->global, "total", DAFFI_ARGS (), TO (at), &error);
    EXPECT (stream);
    for (int i = 0; i < 1000 && !status; i++)
        status = daffi_stream_send (stream, i, PEER_TIMEOUT_MS, &error);
    EXPECT (!status);
    daffi_stream_send_end (stream);
    EXPECT (!daffi_stream_wait (stream, PEER_TIMEOUT_MS, &error));
    EXPECT (!daffi_value_get_int (daffi_stream_value (stream), &sum) && sum == 499500);
    return true;
}

static int64_t next (daffi_stream_t *stream)
{
    int64_t number = -1;
    daffi_error_t error;
    daffi_result_t *item = NULL;
    if (!daffi_stream_receive (stream, PEER_TIMEOUT_MS, &item, &error) &&
        daffi_value_get_int (daffi_result_value (item), &number))
        number = -1;
    daffi_result_destroy (&item);
    return number;
}

static bool down (const scene_t *at)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_stream) *stream =
        daffi_stream_open (at->global, "count", DAFFI_ARGS (1000), TO (at), &error);
    EXPECT (stream);
    for (int i = 0; i < 1000; i++)
        EXPECT (next (stream) == i);
    EXPECT (!daffi_stream_wait (stream, PEER_TIMEOUT_MS, &error));
    EXPECT (is_text (daffi_stream_value (stream), "done"));
    return true;
}

static bool both (const scene_t *at)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_stream) *stream =
        daffi_stream_open (at->global, "twice", DAFFI_ARGS (), TO (at), &error);
    EXPECT (stream);
    for (int i = 0; i < 200; i++) {
        EXPECT (!daffi_stream_send (stream, i, PEER_TIMEOUT_MS, &error));
        EXPECT (next (stream) == 2 * i);
    }
    daffi_stream_send_end (stream);
    EXPECT (!daffi_stream_wait (stream, PEER_TIMEOUT_MS, &error));
    EXPECT (is_text (daffi_stream_value (stream), "doubled"));
    return true;
}

static bool letting_go (const scene_t *at)
{
    daffi_error_t error;
    int64_t before = ask_int (at, "noticed", DAFFI_ARGS ());
    daffi_stream_t *stream =
        daffi_stream_open (at->global, "count", DAFFI_ARGS (1000000), TO (at), &error);
    EXPECT (stream);
    bool fine = next (stream) == 0;
    daffi_stream_destroy (&stream);
    EXPECT (fine);
    EXPECT (reaches (at, "noticed", before + 1));
    return true;
}

static bool cancel (const scene_t *at)
{
    daffi_error_t error;
    int64_t before = ask_int (at, "noticed", DAFFI_ARGS ());
    DAFFI_AUTO (daffi_future) *slow =
        daffi_call_start (at->global, "slow", DAFFI_ARGS (), TO (at), &error);
    EXPECT (slow && reaches (at, "running", 1));
    daffi_future_cancel (slow);
    EXPECT (daffi_future_wait (slow, PEER_TIMEOUT_MS, &error) == DAFFI_CANCELLED);
    EXPECT (error.executed == DAFFI_EXECUTED_MAYBE);
    EXPECT (reaches (at, "noticed", before + 1));
    return true;
}

static bool deadline (const scene_t *at)
{
    daffi_error_t error;
    int64_t before = ask_int (at, "noticed", DAFFI_ARGS ());
    EXPECT (daffi_call (at->global, "slow", DAFFI_ARGS (),
                        DAFFI_CALL (.process = at->provider, .timeout_ms = 1000), NULL,
                        &error) == DAFFI_TIMEOUT);
    EXPECT (reaches (at, "noticed", before + 1));
    return true;
}

static bool broadcast (const scene_t *at)
{
    daffi_error_t error;
    DAFFI_AUTO (daffi_broadcast) *all =
        daffi_broadcast_start (at->global, "name", DAFFI_ARGS (), NULL, &error);
    EXPECT (all && !daffi_broadcast_wait (all, PEER_TIMEOUT_MS, &error));
    const daffi_reply_t *reply = daffi_broadcast_find (all, at->provider);
    EXPECT (reply && !reply->status && is_text (reply->value, at->provider));
    for (size_t i = 0; i < daffi_broadcast_count (all); i++) {
        reply = daffi_broadcast_reply (all, i);
        EXPECT (!reply->status && is_text (reply->value, reply->process));
    }
    return true;
}

static const struct {
    const char *name;
    bool (*run) (const scene_t *at);
} scenarios[] = {{"calls", calls},
                 {"values", values},
                 {"unicode", unicode},
                 {"binary", binary},
                 {"large", large},
                 {"errors", errors},
                 {"up", up},
                 {"down", down},
                 {"both", both},
                 {"cancel", cancel},
                 {"letting-go", letting_go},
                 {"deadline", deadline},
                 {"broadcast", broadcast}};

bool peer_ask (daffi_global_t *global, const char *scenario, const char *provider,
               char *why, size_t why_size)
{
    const scene_t at = {global, provider, why, why_size};
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (!strcmp (scenarios[i].name, scenario))
            return scenarios[i].run (&at);
    snprintf (why, why_size, "no such scenario");
    return false;
}
