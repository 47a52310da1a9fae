//  SPDX-License-Identifier: MPL-2.0
//  What a call costs in a process that makes it, and in one that runs it.
//
//  All three stand in this process, each in threads of its own.

#include <string.h>

#include "cost.h"
#include "cost_peer.h"

enum { WINDOW = 64, SERIAL = 200, BATCHES = 40 };

static daffi_status_t echo (daffi_request_t *request, void *arg)
{
    (void)arg;
    const void *data;
    size_t size;
    if (daffi_request_bytes (request, 0, &data, &size))
        return daffi_request_fail (request, "echo wants bytes");
    return daffi_request_reply (request, daffi_value_binary (data, size));
}

static const uint8_t bytes[16] = "sixteen bytes";

static void call_once (daffi_global_t *caller)
{
    daffi_error_t error;
    daffi_result_t *result = NULL;
    COST_CHECK (!daffi_call (caller, "echo",
                             DAFFI_ARGS (daffi_value_binary (bytes, sizeof bytes)),
                             NULL, &result, &error));
    daffi_result_destroy (&result);
}

static void call_window (daffi_global_t *caller)
{
    daffi_error_t error;
    daffi_future_t *futures[WINDOW];
    for (int i = 0; i < WINDOW; i++) {
        futures[i] = daffi_call_start (
            caller, "echo", DAFFI_ARGS (daffi_value_binary (bytes, sizeof bytes)), NULL,
            &error);
        COST_CHECK (futures[i]);
    }
    for (int i = 0; i < WINDOW; i++) {
        COST_CHECK (!daffi_future_wait (futures[i], DAFFI_FOREVER, &error));
        daffi_future_destroy (&futures[i]);
    }
}

typedef struct {
    daffi_global_t *controller;
    daffi_global_t *provider;
} place_t;

static void open_place (place_t *self)
{
    const daffi_function_t functions[] = {
        {.name = "echo", .callback = echo, .run_inline = true},
        {.name = "pooled", .callback = echo},
        {0}};
    self->controller = cost_controller_start ();
    self->provider = cost_node_start ("provider", functions);
}

static void close_place (place_t *self)
{
    daffi_global_destroy (&self->provider);
    daffi_global_destroy (&self->controller);
}

static void measure_caller (void (*call) (daffi_global_t *caller), unsigned turns,
                            unsigned calls)
{
    place_t place;
    open_place (&place);
    daffi_global_t *caller = cost_node_start ("caller", NULL);
    for (unsigned i = 0; i < turns / 4; i++)
        call (caller);
    cost_begin ();
    for (unsigned i = 0; i < turns; i++)
        call (caller);
    cost_end (turns * calls);
    daffi_global_destroy (&caller);
    close_place (&place);
}

static void serial (void)
{
    measure_caller (call_once, SERIAL, 1);
}

static void window (void)
{
    measure_caller (call_window, BATCHES, WINDOW);
}

//  Packets that are filled by a peer, not by when a caller's actor wakes.
static void measure_provider (const char *function)
{
    place_t place;
    cost_peer_t peer;
    uint8_t body[3 + sizeof bytes] = {0x91, 0xc4, sizeof bytes};
    memcpy (body + 3, bytes, sizeof bytes);
    open_place (&place);
    cost_peer_open (&peer, daffi_global_endpoint (place.controller), "peer", "", 0, 0);
    for (int i = 0; i < 2 * BATCHES; i++) {
        if (i == BATCHES)
            cost_begin ();
        cost_peer_call (&peer, function, WINDOW, body, sizeof body);
        cost_peer_take (&peer, WINDOW);
    }
    cost_end (BATCHES * WINDOW);
    cost_peer_close (&peer);
    close_place (&place);
}

static void provider_inline (void)
{
    measure_provider ("echo");
}

static void provider_pooled (void)
{
    measure_provider ("pooled");
}

const cost_scenario_t cost_node_scenarios[] = {{"caller.serial", serial},
                                               {"caller.window", window},
                                               {"provider.inline", provider_inline},
                                               {"provider.pooled", provider_pooled},
                                               {0}};
