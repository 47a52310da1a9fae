//  SPDX-License-Identifier: MPL-2.0
//  A foreground call with nothing else in flight: its thread does the actor's work, and
//  nobody can tell but by what it costs.

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "place.h"

//  --- a thread that waits ------------------------------------------------------------

typedef struct {
    pthread_t thread;
    daffi_global_t *caller;
    const char *function;
    int64_t number;
    int64_t timeout_ms;
    atomic_bool back;  //  from daffi_call ()
    daffi_status_t status;
    daffi_error_t error;
} waiter_t;

static void *wait_in_thread (void *arg)
{
    waiter_t *self = arg;
    const daffi_call_options_t options = {.timeout_ms = self->timeout_ms};
    self->status = daffi_call (self->caller, self->function, DAFFI_ARGS (self->number),
                               &options, NULL, &self->error);
    atomic_store (&self->back, true);
    return NULL;
}

//  Returns once its callback has begun.
static void waiter_start (waiter_t *self, daffi_global_t *caller, const char *function,
                          int64_t number, int64_t timeout_ms)
{
    *self = (waiter_t){.caller = caller,
                       .function = function,
                       .number = number,
                       .timeout_ms = timeout_ms};
    usleep (20000);  //  the actor is asleep by now, so that the lead can be had
    CHECK (!pthread_create (&self->thread, NULL, wait_in_thread, self));
    board_wait (BOARD_STARTED, (int)number);
}

static void waiter_end (waiter_t *self, daffi_status_t expected)
{
    CHECK (!pthread_join (self->thread, NULL));
    if (self->status != expected)
        CHECK_FINE (self->status, self->error);
    CHECK_STATUS (expected, self->status);
}

//  --- what it is for -----------------------------------------------------------------

//  How often the threads of this process went to sleep, but for this one and libzmq's.
static long sleeps_of_others (void)
{
    DIR *threads = opendir ("/proc/self/task");
    long all = 0;
    CHECK (threads);
    for (struct dirent *entry; (entry = readdir (threads));) {
        char path[300], line[128], name[64] = "";
        snprintf (path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
        FILE *file = atoi (entry->d_name) > 0 && atoi (entry->d_name) != getpid ()
                         ? fopen (path, "r")
                         : NULL;
        long slept = 0;
        while (file && fgets (line, sizeof line, file)) {
            sscanf (line, "Name: %63s", name);
            sscanf (line, "voluntary_ctxt_switches: %ld", &slept);
        }
        if (file)
            fclose (file);
        all += strncmp (name, "ZMQ", 3) ? slept : 0;
    }
    closedir (threads);
    return all;
}

SYSTEM_TEST ("calls one at a time do not wake the node's actor")
{
    enum { CALLS = 300 };
    process_t broker = BROKER (at, NULL);
    process_t worker = PROCESS (at, "worker", "name=worker", NULL);
    daffi_global_t *caller = caller_start (at);
    wait_for_function (caller, "add");
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    long before = sleeps_of_others ();
    for (int i = 0; i < CALLS; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    //  by the mailbox each call wakes it once at least, and it sleeps again
    long slept = sleeps_of_others () - before;
    if (slept > CALLS / 2)
        daffi_test_fail (__FILE__, __LINE__, "%ld sleeps in %d calls", slept, CALLS);
    daffi_global_destroy (&caller);
    process_stop (&worker);
    broker_stop (&broker);
}

//  --- what must not change -----------------------------------------------------------

static void open_next (daffi_future_t *future, void *arg)
{
    (void)future, (void)arg;
    board_add (BOARD_GATE, 1);
}

SYSTEM_TEST ("while a thread waits for its call, others call, cast and are told")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_error_t error;
    waiter_t waiter;
    wait_for_function (caller, "hold");
    waiter_start (&waiter, caller, "hold", 1, 0);
    for (int i = 0; i < 100; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    CHECK_FINE (daffi_cast (caller, "run", DAFFI_ARGS (7), NULL, &error), error);
    board_wait (BOARD_ENDED, 1);
    CHECK (!atomic_load (&waiter.back));
    DAFFI_AUTO (daffi_future) *told =
        call_begin (caller, "add", DAFFI_ARGS (1, 2), NULL);
    CHECK_OK (daffi_future_on_done (told, open_next, NULL));
    waiter_end (&waiter, DAFFI_OK);
    CHECK_EQ_INT (board_runs (1), 1);
    CHECK_EQ_INT (board_runs (7), 1);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a cast that a thread makes before its call is sent before it")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .workers = 1,
                                    .functions = serve_functions);
    daffi_global_t *caller = caller_start (at);
    daffi_error_t error;
    wait_for_function (caller, "run");
    for (int i = 1; i <= 200; i++) {
        CHECK_FINE (daffi_cast (caller, "run", DAFFI_ARGS (i), NULL, &error), error);
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
        //  one worker runs them as they came
        CHECK_EQ_INT (board_runs (i), 1);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a thread that waits hears that its node stops, which starts again")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    //  no heartbeat comes in time to wake it
    daffi_global_t *caller =
        START (at, .process_name = "caller", .drain_timeout_ms = 50,
               .heartbeat_ms = 20000, .heartbeat_timeout_ms = 60000);
    daffi_error_t error;
    wait_for_function (caller, "watch");
    for (int i = 1; i <= 5; i++) {
        waiter_t waiter;
        waiter_start (&waiter, caller, "watch", i, 0);
        int64_t begun_ms = clock_ms ();
        daffi_global_stop (caller);
        waiter_end (&waiter, DAFFI_STOPPED);
        CHECK (clock_ms () - begun_ms < 15000);
        CHECK_EQ_INT (waiter.error.executed, DAFFI_EXECUTED_MAYBE);
        CHECK_FINE (daffi_global_start (caller, &error), error);
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    }
    board_wait (BOARD_CANCELLED, 5);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a thread that waits hears of its deadline, and of its process's death")
{
    process_t broker = BROKER (at, NULL);
    process_t worker = PROCESS (at, "worker", "name=worker", NULL);
    daffi_global_t *caller = caller_start (at);
    waiter_t waiter;
    wait_for_function (caller, "hold");
    waiter_start (&waiter, caller, "hold", 1, 300);
    waiter_end (&waiter, DAFFI_TIMEOUT);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    waiter_start (&waiter, caller, "hold", 2, 0);
    process_kill (&worker);
    waiter_end (&waiter, DAFFI_PROCESS_LOST);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST (
    "a thread that waits hears that the controller died, and calls the next one")
{
    process_t broker = BROKER (at, NULL);
    process_t worker = PROCESS (at, "worker", "name=worker", NULL);
    daffi_global_t *caller = caller_start (at);
    waiter_t waiter;
    wait_for_function (caller, "hold");
    waiter_start (&waiter, caller, "hold", 1, 0);
    process_kill (&broker);
    CHECK (!pthread_join (waiter.thread, NULL));
    CHECK (waiter.status != DAFFI_OK);
    CHECK_EQ_INT (waiter.error.executed, DAFFI_EXECUTED_MAYBE);
    broker = BROKER (at, NULL);
    wait_for_function (caller, "add");
    for (int i = 0; i < 20; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    board_add (BOARD_GATE, 1);
    daffi_global_destroy (&caller);
    process_stop (&worker);
    broker_stop (&broker);
}

SYSTEM_TEST ("a connection lives on while a thread waits for longer than its timeout")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller =
        START (at, .process_name = "caller", .heartbeat_ms = 50,
               .heartbeat_timeout_ms = 500, .on_node_disconnect = serve_on_disconnect);
    waiter_t waiter;
    wait_for_function (caller, "hold");
    waiter_start (&waiter, caller, "hold", 1, 0);
    usleep (1500000);
    CHECK_EQ_INT (board_read (BOARD_DISCONNECTED), 0);
    board_add (BOARD_GATE, 1);
    waiter_end (&waiter, DAFFI_OK);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

//  --- whose thread it is -------------------------------------------------------------

static void call_own_function (daffi_global_t *global, void *arg)
{
    int64_t sum = 0;
    daffi_error_t error;
    (void)arg;
    if (!daffi_call_int (global, "add", DAFFI_ARGS (1, 2), &sum, &error) && sum == 3)
        board_add (BOARD_DONE, 1);
    else
        board_add (BOARD_FAILED, 1);
}

SYSTEM_TEST ("a worker that waits for a call of its own process leaves room to run it")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *both =
        START (at, .process_name = "both", .workers = 1, .functions = serve_functions,
               .on_node_connect = call_own_function);
    board_wait (BOARD_DONE, 1);
    CHECK_EQ_INT (board_read (BOARD_FAILED), 0);
    daffi_global_destroy (&both);
    daffi_global_destroy (&hub);
}

static daffi_status_t run_in_actor (daffi_request_t *request, void *arg)
{
    const waiter_t *waiter = arg;
    bool wrong = pthread_equal (waiter->thread, pthread_self ());
    return daffi_request_reply_value (request, daffi_value_int (wrong));
}

SYSTEM_TEST ("a thread that waits runs no function that is marked as inline meanwhile")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    waiter_t waiter;
    wait_for_function (caller, "hold");
    waiter_start (&waiter, caller, "hold", 1, 0);
    const daffi_function_t function = {
        .name = "quick", .callback = run_in_actor, .arg = &waiter, .run_inline = true};
    CHECK_OK (daffi_global_register_function (caller, &function, NULL));
    wait_for_function (server, "quick");
    for (int i = 0; i < 20; i++)
        CHECK_CALL_INT (server, "quick", DAFFI_ARGS (i), 0);
    board_add (BOARD_GATE, 1);
    waiter_end (&waiter, DAFFI_OK);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

//  --- a thread that does not get on --------------------------------------------------

static atomic_bool stuck, released;

static void stick (int number)
{
    (void)number;
    atomic_store (&stuck, true);
    while (!atomic_load (&released))
        usleep (1000);
}

SYSTEM_TEST ("calls of others do not wait for a thread that waits and does not get on")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    //  no heartbeat helps
    daffi_global_t *caller = START (at, .process_name = "caller", .heartbeat_ms = 20000,
                                    .heartbeat_timeout_ms = 60000);
    struct sigaction action = {.sa_handler = stick};
    waiter_t waiter;
    wait_for_function (caller, "hold");
    CHECK (!sigaction (SIGUSR1, &action, NULL));
    waiter_start (&waiter, caller, "hold", 1, 0);
    CHECK (!pthread_kill (waiter.thread, SIGUSR1));
    while (!atomic_load (&stuck))
        usleep (1000);
    int64_t begun_ms = clock_ms ();
    for (int i = 0; i < 20; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    CHECK (clock_ms () - begun_ms < 15000);
    board_add (BOARD_GATE, 1);
    atomic_store (&released, true);
    waiter_end (&waiter, DAFFI_OK);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

//  --- what may happen to a thread ----------------------------------------------------

static atomic_int rung;

static void ring (int number)
{
    (void)number;
    atomic_fetch_add (&rung, 1);
}

SYSTEM_TEST ("signals that a waiting thread handles part no message")
{
    enum { SIZE = 20000 };  //  a frame of its own
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    static uint8_t body[SIZE];
    serve_pattern (body, sizeof body);
    wait_for_function (caller, "weigh");
    //  without SA_RESTART: whatever can be interrupted is
    struct sigaction action = {.sa_handler = ring}, before;
    struct itimerval often = {.it_interval.tv_usec = 100, .it_value.tv_usec = 100};
    const struct itimerval never = {.it_value.tv_usec = 0};
    CHECK (!sigaction (SIGALRM, &action, &before));
    CHECK (!setitimer (ITIMER_REAL, &often, NULL));
    int wrong = 0;
    daffi_error_t error = {0};
    for (int i = 0; i < 500 && !wrong; i++) {
        daffi_result_t *result = NULL;
        wrong = daffi_call (caller, "echo",
                            DAFFI_ARGS (daffi_value_binary (body, sizeof body)), NULL,
                            &result, &error) ||
                daffi_result_value (result)->size != sizeof body;
        daffi_result_destroy (&result);
    }
    setitimer (ITIMER_REAL, &never, NULL);
    sigaction (SIGALRM, &before, NULL);
    CHECK_FINE (wrong ? error.status : DAFFI_OK, error);
    CHECK (!wrong);
    CHECK (atomic_load (&rung) > 0);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

static void cancel_waiting (place_t *at, bool alone)
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *other = NULL;
    waiter_t waiter;
    wait_for_function (caller, "hold");
    if (!alone)
        other = call_begin (caller, "hold", DAFFI_ARGS (2, 2), NULL);
    waiter_start (&waiter, caller, "hold", 1, 0);
    board_wait (BOARD_STARTED, alone ? 1 : 2);
    CHECK (!pthread_cancel (waiter.thread));
    for (int i = 0; i < 20; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    board_add (BOARD_GATE, 1);
    CHECK (!pthread_join (waiter.thread, NULL));
    board_add (BOARD_GATE, 1);
    for (int i = 0; i < 20; i++)
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (i, 1), i + 1);
    daffi_future_destroy (&other);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a thread that is cancelled while it waits leaves a node that works")
{
    cancel_waiting (at, true);
}

SYSTEM_TEST ("so does one whose call is one of several")
{
    cancel_waiting (at, false);
}
