//  SPDX-License-Identifier: MPL-2.0
//  A connection that stands, and through which nothing comes: only silence tells.

#include "cable.h"

enum { HEARTBEAT_MS = 100, TIMEOUT_MS = 400, AT_MOST_MS = 10000 };

//  Of those it is told within the timeout, and some for who is busy besides.
static void check_lost (daffi_future_t *call, daffi_status_t expected, int64_t cut_ms)
{
    daffi_error_t error;
    CHECK_STATUS (expected, daffi_future_wait (call, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    CHECK (clock_ms () - cut_ms >= HEARTBEAT_MS);
    CHECK (clock_ms () - cut_ms < AT_MOST_MS);
    daffi_future_destroy (&call);
}

SYSTEM_TEST (
    "a cut cable fails the calls of both its sides within the heartbeat timeout, and "
    "mended it serves again")
{
    cable_t cable;
    daffi_global_t *hub = hub_start (at);
    daffi_global_t *near = server_start (at, "near");
    cable_lay (&cable, at);
    daffi_global_t *far =
        START (&cable.far, .process_name = "far", .functions = serve_functions,
               .heartbeat_ms = HEARTBEAT_MS, .heartbeat_timeout_ms = TIMEOUT_MS);
    daffi_future_t *to_far =
        call_begin (near, "hold", DAFFI_ARGS (1, 1), DAFFI_CALL (.process = "far"));
    daffi_future_t *to_near =
        call_begin (far, "hold", DAFFI_ARGS (2, 1), DAFFI_CALL (.process = "near"));
    board_wait (BOARD_STARTED, 2);
    int64_t cut_ms = clock_ms ();
    cable_cut (&cable);
    check_lost (to_far, DAFFI_PROCESS_LOST, cut_ms);
    check_lost (to_near, DAFFI_CONTROLLER_LOST, cut_ms);
    board_add (BOARD_GATE, 1);

    cable_mend (&cable);
    wait_for_process (near, "far");
    daffi_error_t error;
    CHECK_FINE (daffi_call (near, "add", DAFFI_ARGS (1, 1),
                            DAFFI_CALL (.process = "far"), NULL, &error),
                error);
    daffi_global_destroy (&far);
    cable_remove (&cable);
    daffi_global_destroy (&near);
    daffi_global_destroy (&hub);
}
