//  SPDX-License-Identifier: MPL-2.0
//  Who is there: waits for a process or a function.

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

//  --- waits ------------------------------------------------------------------------

SYSTEM_TEST ("wait_process and wait_function return at once for who is there")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    CHECK_FINE (daffi_global_wait_process (caller, "server", 5000, &error), error);
    CHECK_FINE (daffi_global_wait_function (caller, "echo", 5000, &error), error);
    CHECK_FINE (daffi_global_wait_process (caller, "caller", 5000, &error), error);
    daffi_future_t *wait =
        daffi_global_wait_function_start (caller, "echo", 5000, &error);
    CHECK (wait != NULL);
    CHECK_FINE (daffi_future_wait (wait, BOARD_PATIENCE_MS, &error), error);
    char name[32] = "";
    const void *data;
    size_t size;
    CHECK_OK (daffi_value_get_bytes (daffi_future_value (wait), &data, &size));
    CHECK (size < sizeof name);
    memcpy (name, data, size);
    CHECK_EQ_STR (name, "server");
    daffi_future_destroy (&wait);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a wait for nobody ends with TIMEOUT and says for whom")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    int64_t start_ms = clock_ms ();
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_global_wait_process (caller, "ghost", 40, &error));
    //  the controller's clock is known to half a round trip only
    CHECK (clock_ms () - start_ms >= 20);
    CHECK (strstr (error.text, "ghost") || strstr (error.text, "not present"));
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_global_wait_function (caller, "nothing", 40, &error));
    CHECK_STATUS (DAFFI_TIMEOUT,
                  daffi_global_wait_process (caller, "ghost", 0, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_wait_process (caller, "a b", 10, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_wait_process (caller, NULL, 10, &error));
    CHECK_STATUS (DAFFI_INVALID, daffi_global_wait_function (caller, NULL, 10, &error));
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

enum { WAITERS = 64 };

SYSTEM_TEST ("any number of waiters are told when the process comes, however late")
{
    daffi_error_t error;
    daffi_future_t *waits[WAITERS];
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *one = caller_start (at);
    daffi_global_t *two = START (at, .process_name = "two");
    for (int i = 0; i < WAITERS; i++) {
        daffi_global_t *who = i % 2 ? one : two;
        waits[i] =
            i % 3
                ? daffi_global_wait_process_start (who, "server", DAFFI_FOREVER, &error)
                : daffi_global_wait_function_start (who, "echo", DAFFI_FOREVER, &error);
        CHECK (waits[i] != NULL);
    }
    //  this answer comes behind the waits
    CHECK_EQ_UINT (count_providers (one, "echo"), 0);
    CHECK_EQ_UINT (count_providers (two, "echo"), 0);
    for (int i = 0; i < WAITERS; i++)
        CHECK (!daffi_future_done (waits[i]));
    process_t worker = PROCESS (at, "worker", "name=server");
    for (int i = 0; i < WAITERS; i++) {
        CHECK_FINE (daffi_future_wait (waits[i], BOARD_PATIENCE_MS, &error), error);
        daffi_future_destroy (&waits[i]);
    }
    process_stop (&worker);
    daffi_global_destroy (&two);
    daffi_global_destroy (&one);
    daffi_global_destroy (&hub);
}

static void *wait_in_thread (void *arg)
{
    wait_for_process (arg, "server");
    wait_for_function (arg, "echo");
    return NULL;
}

SYSTEM_TEST ("threads that block in a wait go on when the process comes")
{
    pthread_t threads[4];
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    for (int i = 0; i < 4; i++)
        CHECK (pthread_create (&threads[i], NULL, wait_in_thread, caller) == 0);
    daffi_global_t *server = server_start (at, "server");
    for (int i = 0; i < 4; i++)
        pthread_join (threads[i], NULL);
    daffi_global_destroy (&server);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("who left is waited for again, until it comes back")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    for (int i = 0; i < 5; i++) {
        daffi_global_t *server = server_start (at, "server");
        wait_for_process (caller, "server");
        daffi_global_destroy (&server);
        CHECK_STATUS (DAFFI_TIMEOUT,
                      daffi_global_wait_process (caller, "server", 10, &error));
        CHECK_STATUS (DAFFI_TIMEOUT,
                      daffi_global_wait_function (caller, "echo", 10, &error));
    }
    daffi_future_t *wait =
        daffi_global_wait_process_start (caller, "server", DAFFI_FOREVER, &error);
    daffi_global_t *server = server_start (at, "server");
    CHECK_FINE (daffi_future_wait (wait, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (&wait);
    daffi_global_destroy (&server);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a wait that is cancelled ends with CANCELLED")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *wait =
        daffi_global_wait_process_start (caller, "ghost", DAFFI_FOREVER, &error);
    daffi_future_cancel (wait);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (wait, BOARD_PATIENCE_MS, &error));
    daffi_future_destroy (&wait);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("waits live through a restart of the controller")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "100");
    daffi_global_t *caller =
        START (at, .process_name = "caller", .on_node_disconnect = serve_on_disconnect);
    daffi_future_t *wait =
        daffi_global_wait_process_start (caller, "server", DAFFI_FOREVER, &error);
    daffi_future_t *other =
        daffi_global_wait_function_start (caller, "echo", DAFFI_FOREVER, &error);
    CHECK_EQ_UINT (count_providers (caller, "echo"), 0);
    process_kill (&broker);
    board_wait (BOARD_DISCONNECTED, 1);
    //  and one that begins while there is no controller
    daffi_future_t *late =
        daffi_global_wait_process_start (caller, "server", DAFFI_FOREVER, &error);
    broker = BROKER (at, "--settle", "100");
    daffi_global_t *server = server_start (at, "server");
    CHECK_FINE (daffi_future_wait (wait, BOARD_PATIENCE_MS, &error), error);
    CHECK_FINE (daffi_future_wait (other, BOARD_PATIENCE_MS, &error), error);
    CHECK_FINE (daffi_future_wait (late, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (&wait);
    daffi_future_destroy (&other);
    daffi_future_destroy (&late);
    daffi_global_destroy (&server);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}
