//  SPDX-License-Identifier: MPL-2.0
//  Policies: who gets a call that names no process.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

enum { SERVERS = 4, KEYS = 60 };

static const char *const names[SERVERS] = {"s0", "s1", "s2", "s3"};

//  The number of the server that ran it.
static int ask (daffi_global_t *caller, const daffi_call_options_t *options)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    CHECK_FINE (daffi_call (caller, "who", DAFFI_ARGS (), options, &result, &error),
                error);
    const char *process = daffi_result_process (result);
    CHECK (process[0] == 's' && process[1] >= '0' && process[1] < '0' + SERVERS);
    int number = process[1] - '0';
    const daffi_value_t *value = daffi_result_value (result);
    CHECK_EQ_MEM (value->as.string, value->size, process, strlen (process));
    daffi_result_destroy (&result);
    return number;
}

static int ask_key (daffi_global_t *caller, int number)
{
    char key[32];
    snprintf (key, sizeof key, "customer %d/\xc3\xa4", number);
    return ask (caller, DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = key));
}

static scene_t open_scene (place_t *at)
{
    scene_t self = scene_start (at);
    for (int i = 0; i < SERVERS; i++)
        scene_serve (&self, names[i], serve_functions);
    wait_for_providers (self.caller, "who", SERVERS);
    return self;
}

SYSTEM_TEST ("by default a call goes to the process with the fewest")
{
    static const int busy[SERVERS] = {3, 1, 4, 2};
    enum { MORE = 6 };
    daffi_future_t *calls[16];
    int count = 0, now[SERVERS] = {0};
    daffi_error_t error;
    scene_t scene = open_scene (at);
    for (int i = 0; i < SERVERS; i++)
        for (int k = 0; k < busy[i]; k++)
            calls[count++] = call_begin (scene.caller, "hold", DAFFI_ARGS (k),
                                         DAFFI_CALL (.process = names[i]));
    //  they bring all of them to four
    for (int i = 0; i < MORE; i++)
        calls[count++] = call_begin (scene.caller, "hold", DAFFI_ARGS (i), NULL);
    board_wait (BOARD_STARTED, count);  //  none has ended before all were given
    board_add (BOARD_GATE, 1);
    for (int i = 0; i < count; i++) {
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        now[daffi_future_process (calls[i])[1] - '0']++;
        daffi_future_destroy (&calls[i]);
    }
    for (int i = 0; i < SERVERS; i++)
        CHECK_EQ_INT (now[i], 4);
    scene_stop (&scene);
}

SYSTEM_TEST ("round robin gives each provider one call in turn")
{
    scene_t scene = open_scene (at);
    int first[SERVERS];
    for (int i = 0; i < SERVERS; i++)
        first[i] = ask (scene.caller, DAFFI_CALL (.policy = DAFFI_POLICY_ROUND_ROBIN));
    for (int i = 0; i < SERVERS; i++)
        for (int k = 0; k < i; k++)
            CHECK (first[i] != first[k]);
    for (int i = 0; i < 3 * SERVERS; i++)
        CHECK_EQ_INT (
            ask (scene.caller, DAFFI_CALL (.policy = DAFFI_POLICY_ROUND_ROBIN)),
            first[i % SERVERS]);
    scene_stop (&scene);
}

SYSTEM_TEST ("random reaches every provider, and not in turn")
{
    scene_t scene = open_scene (at);
    int count[SERVERS] = {0}, repeats = 0, last = -1;
    for (int i = 0; i < 200; i++) {
        int number = ask (scene.caller, DAFFI_CALL (.policy = DAFFI_POLICY_RANDOM));
        count[number]++;
        repeats += number == last;
        last = number;
    }
    //  50 each and 50 repeats are to be expected; 8 is seven deviations away
    for (int i = 0; i < SERVERS; i++)
        CHECK (count[i] >= 8);
    CHECK (repeats >= 8);
    scene_stop (&scene);
}

SYSTEM_TEST ("a key stays with its process; one that leaves moves only its own keys")
{
    scene_t scene = open_scene (at);
    int owner[KEYS], count[SERVERS] = {0};
    for (int key = 0; key < KEYS; key++)
        count[owner[key] = ask_key (scene.caller, key)]++;
    for (int i = 0; i < SERVERS; i++)
        CHECK (count[i] > 0);
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (ask_key (scene.caller, key), owner[key]);
    daffi_global_destroy (&scene.servers[2]);
    wait_for_providers (scene.caller, "who", SERVERS - 1);
    for (int key = 0; key < KEYS; key++)
        if (owner[key] == 2)
            CHECK (ask_key (scene.caller, key) != 2);
        else
            CHECK_EQ_INT (ask_key (scene.caller, key), owner[key]);
    scene.servers[2] = server_start (at, names[2]);
    wait_for_providers (scene.caller, "who", SERVERS);
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (ask_key (scene.caller, key), owner[key]);
    scene_stop (&scene);
}

SYSTEM_TEST ("another controller gives a key to the same process")
{
    int owner[KEYS];
    scene_t scene = open_scene (at);
    for (int key = 0; key < KEYS; key++)
        owner[key] = ask_key (scene.caller, key);
    scene_stop (&scene);
    at->port = 0;
    scene = open_scene (at);
    for (int key = 0; key < KEYS; key++)
        CHECK_EQ_INT (ask_key (scene.caller, key), owner[key]);
    scene_stop (&scene);
}

SYSTEM_TEST (
    "local first is the calling process, and another one where it has not got it")
{
    scene_t scene = open_scene (at);
    for (int i = 0; i < 3 * SERVERS; i++)
        CHECK_EQ_INT (ask (scene.servers[i % SERVERS],
                           DAFFI_CALL (.policy = DAFFI_POLICY_LOCAL_FIRST)),
                      i % SERVERS);
    ask (scene.caller, DAFFI_CALL (.policy = DAFFI_POLICY_LOCAL_FIRST));
    scene_stop (&scene);
}

SYSTEM_TEST ("local first goes elsewhere while the calling process has no room")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *s0 =
        START (at, .process_name = "s0", .functions = serve_functions, .capacity = 1);
    daffi_global_t *s1 = server_start (at, "s1");
    wait_for_providers (s0, "who", 2);
    daffi_future_t *held =
        daffi_call_start (s0, "hold", DAFFI_ARGS (1),
                          DAFFI_CALL (.policy = DAFFI_POLICY_LOCAL_FIRST), &error);
    CHECK (held != NULL);
    board_wait (BOARD_STARTED, 1);
    CHECK_EQ_INT (ask (s0, DAFFI_CALL (.policy = DAFFI_POLICY_LOCAL_FIRST)), 1);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (held, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_STR (daffi_future_process (held), "s0");
    CHECK_EQ_INT (ask (s0, DAFFI_CALL (.policy = DAFFI_POLICY_LOCAL_FIRST)), 0);
    daffi_future_destroy (&held);
    daffi_global_destroy (&s0);
    daffi_global_destroy (&s1);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a named process gets the call whatever the policy is")
{
    scene_t scene = open_scene (at);
    for (int i = 0; i < SERVERS; i++) {
        CHECK_EQ_INT (ask (scene.caller, DAFFI_CALL (.process = names[i],
                                                     .policy = DAFFI_POLICY_RANDOM)),
                      i);
        CHECK_EQ_INT (
            ask (scene.caller, DAFFI_CALL (.process = names[i],
                                           .policy = DAFFI_POLICY_KEY, .key = "one")),
            i);
    }
    scene_stop (&scene);
}

static void check_refused (daffi_global_t *caller, const daffi_call_options_t *options)
{
    daffi_error_t error;
    CHECK (!daffi_call_start (caller, "who", DAFFI_ARGS (), options, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK (error.text[0] != '\0');
    CHECK (!daffi_stream_open (caller, "who", DAFFI_ARGS (), options, &error));
    CHECK_STATUS (DAFFI_INVALID, error.status);
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_call (caller, "who", DAFFI_ARGS (), options, NULL, &error));
}

SYSTEM_TEST ("policies that are none, and keys that do not belong, are refused at once")
{
    char key[130];
    memset (key, 'k', sizeof key);
    key[129] = '\0';
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *s0 = server_start (at, "s0");
    daffi_global_t *caller = caller_start (at);
    check_refused (caller, DAFFI_CALL (.policy = (daffi_policy_t)5));
    check_refused (caller, DAFFI_CALL (.policy = (daffi_policy_t)-1));
    check_refused (caller, DAFFI_CALL (.policy = DAFFI_POLICY_KEY));
    check_refused (caller, DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = ""));
    check_refused (caller, DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = key));
    check_refused (caller, DAFFI_CALL (.policy = DAFFI_POLICY_RANDOM, .key = "k"));
    check_refused (caller, DAFFI_CALL (.key = "k"));
    key[128] = '\0';
    CHECK_EQ_INT (ask (caller, DAFFI_CALL (.policy = DAFFI_POLICY_KEY, .key = key)), 0);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&s0);
    daffi_global_destroy (&hub);
}
