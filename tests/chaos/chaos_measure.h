//  SPDX-License-Identifier: MPL-2.0
//  Figures: how soon a death is told, how soon all are back after the broker's.
#ifndef CHAOS_MEASURE_H
#define CHAOS_MEASURE_H

#include "chaos_settings.h"

//  Both return the program's exit code.
int chaos_measure_kill (const chaos_settings_t *settings);
int chaos_measure_recover (const chaos_settings_t *settings);

#endif
