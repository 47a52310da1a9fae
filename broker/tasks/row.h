//  SPDX-License-Identifier: MPL-2.0
//  A task as it lies in a store, and one of its runs that has ended.
//
//  What changes with each run, the state, is small and replaced; what never changes is
//  written once; and the history is a table of its own, to whose end each run adds one
//  line while the oldest one of its task goes away. So a run costs the disk the same
//  whatever the task's arguments and past are.

#ifndef DAFFI_ROW_H
#define DAFFI_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    DAFFI_ROW_ADD,    //  a new task: all of it
    DAFFI_ROW_STATE,  //  its state, and a run that has ended
    DAFFI_ROW_REMOVE  //  it is forgotten
} daffi_row_change_t;

//  A run that has ended.
typedef struct {
    uint64_t number;  //  never given again; 0: there is none
    const void *end;  //  daffi_run_end_write ()
    size_t end_size;
} daffi_row_run_t;

//  All borrowed.
typedef struct {
    uint64_t number;  //  never given again
    const char *uuid;
    const char *function;
    const char *owner;
    const char *process;
    bool all;
    const void *plan;  //  the body of its SCHEDULE
    size_t plan_size;
    const void *state;  //  daffi_duty_write ()
    size_t state_size;
    daffi_row_run_t run;     //  STATE: it goes into the history
    const uint64_t *forget;  //  numbers of runs that leave it
    uint32_t forget_count;
} daffi_row_t;

#endif
