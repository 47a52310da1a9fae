//  SPDX-License-Identifier: MPL-2.0
//  The broker is killed and started again: when are all nodes back?
//
//  Crowd processes run many Globals each. A node is back when its on_node_connect runs,
//  which is later than its registration at the broker by what a WELCOME and a worker
//  thread take.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "chaos_measure.h"
#include "chaos_role.h"
#include "chaos_scene.h"

enum { FIRST_PATIENCE_S = 60, PATIENCE_S = 30 };

//  --- the crowd ----------------------------------------------------------------------

static void on_connect (daffi_global_t *global, void *arg)
{
    (void)global;
    _Atomic int64_t *stamp = arg;
    atomic_store (stamp, chaos_now ());
}

static daffi_status_t nothing (daffi_request_t *request, void *arg)
{
    (void)request;
    (void)arg;
    return DAFFI_OK;
}

//  Node numbers slot, slot + workers, slot + 2 * workers …; the board's workers are the
//  crowd processes, its callers the nodes.
int chaos_crowd (chaos_self_t *self)
{
    chaos_board_t *board = self->board;
    const daffi_function_t functions[] = {{.name = "nothing", .callback = nothing},
                                          {0}};
    for (uint32_t i = self->life->slot; i < board->callers; i += board->workers) {
        char name[64];
        daffi_error_t error;
        snprintf (name, sizeof name, "node-%u", i);
        if (!daffi_global_new (
                DAFFI_OPTIONS (.process_name = name, .functions = functions,
                               .workers = 1,
                               .host = board->broker.port ? "127.0.0.1" : NULL,
                               .port = board->broker.port,
                               .unix_sock_path =
                                   board->broker.port ? NULL : board->broker.folder,
                               .on_node_connect = on_connect,
                               .lifecycle_arg = (void *)&board->crowd_ns[i]),
                &error)) {
            fprintf (stderr, "daffi-chaos: node %u: %s\n", i, error.text);
            return 1;
        }
        atomic_fetch_add (&board->crowd_ready, 1);
    }
    while (!chaos_role_asked_to_leave ())
        chaos_sleep (10 * CHAOS_MS);
    return 0;  //  the Globals end with the process
}

//  --- the conductor ------------------------------------------------------------------

//  How many came after `since`, and when the last of them did.
static uint32_t count_back (const chaos_board_t *board, uint32_t nodes, int64_t since,
                            int64_t *last_ns)
{
    uint32_t count = 0;
    *last_ns = 0;
    for (uint32_t i = 0; i < nodes; i++) {
        int64_t stamp = board->crowd_ns[i];
        count += stamp > since;
        if (stamp > since && stamp > *last_ns)
            *last_ns = stamp;
    }
    return count;
}

static bool wait_all (const chaos_scene_t *scene, int64_t since, int64_t seconds,
                      int64_t *last_ns)
{
    uint32_t nodes = scene->settings->nodes, count;
    int64_t end = chaos_now () + seconds * CHAOS_SECOND;
    while ((count = count_back (scene->board, nodes, since, last_ns)) < nodes) {
        if (chaos_now () > end) {
            printf ("FAILED: %u of %u nodes are not connected after %d s\n",
                    nodes - count, nodes, (int)seconds);
            return false;
        }
        chaos_sleep (2 * CHAOS_MS);
    }
    return true;
}

//  Out of this many: a socket of libzmq's, its peers', and the room that the broker
//  keeps (it takes nodes up to 80 % of its limit).
static void raise_limit (void)
{
    struct rlimit files;
    if (getrlimit (RLIMIT_NOFILE, &files))
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit (RLIMIT_NOFILE, &files);
}

static int compare (const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t target_ms (uint32_t nodes)
{
    return nodes <= 100 ? 1000 : 5000;
}

static int report (const chaos_settings_t *settings, int64_t *back, int64_t *down,
                   int64_t start_ns)
{
    uint32_t rounds = settings->rounds;
    qsort (back, rounds, sizeof *back, compare);
    qsort (down, rounds, sizeof *down, compare);
    int64_t target = target_ms (settings->nodes);
    int64_t most = back[rounds - 1] / CHAOS_MS;
    printf (
        "daffi-chaos recover: %s, %u nodes in %u processes, %u rounds\n"
        "  first connection of all      %" PRId64 " ms from the first process's start\n"
        "  back after the ready line    min %" PRId64 ", median %" PRId64
        ", max %" PRId64 " ms (target %" PRId64 " ms%s)\n"
        "  back after kill -9           min %" PRId64 ", median %" PRId64
        ", max %" PRId64 " ms\n",
        chaos_transport_name (settings->transport), settings->nodes,
        settings->processes, rounds, start_ns / CHAOS_MS, back[0] / CHAOS_MS,
        back[rounds / 2] / CHAOS_MS, most, target, most <= target ? "" : ": MISSED",
        down[0] / CHAOS_MS, down[rounds / 2] / CHAOS_MS, down[rounds - 1] / CHAOS_MS);
    return settings->strict && most > target ? 1 : 0;
}

static bool start_crowd (chaos_scene_t *scene, chaos_place_t *crowd, int64_t *start_ns)
{
    int64_t last_ns, began = chaos_now ();
    scene->board->workers = scene->settings->processes;
    scene->board->callers = scene->settings->nodes;
    for (uint32_t i = 0; i < scene->settings->processes; i++) {
        crowd[i].role = CHAOS_CROWD;
        crowd[i].slot = i;
        if (!chaos_scene_start (scene, &crowd[i]))
            return false;
    }
    if (!wait_all (scene, began, FIRST_PATIENCE_S, &last_ns))
        return false;
    *start_ns = last_ns - began;
    return true;
}

static bool restart_broker (chaos_scene_t *scene, int64_t *back_ns, int64_t *down_ns)
{
    int64_t last_ns;
    chaos_scene_kill (scene, &scene->broker);
    int64_t killed_ns = scene->board->lives[scene->broker.life].killed_ns;
    if (!chaos_scene_start_broker (scene) ||
        !wait_all (scene, killed_ns, PATIENCE_S, &last_ns))
        return false;
    //  the last may have been quicker than the ready line
    *back_ns = last_ns > scene->ready_ns ? last_ns - scene->ready_ns : 0;
    *down_ns = last_ns - killed_ns;
    chaos_scene_say (scene, "all back %.1f ms after the ready line",
                     (double)*back_ns / (double)CHAOS_MS);
    chaos_sleep (300 * CHAOS_MS);
    return true;
}

int chaos_measure_recover (const chaos_settings_t *settings)
{
    static chaos_scene_t scene;
    uint32_t rounds = settings->rounds, done = 0;
    int64_t *back = calloc (rounds, sizeof *back),
            *down = calloc (rounds, sizeof *down);
    chaos_place_t *crowd = calloc (settings->processes, sizeof *crowd);
    int64_t start_ns;
    int code = 3;
    raise_limit ();
    if (back && down && crowd && chaos_scene_init (&scene, settings, 1) &&
        chaos_scene_start_broker (&scene) && start_crowd (&scene, crowd, &start_ns)) {
        while (done < rounds && restart_broker (&scene, &back[done], &down[done]))
            done++;
        code = done == rounds ? report (settings, back, down, start_ns) : 1;
    }
    for (uint32_t i = 0; crowd && i < settings->processes; i++)
        chaos_scene_kill (&scene, &crowd[i]);
    chaos_scene_done (&scene);
    free (crowd);
    free (back);
    free (down);
    return code;
}
