//  SPDX-License-Identifier: MPL-2.0
//  What the tasks of a core need of the world: the wall clock, time zones, a disk.

#include "keeper.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

int64_t daffi_keeper_wall_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool daffi_keeper_zone (void *context, const char *name, daffi_buffer_t *out)
{
    enum { STEP = 65536, ZONE_MAX = 1 << 20 };
    (void)context;
    char path[512];
    const char *folder = getenv ("TZDIR");
    snprintf (path, sizeof path, "%.400s/%s",
              folder && folder[0] ? folder : "/usr/share/zoneinfo", name);
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : 1;
    while (size > 0 && out->size < ZONE_MAX) {
        uint8_t *room = daffi_buffer_reserve (out, STEP);
        size = room ? read (fd, room, STEP) : -1;
        if (size > 0)
            daffi_buffer_commit (out, (size_t)size);
    }
    if (fd >= 0)
        close (fd);
    return size == 0;
}

//  --- the store ----------------------------------------------------------------------

typedef struct {
    daffi_core_t *core;
    daffi_log_t *log;
    uint64_t read;
    uint64_t left_out;
} restore_t;

static void restore_row (void *context, const daffi_row_t *row)
{
    restore_t *self = context;
    self->read++;
    if (!daffi_core_restore (self->core, row))
        return;
    self->left_out++;
    daffi_log (self->log, DAFFI_LOG_ERROR, "tasks.unreadable",
               "uuid=%s function=%s meaning=\"left out, and left in the store\"",
               row->uuid, row->function);
}

static void restore_run (void *context, const char *uuid, const daffi_row_run_t *run)
{
    restore_t *self = context;
    //  a line of the history that cannot be read is not worth a word
    (void)!daffi_core_restore_run (self->core, uuid, run);
}

daffi_status_t daffi_keeper_open (daffi_keeper_t *self, daffi_core_t *core,
                                  daffi_log_t *log, const char *path, bool lazy,
                                  daffi_error_t *error)
{
    restore_t restore = {.core = core, .log = log};
    daffi_core_set_wall (core, daffi_clock_ms (), daffi_keeper_wall_ms ());
    if (!path)
        return DAFFI_OK;
    self->store = daffi_store_open (path, lazy, error);
    const daffi_store_reader_t reader = {&restore, restore_row, restore_run};
    if (!self->store || daffi_store_load (self->store, &reader, error))
        return DAFFI_SYSTEM;
    daffi_core_restored (core);
    daffi_log (log, DAFFI_LOG_INFO, "tasks.restored",
               "store=%s tasks=%llu left_out=%llu", path,
               (unsigned long long)restore.read, (unsigned long long)restore.left_out);
    return DAFFI_OK;
}

void daffi_keeper_close (daffi_keeper_t *self)
{
    daffi_store_close (&self->store);
}

void daffi_keeper_put (daffi_keeper_t *self, uint64_t ticket, daffi_row_change_t change,
                       const daffi_row_t *row)
{
    if (self->store)
        daffi_store_put (self->store, ticket, change, row);
}

void daffi_keeper_turn (daffi_keeper_t *self, daffi_core_t *core, int64_t now_ms)
{
    uint64_t ticket;
    daffi_status_t status;
    char text[DAFFI_TEXT_MAX + 1];
    daffi_core_set_wall (core, now_ms, daffi_keeper_wall_ms ());
    if (self->news && self->store &&
        daffi_store_take (self->store, &ticket, &status, text))
        daffi_core_written (core, ticket, status, text, now_ms);
    self->news = false;
}

int daffi_keeper_fd (const daffi_keeper_t *self)
{
    return self->store ? daffi_store_fd (self->store) : -1;
}
