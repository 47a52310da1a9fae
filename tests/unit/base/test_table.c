//  SPDX-License-Identifier: MPL-2.0
//  The table of numbers against an array.

#include "random.h"
#include "table.h"
#include "test.h"

enum { KEYS = 3000 };

static int values[KEYS];

//  Keys of all kinds: close together, far apart, pairs that differ in one half only.
static daffi_key_t key_of (unsigned i)
{
    switch (i % 4) {
    case 0:
        return (daffi_key_t){0, i};
    case 1:
        return (daffi_key_t){i, 0};
    case 2:
        return (daffi_key_t){i, (uint64_t)i << 40};
    default:
        return (daffi_key_t){UINT64_MAX - i, UINT64_MAX};
    }
}

TEST ("what was put is found, what was removed is not, in any order")
{
    daffi_table_t table;
    random_t random = {11};
    void *oracle[KEYS] = {NULL};
    size_t count = 0;
    daffi_table_init (&table, 99);
    for (int step = 0; step < 300000; step++) {
        //  it fills up and empties again, several times
        bool filling = step / 30000 % 2 == 0;
        unsigned i = (unsigned)random_below (&random, KEYS);
        daffi_key_t key = key_of (i);
        CHECK (daffi_table_get (&table, key.major, key.minor) == oracle[i]);
        if (random_below (&random, 10) < (filling ? 7 : 2)) {
            void *value = &values[random_below (&random, KEYS)];
            daffi_table_put (&table, key.major, key.minor, value);
            count += !oracle[i];
            oracle[i] = value;
        } else {
            CHECK (daffi_table_remove (&table, key.major, key.minor) == oracle[i]);
            count -= oracle[i] != NULL;
            oracle[i] = NULL;
        }
        CHECK_EQ_UINT (table.count, count);
        CHECK (table.capacity == 0 || table.count * 2 <= table.capacity + 1);
    }
    for (unsigned i = 0; i < KEYS; i++)
        CHECK (daffi_table_get (&table, key_of (i).major, key_of (i).minor) ==
               oracle[i]);
    daffi_table_done (&table);
}

TEST ("an empty table has nothing, and gives its memory back when it empties")
{
    daffi_table_t table;
    daffi_table_init (&table, 0);
    CHECK (!daffi_table_get (&table, 0, 0));
    CHECK (!daffi_table_remove (&table, 1, 2));
    for (unsigned i = 0; i < KEYS; i++)
        daffi_table_put (&table, 0, i, &values[i]);
    CHECK (table.capacity >= KEYS);
    for (unsigned i = 0; i < KEYS; i++)
        CHECK (daffi_table_remove (&table, 0, i) == &values[i]);
    CHECK_EQ_UINT (table.count, 0);
    CHECK (table.capacity <= 16);
    daffi_table_done (&table);
    daffi_table_done (&table);
}
