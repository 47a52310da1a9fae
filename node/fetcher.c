//  SPDX-License-Identifier: MPL-2.0
//  Fetchers: a function's name and its options, bound once.
//
//  The strings are copied into one block behind the object, which nobody changes: that
//  is why any threads may call at once.

#include <stdlib.h>

#include "alloc.h"
#include "daffi_fetcher.h"
#include "failure.h"
#include "global.h"
#include "node.h"

struct daffi_fetcher {
    daffi_global_t *global;
    daffi_call_options_t call;
    daffi_call_options_t cast;
    daffi_broadcast_options_t broadcast;
    const char *function;
    const char **processes;  //  of the broadcast, ended by NULL; or NULL
    char texts[];
};

static size_t room_of (const char *text)
{
    return text ? strlen (text) + 1 : 0;
}

static const char *keep (char **cursor, const char *text)
{
    size_t size = room_of (text);
    if (!text)
        return NULL;
    char *copy = memcpy (*cursor, text, size);
    *cursor += size;
    return copy;
}

static size_t count_of (const char *const *names)
{
    size_t count = 0;
    while (names && names[count])
        count++;
    return count;
}

static size_t texts_of (const char *function, const daffi_fetcher_options_t *options)
{
    const char *const *names = options->broadcast.processes;
    size_t room = room_of (function) + room_of (options->call.process) +
                  room_of (options->call.key) + room_of (options->broadcast.group);
    for (size_t i = 0; i < count_of (names); i++)
        room += room_of (names[i]);
    return room;
}

static void set_broadcast (daffi_fetcher_t *self)
{
    daffi_broadcast_options_t *own = &self->broadcast;
    own->timeout_ms = own->timeout_ms ? own->timeout_ms : self->call.timeout_ms;
    own->priority = own->priority ? own->priority : self->call.priority;
    own->eta_ms = own->eta_ms ? own->eta_ms : self->call.eta_ms;
    own->detached = own->detached || self->call.detached;
}

daffi_fetcher_t *daffi_fetcher_new (daffi_global_t *global, const char *function,
                                    const daffi_fetcher_options_t *options,
                                    daffi_error_t *error)
{
    static const daffi_fetcher_options_t defaults;
    options = options ? options : &defaults;
    if (!daffi_global_node (global, error) ||
        daffi_launch_check (function, &options->call, error))
        return NULL;
    size_t names = count_of (options->broadcast.processes);
    daffi_fetcher_t *self = daffi_new (sizeof *self + texts_of (function, options));
    char *cursor = self->texts;
    self->global = global;
    self->call = options->call;
    self->broadcast = options->broadcast;
    self->function = keep (&cursor, function);
    self->call.process = keep (&cursor, options->call.process);
    self->call.key = keep (&cursor, options->call.key);
    self->broadcast.group = keep (&cursor, options->broadcast.group);
    if (options->broadcast.processes) {
        self->processes = daffi_new ((names + 1) * sizeof *self->processes);
        for (size_t i = 0; i < names; i++)
            self->processes[i] = keep (&cursor, options->broadcast.processes[i]);
        self->broadcast.processes = self->processes;
    }
    self->cast = self->call;
    self->cast.eta_ms = 0;
    set_broadcast (self);
    return self;
}

void daffi_fetcher_destroy (daffi_fetcher_t **self_p)
{
    daffi_fetcher_t *self = *self_p;
    if (!self)
        return;
    free (self->processes);
    free (self);
    *self_p = NULL;
}

const char *daffi_fetcher_function (const daffi_fetcher_t *self)
{
    return self->function;
}

daffi_status_t daffi_fetcher_wait (const daffi_fetcher_t *self, int64_t timeout_ms,
                                   daffi_error_t *error)
{
    return daffi_global_wait_function (self->global, self->function, timeout_ms, error);
}

//  --- foreground ---------------------------------------------------------------------

daffi_status_t daffi_fetch (const daffi_fetcher_t *self, daffi_args_t args,
                            daffi_result_t **result, daffi_error_t *error)
{
    return daffi_call (self->global, self->function, args, &self->call, result, error);
}

daffi_status_t daffi_fetch_int (const daffi_fetcher_t *self, daffi_args_t args,
                                int64_t *result, daffi_error_t *error)
{
    return daffi_call_typed (self->global, self->function, args, &self->call,
                             &daffi_typed_int, result, error);
}

daffi_status_t daffi_fetch_double (const daffi_fetcher_t *self, daffi_args_t args,
                                   double *result, daffi_error_t *error)
{
    return daffi_call_typed (self->global, self->function, args, &self->call,
                             &daffi_typed_double, result, error);
}

daffi_status_t daffi_fetch_bool (const daffi_fetcher_t *self, daffi_args_t args,
                                 bool *result, daffi_error_t *error)
{
    return daffi_call_typed (self->global, self->function, args, &self->call,
                             &daffi_typed_bool, result, error);
}

daffi_status_t daffi_fetch_string (const daffi_fetcher_t *self, daffi_args_t args,
                                   char **result, daffi_error_t *error)
{
    return daffi_call_typed (self->global, self->function, args, &self->call,
                             &daffi_typed_string, result, error);
}

daffi_status_t daffi_fetch_void (const daffi_fetcher_t *self, daffi_args_t args,
                                 daffi_error_t *error)
{
    return daffi_fetch (self, args, NULL, error);
}

//  --- all others ---------------------------------------------------------------------

daffi_future_t *daffi_fetch_start (const daffi_fetcher_t *self, daffi_args_t args,
                                   daffi_error_t *error)
{
    return daffi_call_start (self->global, self->function, args, &self->call, error);
}

daffi_status_t daffi_fetch_cast (const daffi_fetcher_t *self, daffi_args_t args,
                                 daffi_error_t *error)
{
    return daffi_cast (self->global, self->function, args, &self->cast, error);
}

daffi_broadcast_t *daffi_fetch_broadcast (const daffi_fetcher_t *self,
                                          daffi_args_t args, daffi_error_t *error)
{
    return daffi_broadcast_start (self->global, self->function, args, &self->broadcast,
                                  error);
}

daffi_stream_t *daffi_fetch_stream (const daffi_fetcher_t *self, daffi_args_t args,
                                    daffi_error_t *error)
{
    return daffi_stream_open (self->global, self->function, args, &self->call, error);
}
