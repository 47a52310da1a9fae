//  SPDX-License-Identifier: MPL-2.0
//  Background calls: wait, look, cancel, let go; casts; many at once.

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "place.h"

static bool readable (int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll (&poll_fd, 1, timeout_ms) == 1;
}

SYSTEM_TEST ("a future is waited for as often as one likes, and keeps its result")
{
    daffi_error_t error;
    daffi_global_t *both = START (at, .process_name = "both", .init_controller = true,
                                  .functions = serve_functions);
    daffi_future_t *call = call_begin (both, "hold", DAFFI_ARGS (5), NULL);
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (call, 0, &error));
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (call, 5, &error));
    CHECK (!daffi_future_done (call));
    CHECK (daffi_future_value (call) == NULL);
    CHECK (daffi_future_process (call) == NULL);
    board_add (BOARD_GATE, 1);
    for (int i = 0; i < 3; i++) {
        int64_t result = 0;
        CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
        CHECK (daffi_future_done (call));
        CHECK_OK (daffi_value_get_int (daffi_future_value (call), &result));
        CHECK_EQ_INT (result, 5);
        CHECK_EQ_STR (daffi_future_process (call), "both");
        CHECK_EQ_UINT (daffi_future_attempts (call), 1);
    }
    //  a cancel that comes too late changes nothing
    daffi_future_cancel (call);
    CHECK_OK (daffi_future_wait (call, 0, NULL));
    daffi_future_destroy (&call);
    CHECK (call == NULL);
    daffi_future_destroy (&call);

    call = call_begin (both, "fail", DAFFI_ARGS ((int)DAFFI_TYPE, "no"), NULL);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS (DAFFI_TYPE, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
        CHECK_EQ_STR (error.text, "no");
        CHECK (daffi_future_value (call) == NULL);
    }
    daffi_future_destroy (&call);
    daffi_global_destroy (&both);
}

static void count_done (daffi_future_t *future, void *arg)
{
    CHECK (daffi_future_done (future));
    CHECK (daffi_future_wait (future, 0, NULL) != DAFFI_PENDING);
    board_add (*(board_counter_t *)arg, 1);
}

SYSTEM_TEST ("on_done runs once, also where the future is done already")
{
    board_counter_t counter = BOARD_DONE;
    daffi_global_t *both =
        START (at, .init_controller = true, .functions = serve_functions);
    daffi_future_t *call = call_begin (both, "hold", DAFFI_ARGS (1), NULL);
    CHECK_OK (daffi_future_on_done (call, count_done, &counter));
    CHECK_STATUS (DAFFI_EXISTS, daffi_future_on_done (call, count_done, &counter));
    CHECK_EQ_INT (board_read (BOARD_DONE), 0);
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_DONE, 1);
    daffi_future_destroy (&call);

    call = call_begin (both, "add", DAFFI_ARGS (1, 1), NULL);
    CHECK_OK (daffi_future_wait (call, BOARD_PATIENCE_MS, NULL));
    CHECK_OK (daffi_future_on_done (call, count_done, &counter));
    CHECK_EQ_INT (board_read (BOARD_DONE), 2);
    CHECK_STATUS (DAFFI_EXISTS, daffi_future_on_done (call, count_done, &counter));
    daffi_future_destroy (&call);
    daffi_global_destroy (&both);
    CHECK_EQ_INT (board_read (BOARD_DONE), 2);
}

static void count_late (daffi_future_t *future, void *arg)
{
    const struct timespec while_destroying = {.tv_nsec = 50000000};
    (void)future;
    board_add (BOARD_OTHER, 1);
    board_wait (BOARD_GATE, 2);
    nanosleep (&while_destroying, NULL);
    board_add (*(board_counter_t *)arg, 1);
}

static void destroy_it (daffi_future_t *future, void *arg)
{
    daffi_future_t **call = arg;
    CHECK (future == *call);
    daffi_future_destroy (call);
    board_add (BOARD_DONE, 1);
}

SYSTEM_TEST ("once a future is destroyed its on_done neither begins nor runs")
{
    board_counter_t counter = BOARD_DONE;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *call = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    CHECK_OK (daffi_future_on_done (call, count_late, &counter));
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_OTHER, 1);
    board_add (BOARD_GATE, 1);  //  on_done runs for a while from here on
    daffi_future_destroy (&call);
    CHECK_EQ_INT (board_read (BOARD_DONE), 1);

    daffi_global_t *loop = START (at, .process_name = "loop", .manual_dispatch = true);
    call = call_begin (loop, "add", DAFFI_ARGS (1, 1), NULL);
    CHECK_OK (daffi_future_on_done (call, count_done, &counter));
    CHECK_OK (daffi_future_wait (call, BOARD_PATIENCE_MS, NULL));
    CHECK (readable (daffi_global_fd (loop), BOARD_PATIENCE_MS));
    CHECK (call != NULL);
    daffi_future_destroy (&call);
    while (daffi_global_dispatch (loop, 0) > 0)
        continue;
    CHECK_EQ_INT (board_read (BOARD_DONE), 1);
    daffi_global_destroy (&loop);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a future may be destroyed in its own on_done")
{
    daffi_global_t *both =
        START (at, .init_controller = true, .functions = serve_functions);
    daffi_future_t *call = call_begin (both, "hold", DAFFI_ARGS (1), NULL);
    CHECK_OK (daffi_future_on_done (call, destroy_it, &call));
    board_add (BOARD_GATE, 1);
    board_wait (BOARD_DONE, 1);
    CHECK (call == NULL);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("a future's descriptor becomes readable when it is done, or is so already")
{
    daffi_global_t *both =
        START (at, .init_controller = true, .functions = serve_functions);
    daffi_future_t *call = call_begin (both, "hold", DAFFI_ARGS (1), NULL);
    int fd = daffi_future_fd (call);
    CHECK (fd >= 0);
    CHECK_EQ_INT (daffi_future_fd (call), fd);
    CHECK (!readable (fd, 0));
    board_add (BOARD_GATE, 1);
    CHECK (readable (fd, BOARD_PATIENCE_MS));
    CHECK (daffi_future_done (call));
    CHECK (readable (fd, 0));
    daffi_future_destroy (&call);
    call = call_begin (both, "add", DAFFI_ARGS (1, 1), NULL);
    CHECK_OK (daffi_future_wait (call, BOARD_PATIENCE_MS, NULL));
    CHECK (readable (daffi_future_fd (call), 0));
    daffi_future_destroy (&call);
    daffi_global_destroy (&both);
}

SYSTEM_TEST ("cancel ends the future at once, and the callback is told")
{
    daffi_error_t error;
    board_counter_t counter = BOARD_DONE;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *call = call_begin (caller, "watch", DAFFI_ARGS (1), NULL);
    CHECK_OK (daffi_future_on_done (call, count_done, &counter));
    board_wait (BOARD_STARTED, 1);
    daffi_future_cancel (call);
    daffi_future_cancel (call);
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    board_wait (BOARD_DONE, 1);
    board_wait (BOARD_CANCELLED, 1);
    board_wait (BOARD_ENDED, 1);
    //  the late answer reaches nobody
    CHECK_STATUS (DAFFI_CANCELLED, daffi_future_wait (call, 0, &error));
    daffi_future_destroy (&call);

    call = call_begin (caller, "watch", DAFFI_ARGS (2), NULL);
    board_wait (BOARD_STARTED, 2);
    daffi_future_destroy (&call);
    board_wait (BOARD_CANCELLED, 2);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a call that waits behind others and is cancelled never runs")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = START (at, .process_name = "server", .workers = 1,
                                    .functions = serve_functions);
    daffi_global_t *caller = caller_start (at);
    daffi_future_t *first = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    daffi_future_t *second = call_begin (caller, "run", DAFFI_ARGS (2), NULL);
    daffi_future_t *third = call_begin (caller, "run", DAFFI_ARGS (3), NULL);
    daffi_future_cancel (second);
    CHECK_STATUS (DAFFI_CANCELLED,
                  daffi_future_wait (second, BOARD_PATIENCE_MS, &error));
    //  an answer that comes behind the cancel: it has arrived
    CHECK_FINE (daffi_call (caller, "$node.ping", DAFFI_ARGS (),
                            DAFFI_CALL (.process = "server"), NULL, &error),
                error);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (first, BOARD_PATIENCE_MS, &error), error);
    CHECK_FINE (daffi_future_wait (third, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_INT (board_runs (2), 0);
    CHECK_EQ_INT (board_runs (3), 1);
    daffi_future_destroy (&first);
    daffi_future_destroy (&second);
    daffi_future_destroy (&third);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a future tells how far it is: queued without a controller, sent, done")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_destroy (&hub);
    daffi_options_t options =
        place_options (at, DAFFI_OPTIONS (.process_name = "early"));
    daffi_global_t *early = daffi_global_new (&options, &error);
    CHECK (early != NULL);
    daffi_future_t *call =
        daffi_call_start (early, "hold", DAFFI_ARGS (1), NULL, &error);
    CHECK (call != NULL);
    CHECK_STATUS (DAFFI_PENDING, daffi_future_wait (call, 20, &error));
    CHECK_EQ_INT (daffi_future_state (call), DAFFI_FUTURE_QUEUED);
    CHECK_EQ_UINT (daffi_future_attempts (call), 0);
    hub = START (at, .init_controller = true, .without_node = true, .settle_ms = 30000);
    daffi_global_t *server = server_start (at, "server");
    board_wait (BOARD_STARTED, 1);
    CHECK_EQ_INT (daffi_future_state (call), DAFFI_FUTURE_SENT);
    CHECK_EQ_UINT (daffi_future_attempts (call), 1);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (call, BOARD_PATIENCE_MS, &error), error);
    CHECK_EQ_INT (daffi_future_state (call), DAFFI_FUTURE_DONE);
    daffi_future_destroy (&call);
    daffi_global_destroy (&early);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a cast runs once and nobody waits for it")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    for (int i = 0; i < 100; i++)
        CHECK_FINE (daffi_cast (caller, "run", DAFFI_ARGS (i), NULL, &error), error);
    CHECK_FINE (daffi_cast (caller, "run", DAFFI_ARGS (100),
                            DAFFI_CALL (.process = "server"), &error),
                error);
    board_wait (BOARD_ENDED, 101);
    //  to nobody, and with an error that nobody sees
    CHECK_FINE (daffi_cast (caller, "nobody", DAFFI_ARGS (1), NULL, &error), error);
    CHECK_FINE (daffi_cast (caller, "fail", DAFFI_ARGS (1, "x"), NULL, &error), error);
    CHECK_STATUS (DAFFI_INVALID,
                  daffi_cast (caller, "a b", DAFFI_ARGS (), NULL, &error));
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    for (int i = 0; i <= 100; i++)
        CHECK_EQ_INT (board_runs (i), 1);
    daffi_global_stop (caller);
    CHECK_STATUS (DAFFI_STOPPED,
                  daffi_cast (caller, "run", DAFFI_ARGS (1), NULL, &error));
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("the 10,001st call in flight is BUSY at once, and the others all end well")
{
    enum { COUNT = 10000 };
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *server = server_start (at, "server");
    daffi_global_t *caller = caller_start (at);
    daffi_future_t **calls = calloc (COUNT, sizeof *calls);
    for (int i = 0; i < COUNT; i++)
        calls[i] = call_begin (caller, "hold", DAFFI_ARGS (i), NULL);
    CHECK (daffi_call_start (caller, "add", DAFFI_ARGS (1, 1), NULL, &error) == NULL);
    CHECK_STATUS (DAFFI_BUSY, error.status);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    board_add (BOARD_GATE, 1);
    for (int i = 0; i < COUNT; i++) {
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        daffi_future_destroy (&calls[i]);
        CHECK_EQ_INT (board_runs (i), 1);
    }
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    free (calls);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}

enum { ORDERED = 5000 };
static int64_t order[ORDERED];
static size_t ordered;

//  One worker: no lock is needed.
static daffi_status_t note_order (daffi_request_t *request, void *arg)
{
    (void)arg;
    int64_t number = -1;
    if (daffi_request_int (request, 0, &number) || ordered >= ORDERED)
        return DAFFI_INVALID;
    order[ordered++] = number;
    return daffi_request_reply (request, number);
}

SYSTEM_TEST ("calls of one caller reach one provider in their order, large ones too")
{
    daffi_error_t error;
    const daffi_function_t functions[] = {{.name = "order", .callback = note_order},
                                          {.name = NULL}};
    static char large[20000];
    daffi_global_t *hub = hub_start (at);
    //  a small capacity: most of them wait at the controller
    daffi_global_t *server = START (at, .process_name = "server", .workers = 1,
                                    .capacity = 16, .functions = functions);
    daffi_global_t *caller = caller_start (at);
    daffi_future_t **calls = calloc (ORDERED, sizeof *calls);
    for (int i = 0; i < ORDERED; i++) {
        daffi_value_t body =
            daffi_value_binary (large, i % 7 == 0 ? sizeof large : (size_t)(i % 5));
        calls[i] = call_begin (caller, "order", DAFFI_ARGS (i, body), NULL);
    }
    for (int i = 0; i < ORDERED; i++) {
        CHECK_FINE (daffi_future_wait (calls[i], BOARD_PATIENCE_MS, &error), error);
        daffi_future_destroy (&calls[i]);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    for (int i = 0; i < ORDERED; i++)
        CHECK_EQ_INT (order[i], i);
    free (calls);
    daffi_global_destroy (&hub);
}

enum { THREADS = 8, CALLS_EACH = 300 };

typedef struct {
    daffi_global_t *caller;
    int number;
} thread_t;

static void *call_a_lot (void *arg)
{
    thread_t *self = arg;
    for (int i = 0; i < CALLS_EACH; i++)
        CHECK_CALL_INT (self->caller, "add", DAFFI_ARGS (self->number * 1000000, i),
                        self->number * 1000000 + i);
    return NULL;
}

SYSTEM_TEST ("many threads call through one Global, and each gets its own answers")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *one = server_start (at, "one");
    daffi_global_t *two = server_start (at, "two");
    daffi_global_t *caller = caller_start (at);
    pthread_t threads[THREADS];
    thread_t args[THREADS];
    for (int i = 0; i < THREADS; i++) {
        args[i] = (thread_t){caller, i};
        CHECK (pthread_create (&threads[i], NULL, call_a_lot, &args[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join (threads[i], NULL);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&two);
    daffi_global_destroy (&one);
    daffi_global_destroy (&hub);
}
