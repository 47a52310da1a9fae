//  SPDX-License-Identifier: MPL-2.0
//  Calls: values of every kind both ways, errors as they were, who answers.

#include <stdlib.h>
#include <string.h>

#include "place.h"

typedef struct {
    daffi_global_t *hub;
    daffi_global_t *server;
    daffi_global_t *caller;
} trio_t;

static trio_t trio_start (place_t *at)
{
    trio_t self = {hub_start (at), server_start (at, "server"), caller_start (at)};
    return self;
}

static void trio_stop (trio_t *self)
{
    daffi_global_destroy (&self->caller);
    daffi_global_destroy (&self->server);
    daffi_global_destroy (&self->hub);
}

static void check_echo (daffi_global_t *caller, daffi_value_t value)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    char sent[200], came[200];
    CHECK_FINE (daffi_call (caller, "echo", DAFFI_ARGS (value), NULL, &result, &error),
                error);
    daffi_value_format (&value, sent, sizeof sent);
    daffi_value_format (daffi_result_value (result), came, sizeof came);
    CHECK_EQ_STR (came, sent);
    CHECK (daffi_value_equal (daffi_result_value (result), &value));
    CHECK_EQ_STR (daffi_result_process (result), "server");
    daffi_result_destroy (&result);
    CHECK (result == NULL);
}

SYSTEM_TEST ("a value of every kind comes back as it was sent")
{
    trio_t trio = trio_start (at);
    const uint8_t raw[] = {0x93, 1, 2, 0xc3};
    const daffi_value_t values[] = {
        daffi_value_nil (),
        daffi_value_bool (true),
        daffi_value_bool (false),
        daffi_value_int (0),
        daffi_value_int (-1),
        daffi_value_int (-33),
        daffi_value_int (INT64_MIN),
        daffi_value_int (INT64_MAX),
        daffi_value_uint (UINT64_MAX),
        daffi_value_uint (200),
        daffi_value_double (0.5),
        daffi_value_double (-1e300),
        daffi_value_string (""),
        daffi_value_string ("Grüße, 世界"),
        daffi_value_text ("nul\0within", 10),
        daffi_value_binary ("", 0),
        daffi_value_binary ("\0\xff\x80", 3),
        DAFFI_ARRAY (),
        DAFFI_ARRAY (1, "two", 3.0, DAFFI_ARRAY (false, daffi_value_nil ())),
        DAFFI_MAP (),
        DAFFI_MAP ("a", 1, "b", DAFFI_MAP ("c", DAFFI_ARRAY (1, 2))),
        daffi_value_ext (5, "ext", 3),
        daffi_value_ext (-1, "\0\0\0\1", 4),
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        check_echo (trio.caller, values[i]);

    daffi_error_t error;
    daffi_result_t *result = NULL;
    CHECK_FINE (daffi_call (trio.caller, "echo",
                            DAFFI_ARGS (daffi_value_raw (raw, sizeof raw)), NULL,
                            &result, &error),
                error);
    daffi_value_t expected = DAFFI_ARRAY (1, 2, daffi_value_bool (true));
    CHECK (daffi_value_equal (daffi_result_value (result), &expected));
    daffi_result_destroy (&result);
    trio_stop (&trio);
}

SYSTEM_TEST ("each typed call gives its type, and says TYPE where it is another")
{
    trio_t trio = trio_start (at);
    daffi_error_t error;
    int64_t integer = 0;
    double real = 0;
    bool truth = false;
    char *text = NULL;
    CHECK_FINE (daffi_call_int (trio.caller, "echo", DAFFI_ARGS (7), &integer, &error),
                error);
    CHECK_EQ_INT (integer, 7);
    CHECK_FINE (
        daffi_call_double (trio.caller, "echo", DAFFI_ARGS (0.25), &real, &error),
        error);
    CHECK_EQ_DOUBLE (real, 0.25);
    CHECK_FINE (daffi_call_bool (trio.caller, "echo",
                                 DAFFI_ARGS (daffi_value_bool (true)), &truth, &error),
                error);
    CHECK (truth);
    CHECK_FINE (
        daffi_call_string (trio.caller, "echo", DAFFI_ARGS ("x"), &text, &error),
        error);
    CHECK_EQ_STR (text, "x");
    free (text);
    CHECK_FINE (daffi_call_void (trio.caller, "echo", DAFFI_ARGS ("x"), &error), error);

    integer = 5;
    CHECK_STATUS (DAFFI_TYPE, daffi_call_int (trio.caller, "echo", DAFFI_ARGS ("x"),
                                              &integer, &error));
    CHECK_EQ_INT (integer, 5);
    CHECK_EQ_INT (error.status, DAFFI_TYPE);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (error.process, "server");
    CHECK_EQ_STR (error.function, "echo");
    CHECK (error.text[0] != '\0');
    trio_stop (&trio);
}

SYSTEM_TEST ("an error arrives as what it was: status, text, who, and that it ran")
{
    trio_t trio = trio_start (at);
    for (int status = DAFFI_INVALID; status <= DAFFI_END; status++) {
        daffi_error_t error;
        //  neither of these is an outcome
        if (status == DAFFI_PENDING || status == DAFFI_END)
            continue;
        CHECK_STATUS ((daffi_status_t)status,
                      daffi_call (trio.caller, "fail", DAFFI_ARGS (status, "so it is"),
                                  NULL, NULL, &error));
        CHECK_EQ_INT (error.status, status);
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_YES);
        CHECK_EQ_STR (error.process, "server");
        CHECK_EQ_STR (error.function, "fail");
        CHECK_EQ_STR (error.text, "so it is");
    }
    trio_stop (&trio);
}

SYSTEM_TEST ("a text longer than 255 bytes is cut, not lost")
{
    trio_t trio = trio_start (at);
    daffi_error_t error;
    char text[1000];
    memset (text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CHECK_STATUS (DAFFI_FAILED,
                  daffi_call (trio.caller, "fail", DAFFI_ARGS ((int)DAFFI_FAILED, text),
                              NULL, NULL, &error));
    CHECK_EQ_UINT (strlen (error.text), DAFFI_TEXT_MAX);
    trio_stop (&trio);
}

SYSTEM_TEST ("an unknown function and an unknown process are answered at once")
{
    trio_t trio = trio_start (at);
    daffi_error_t error;
    int64_t start_ms = clock_ms ();
    CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_call (trio.caller, "nobody", DAFFI_ARGS (),
                                                 NULL, NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_STR (error.function, "nobody");
    CHECK (strstr (error.text, "nobody") != NULL);
    CHECK_STATUS (DAFFI_NO_PROCESS,
                  daffi_call (trio.caller, "echo", DAFFI_ARGS (1),
                              DAFFI_CALL (.process = "ghost"), NULL, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK_EQ_STR (error.text, "echo: no process 'ghost' is connected");
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_call (trio.caller, "nobody", DAFFI_ARGS (1),
                              DAFFI_CALL (.process = "server"), NULL, &error));
    CHECK_EQ_STR (error.text, "nobody: process 'server' does not offer it");
    CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_call (trio.caller, "$node.ping",
                                                 DAFFI_ARGS (), NULL, NULL, &error));
    CHECK (strstr (error.text, "at a process: say which") != NULL);
    CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_call (trio.caller, "$sys.none",
                                                 DAFFI_ARGS (), NULL, NULL, &error));
    CHECK (strstr (error.text, ".tasks, .task and .task.cancel") != NULL);
    CHECK (clock_ms () - start_ms < 5000);
    trio_stop (&trio);
}

SYSTEM_TEST ("bad names and too many arguments are refused before anything is sent")
{
    trio_t trio = trio_start (at);
    daffi_error_t error;
    char longest[DAFFI_NAME_MAX + 2];
    memset (longest, 'n', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const bad[] = {"", "with space", "umlaut-ü", "a/b", longest};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_STATUS (DAFFI_INVALID, daffi_call (trio.caller, bad[i], DAFFI_ARGS (),
                                                 NULL, NULL, &error));
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
        CHECK (error.text[0] != '\0');
        CHECK_STATUS (DAFFI_INVALID,
                      daffi_call (trio.caller, "echo", DAFFI_ARGS (),
                                  DAFFI_CALL (.process = bad[i]), NULL, &error));
    }
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_call (trio.caller, NULL, DAFFI_ARGS (), NULL, NULL, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_call (trio.caller, "echo",
                                             DAFFI_ARGS (daffi_value_raw ("\xc1", 1)),
                                             NULL, NULL, &error));
    longest[DAFFI_NAME_MAX] = '\0';
    CHECK_STATUS (DAFFI_NO_FUNCTION,
                  daffi_call (trio.caller, longest, DAFFI_ARGS (), NULL, NULL, &error));
    trio_stop (&trio);
}

SYSTEM_TEST ("a call can name its process, and a call without a name spreads")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *one = server_start (at, "one");
    daffi_global_t *two = server_start (at, "two");
    daffi_global_t *caller = caller_start (at);
    daffi_error_t error;
    int count[2] = {0};
    for (int i = 0; i < 20; i++) {
        char *name = NULL;
        CHECK_FINE (daffi_call_string (caller, "who", DAFFI_ARGS (), &name, &error),
                    error);
        count[strcmp (name, "two") == 0]++;
        free (name);
        daffi_result_t *result = NULL;
        const char *wish = i % 2 ? "one" : "two";
        CHECK_FINE (daffi_call (caller, "who", DAFFI_ARGS (),
                                DAFFI_CALL (.process = wish), &result, &error),
                    error);
        CHECK_EQ_STR (daffi_result_process (result), wish);
        daffi_result_destroy (&result);
    }
    CHECK_EQ_INT (count[0], 10);
    CHECK_EQ_INT (count[1], 10);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&two);
    daffi_global_destroy (&one);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a process calls itself, and the callback knows its caller")
{
    daffi_global_t *self = START (at, .process_name = "self", .init_controller = true,
                                  .functions = serve_functions);
    daffi_error_t error;
    char *name = NULL;
    CHECK_CALL_INT (self, "add", DAFFI_ARGS (2, 3), 5);
    CHECK_FINE (daffi_call_string (self, "caller", DAFFI_ARGS (), &name, &error),
                error);
    CHECK_EQ_STR (name, "self");
    free (name);
    daffi_global_destroy (&self);
}

SYSTEM_TEST ("calls reach another process through the broker program")
{
    process_t broker = BROKER (at, "--settle", "0");
    process_t worker = PROCESS (at, "worker", "name=worker");
    daffi_global_t *caller = caller_start (at);
    wait_for_function (caller, "pid");
    CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), worker.pid);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (40, 2), 42);
    daffi_global_destroy (&caller);
    process_stop (&worker);
    broker_stop (&broker);
}
