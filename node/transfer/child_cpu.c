//  SPDX-License-Identifier: MPL-2.0
//  Processors and processor time of the runner's children.
//
//  A short call is a hand-over there and one back. On one processor that is a switch
//  between two processes, some microseconds; between two, each half waits for a
//  sleeping processor to wake up, which in a virtual machine takes ten times as long.
//  The scheduler cannot know that the thread which sends will only wait.
//
//  The child is put there once and stays. To hold the thread there too costs each call
//  as much as a switch, and pays only where the child's answer would wake it elsewhere.

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runner.h"

bool daffi_child_come_near (daffi_child_t *self, bool hold, daffi_near_t *near)
{
    cpu_set_t here;
    int cpu = sched_getcpu ();
    if (!self->loaded || self->apart || cpu < 0 || cpu >= CPU_SETSIZE ||
        sched_getaffinity (0, sizeof near->before, &near->before))
        return false;
    CPU_ZERO (&here);
    CPU_SET ((size_t)cpu, &here);
    if (self->cpu != cpu && sched_setaffinity (self->pid, sizeof here, &here)) {
        self->apart = true;
        return false;
    }
    self->cpu = cpu;
    near->held = hold && CPU_COUNT (&near->before) > 1;
    return !near->held || !sched_setaffinity (0, sizeof here, &here);
}

//  All threads of the child: those that it has started meanwhile were put there too.
static void spread (int pid, const cpu_set_t *processors)
{
    char path[64];
    const struct dirent *entry;
    (void)sched_setaffinity (pid, sizeof *processors, processors);
    snprintf (path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir (path);
    while (tasks && (entry = readdir (tasks))) {
        int task = (int)strtol (entry->d_name, NULL, 10);
        if (task > 0 && task != pid)
            (void)sched_setaffinity (task, sizeof *processors, processors);
    }
    if (tasks)
        closedir (tasks);
}

void daffi_child_part (daffi_child_t *self, const daffi_near_t *near, bool goes_on)
{
    if (near->held)
        (void)sched_setaffinity (0, sizeof near->before, &near->before);
    if (!goes_on)
        return;
    spread (self->pid, &near->before);
    self->cpu = -1;
}

int64_t daffi_child_cpu_ms (const daffi_child_t *self)
{
    clockid_t clock;
    struct timespec time;
    if (!self->pid || clock_getcpuclockid (self->pid, &clock) ||
        clock_gettime (clock, &time))
        return 0;
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
