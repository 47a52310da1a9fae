//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts: how they end, with their caller, their controller and their node.

#include "broadcasts.h"

SYSTEM_TEST ("a deadline names those who have not answered, and cancels them")
{
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_watch);
    scene_offer (&scene, "c", ask_watch);
    wait_for_providers (scene.caller, "ask", 3);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (),
                                              DAFFI_BROADCAST (.timeout_ms = 1500));
    broadcast_wait (all);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 3);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (all, "b", DAFFI_TIMEOUT, DAFFI_EXECUTED_MAYBE);
    broadcast_check (all, "c", DAFFI_TIMEOUT, DAFFI_EXECUTED_MAYBE);
    board_wait (BOARD_CANCELLED, 2);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("stop after the first success: the others are cancelled and told of")
{
    daffi_error_t error;
    const daffi_reply_t *reply = NULL;
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_watch);
    scene_offer (&scene, "b", ask_held);
    scene_offer (&scene, "c", ask_watch);
    scene_offer (&scene, "d", ask_bad);
    wait_for_providers (scene.caller, "ask", 4);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (),
                                              DAFFI_BROADCAST (.stop_after = 1));
    board_wait (BOARD_STARTED, 3);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "d");
    board_add (BOARD_GATE, 1);
    broadcast_wait (all);
    broadcast_check (all, "a", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
    broadcast_check (all, "b", DAFFI_OK, DAFFI_EXECUTED_YES);
    broadcast_check (all, "c", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
    broadcast_check (all, "d", DAFFI_TYPE, DAFFI_EXECUTED_YES);
    //  their cancel fds have become readable
    board_wait (BOARD_CANCELLED, 2);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("stop after k successes, and not before")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_watch);
    scene_offer (&scene, "c", ask_held);
    wait_for_providers (scene.caller, "ask", 3);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (),
                                              DAFFI_BROADCAST (.stop_after = 2));
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    CHECK_EQ_STR (reply->process, "a");
    board_wait (BOARD_STARTED, 2);
    CHECK_STATUS (DAFFI_PENDING, daffi_broadcast_wait (all, 50, &error));
    CHECK_EQ_INT (board_read (BOARD_CANCELLED), 0);
    board_add (BOARD_GATE, 1);
    broadcast_wait (all);
    broadcast_check (all, "b", DAFFI_CANCELLED, DAFFI_EXECUTED_MAYBE);
    broadcast_check (all, "c", DAFFI_OK, DAFFI_EXECUTED_YES);
    board_wait (BOARD_CANCELLED, 1);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("a broadcast that is destroyed is cancelled everywhere")
{
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_watch);
    scene_offer (&scene, "b", ask_watch);
    wait_for_providers (scene.caller, "ask", 2);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    board_wait (BOARD_STARTED, 2);
    daffi_broadcast_destroy (&all);
    board_wait (BOARD_CANCELLED, 2);
    scene_stop (&scene);
}

SYSTEM_TEST ("a caller that is killed is cancelled everywhere")
{
    scene_t scene = scene_start (at);
    daffi_global_t *a = scene_offer (&scene, "a", ask_watch);
    scene_offer (&scene, "b", ask_watch);
    wait_for_providers (a, "ask", 2);
    process_t caller = PROCESS (at, "broadcaster", "name=broadcaster");
    board_wait (BOARD_STARTED, 2);
    process_kill (&caller);
    board_wait (BOARD_CANCELLED, 2);
    scene_stop (&scene);
}

SYSTEM_TEST ("replies that came stay readable when the controller is lost")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    process_t broker = BROKER (at, "--settle", "0");
    scene_t scene = {.at = at, .caller = caller_start (at)};
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_watch);
    wait_for_providers (scene.caller, "ask", 2);
    daffi_broadcast_t *all = broadcast_begin (scene.caller, "ask", DAFFI_ARGS (), NULL);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    board_wait (BOARD_STARTED, 1);
    process_kill (&broker);
    CHECK_STATUS (DAFFI_CONTROLLER_LOST,
                  daffi_broadcast_wait (all, BOARD_PATIENCE_MS, &error));
    CHECK_EQ_INT (error.executed, DAFFI_EXECUTED_MAYBE);
    broadcast_check_ends (all, DAFFI_CONTROLLER_LOST);
    CHECK_EQ_UINT (daffi_broadcast_count (all), 1);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    CHECK_EQ_STR (reply->process, "a");
    board_wait (BOARD_CANCELLED, 1);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}

SYSTEM_TEST ("a node that stops ends its broadcasts with STOPPED, and is told by none")
{
    daffi_error_t error;
    const daffi_reply_t *reply;
    scene_t scene = scene_start (at);
    scene_offer (&scene, "a", ask_quick);
    scene_offer (&scene, "b", ask_watch);
    daffi_global_t *leaves =
        START (at, .process_name = "leaves", .drain_timeout_ms = 50);
    wait_for_providers (leaves, "ask", 2);
    daffi_broadcast_t *all = broadcast_begin (leaves, "ask", DAFFI_ARGS (), NULL);
    CHECK_OK (daffi_broadcast_next (all, BOARD_PATIENCE_MS, &reply, &error));
    board_wait (BOARD_STARTED, 1);
    daffi_global_stop (leaves);
    broadcast_check_ends (all, DAFFI_STOPPED);
    broadcast_check (all, "a", DAFFI_OK, DAFFI_EXECUTED_YES);
    board_wait (BOARD_CANCELLED, 1);
    daffi_global_destroy (&leaves);
    daffi_broadcast_destroy (&all);
    scene_stop (&scene);
}
