//  SPDX-License-Identifier: MPL-2.0
//  A controller, a caller and some servers.

#include "scene.h"

scene_t scene_start (place_t *at)
{
    scene_t self = {.at = at, .hub = hub_start (at)};
    self.caller = caller_start (at);
    return self;
}

daffi_global_t *scene_serve (scene_t *self, const char *name,
                             const daffi_function_t *functions)
{
    CHECK (self->count < SCENE_SERVERS);
    daffi_global_t *server =
        START (self->at, .process_name = name, .functions = functions);
    self->servers[self->count++] = server;
    return server;
}

daffi_global_t *scene_offer (scene_t *self, const char *name, daffi_callback_fn *ask)
{
    const daffi_function_t functions[] = {
        {.name = "ask", .callback = ask, .arg = (void *)(uintptr_t)name},
        {.name = NULL}};
    return scene_serve (self, name, functions);
}

scene_t scene_of (place_t *at, const daffi_function_t *functions)
{
    scene_t self = scene_start (at);
    scene_serve (&self, "server", functions);
    return self;
}

void scene_stop (scene_t *self)
{
    daffi_global_destroy (&self->caller);
    for (size_t i = 0; i < self->count; i++)
        daffi_global_destroy (&self->servers[i]);
    daffi_global_destroy (&self->hub);
}
