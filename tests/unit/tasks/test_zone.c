//  SPDX-License-Identifier: MPL-2.0
//  Time zones, against libc's reading of the same files.

#include "zone.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "zone_file.h"

enum { HOUR = 3600 };

TEST ("every six hours of 1971 to 2100 has the offset that libc says, in many zones")
{
    const int64_t begin_s = 31536000, end_s = INT64_C (4102444800);
    for (const char *const *name = zone_names; *name; name++) {
        daffi_zone_t *zone = zone_open (*name);
        daffi_zone_span_t span = daffi_zone_at (zone, begin_s);
        for (int64_t at = begin_s; at < end_s; at += 6 * HOUR) {
            if (at >= span.end_s)
                span = daffi_zone_at (zone, at);
            if (span.offset_s != zone_libc_offset (at))
                daffi_test_fail (__FILE__, __LINE__, "%s at %lld: %lld, libc says %lld",
                                 *name, (long long)at, (long long)span.offset_s,
                                 (long long)zone_libc_offset (at));
        }
        daffi_zone_destroy (&zone);
    }
}

TEST ("stretches meet without a gap, and each change is at the second that libc says")
{
    for (const char *const *name = zone_names; *name; name++) {
        daffi_zone_t *zone = zone_open (*name);
        daffi_zone_span_t span = daffi_zone_at (zone, 31536000);
        while (span.end_s < INT64_C (4102444800)) {
            daffi_zone_span_t next = daffi_zone_at (zone, span.end_s);
            CHECK_EQ_INT (next.begin_s, span.end_s);
            CHECK_EQ_INT (zone_libc_offset (span.end_s - 1), span.offset_s);
            CHECK_EQ_INT (zone_libc_offset (span.end_s), next.offset_s);
            CHECK_EQ_INT (daffi_zone_at (zone, span.end_s - 1).begin_s, span.begin_s);
            span = next;
        }
        daffi_zone_destroy (&zone);
    }
}

TEST (
    "a local time is taken to UTC: once, the first of two, or the moment of the change")
{
    int64_t exists;
    daffi_zone_t *zone = zone_open ("Europe/Berlin");
    //  2026-03-29 02:30 does not exist: the clock goes from 02:00 to 03:00 at 01:00 UTC
    CHECK_EQ_INT (daffi_zone_utc (zone, 1774751400, &exists), 1774746000);
    CHECK (!exists);
    //  2026-10-25 02:30 comes twice, first at 00:30 UTC
    CHECK_EQ_INT (daffi_zone_utc (zone, 1792895400, &exists), 1792895400 - 2 * HOUR);
    CHECK (exists);
    //  2026-07-01 12:00
    CHECK_EQ_INT (daffi_zone_utc (zone, 1782907200, &exists), 1782907200 - 2 * HOUR);
    CHECK (exists);
    daffi_zone_destroy (&zone);
}

TEST ("UTC needs no file")
{
    daffi_zone_t *zone = daffi_zone_new (NULL, 0);
    daffi_zone_span_t span = daffi_zone_at (zone, 1774751400);
    CHECK_EQ_INT (span.offset_s, 0);
    CHECK_EQ_INT (span.end_s, INT64_MAX);
    daffi_zone_destroy (&zone);
    CHECK (!zone);
}

TEST ("a file that is cut off or damaged is refused, or makes some zone, and no more")
{
    daffi_buffer_t data;
    unsigned seed = 7;
    daffi_buffer_init (&data);
    if (!zone_file (NULL, "Europe/Berlin", &data))
        SKIP ("this machine has no zones");
    for (size_t size = 1; size < data.size; size += 7)
        CHECK (!daffi_zone_new (data.data, size));
    for (int i = 0; i < 20000; i++) {
        uint8_t *copy = malloc (data.size);
        CHECK (copy);
        memcpy (copy, data.data, data.size);
        for (int flips = 0; flips < 3; flips++)
            copy[(size_t)rand_r (&seed) % data.size] = (uint8_t)rand_r (&seed);
        daffi_zone_t *zone = daffi_zone_new (copy, data.size);
        if (zone)
            daffi_zone_at (zone, (int64_t)rand_r (&seed) * 4);
        daffi_zone_destroy (&zone);
        free (copy);
    }
    daffi_buffer_done (&data);
}
