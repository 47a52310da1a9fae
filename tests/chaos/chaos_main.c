//  SPDX-License-Identifier: MPL-2.0
//  daffi-chaos: is every promise kept while processes die, stop and lose each other?
//
//  The program that a person starts conducts; broker, proxy, workers and callers are
//  processes of their own, so that each can be killed. All but the broker are this same
//  program. They know the public API only, and tell what they did on a shared board.
#include <stdio.h>
#include <stdlib.h>

#include "chaos_judge.h"
#include "chaos_measure.h"
#include "chaos_role.h"
#include "chaos_schedule.h"

static uint64_t room_for (const chaos_settings_t *settings)
{
    uint64_t by_time = (uint64_t)settings->rate * 4 * (settings->duration_s + 60);
    uint64_t by_calls = (uint64_t)settings->calls * 2;
    return by_time > by_calls ? by_time : by_calls;
}

static int run (const chaos_settings_t *settings)
{
    static chaos_scene_t scene;
    chaos_verdict_t verdict = {0};
    bool played = chaos_scene_init (&scene, settings, room_for (settings)) &&
                  chaos_schedule_play (&scene);
    if (played) {
        chaos_judge (scene.board, settings, &verdict);
        verdict.violations += scene.unclean;
        chaos_judge_print (scene.board, settings, &verdict);
        printf ("the conductor itself stood still, or waited for a process, %.1f ms at "
                "most\n",
                (double)scene.stood_ns / CHAOS_MS);
    }
    chaos_scene_done (&scene);
    if (!played)
        fprintf (stderr, "daffi-chaos: the run was not finished\n");
    return !played ? 3 : verdict.violations ? 1 : 0;
}

int main (int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '@')
        return chaos_role_run (argc, argv);
    chaos_settings_t settings;
    int code;
    setvbuf (stdout, NULL, _IOLBF, 0);
    if (!chaos_settings_read (&settings, argc, argv, &code))
        return code;
    switch (settings.mode) {
    case CHAOS_MODE_RUN:
        return run (&settings);
    case CHAOS_MODE_KILL:
        return chaos_measure_kill (&settings);
    case CHAOS_MODE_RECOVER:
        return chaos_measure_recover (&settings);
    }
    return 2;
}
