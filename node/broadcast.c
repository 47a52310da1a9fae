//  SPDX-License-Identifier: MPL-2.0
//  Broadcasts, as their users see them: a future whose parts come one by one.

#include <stdlib.h>

#include "alloc.h"
#include "failure.h"
#include "future.h"
#include "global.h"
#include "names.h"

struct daffi_broadcast {
    daffi_future_t *future;
    uint32_t seen;  //  parts that daffi_broadcast_next () has told
};

//  Each name once: a process answers once.
static size_t collect (const char *const *processes, daffi_value_t *names)
{
    size_t count = 0;
    for (; *processes; processes++) {
        size_t i = 0;
        while (i < count && strcmp (names[i].as.string, *processes) != 0)
            i++;
        if (i == count)
            names[count++] = daffi_value_string (*processes);
    }
    return count;
}

static daffi_status_t check_processes (const char *const *processes, size_t *count,
                                       daffi_error_t *error)
{
    for (*count = 0; processes[*count]; ++*count) {
        daffi_text_t name = daffi_text_of (processes[*count]);
        if (!daffi_name_valid (name) || daffi_name_reserved (name))
            return daffi_fail (
                error, DAFFI_INVALID,
                "'%.150s' is no process name: 1 to 128 of [A-Za-z0-9._-]", name.data);
    }
    return *count ? DAFFI_OK : daffi_fail (error, DAFFI_INVALID, "no process is named");
}

//  [[names], [arguments]]: PROTOCOL.md, "Broadcasts".
static daffi_status_t pack_named (const char *const *processes, daffi_args_t args,
                                  daffi_packed_t *body, daffi_error_t *error)
{
    size_t count;
    daffi_status_t status = check_processes (processes, &count, error);
    if (status)
        return status;
    daffi_value_t *names = daffi_new (count * sizeof *names);
    const daffi_value_t pair[] = {daffi_value_array (names, collect (processes, names)),
                                  daffi_value_array (args.items, args.count)};
    status = daffi_call_pack ((daffi_args_t){pair, 2}, body, error);
    free (names);
    return status;
}

daffi_broadcast_t *daffi_broadcast_start (daffi_global_t *global, const char *function,
                                          daffi_args_t args,
                                          const daffi_broadcast_options_t *options,
                                          daffi_error_t *error)
{
    static const daffi_broadcast_options_t defaults;
    daffi_packed_t body;
    options = options ? options : &defaults;
    daffi_node_t *node = daffi_global_node (global, error);
    if (!node)
        return NULL;
    daffi_status_t status = options->processes
                                ? pack_named (options->processes, args, &body, error)
                                : daffi_call_pack (args, &body, error);
    if (status)
        return NULL;
    daffi_future_t *future =
        daffi_node_broadcast (node, function, &body, options, error);
    if (!future)
        return NULL;
    daffi_broadcast_t *self = daffi_new (sizeof *self);
    self->future = future;
    return self;
}

static const daffi_reply_t *reply_at (daffi_broadcast_t *self, size_t index)
{
    pthread_mutex_lock (&self->future->lock);
    const daffi_reply_t *reply =
        index < self->future->part_count ? &self->future->parts[index]->reply : NULL;
    pthread_mutex_unlock (&self->future->lock);
    return reply;
}

daffi_status_t daffi_broadcast_next (daffi_broadcast_t *self, int64_t timeout_ms,
                                     const daffi_reply_t **reply, daffi_error_t *error)
{
    daffi_status_t status =
        daffi_future_wait_part (self->future, self->seen, timeout_ms, error);
    if (status)
        return status;
    const daffi_reply_t *next = reply_at (self, self->seen);
    if (!next) {
        status = daffi_future_wait (self->future, 0, error);
        return status ? status : DAFFI_END;
    }
    self->seen++;
    *reply = next;
    daffi_future_seen_part (self->future, self->seen);
    return DAFFI_OK;
}

daffi_status_t daffi_broadcast_progress (daffi_broadcast_t *self,
                                         daffi_progress_t *progress)
{
    return daffi_future_progress (self->future, progress);
}

int daffi_broadcast_fd (daffi_broadcast_t *self)
{
    int fd = daffi_future_fd (self->future);
    daffi_future_seen_part (self->future, self->seen);
    return fd;
}

daffi_status_t daffi_broadcast_wait (daffi_broadcast_t *self, int64_t timeout_ms,
                                     daffi_error_t *error)
{
    return daffi_future_wait (self->future, timeout_ms, error);
}

size_t daffi_broadcast_count (daffi_broadcast_t *self)
{
    pthread_mutex_lock (&self->future->lock);
    size_t count = self->future->part_count;
    pthread_mutex_unlock (&self->future->lock);
    return count;
}

const daffi_reply_t *daffi_broadcast_reply (daffi_broadcast_t *self, size_t index)
{
    return reply_at (self, index);
}

const daffi_reply_t *daffi_broadcast_find (daffi_broadcast_t *self, const char *process)
{
    const daffi_reply_t *reply;
    for (size_t i = 0; (reply = reply_at (self, i)); i++)
        if (strcmp (reply->process, process) == 0)
            return reply;
    return NULL;
}

void daffi_broadcast_destroy (daffi_broadcast_t **self_p)
{
    daffi_broadcast_t *self = *self_p;
    if (!self)
        return;
    daffi_future_destroy (&self->future);
    free (self);
    *self_p = NULL;
}
