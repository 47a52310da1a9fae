//  SPDX-License-Identifier: MPL-2.0
//  A task as it lies in a store.

#ifndef DAFFI_ROW_H
#define DAFFI_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    DAFFI_ROW_ADD,    //  a new task: all of it
    DAFFI_ROW_STATE,  //  its state alone
    DAFFI_ROW_REMOVE  //  it is forgotten
} daffi_row_change_t;

//  All borrowed.
typedef struct {
    const char *uuid;
    const char *function;
    const char *owner;
    const char *process;
    bool all;
    const void *plan;  //  the body of its SCHEDULE
    size_t plan_size;
    const void *state;  //  daffi_duty_write ()
    size_t state_size;
} daffi_row_t;

#endif
