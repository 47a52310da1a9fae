//  SPDX-License-Identifier: MPL-2.0
//  Queues with priorities.

#include "ranks.h"

#include "test.h"

enum { ITEMS = 8 };

static daffi_ranks_t ranks;
static daffi_ranked_t items[ITEMS];

static void add (int index, uint8_t priority, int64_t now_ms)
{
    daffi_ranked_set (&items[index], priority, now_ms, (uint64_t)index);
    daffi_ranks_add (&ranks, &items[index]);
}

static void check_next (int index)
{
    daffi_ranked_t *first = daffi_ranks_first (&ranks);
    CHECK_EQ_INT (first ? first - items : -1, index);
    if (first)
        daffi_link_remove (&first->link);
}

TEST ("an empty queue has no first, also after it held something")
{
    daffi_ranks_init (&ranks);
    CHECK (daffi_ranks_empty (&ranks));
    add (0, 5, 0);
    CHECK (!daffi_ranks_empty (&ranks));
    check_next (0);
    CHECK (daffi_ranks_empty (&ranks));
    check_next (-1);
}

TEST ("items of one priority leave in the order in which they came")
{
    daffi_ranks_init (&ranks);
    for (int i = 0; i < ITEMS; i++)
        add (i, 3, 0);
    for (int i = 0; i < ITEMS; i++)
        check_next (i);
}

TEST ("of what came at one time the higher priority leaves first")
{
    daffi_ranks_init (&ranks);
    add (0, 0, 100);
    add (1, 9, 100);
    add (2, 4, 100);
    add (3, 9, 100);
    check_next (1);
    check_next (3);
    check_next (2);
    check_next (0);
}

TEST ("each step of a priority is worth one second of waiting, so that none starves")
{
    daffi_ranks_init (&ranks);
    add (0, 0, 0);
    add (1, 2, 2 * DAFFI_PRIORITY_STEP_MS - 1);
    add (2, 2, 2 * DAFFI_PRIORITY_STEP_MS);
    add (3, 9, 9 * DAFFI_PRIORITY_STEP_MS + 1);
    check_next (1);
    //  equally old by that count: whoever came first
    check_next (0);
    check_next (2);
    check_next (3);
}

TEST ("an item that comes back takes the place that it had")
{
    daffi_ranks_init (&ranks);
    for (int i = 0; i < 4; i++)
        add (i, 1, 10 * i);
    for (int i = 0; i < 4; i += 3) {
        daffi_link_remove (&items[i].link);
        daffi_ranks_insert (&ranks, &items[i]);
    }
    daffi_link_remove (&items[2].link);
    daffi_ranks_insert (&ranks, &items[2]);
    for (int i = 0; i < 4; i++)
        check_next (i);
    //  and into an empty queue
    daffi_ranks_insert (&ranks, &items[0]);
    check_next (0);
    check_next (-1);
}
