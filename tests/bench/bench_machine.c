//  SPDX-License-Identifier: MPL-2.0
//  Where and when it was measured: absolute figures mean nothing without it.
//
//  What cannot be found out is "unknown"; nothing here can fail but the binding.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "bench_machine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

daffi_status_t bench_machine_bind_one (daffi_error_t *error)
{
    cpu_set_t allowed, one;
    CPU_ZERO (&one);
    //  The last one: interrupts mostly go to the first.
    if (sched_getaffinity (0, sizeof allowed, &allowed) == 0)
        for (size_t i = CPU_SETSIZE; i-- > 0;)
            if (CPU_ISSET (i, &allowed)) {
                CPU_SET (i, &one);
                break;
            }
    if (sched_setaffinity (0, sizeof one, &one))
        return bench_fail (error, DAFFI_SYSTEM, "cannot bind to one core: %s",
                           strerror (errno));
    return DAFFI_OK;
}

//  The value of the first line "key<blanks>: value" or "key=value".
static void find_value (const char *path, const char *key, char *value, size_t capacity)
{
    snprintf (value, capacity, "unknown");
    FILE *file = fopen (path, "r");
    char line[512];
    while (file && fgets (line, sizeof line, file)) {
        if (strncmp (line, key, strlen (key)))
            continue;
        const char *text = line + strcspn (line, ":=");
        text += strspn (text, ":= \t\"");
        snprintf (value, capacity, "%.*s", (int)strcspn (text, "\"\n"), text);
        break;
    }
    if (file)
        fclose (file);
}

void bench_machine_look (bench_machine_t *self)
{
    memset (self, 0, sizeof *self);
    find_value ("/proc/cpuinfo", "model name", self->cpu, sizeof self->cpu);
    find_value ("/etc/os-release", "PRETTY_NAME", self->system, sizeof self->system);
    struct utsname name;
    if (uname (&name) == 0)
        snprintf (self->kernel, sizeof self->kernel, "%s %s %s", name.sysname,
                  name.release, name.machine);
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    snprintf (self->zmq, sizeof self->zmq, "%d.%d.%d", major, minor, patch);
    if (getloadavg (&self->load, 1) != 1)
        self->load = -1;
    self->cores_online = sysconf (_SC_NPROCESSORS_ONLN);
    cpu_set_t allowed;
    if (sched_getaffinity (0, sizeof allowed, &allowed) == 0)
        self->cores_used = CPU_COUNT (&allowed);
    time_t now = time (NULL);
    struct tm utc;
    gmtime_r (&now, &utc);
    strftime (self->date, sizeof self->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
#ifdef __OPTIMIZE__
    self->optimised = true;
#endif
}
