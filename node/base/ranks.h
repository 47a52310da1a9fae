//  SPDX-License-Identifier: MPL-2.0
//  A queue with priorities, in which nothing starves.
//
//  One list a priority, each in the order of arrival. What waits is compared by the
//  time it came, from which each step of its priority takes a second: so an item of the
//  lowest priority waits at most nine seconds longer for later ones of the highest, and
//  the order of two items never changes while they wait.

#ifndef DAFFI_RANKS_H
#define DAFFI_RANKS_H

#include <stdbool.h>
#include <stdint.h>

#include "bounds.h"
#include "list.h"

typedef struct {
    daffi_link_t link;  //  first: its owner may put it into plain lists too
    int64_t since_ms;   //  when it came, the priority's share subtracted
    uint64_t sequence;  //  decides between equals; 0 where nobody counts
    uint8_t priority;
} daffi_ranked_t;

typedef struct {
    uint16_t used;  //  bits of lists that may hold something
    daffi_list_t lists[DAFFI_PRIORITY_MAX + 1];
} daffi_ranks_t;

static inline void daffi_ranks_init (daffi_ranks_t *self)
{
    for (unsigned i = 0; i <= DAFFI_PRIORITY_MAX; i++)
        daffi_list_init (&self->lists[i]);
    self->used = 0;
}

static inline void daffi_ranked_set (daffi_ranked_t *item, uint8_t priority,
                                     int64_t now_ms, uint64_t sequence)
{
    item->priority = priority;
    item->since_ms = now_ms - (int64_t)priority * DAFFI_PRIORITY_STEP_MS;
    item->sequence = sequence;
}

//  Behind all others of its priority. It was set before.
static inline void daffi_ranks_add (daffi_ranks_t *self, daffi_ranked_t *item)
{
    daffi_list_append (&self->lists[item->priority], &item->link);
    self->used = (uint16_t)(self->used | 1u << item->priority);
}

static inline bool daffi_ranked_before (const daffi_ranked_t *a,
                                        const daffi_ranked_t *b)
{
    return a->since_ms != b->since_ms ? a->since_ms < b->since_ms
                                      : a->sequence < b->sequence;
}

//  Between others of its priority, where it came back from elsewhere.
void daffi_ranks_insert (daffi_ranks_t *self, daffi_ranked_t *item);

//  Whose turn it is; NULL: none waits. It stays linked.
daffi_ranked_t *daffi_ranks_first (daffi_ranks_t *self);

static inline bool daffi_ranks_empty (daffi_ranks_t *self)
{
    return !self->used || !daffi_ranks_first (self);
}

#endif
