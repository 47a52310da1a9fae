//  SPDX-License-Identifier: MPL-2.0
//  A queue with priorities, in which nothing starves.
//
//  Items leave by their links alone, so a bit of `used` may outlive the last of its
//  list; it is cleared here, where that is noticed.

#include "ranks.h"

static daffi_ranked_t *head (daffi_ranks_t *self, unsigned priority)
{
    daffi_link_t *link = daffi_list_first (&self->lists[priority]);
    if (!link)
        self->used = (uint16_t)(self->used & ~(1u << priority));
    return link ? daffi_container (link, daffi_ranked_t, link) : NULL;
}

daffi_ranked_t *daffi_ranks_first (daffi_ranks_t *self)
{
    //  nearly always there is nothing but the default
    if (self->used <= 1)
        return self->used ? head (self, 0) : NULL;
    daffi_ranked_t *best = NULL;
    for (unsigned priority = DAFFI_PRIORITY_MAX + 1; priority-- > 0;) {
        if (!(self->used & 1u << priority))
            continue;
        daffi_ranked_t *item = head (self, priority);
        if (item && (!best || daffi_ranked_before (item, best)))
            best = item;
    }
    return best;
}

void daffi_ranks_insert (daffi_ranks_t *self, daffi_ranked_t *item)
{
    daffi_list_t *list = &self->lists[item->priority];
    daffi_link_t *before = list->prev;
    while (before != list &&
           daffi_ranked_before (item, daffi_container (before, daffi_ranked_t, link)))
        before = before->prev;
    //  appended to what looks like the end of a list: behind `before`
    daffi_list_append (before->next, &item->link);
    self->used = (uint16_t)(self->used | 1u << item->priority);
}
