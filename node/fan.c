//  SPDX-License-Identifier: MPL-2.0
//  Fans: one stream of items to several processes, each with a stream of its own.
//
//  An item is packed once; a large one is shared by reference. One thread sends, so the
//  room that was seen in a channel is still there when its credit is taken: first all
//  are waited for, then all are sent to, or none.

#include <stdlib.h>

#include "alloc.h"
#include "bounds.h"
#include "channel.h"
#include "clock.h"
#include "daffi_fan.h"
#include "failure.h"
#include "future.h"
#include "global.h"
#include "text.h"

enum { FAN_MAX = 1024 };

typedef struct {
    daffi_stream_t *stream;
    bool over;   //  it takes no more items
    bool ready;  //  it has room for this item
    uint64_t missed;
    char process[DAFFI_NAME_MAX + 1];
} member_t;

struct daffi_fan {
    daffi_slow_t slow;
    bool sent_end;
    size_t count;
    member_t members[];
};

//  --- opening ------------------------------------------------------------------------

static bool wanted (const daffi_fan_options_t *options, const char *process)
{
    return !options->group || daffi_name_in_group (daffi_text_of (process),
                                                   daffi_text_of (options->group));
}

static daffi_fan_t *new_fan (size_t room, const daffi_fan_options_t *options)
{
    daffi_fan_t *self = daffi_new (sizeof *self + room * sizeof *self->members);
    self->slow = options->slow;
    return self;
}

static void add (daffi_fan_t *self, const daffi_fan_options_t *options,
                 const char *process)
{
    for (size_t i = 0; i < self->count; i++)
        if (strcmp (self->members[i].process, process) == 0)
            return;
    if (wanted (options, process))
        daffi_name_copy (self->members[self->count++].process, daffi_text_of (process));
}

static daffi_fan_t *of_named (const char *function, const daffi_fan_options_t *options,
                              daffi_error_t *error)
{
    size_t room = 0;
    for (; options->processes[room]; room++) {
        const daffi_call_options_t one = {.process = options->processes[room]};
        if (daffi_launch_check (function, &one, error))
            return NULL;
    }
    if (room > FAN_MAX) {
        daffi_fail (error, DAFFI_TOO_BIG, "a fan goes to at most %d processes",
                    FAN_MAX);
        return NULL;
    }
    daffi_fan_t *self = new_fan (room, options);
    for (size_t i = 0; i < room; i++)
        add (self, options, options->processes[i]);
    return self;
}

static daffi_fan_t *of_all (daffi_global_t *global, const char *function,
                            const daffi_fan_options_t *options, daffi_error_t *error)
{
    daffi_callbacks_t *all = daffi_global_registered_callbacks (global, error);
    if (!all)
        return NULL;
    size_t room = 0;
    for (size_t i = 0; i < all->count; i++)
        room += strcmp (all->items[i].function, function) == 0 &&
                wanted (options, all->items[i].process);
    daffi_fan_t *self = room <= FAN_MAX ? new_fan (room, options) : NULL;
    for (size_t i = 0; self && i < all->count; i++)
        if (strcmp (all->items[i].function, function) == 0)
            add (self, options, all->items[i].process);
    daffi_callbacks_destroy (&all);
    if (!self)
        daffi_fail (error, DAFFI_TOO_BIG, "more than %d processes offer it", FAN_MAX);
    return self;
}

static daffi_status_t open_all (daffi_fan_t *self, daffi_global_t *global,
                                const char *function, daffi_args_t args,
                                const daffi_fan_options_t *options,
                                daffi_error_t *error)
{
    daffi_call_options_t call = {.timeout_ms = options->timeout_ms,
                                 .detached = options->detached,
                                 .priority = options->priority};
    if (!self->count)
        return daffi_fail (error, DAFFI_NO_FUNCTION, "no process offers '%.150s'",
                           function);
    for (size_t i = 0; i < self->count; i++) {
        call.process = self->members[i].process;
        self->members[i].stream =
            daffi_stream_open (global, function, args, &call, error);
        if (!self->members[i].stream)
            return DAFFI_FAILED;
    }
    return DAFFI_OK;
}

daffi_fan_t *daffi_fan_open (daffi_global_t *global, const char *function,
                             daffi_args_t args, const daffi_fan_options_t *options,
                             daffi_error_t *error)
{
    static const daffi_fan_options_t defaults;
    const daffi_call_options_t plain = {0};
    options = options ? options : &defaults;
    if (!daffi_global_node (global, error) ||
        daffi_launch_check (function, &plain, error))
        return NULL;
    if ((unsigned)options->slow > DAFFI_SLOW_LEAVE) {
        daffi_fail (error, DAFFI_INVALID, "%d is no rule for slow ones", options->slow);
        return NULL;
    }
    daffi_fan_t *self = options->processes ? of_named (function, options, error)
                                           : of_all (global, function, options, error);
    if (self && open_all (self, global, function, args, options, error))
        daffi_fan_destroy (&self);
    return self;
}

//  --- sending ------------------------------------------------------------------------

//  Waits for room at each, those that are over left out. With SLOW_WAIT that is needed
//  at all of them, otherwise at those where it comes in time.
static daffi_status_t find_room (daffi_fan_t *self, int64_t timeout_ms)
{
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    for (size_t i = 0; i < self->count; i++) {
        member_t *member = &self->members[i];
        member->ready = false;
        if (member->over)
            continue;
        int64_t left_ms = timeout_ms;
        if (end_ms != DAFFI_NEVER)
            left_ms = end_ms - daffi_clock_ms ();
        if (self->slow == DAFFI_SLOW_SKIP || (end_ms != DAFFI_NEVER && left_ms < 0))
            left_ms = 0;
        daffi_status_t status = daffi_stream_wait_room (member->stream, left_ms);
        if (status == DAFFI_DEADLOCK ||
            (status == DAFFI_PENDING && self->slow == DAFFI_SLOW_WAIT))
            return status;
        member->ready = status == DAFFI_OK;
        member->over = status != DAFFI_OK && status != DAFFI_PENDING;
    }
    return DAFFI_OK;
}

static void send_one (daffi_fan_t *self, member_t *member, const daffi_packed_t *body)
{
    if (member->over)
        return;
    if (member->ready)
        member->over = daffi_stream_send_packed (member->stream, body) != DAFFI_OK;
    else if (self->slow == DAFFI_SLOW_LEAVE)
        daffi_stream_cancel (member->stream);
    else
        member->missed++;
    member->over = member->over || (!member->ready && self->slow == DAFFI_SLOW_LEAVE);
}

//  To all for whom there is room; `status`: of finding it.
static daffi_status_t send_all (daffi_fan_t *self, const daffi_packed_t *body,
                                daffi_status_t status, daffi_error_t *error)
{
    bool alive = false;
    for (size_t i = 0; !status && i < self->count; i++) {
        send_one (self, &self->members[i], body);
        alive = alive || !self->members[i].over;
    }
    if (status == DAFFI_PENDING)
        return daffi_fail (error, status, "one of them has not made room in time");
    if (status)
        return daffi_fail (error, status, "%s", daffi_status_text (status));
    return alive ? DAFFI_OK
                 : daffi_fail (error, DAFFI_END, "all calls are over; nobody reads");
}

//  Of an item that could not be packed, or comes after the end.
static daffi_status_t refuse (const daffi_fan_t *self, daffi_status_t status,
                              daffi_error_t *error)
{
    return self->sent_end ? daffi_fail (error, DAFFI_INVALID, "the end was said before")
                          : daffi_call_explain (status, error);
}

daffi_status_t daffi_fan_send_value (daffi_fan_t *self, daffi_value_t item,
                                     int64_t timeout_ms, daffi_error_t *error)
{
    daffi_packed_t body;
    daffi_status_t status = self->sent_end ? DAFFI_INVALID : daffi_pack (&body, &item);
    if (status)
        return refuse (self, status, error);
    status = send_all (self, &body, find_room (self, timeout_ms), error);
    daffi_packed_done (&body);
    return status;
}

daffi_status_t daffi_fan_send_take (daffi_fan_t *self, void *data, size_t size,
                                    daffi_free_fn *free_fn, void *hint,
                                    int64_t timeout_ms, daffi_error_t *error)
{
    daffi_packed_t body = {.blob = NULL};
    daffi_status_t status =
        self->sent_end ? DAFFI_INVALID : daffi_pack_lent (&body, data, size);
    if (status) {
        daffi_packed_take (&body, data, free_fn, hint);
        return refuse (self, status, error);
    }
    status = find_room (self, timeout_ms);
    if (status != DAFFI_PENDING)
        daffi_packed_take (&body, data, free_fn, hint);
    status = send_all (self, &body, status, error);
    daffi_packed_done (&body);
    return status;
}

void daffi_fan_send_end (daffi_fan_t *self)
{
    self->sent_end = true;
    for (size_t i = 0; i < self->count; i++)
        daffi_stream_send_end (self->members[i].stream);
}

//  --- the rest -----------------------------------------------------------------------

daffi_status_t daffi_fan_wait (daffi_fan_t *self, int64_t timeout_ms)
{
    int64_t end_ms = daffi_deadline (daffi_clock_ms (), timeout_ms);
    for (size_t i = 0; i < self->count; i++) {
        int64_t left_ms =
            end_ms == DAFFI_NEVER ? timeout_ms : end_ms - daffi_clock_ms ();
        if (end_ms != DAFFI_NEVER && left_ms < 0)
            left_ms = 0;
        if (daffi_stream_wait (self->members[i].stream, left_ms, NULL) == DAFFI_PENDING)
            return DAFFI_PENDING;
    }
    return DAFFI_OK;
}

size_t daffi_fan_count (const daffi_fan_t *self)
{
    return self->count;
}

daffi_stream_t *daffi_fan_stream (const daffi_fan_t *self, size_t index)
{
    return index < self->count ? self->members[index].stream : NULL;
}

const char *daffi_fan_process (const daffi_fan_t *self, size_t index)
{
    return index < self->count ? self->members[index].process : NULL;
}

uint64_t daffi_fan_missed (const daffi_fan_t *self, size_t index)
{
    return index < self->count ? self->members[index].missed : 0;
}

void daffi_fan_destroy (daffi_fan_t **self_p)
{
    daffi_fan_t *self = *self_p;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        daffi_stream_destroy (&self->members[i].stream);
    free (self);
    *self_p = NULL;
}
