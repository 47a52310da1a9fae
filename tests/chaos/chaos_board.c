//  SPDX-License-Identifier: MPL-2.0
//  The shared file: map it, and hand out its records.
//
//  It is sparse, so room that is never used costs nothing.
#include "chaos_board.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static chaos_board_t *map (int fd, size_t size)
{
    void *memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

chaos_board_t *chaos_board_map (const char *path, uint64_t calls_room)
{
    struct stat file;
    int fd =
        open (path, O_RDWR | O_CLOEXEC | (calls_room ? O_CREAT | O_EXCL : 0), 0600);
    if (fd < 0)
        return NULL;
    size_t size = sizeof (chaos_board_t) + calls_room * sizeof (chaos_call_t);
    chaos_board_t *self = NULL;
    if (calls_room && ftruncate (fd, (off_t)size) == 0)
        self = map (fd, size);
    else if (!calls_room && fstat (fd, &file) == 0)
        self = map (fd, (size_t)file.st_size);
    int reason = errno;
    close (fd);
    errno = reason;
    if (self && calls_room)
        self->calls_room = calls_room;
    return self;
}

chaos_call_t *chaos_board_new_call (chaos_board_t *self, uint64_t *number)
{
    *number = atomic_fetch_add (&self->last_call, 1) + 1;
    return chaos_board_call (self, *number);
}

chaos_call_t *chaos_board_call (chaos_board_t *self, uint64_t number)
{
    return number == 0 || number > self->calls_room ? NULL : &self->calls[number - 1];
}

uint32_t chaos_board_event (chaos_board_t *self, chaos_event_kind_t kind,
                            int64_t from_ns)
{
    uint32_t index = atomic_fetch_add (&self->event_count, 1) + 1;
    if (index >= CHAOS_EVENTS_MAX)
        return 0;
    self->events[index].kind = (uint8_t)kind;
    self->events[index].from_ns = from_ns;
    return index;
}

const char *chaos_role_name (unsigned role)
{
    static const char *const names[] = {"broker", "worker", "caller", "proxy", "crowd"};
    return role < CHAOS_COUNT (names) ? names[role] : "?";
}

const char *chaos_kind_name (unsigned kind)
{
    static const char *const names[CHAOS_KINDS] = {
        "inline", "pooled", "sleep", "watch", "fail",       "big",
        "relay",  "nobody", "cast",  "wait",  "wait nobody"};
    return kind < CHAOS_KINDS ? names[kind] : "?";
}

const char *chaos_event_name (unsigned kind)
{
    static const char *const names[CHAOS_EVENTS] = {"kill -9",   "stopped",   "left",
                                                    "started",   "stalled",   "delayed",
                                                    "trickling", "half-open", "cut"};
    return kind < CHAOS_EVENTS ? names[kind] : "?";
}
