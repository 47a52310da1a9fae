//  SPDX-License-Identifier: MPL-2.0
//  daffi-cost --list, or daffi-cost SCENARIO FOLDER: plays one of them.
//
//  Under callgrind (--instr-atstart=no) just the stretch between begin and end is
//  counted, of all threads. It prints how many calls that were.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#include "cost.h"

static const char *folder;

_Noreturn void cost_give_up (const char *file, int line, const char *what)
{
    fprintf (stderr, "daffi-cost: %s:%d: %s\n", file, line, what);
    exit (1);
}

void cost_begin (void)
{
    CALLGRIND_START_INSTRUMENTATION;
}

void cost_end (unsigned calls)
{
    CALLGRIND_STOP_INSTRUMENTATION;
    printf ("calls %u\n", calls);
}

//  Heartbeats are rare: one within a scenario would count for a call.
static daffi_global_t *start (const daffi_options_t *options)
{
    daffi_error_t error;
    daffi_options_t own = *options;
    own.unix_sock_path = folder;
    own.heartbeat_ms = 20000;
    own.heartbeat_timeout_ms = 60000;
    daffi_global_t *global = daffi_global_new (&own, &error);
    if (!global)
        cost_give_up (__FILE__, __LINE__, error.text);
    return global;
}

daffi_global_t *cost_controller_start (void)
{
    return start (
        DAFFI_OPTIONS (.init_controller = true, .without_node = true, .settle_ms = -1));
}

daffi_global_t *cost_node_start (const char *name, const daffi_function_t *functions)
{
    return start (DAFFI_OPTIONS (.process_name = name, .functions = functions,
                                 .workers = 1, .connect_timeout_ms = 20000));
}

static const cost_scenario_t *const groups[] = {cost_controller_scenarios,
                                                cost_node_scenarios};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static void list (void)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const cost_scenario_t *scenario = groups[i]; scenario->name; scenario++)
            puts (scenario->name);
}

//  False: there is none of that name.
static bool play (const char *name)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const cost_scenario_t *scenario = groups[i]; scenario->name; scenario++)
            if (strcmp (scenario->name, name) == 0) {
                scenario->run ();
                return true;
            }
    return false;
}

int main (int argc, char **argv)
{
    if (argc == 2 && strcmp (argv[1], "--list") == 0) {
        list ();
        return 0;
    }
    if (argc == 3) {
        folder = argv[2];
        if (play (argv[1]))
            return 0;
    }
    fprintf (stderr, "usage: daffi-cost --list\n"
                     "       daffi-cost SCENARIO FOLDER (for its socket)\n");
    return 2;
}
