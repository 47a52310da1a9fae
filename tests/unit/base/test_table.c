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

TEST ("an empty table has nothing, and gives much memory back when it empties")
{
    enum { MANY = 20000 };
    daffi_table_t table;
    daffi_table_init (&table, 0);
    CHECK (!daffi_table_get (&table, 0, 0));
    CHECK (!daffi_table_remove (&table, 1, 2));
    for (unsigned i = 0; i < MANY; i++)
        daffi_table_put (&table, 0, i, &values[i % KEYS]);
    CHECK (table.capacity >= MANY);
    for (unsigned i = 0; i < MANY; i++)
        CHECK (daffi_table_remove (&table, 0, i) == &values[i % KEYS]);
    CHECK_EQ_UINT (table.count, 0);
    CHECK (table.capacity <= 4096);
    daffi_table_done (&table);
    daffi_table_done (&table);
}

TEST ("a table that empties and fills again with each batch is not made anew")
{
    daffi_table_t table;
    daffi_table_init (&table, 1);
    const daffi_slot_t *slots = NULL;
    for (unsigned batch = 0; batch < 10; batch++) {
        for (unsigned i = 0; i < 1000; i++)
            daffi_table_put (&table, batch, i, &values[0]);
        CHECK (batch == 0 || table.slots == slots);
        slots = table.slots;
        for (unsigned i = 0; i < 1000; i++)
            CHECK (daffi_table_remove (&table, batch, i));
    }
    daffi_table_done (&table);
}

//  How many full slots stand in a row up to each full one, on average, times 100.
static size_t mean_run (const daffi_table_t *table, size_t count)
{
    size_t sum = 0, run = 0;
    for (size_t i = 0; i < table->capacity; i++) {
        run = table->slots[i].value ? run + 1 : 0;
        sum += run;
    }
    return sum * 100 / count;
}

TEST ("keys that differ in a few bits anywhere do not crowd together")
{
    enum { COUNT = 2000 };
    for (unsigned shift = 0; shift < 54; shift += 6)
        for (uint64_t seed = 0; seed < 50; seed++) {
            daffi_table_t table;
            daffi_table_init (&table, seed);
            for (uint64_t i = 0; i < COUNT; i++)
                daffi_table_put (&table, 7, i << shift, &values[0]);
            //  at random and half full it is about 200
            CHECK (mean_run (&table, COUNT) < 500);
            daffi_table_done (&table);
        }
}
