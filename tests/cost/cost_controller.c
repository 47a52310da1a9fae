//  SPDX-License-Identifier: MPL-2.0
//  What a forwarded call costs in the controller's thread.
//
//  Both of its ways count, there and back, with all that libzmq does in that thread.

#include <stdlib.h>

#include "cost.h"
#include "cost_peer.h"

enum { BODY_MAX = 65536, MANY = 100, FUNCTIONS = 4000, CAPACITY = 4096 };

typedef struct {
    daffi_global_t *controller;
    cost_peer_t caller;
    cost_peer_t worker;
} pair_t;

static uint8_t bytes[BODY_MAX];

//  So many calls in one packet, if they fit, there and back.
static void echo (pair_t *self, const char *function, uint32_t count, size_t size)
{
    cost_peer_call (&self->caller, function, count, bytes, size);
    cost_peer_serve (&self->worker, count);
    cost_peer_take (&self->caller, count);
}

static void measure (pair_t *self, const char *function, uint32_t turns, uint32_t count,
                     size_t size)
{
    for (uint32_t i = 0; i < turns / 4 + 1; i++)
        echo (self, function, count, size);
    cost_begin ();
    for (uint32_t i = 0; i < turns; i++)
        echo (self, function, count, size);
    cost_end (turns * count);
}

static void open_pair (pair_t *self, uint32_t functions, uint32_t capacity)
{
    self->controller = cost_controller_start ();
    const char *endpoint = daffi_global_endpoint (self->controller);
    cost_peer_open (&self->worker, endpoint, "worker", "echo", functions, capacity);
    cost_peer_open (&self->caller, endpoint, "caller", "", 0, 0);
}

static void close_pair (pair_t *self)
{
    cost_peer_close (&self->caller);
    cost_peer_close (&self->worker);
    daffi_global_destroy (&self->controller);
}

static void measure_pair (const char *function, uint32_t functions, uint32_t capacity,
                          uint32_t turns, uint32_t count, size_t size)
{
    pair_t pair;
    open_pair (&pair, functions, capacity);
    measure (&pair, function, turns, count, size);
    close_pair (&pair);
}

static void serial (void)
{
    measure_pair ("echo", 1, CAPACITY, 200, 1, 16);
}

static void packed (void)
{
    measure_pair ("echo", 1, CAPACITY, 50, 64, 16);
}

static void packed_1k (void)
{
    measure_pair ("echo", 1, CAPACITY, 20, 64, 1024);
}

static void large (void)
{
    measure_pair ("echo", 1, CAPACITY, 100, 1, BODY_MAX);
}

//  Calls that find no free place wait at the controller, and are given as places come.
static void queued (void)
{
    measure_pair ("echo", 1, 64, 20, 256, 16);
}

static void many_functions (void)
{
    measure_pair ("echo3999", FUNCTIONS, CAPACITY, 50, 64, 16);
}

static void serve_all (pair_t *self, cost_peer_t *others, uint32_t each)
{
    for (uint32_t i = 0; i < MANY; i++)
        cost_peer_serve (&others[i], each);
    cost_peer_serve (&self->worker, each);
}

//  The price of choosing among many providers that all have something to do.
static void many_providers (void)
{
    enum { EACH = 4 };
    pair_t pair;
    static cost_peer_t others[MANY];
    uint64_t token;
    open_pair (&pair, 1, CAPACITY);
    const char *endpoint = daffi_global_endpoint (pair.controller);
    for (uint32_t i = 0; i < MANY; i++) {
        char name[] = {'b', (char)('0' + i / 10), (char)('0' + i % 10), 0};
        cost_peer_open (&others[i], endpoint, name, "echo", 1, CAPACITY);
    }
    cost_peer_call (&pair.caller, "echo", MANY + 1, bytes, 16);
    for (uint32_t i = 0; i < MANY; i++)
        cost_peer_hold (&others[i], 1, &token);
    cost_peer_hold (&pair.worker, 1, &token);
    //  all have one call; what comes now goes to each in turn
    cost_begin ();
    cost_peer_call (&pair.caller, "echo", EACH * (MANY + 1), bytes, 16);
    serve_all (&pair, others, EACH);
    cost_peer_take (&pair.caller, EACH * (MANY + 1));
    cost_end (EACH * (MANY + 1));
    for (uint32_t i = 0; i < MANY; i++)
        cost_peer_close (&others[i]);
    close_pair (&pair);
}

//  What others do, or do not, costs a call nothing: nothing is looked for among them.
static void many_nodes (void)
{
    pair_t pair;
    static cost_peer_t idle[MANY * 2];
    open_pair (&pair, 1, CAPACITY);
    const char *endpoint = daffi_global_endpoint (pair.controller);
    for (uint32_t i = 0; i < MANY * 2; i++) {
        char name[] = {'i', (char)('0' + i / 100), (char)('0' + i / 10 % 10),
                       (char)('0' + i % 10), 0};
        cost_peer_open (&idle[i], endpoint, name, "idle", 1, CAPACITY);
    }
    measure (&pair, "echo", 50, 64, 16);
    for (uint32_t i = 0; i < MANY * 2; i++)
        cost_peer_close (&idle[i]);
    close_pair (&pair);
}

static void many_calls (void)
{
    enum { HELD = 8000 };
    pair_t pair;
    cost_peer_t holder, asker;
    static uint64_t tokens[HELD];
    open_pair (&pair, 1, CAPACITY);
    const char *endpoint = daffi_global_endpoint (pair.controller);
    cost_peer_open (&holder, endpoint, "holder", "hold", 1, HELD);
    cost_peer_open (&asker, endpoint, "asker", "", 0, 0);
    cost_peer_call (&asker, "hold", HELD, bytes, 16);
    cost_peer_hold (&holder, HELD, tokens);
    measure (&pair, "echo", 50, 64, 16);
    cost_peer_close (&asker);
    cost_peer_close (&holder);
    close_pair (&pair);
}

const cost_scenario_t cost_controller_scenarios[] = {
    {"controller.serial", serial},
    {"controller.packed", packed},
    {"controller.packed_1k", packed_1k},
    {"controller.large", large},
    {"controller.queued", queued},
    {"controller.many_functions", many_functions},
    {"controller.many_providers", many_providers},
    {"controller.many_nodes", many_nodes},
    {"controller.many_calls", many_calls},
    {0}};
