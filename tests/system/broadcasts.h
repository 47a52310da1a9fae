//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts in the tests: what is asked, and what is checked of the replies.

#ifndef DAFFI_SYSTEM_BROADCASTS_H
#define DAFFI_SYSTEM_BROADCASTS_H

#include "scene.h"

daffi_broadcast_t *broadcast_begin (daffi_global_t *caller, const char *function,
                                    daffi_args_t args,
                                    const daffi_broadcast_options_t *options);
void broadcast_wait (daffi_broadcast_t *all);
const daffi_reply_t *broadcast_reply (daffi_broadcast_t *all, const char *process);
void broadcast_check (daffi_broadcast_t *all, const char *process,
                      daffi_status_t status, daffi_executed_t executed);
//  No further reply comes, but this, and again.
void broadcast_check_ends (daffi_broadcast_t *all, daffi_status_t expected);

//  For scene_offer (): replies its name; fails with TYPE; replies once BOARD_GATE is
//  open; ends when it is cancelled.
daffi_callback_fn ask_quick, ask_bad, ask_held, ask_watch;

#endif
