//  SPDX-License-Identifier: MPL-2.0
//  Roles: what a child process of the chaos program is. Each is the same program, run
//  as `daffi-chaos @ROLE BOARD LIFE`.
#ifndef CHAOS_ROLE_H
#define CHAOS_ROLE_H

#include <daffi.h>

#include "chaos_board.h"

typedef struct {
    chaos_board_t *board;
    uint32_t number;  //  of its life
    chaos_life_t *life;
} chaos_self_t;

int chaos_role_run (int argc, char **argv);

int chaos_worker (chaos_self_t *self);
int chaos_caller (chaos_self_t *self);
int chaos_proxy (chaos_self_t *self);
int chaos_crowd (chaos_self_t *self);

//  A Global for this process. `name` is the caller's, 64 bytes. NULL: it was said why.
daffi_global_t *chaos_role_global (const chaos_self_t *self,
                                   const daffi_function_t *functions);
void chaos_role_name_of (char name[64], unsigned role, unsigned slot);
//  SIGTERM came.
bool chaos_role_asked_to_leave (void);
//  Notes when this process did not run: it is not to be judged for that time. Starts a
//  thread.
void chaos_role_watch_stalls (chaos_self_t *self);

#endif
