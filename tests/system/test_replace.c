//  SPDX-License-Identifier: MPL-2.0
//  One takes the place of another: a controller that is replaced in good order, a
//  process that comes back to a name that is no longer its own, a peer that wears out
//  its welcome.

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "load.h"

//  --- the controller ----------------------------------------------------------------

SYSTEM_TEST ("replacing the controller in good order under load loses no call")
{
    enum { CALLERS = 3, REPLACEMENTS = 4 };
    load_t load;
    process_t broker = BROKER (at, "--settle", "5000");
    process_t worker = PROCESS (at, "worker", "name=worker");
    daffi_global_t *caller = caller_start (at);
    load_start (&load, caller, CALLERS);
    for (int round = 0; round < REPLACEMENTS; round++) {
        board_wait (BOARD_CALLED, board_read (BOARD_CALLED) + 100);
        broker_stop (&broker);
        broker = BROKER (at, "--settle", "5000");
    }
    board_wait (BOARD_CALLED, board_read (BOARD_CALLED) + 100);
    printf ("     %d calls during %d replacements, none lost\n", load_stop (&load),
            REPLACEMENTS);
    process_stop (&worker);
    daffi_global_destroy (&caller);
    broker_stop (&broker);
}

SYSTEM_TEST ("a call that no other controller comes for fails at its deadline, not run")
{
    daffi_error_t error;
    process_t broker = BROKER (at, "--settle", "0");
    daffi_global_t *caller =
        START (at, .process_name = "caller", .on_node_disconnect = serve_on_disconnect);
    process_t worker = PROCESS (at, "worker", "name=worker");
    daffi_future_t *held =
        daffi_call_start (caller, "hold", DAFFI_ARGS (1), NULL, &error);
    board_wait (BOARD_STARTED, 1);
    process_signal (&broker, SIGTERM);
    daffi_status_t status;
    do
        status = daffi_call (caller, "add", DAFFI_ARGS (1, 1),
                             DAFFI_CALL (.timeout_ms = 300), NULL, &error);
    while (status == DAFFI_OK);
    CHECK_STATUS (DAFFI_TIMEOUT, status);
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_NO);
    CHECK (strstr (error.text, at->tcp ? "tcp://" : "ipc://") != NULL);
    board_add (BOARD_GATE, 1);
    CHECK_FINE (daffi_future_wait (held, BOARD_PATIENCE_MS, &error), error);
    daffi_future_destroy (&held);
    process_await (&broker);
    board_wait (BOARD_DISCONNECTED, 1);
    process_stop (&worker);
    daffi_global_destroy (&caller);
}

//  --- names -------------------------------------------------------------------------

SYSTEM_TEST (
    "a process that was stopped does not take back what was taken over from it")
{
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t first = PROCESS (at, "worker", "name=name", "takeover=1", "counted=1");
    process_freeze (&first);
    process_t second = PROCESS (at, "worker", "name=name", "takeover=1");
    CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), second.pid);
    process_signal (&first, SIGCONT);
    //  it has read by then that it was replaced, and asked for its name again
    board_wait (BOARD_DISCONNECTED, 1);
    for (int i = 0; i < 200; i++)
        CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), second.pid);
    process_kill (&second);
    board_wait (BOARD_CONNECTED, 2);
    CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), first.pid);
    process_stop (&first);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a name that is taken is refused, and had as soon as it is free")
{
    daffi_error_t why = {.text = ""};
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    daffi_global_t *first = server_start (at, "name");
    daffi_options_t options = place_options (
        at, DAFFI_OPTIONS (.process_name = "name", .functions = serve_functions,
                           .connect_timeout_ms = 200));
    CHECK (daffi_global_new (&options, &why) == NULL);
    CHECK_STATUS (DAFFI_NAME_TAKEN, why.status);
    CHECK (strstr (why.text, "takeover") != NULL);

    options.connect_timeout_ms = 0;
    options.on_node_connect = serve_on_connect;
    daffi_global_t *second = daffi_global_new (&options, &why);
    CHECK (second != NULL);
    //  the state has no event of its own
    while (daffi_global_state (second, &why) == DAFFI_STATE_CONNECTING)
        sched_yield ();
    CHECK_EQ_INT (daffi_global_state (second, &why), DAFFI_STATE_REFUSED);
    CHECK_STATUS (DAFFI_NAME_TAKEN, why.status);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    CHECK_EQ_UINT (count_providers (caller, "add"), 1);
    daffi_global_destroy (&first);
    board_wait (BOARD_CONNECTED, 1);
    CHECK_CALL_INT (caller, "add", DAFFI_ARGS (1, 1), 2);
    daffi_global_destroy (&second);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("takeover replaces the one who has the name, and fails its calls")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    process_t first = PROCESS (at, "worker", "name=name", "counted=1");
    daffi_future_t *call = call_begin (caller, "hold", DAFFI_ARGS (1), NULL);
    board_wait (BOARD_STARTED, 1);
    process_t second = PROCESS (at, "worker", "name=name", "takeover=1");
    CHECK_STATUS (DAFFI_PROCESS_LOST,
                  daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    daffi_future_destroy (&call);
    CHECK_EQ_UINT (count_providers (caller, "pid"), 1);
    CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), second.pid);
    //  the first one knows, and does not take it back while the second is there
    board_wait (BOARD_DISCONNECTED, 1);
    for (int i = 0; i < 50; i++)
        CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), second.pid);
    process_kill (&second);
    board_wait (BOARD_CONNECTED, 2);
    CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), first.pid);
    board_add (BOARD_GATE, 1);
    process_stop (&first);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

SYSTEM_TEST ("a process that was restarted is never mistaken for its predecessor")
{
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *caller = caller_start (at);
    for (int i = 1; i <= 10; i++) {
        process_t first = PROCESS (at, "worker", "name=name");
        daffi_future_t *call = call_begin (caller, "hold", DAFFI_ARGS (i, i),
                                           DAFFI_CALL (.process = "name"));
        board_wait (BOARD_STARTED, i);
        process_kill (&first);
        process_t second = PROCESS (at, "worker", "name=name");
        CHECK_STATUS (DAFFI_PROCESS_LOST,
                      daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
        daffi_future_destroy (&call);
        CHECK_CALL_INT (caller, "pid", DAFFI_ARGS (), second.pid);
        board_add (BOARD_GATE, 1);
        process_stop (&second);
        CHECK_EQ_INT (board_runs (i), 1);
    }
    daffi_global_destroy (&caller);
    daffi_global_destroy (&hub);
}

//  --- a peer that sends, and does not read -------------------------------------------

static size_t put (uint8_t *out, const void *bytes, size_t size)
{
    memcpy (out, bytes, size);
    return size;
}

//  HELLO of a process "flood" that can do nothing, by hand (PROTOCOL.md).
static size_t write_hello (uint8_t *out)
{
    static const uint8_t body[] = "\x83\xa3min\x01\xa3max\x01\xabincarnation\xc4\x10"
                                  "0123456789abcdef";
    static const uint8_t header[] =
        "\x96\x01\xcf\x00\x00\x00\x00\x00\x00\x00\x07\xc0\xa5"
        "flood\xc0";
    size_t size = put (out, header, sizeof header - 1);
    out[size++] = sizeof body - 1;
    return size + put (out + size, body, sizeof body - 1);
}

static size_t write_pings (uint8_t *out, size_t count)
{
    static const uint8_t ping[] =
        "\x96\x10\xcf\x00\x00\x00\x00\x00\x00\x00\x09\xc0\xc0\xc0\x00";
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += put (out + size, ping, sizeof ping - 1);
    return size;
}

static bool gone (daffi_global_t *caller, const char *process)
{
    daffi_error_t error;
    return daffi_call (caller, "x", DAFFI_ARGS (),
                       DAFFI_CALL (.process = process, .no_retry = true), NULL,
                       &error) == DAFFI_NO_PROCESS;
}

SYSTEM_TEST (
    "a peer that asks and asks and reads nothing is given up; others are served")
{
    enum { PINGS = 4000 };
    static uint8_t packet[64 * 1024];
    daffi_error_t error;
    daffi_global_t *hub = hub_start (at);
    //  where each PING is watched by a sanitizer a turn may take seconds
    daffi_global_t *server =
        START (at, .process_name = "server", .heartbeat_timeout_ms = 30000,
               .functions = serve_functions);
    daffi_global_t *caller =
        START (at, .process_name = "caller", .heartbeat_timeout_ms = 30000);
    void *context = zmq_ctx_new ();
    void *flood = zmq_socket (context, ZMQ_DEALER);
    int one = 1, none = 0;
    zmq_setsockopt (flood, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt (flood, ZMQ_LINGER, &none, sizeof none);
    CHECK (zmq_connect (flood, daffi_global_endpoint (hub)) == 0);
    CHECK (zmq_send (flood, packet, write_hello (packet), 0) > 0);
    wait_for_process (caller, "flood");
    size_t size = write_pings (packet, PINGS);
    int packets = 0;
    while (packets < 20000 && !gone (caller, "flood")) {
        for (int i = 0; i < 50; i++, packets++)
            CHECK (zmq_send (flood, packet, size, 0) > 0);
        CHECK_CALL_INT (caller, "add", DAFFI_ARGS (packets, 1), packets + 1);
    }
    printf ("     given up after %d times %d PINGs\n", packets, PINGS);
    CHECK (gone (caller, "flood"));
    zmq_close (flood);
    zmq_ctx_term (context);
    CHECK_FINE (daffi_call (caller, "add", DAFFI_ARGS (1, 1), NULL, NULL, &error),
                error);
    daffi_global_destroy (&caller);
    daffi_global_destroy (&server);
    daffi_global_destroy (&hub);
}
