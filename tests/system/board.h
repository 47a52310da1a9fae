//  SPDX-License-Identifier: MPL-2.0
//  What the processes of one test see together: counters that can be waited for, and
//  how often each numbered call was run.
//
//  It lies in memory that all of them map, so it tells the truth also about a process
//  that was killed or stopped, and about a call that ran after its caller had gone.

#ifndef DAFFI_SYSTEM_BOARD_H
#define DAFFI_SYSTEM_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { BOARD_RUNS = 1 << 17, BOARD_PATIENCE_MS = 30000 };

typedef enum {
    BOARD_STARTED,    //  callbacks that have begun
    BOARD_ENDED,      //  and that came to their end
    BOARD_CANCELLED,  //  callbacks that saw that nobody waits any more
    BOARD_GATE,       //  what "hold" waits for
    BOARD_FREED,      //  bodies that were given back
    BOARD_INIT,       //  on_init
    BOARD_CONNECTED,
    BOARD_DISCONNECTED,
    BOARD_CALLED,  //  calls that another process has begun
    BOARD_FAILED,  //  calls of another process that failed
    BOARD_DONE,    //  on_done
    BOARD_OTHER,   //  of one test alone
    BOARD_COUNTERS
} board_counter_t;

//  Made in the test's folder; another process opens it by the path.
const char *board_open (void);
void board_join (const char *path);

void board_add (board_counter_t counter, int number);
int board_read (board_counter_t counter);
//  True: it has become at least that much in time.
bool board_reaches (board_counter_t counter, int least, int64_t timeout_ms);
//  The test fails where it does not.
void board_wait (board_counter_t counter, int least);

void board_ran (int64_t number);
int board_runs (int64_t number);

int64_t clock_ms (void);
int64_t clock_us (void);

#endif
