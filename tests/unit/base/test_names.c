//  SPDX-License-Identifier: MPL-2.0
//  The table of names against an array.

#include <stdio.h>
#include <string.h>

#include "names.h"
#include "random.h"
#include "test.h"

enum { NAMES = 2000 };

typedef struct {
    char name[DAFFI_NAME_MAX + 1];
    bool present;
} named_t;

static named_t named[NAMES];

//  Every length from 1 to 128, with long common beginnings.
static void make_names (void)
{
    for (unsigned i = 0; i < NAMES; i++) {
        char number[16];
        unsigned pad = i % (DAFFI_NAME_MAX - 4);
        snprintf (number, sizeof number, "%u", i);
        memset (named[i].name, 'x', pad);
        memcpy (named[i].name + pad, number, strlen (number) + 1);
    }
}

TEST ("names are found by their bytes and their length")
{
    daffi_names_t table;
    random_t random = {5};
    size_t count = 0;
    make_names ();
    daffi_names_init (&table, 77);
    for (int step = 0; step < 200000; step++) {
        bool filling = step / 20000 % 2 == 0;
        named_t *one = &named[random_below (&random, NAMES)];
        daffi_text_t name = daffi_text_of (one->name);
        CHECK (daffi_names_get (&table, name) == (one->present ? one : NULL));
        if (random_below (&random, 10) < (filling ? 7 : 2)) {
            daffi_names_put (&table, name, one);
            count += !one->present;
            one->present = true;
        } else {
            CHECK (daffi_names_remove (&table, name) == (one->present ? one : NULL));
            count -= one->present;
            one->present = false;
        }
        CHECK_EQ_UINT (table.count, count);
    }
    daffi_names_done (&table);
}

TEST ("a walk meets every name once")
{
    daffi_names_t table;
    make_names ();
    daffi_names_init (&table, 3);
    size_t cursor = 0;
    CHECK (!daffi_names_next (&table, &cursor));
    for (unsigned i = 0; i < NAMES; i++)
        daffi_names_put (&table, daffi_text_of (named[i].name), &named[i]);
    cursor = 0;
    named_t *one;
    size_t count = 0;
    while ((one = daffi_names_next (&table, &cursor))) {
        CHECK (!one->present);
        one->present = true;
        count++;
    }
    CHECK_EQ_UINT (count, NAMES);
    daffi_names_done (&table);
}

TEST ("a name that is a beginning of another one is another name")
{
    daffi_names_t table;
    daffi_names_init (&table, 1);
    daffi_names_put (&table, daffi_text_of ("abcdefgh"), &named[0]);
    daffi_names_put (&table, daffi_text_of ("abcdefghi"), &named[1]);
    CHECK (daffi_names_get (&table, daffi_text_of ("abcdefgh")) == &named[0]);
    CHECK (daffi_names_get (&table, daffi_text_of ("abcdefghi")) == &named[1]);
    CHECK (!daffi_names_get (&table, daffi_text_of ("abcdefg")));
    CHECK (!daffi_names_get (&table, daffi_text ("", 0)));
    daffi_names_done (&table);
}

TEST ("names that differ in their last letters alone do not crowd together")
{
    enum { COUNT = 2000 };
    static char names[COUNT][40];
    static const char *const heads[] = {"f", "fun", "echo", "function.",
                                        "a.much.longer.name."};
    for (unsigned head = 0; head < sizeof heads / sizeof heads[0]; head++)
        for (uint64_t seed = 0; seed < 50; seed++) {
            daffi_names_t table;
            daffi_names_init (&table, seed);
            for (unsigned i = 0; i < COUNT; i++) {
                snprintf (names[i], sizeof names[i], "%s%04u", heads[head], i);
                daffi_names_put (&table, daffi_text_of (names[i]), names[i]);
            }
            //  full slots in a row; at random and half full it is about 2 on average
            size_t sum = 0, run = 0;
            for (size_t i = 0; i < table.capacity; i++) {
                run = table.slots[i].value ? run + 1 : 0;
                sum += run;
            }
            CHECK (sum < 6 * COUNT);
            daffi_names_done (&table);
        }
}
