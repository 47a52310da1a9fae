//  SPDX-License-Identifier: MPL-2.0
//  The judge: was every promise kept, for every call?
#ifndef CHAOS_JUDGE_H
#define CHAOS_JUDGE_H

#include <stdio.h>

#include "chaos_board.h"
#include "chaos_settings.h"

enum { CHAOS_STATUSES = 32 };

typedef struct {
    uint64_t made;
    uint64_t by_kind[CHAOS_KINDS];
    uint64_t by_status[CHAOS_STATUSES][3];  //  and executed
    uint64_t untold;                        //  the caller died first
    uint64_t cast;                          //  nobody is told
    uint64_t cast_ran;
    uint64_t cancelled;
    uint64_t retried;
    uint64_t twice;    //  idempotent, ran more than once
    uint64_t excused;  //  late while the caller itself did not run
    uint64_t edges;    //  begun in the moment in which the worker went on after a pause
    uint64_t violations;
    int64_t latest_ns;  //  the most that an outcome came after its deadline
} chaos_verdict_t;

//  Prints each violation with its story, the first ones in full.
void chaos_judge (chaos_board_t *board, const chaos_settings_t *settings,
                  chaos_verdict_t *verdict);
void chaos_judge_print (const chaos_board_t *board, const chaos_settings_t *settings,
                        const chaos_verdict_t *verdict);

//  The story of a call, and what happened around it.
void chaos_tell (const chaos_board_t *board, uint64_t number, const char *violation);

#endif
