//  SPDX-License-Identifier: MPL-2.0
//  A batch: the changes that go to disk together, one entry a task.
//
//  A task that changes ten times before the disk is free again is written once: its
//  last state, the runs that are still in its history then, and nothing of those that
//  came and went in between. One thread at a time.

#ifndef DAFFI_BATCH_H
#define DAFFI_BATCH_H

#include "list.h"
#include "row.h"
#include "table.h"

typedef struct {
    daffi_list_t changes;   //  daffi_change_t.link, as they came
    daffi_table_t by_task;  //  (0, row.number) -> change
    uint64_t ticket;        //  of the last one that went in; 0: it is empty
} daffi_batch_t;

//  A run that has ended.
typedef struct {
    daffi_link_t link;  //  change.runs
    uint64_t number;
    size_t size;
    char end[];
} daffi_batch_run_t;

typedef struct {
    daffi_link_t link;
    daffi_row_change_t change;
    daffi_row_t row;  //  without run; owns what it points at
    daffi_list_t runs;
    uint64_t *forget;
    uint32_t forget_room;
} daffi_change_t;

void daffi_batch_init (daffi_batch_t *self);
void daffi_batch_done (daffi_batch_t *self);
//  Copies.
void daffi_batch_add (daffi_batch_t *self, uint64_t ticket, daffi_row_change_t change,
                      const daffi_row_t *row);
//  All of `from` becomes `self`, which is empty; and the other way round.
void daffi_batch_move (daffi_batch_t *self, daffi_batch_t *from);

#endif
