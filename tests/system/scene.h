//  SPDX-License-Identifier: MPL-2.0
//  A controller, a caller and some servers: what most sentences begin with.

#ifndef DAFFI_SYSTEM_SCENE_H
#define DAFFI_SYSTEM_SCENE_H

#include "place.h"

enum { SCENE_SERVERS = 8 };

typedef struct {
    place_t *at;
    daffi_global_t *hub;
    daffi_global_t *caller;
    daffi_global_t *servers[SCENE_SERVERS];
    size_t count;
} scene_t;

//  hub_start () and caller_start ().
scene_t scene_start (place_t *at);

//  One more process, which is connected when this returns and offers these functions,
//  or the one callback under the name "ask" with the process' name as its arg.
daffi_global_t *scene_serve (scene_t *self, const char *name,
                             const daffi_function_t *functions);
daffi_global_t *scene_offer (scene_t *self, const char *name, daffi_callback_fn *ask);

//  Both at once: one server, "server".
scene_t scene_of (place_t *at, const daffi_function_t *functions);

//  Destroys what is still there.
void scene_stop (scene_t *self);

#endif
