//  SPDX-License-Identifier: MPL-2.0
//  What the tasks of a core need of the world: the wall clock, time zones, a disk.

#ifndef DAFFI_KEEPER_H
#define DAFFI_KEEPER_H

#include "core.h"
#include "store.h"

typedef struct {
    daffi_store_t *store;  //  NULL: in memory alone
    bool news;             //  its descriptor was readable
} daffi_keeper_t;

//  Milliseconds since 1970.
int64_t daffi_keeper_wall_ms (void);
//  daffi_zone_load_fn: from $TZDIR, or where Linux systems have their zones.
bool daffi_keeper_zone (void *context, const char *name, daffi_buffer_t *out);

//  Opens the store, where `path` is not NULL, and gives the core what is in it.
DAFFI_MUST_USE daffi_status_t daffi_keeper_open (daffi_keeper_t *self,
                                                 daffi_core_t *core, daffi_log_t *log,
                                                 const char *path, bool lazy,
                                                 daffi_error_t *error);
void daffi_keeper_close (daffi_keeper_t *self);

//  For the core's output. Nothing happens where it is closed.
void daffi_keeper_put (daffi_keeper_t *self, uint64_t ticket, daffi_row_change_t change,
                       const daffi_row_t *row);
//  Before the core's tick: tells it the time, and what is on disk.
void daffi_keeper_turn (daffi_keeper_t *self, daffi_core_t *core, int64_t now_ms);
//  Readable when there is news; -1: never.
int daffi_keeper_fd (const daffi_keeper_t *self);

#endif
