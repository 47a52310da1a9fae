//  SPDX-License-Identifier: MPL-2.0
//  Fixed scenarios whose instructions are counted.
//
//  Instructions do not depend on what else the machine does, so a ceiling can be
//  committed and a slower path fails the test. callgrind counts them for each thread;
//  tests/cost/run divides them by the calls and compares.

#ifndef DAFFI_COST_H
#define DAFFI_COST_H

#include <stddef.h>
#include <stdint.h>

#include <daffi.h>

//  The stretch of a scenario that is counted, in all threads, and how many calls were
//  made in it: once a process.
void cost_begin (void);
void cost_end (unsigned calls);

//  Ends the program where a step of a scenario fails: a cost of something else is none.
#define COST_CHECK(condition)                              \
    do {                                                   \
        if (!(condition))                                  \
            cost_give_up (__FILE__, __LINE__, #condition); \
    } while (0)
_Noreturn void cost_give_up (const char *file, int line, const char *what);

//  A controller alone, at a UNIX socket below the folder that the program was given.
daffi_global_t *cost_controller_start (void);
//  A node of this process there, with `functions`, which may be NULL.
daffi_global_t *cost_node_start (const char *name, const daffi_function_t *functions);

typedef struct {
    const char *name;
    void (*run) (void);
} cost_scenario_t;

//  Ended by one without a name.
extern const cost_scenario_t cost_controller_scenarios[];
extern const cost_scenario_t cost_node_scenarios[];

#endif
