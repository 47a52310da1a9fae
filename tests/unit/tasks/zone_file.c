//  SPDX-License-Identifier: MPL-2.0
//  A zone of this machine, and libc's opinion of it.

#include "zone_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "test.h"

//  North and south, half hours, changes at midnight, a negative summer, one that has
//  given it up, and one without.
const char *const zone_names[] = {"Europe/Berlin",
                                  "America/New_York",
                                  "Australia/Lord_Howe",
                                  "America/Santiago",
                                  "Africa/Casablanca",
                                  "Asia/Kolkata",
                                  "America/Sao_Paulo",
                                  "Europe/Dublin",
                                  "Pacific/Apia",
                                  "Asia/Beirut",
                                  NULL};

bool zone_file (void *context, const char *name, daffi_buffer_t *out)
{
    (void)context;
    char path[256];
    snprintf (path, sizeof path, "/usr/share/zoneinfo/%s", name);
    FILE *file = fopen (path, "rb");
    if (!file)
        return false;
    size_t size;
    do {
        uint8_t *room = daffi_buffer_reserve (out, 4096);
        size = fread (room, 1, 4096, file);
        daffi_buffer_commit (out, size);
    } while (size);
    fclose (file);
    return true;
}

daffi_zone_t *zone_open (const char *name)
{
    daffi_buffer_t data;
    daffi_buffer_init (&data);
    if (!zone_file (NULL, name, &data))
        SKIP ("this machine has no zone %s", name);
    daffi_zone_t *zone = daffi_zone_new (data.data, data.size);
    daffi_buffer_done (&data);
    CHECK (zone);
    setenv ("TZ", name, 1);
    tzset ();
    return zone;
}

int64_t zone_libc_offset (int64_t utc_s)
{
    time_t at = (time_t)utc_s;
    struct tm local;
    CHECK (localtime_r (&at, &local));
    return local.tm_gmtoff;
}
