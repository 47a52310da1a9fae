//  SPDX-License-Identifier: MPL-2.0
//  The processes of a run: broker, proxy, workers, callers; started, hurt and ended.
#ifndef CHAOS_SCENE_H
#define CHAOS_SCENE_H

#include <sys/types.h>

#include "chaos_board.h"
#include "chaos_settings.h"

//  A place that one life after the other takes.
typedef struct {
    chaos_role_t role;
    uint32_t slot;
    pid_t pid;            //  0: nobody is there
    uint32_t life;        //  of who is or was there last
    uint32_t stop_event;  //  0: is not stopped
    int64_t due_ns;       //  of what comes next: CONT, or the next start; 0: nothing
    bool leaving;         //  SIGTERM was sent
    int64_t left_ns;
} chaos_place_t;

typedef struct {
    const chaos_settings_t *settings;
    chaos_board_t *board;
    char folder[64];
    char board_path[96];
    int broker_out;    //  its stdout; -1: none
    int64_t ready_ns;  //  when the broker said that it is ready
    bool proxied;
    chaos_place_t broker;
    chaos_place_t proxy;
    chaos_place_t nodes[CHAOS_SLOTS];  //  workers, then callers
    uint32_t node_count;
    uint32_t unclean;   //  ends that were not in order: exit codes, signals, too late
    int64_t turned_ns;  //  when the conductor last looked at all of it,
    int64_t stood_ns;   //  and the longest that it did not
} chaos_scene_t;

//  False: it was said why.
bool chaos_scene_init (chaos_scene_t *self, const chaos_settings_t *settings,
                       uint64_t calls_room);
//  Kills what still runs, and removes the folder unless it shall be kept.
void chaos_scene_done (chaos_scene_t *self);

bool chaos_scene_start (chaos_scene_t *self, chaos_place_t *place);
//  Waits for the ready line; false: it did not come within 10 s.
bool chaos_scene_start_broker (chaos_scene_t *self);
bool chaos_scene_start_proxy (chaos_scene_t *self);

void chaos_scene_kill (chaos_scene_t *self, chaos_place_t *place);
void chaos_scene_stop (chaos_scene_t *self, chaos_place_t *place);
void chaos_scene_continue (chaos_scene_t *self, chaos_place_t *place);
void chaos_scene_ask_to_leave (chaos_scene_t *self, chaos_place_t *place);
//  Notices ends; true: nobody is there.
bool chaos_scene_ended (chaos_scene_t *self, chaos_place_t *place);
//  Waits for it, or kills it: then false.
bool chaos_scene_wait_end (chaos_scene_t *self, chaos_place_t *place, int64_t seconds);
void chaos_scene_title (const chaos_place_t *place, char text[64]);
void chaos_scene_say (const chaos_scene_t *self, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

#endif
