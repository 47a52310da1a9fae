//  SPDX-License-Identifier: MPL-2.0
//  The seeded schedule of faults.
#ifndef CHAOS_SCHEDULE_H
#define CHAOS_SCHEDULE_H

#include "chaos_scene.h"

//  Plays until the time is over and enough calls were made, then lets all go on
//  undisturbed for a while, and ends it in good order. False: it could not be done.
bool chaos_schedule_play (chaos_scene_t *scene);

#endif
