//  SPDX-License-Identifier: MPL-2.0
//  How a Global stops: from where it likes, in good order, again and again, and with
//  nothing left behind.

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "place.h"

//  --- stopping ---------------------------------------------------------------------

SYSTEM_TEST ("a Global stops and starts again, twenty times, with all that it offered")
{
    daffi_error_t error;
    daffi_global_t *both = START (at, .process_name = "again", .init_controller = true,
                                  .functions = serve_functions);
    for (int i = 0; i < 20; i++) {
        CHECK_STATUS (DAFFI_EXISTS, daffi_global_start (both, &error));
        CHECK_CALL_INT (both, "add", DAFFI_ARGS (i, 1), i + 1);
        daffi_global_stop (both);
        CHECK_EQ_INT (daffi_global_state (both, NULL), DAFFI_STATE_STOPPED);
        CHECK_STATUS (DAFFI_STOPPED,
                      daffi_call (both, "add", DAFFI_ARGS (1, 1), NULL, NULL, &error));
        CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
        CHECK_FINE (daffi_global_start (both, &error), error);
        CHECK_EQ_INT (daffi_global_state (both, NULL), DAFFI_STATE_CONNECTED);
    }
    daffi_global_destroy (&both);
    CHECK (both == NULL);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("a node alone stops and starts again beside a controller that stays")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    daffi_global_t *node = server_start (at, "node");
    for (int i = 0; i < 20; i++) {
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
        daffi_global_stop (node);
        daffi_global_stop (node);
        CHECK_STATUS (DAFFI_NO_FUNCTION, daffi_call (caller, "add", DAFFI_ARGS (1, 1),
                                                     NULL, NULL, &error));
        CHECK_FINE (daffi_global_start (node, &error), error);
    }
    daffi_global_destroy (&node);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

static atomic_bool enough;

static void *ask_on (void *arg)
{
    daffi_error_t error;
    while (!atomic_load (&enough)) {
        daffi_callbacks_t *all = daffi_global_registered_callbacks (arg, &error);
        CHECK (all || error.status == DAFFI_STOPPED);
        daffi_callbacks_destroy (&all);
    }
    return NULL;
}

SYSTEM_TEST ("a controller alone stops and starts again while threads ask it")
{
    daffi_error_t error;
    pthread_t threads[2];
    daffi_global_t *hub = hub_start (at);
    for (size_t i = 0; i < 2; i++)
        CHECK (pthread_create (&threads[i], NULL, ask_on, hub) == 0);
    for (int i = 0; i < 50; i++) {
        daffi_global_stop (hub);
        CHECK_FINE (daffi_global_start (hub, &error), error);
    }
    atomic_store (&enough, true);
    for (size_t i = 0; i < 2; i++)
        CHECK (pthread_join (threads[i], NULL) == 0);
    daffi_global_destroy (&hub);
}

static void *stop_it (void *arg)
{
    daffi_global_stop (arg);
    return NULL;
}

SYSTEM_TEST ("join waits for a stop that comes from other threads, twice at once")
{
    daffi_global_t *both = START (at, .init_controller = true);
    pthread_t threads[2];
    CHECK_STATUS (DAFFI_PENDING, daffi_global_join (both, 0));
    CHECK_STATUS (DAFFI_PENDING, daffi_global_join (both, 10));
    for (int i = 0; i < 2; i++)
        CHECK (pthread_create (&threads[i], NULL, stop_it, both) == 0);
    CHECK_OK (daffi_global_join (both, DAFFI_FOREVER));
    CHECK_OK (daffi_global_join (both, 0));
    for (int i = 0; i < 2; i++)
        pthread_join (threads[i], NULL);
    daffi_global_destroy (&both);
}

static daffi_status_t stop_here (daffi_request_t *request, void *arg)
{
    (void)arg;
    daffi_global_stop (daffi_request_global (request));
    return daffi_request_reply (request, "stopping");
}

SYSTEM_TEST ("a callback stops its own Global, and its caller still gets the answer")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    for (int run_inline = 0; run_inline < 2; run_inline++) {
        const daffi_function_t functions[] = {
            {.name = "stop", .callback = stop_here, .run_inline = run_inline},
            {.name = NULL}};
        daffi_global_t *node =
            START (at, .process_name = "stopper", .functions = functions);
        char *text = NULL;
        CHECK_FINE (daffi_call_string (caller, "stop", DAFFI_ARGS (), &text, &error),
                    error);
        CHECK_EQ_STR (text, "stopping");
        free (text);
        CHECK_OK (daffi_global_join (node, BOARD_PATIENCE_MS));
        daffi_global_destroy (&node);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

static void stop_on_connect (daffi_global_t *global, void *arg)
{
    (void)arg;
    daffi_global_stop (global);
}

static daffi_status_t stop_other (daffi_request_t *request, void *arg)
{
    (void)request;
    board_wait (BOARD_OTHER, 1);
    daffi_global_stop (*(daffi_global_t **)arg);
    return DAFFI_OK;
}

//  ask_back (): add (1, 2), once this process is being stopped.
static daffi_status_t ask_back (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t sum = 0;
    daffi_error_t error;
    daffi_global_t *global = daffi_request_global (request);
    board_add (BOARD_OTHER, 1);
    while (daffi_global_state (global, NULL) != DAFFI_STATE_STOPPING)
        sched_yield ();
    daffi_status_t status =
        daffi_call_int (global, "add", DAFFI_ARGS (1, 2), &sum, &error);
    return status ? status : daffi_request_reply (request, sum);
}

SYSTEM_TEST (
    "a callback that stops another Global leaves its worker to what runs there")
{
    daffi_error_t error;
    daffi_global_t *node = NULL;
    daffi_result_t *result = NULL;
    const daffi_function_t here[] = {
        {.name = "stop-other", .callback = stop_other, .arg = &node},
        *serve_find ("add"),
        {.name = NULL}};
    const daffi_function_t there[] = {{.name = "ask-back", .callback = ask_back},
                                      {.name = NULL}};
    daffi_global_t *both = START (at, .process_name = "both", .init_controller = true,
                                  .workers = 1, .functions = here);
    node = START (at, .process_name = "node", .functions = there,
                  .drain_timeout_ms = DAFFI_FOREVER);
    daffi_future_t *stop = call_begin (both, "stop-other", DAFFI_ARGS (), NULL);
    CHECK_FINE (daffi_call (both, "ask-back", DAFFI_ARGS (), NULL, &result, &error),
                error);
    CHECK_FINE (daffi_future_wait (stop, BOARD_PATIENCE_MS, &error), error);
    daffi_result_destroy (&result);
    daffi_future_destroy (&stop);
    daffi_global_destroy (&node);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("a lifecycle callback may stop its Global")
{
    daffi_error_t error;
    daffi_options_t options =
        place_options (at, DAFFI_OPTIONS (.init_controller = true,
                                          .on_node_connect = stop_on_connect));
    daffi_global_t *both = daffi_global_new (&options, &error);
    //  it may be over before the start has returned: then that says so
    if (both)
        CHECK_OK (daffi_global_join (both, BOARD_PATIENCE_MS));
    else
        CHECK_STATUS (DAFFI_STOPPED, error.status);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("the scope form stops at the end of its block")
{
    {
        DAFFI_AUTO (daffi_global) *both =
            START (at, .init_controller = true, .functions = serve_functions);
        CHECK_CALL_INT (both, "add", DAFFI_ARGS (1, 2), 3);
        DAFFI_AUTO (daffi_global) *nothing = NULL;
        (void)nothing;
    }
    //  the endpoint is free again
    DAFFI_AUTO (daffi_global) *both = START (at, .init_controller = true);
    CHECK_EQ_INT (daffi_global_state (both, NULL), DAFFI_STATE_CONNECTED);
}

SYSTEM_TEST ("stopping finishes what runs, and withdraws first")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    daffi_global_t *node = server_start (at, "node");
    pthread_t thread;
    daffi_future_t *call =
        daffi_call_start (caller, "hold", DAFFI_ARGS (1), NULL, &error);
    CHECK (call != NULL);
    board_wait (BOARD_STARTED, 1);
    CHECK (pthread_create (&thread, NULL, stop_it, node) == 0);
    wait_for_providers (caller, "hold", 0);
    CHECK_EQ_INT (daffi_global_state (node, NULL), DAFFI_STATE_STOPPING);
    CHECK (!daffi_future_done (call));
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    pthread_join (thread, NULL);
    daffi_future_destroy (&call);
    daffi_global_destroy (&node);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("what is not done within the drain timeout is cancelled and answered")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    daffi_global_t *node = START (at, .process_name = "node", .drain_timeout_ms = 30,
                                  .functions = serve_functions);
    daffi_future_t *call =
        daffi_call_start (caller, "watch", DAFFI_ARGS (1), NULL, &error);
    CHECK (call != NULL);
    board_wait (BOARD_STARTED, 1);
    int64_t start_ms = clock_ms ();
    daffi_global_stop (node);
    CHECK (clock_ms () - start_ms < 5000);
    CHECK_STATUS (DAFFI_STOPPED, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK_EQ_STR (error.process, "node");
    board_wait (BOARD_CANCELLED, 1);
    daffi_future_destroy (&call);
    daffi_global_destroy (&node);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("calls in flight of a process that stops end with STOPPED")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *call =
        daffi_call_start (caller, "watch", DAFFI_ARGS (), NULL, &error);
    daffi_future_t *wait =
        daffi_global_wait_process_start (caller, "never", DAFFI_FOREVER, &error);
    CHECK (call != NULL && wait != NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_global_destroy (&caller);
    //  a future outlives its Global
    CHECK_STATUS (DAFFI_STOPPED, daffi_future_wait (call, 0, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK_STATUS (DAFFI_STOPPED, daffi_future_wait (wait, 0, &error));
    CHECK (daffi_future_value (call) == NULL);
    daffi_future_cancel (call);
    daffi_future_destroy (&call);
    daffi_future_destroy (&wait);
    board_wait (BOARD_CANCELLED, 1);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

//  --- what is left -----------------------------------------------------------------

static int entries (const char *path)
{
    DIR *folder = opendir (path);
    CHECK (folder != NULL);
    int count = 0;
    while (readdir (folder))
        count++;
    closedir (folder);
    return count;
}

//  A thread that was let go of, and the descriptors of an actor's pipe, which a thread
//  of czmq closes, are seen for a moment more.
static int settled (const char *path, int most)
{
    int64_t end_ms = clock_ms () + 10000;
    int count;
    while ((count = entries (path)) > most && clock_ms () < end_ms)
        sched_yield ();
    return count;
}

SYSTEM_TEST ("after destroy no thread and no descriptor is left")
{
    //  the first round opens what stays for good
    int threads = 0, files = 0;
    for (int i = 0; i < 16; i++) {
        daffi_global_t *both =
            START (at, .process_name = "both", .init_controller = true,
                   .functions = serve_functions);
        daffi_global_t *node = server_start (at, "node");
        CHECK_CALL_INT (node, "add", DAFFI_ARGS (1, 2), 3);
        CHECK_CALL_INT (both, "depth", DAFFI_ARGS (12), 12);
        daffi_global_destroy (&node);
        daffi_global_destroy (&both);
        if (i == 0) {
            //  "." and "..", this thread, those of czmq's own context and of a
            //  sanitizer
            threads = settled ("/proc/self/task", 8);
            files = entries ("/proc/self/fd");
        }
    }
    CHECK (settled ("/proc/self/task", threads) <= threads);
    CHECK (settled ("/proc/self/fd", files) <= files);
}
