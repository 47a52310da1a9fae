//  SPDX-License-Identifier: MPL-2.0
//  daffi-sim: plays fault schedules against the controller's core.
//
//  RUN daffi-sim --schedules 100000            the long run: 10,000,000 calls
//  RUN daffi-sim --seed 4711 --schedules 1 --verbose      one schedule, told in full

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim.h"

static int usage (FILE *out)
{
    fputs ("usage: daffi-sim [--seed N] [--schedules N] [--calls N] [--minutes M]\n"
           "                 [--calm] [--verbose]\n"
           "  --seed N       of the first schedule, default 1\n"
           "  --schedules N  how many, default 1000\n"
           "  --calls N      of each schedule, default 100\n"
           "  --minutes M    stop after that time\n"
           "  --calm         without faults: then no call may fail\n"
           "  --verbose      say every event\n"
           "Exit code 1: a promise was broken; the seed is printed and plays again.\n",
           out);
    return out == stdout ? 0 : 2;
}

int main (int argc, char **argv)
{
    sim_options_t options = {.seed = 1, .schedules = 1000, .calls = 100};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp (argv[i], "--verbose") == 0)
            options.verbose = true;
        else if (strcmp (argv[i], "--calm") == 0)
            options.calm = true;
        else if (strcmp (argv[i], "--help") == 0)
            return usage (stdout);
        else if (!value)
            return usage (stderr);
        else if (strcmp (argv[i], "--seed") == 0)
            options.seed = strtoull (argv[++i], NULL, 10);
        else if (strcmp (argv[i], "--schedules") == 0)
            options.schedules = strtoull (argv[++i], NULL, 10);
        else if (strcmp (argv[i], "--calls") == 0)
            options.calls = (unsigned)strtoul (argv[++i], NULL, 10);
        else if (strcmp (argv[i], "--minutes") == 0)
            options.minutes = strtod (argv[++i], NULL);
        else
            return usage (stderr);
    }
    struct timespec begin, end;
    sim_report_t report;
    clock_gettime (CLOCK_MONOTONIC, &begin);
    sim_run (&options, &report);
    clock_gettime (CLOCK_MONOTONIC, &end);
    sim_print (&report);
    printf ("%.1f s\n", (double)(end.tv_sec - begin.tv_sec) +
                            (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    return report.violations ? 1 : 0;
}
