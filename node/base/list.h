//  SPDX-License-Identifier: MPL-2.0
//  A doubly linked list whose links live in its members: no allocation, removal in
//  O(1).

#ifndef DAFFI_LIST_H
#define DAFFI_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct daffi_link daffi_link_t;
struct daffi_link {
    daffi_link_t *next;
    daffi_link_t *prev;
};

//  The head is a link of its own; an empty list points at itself.
typedef daffi_link_t daffi_list_t;

#define daffi_container(link, type, member) \
    ((type *)(void *)((char *)(link)-offsetof (type, member)))

static inline void daffi_list_init (daffi_list_t *self)
{
    self->next = self->prev = self;
}

static inline bool daffi_list_empty (const daffi_list_t *self)
{
    return self->next == self;
}

static inline void daffi_list_append (daffi_list_t *self, daffi_link_t *link)
{
    link->prev = self->prev;
    link->next = self;
    self->prev->next = link;
    self->prev = link;
}

static inline bool daffi_link_linked (const daffi_link_t *self)
{
    return self->next && self->next != self;
}

//  Harmless for a zeroed or an unlinked link.
static inline void daffi_link_remove (daffi_link_t *self)
{
    if (!daffi_link_linked (self))
        return;
    self->prev->next = self->next;
    self->next->prev = self->prev;
    self->next = self->prev = self;
}

//  Moves all of `from` to the end of `self`.
static inline void daffi_list_join (daffi_list_t *self, daffi_list_t *from)
{
    if (daffi_list_empty (from))
        return;
    from->next->prev = self->prev;
    self->prev->next = from->next;
    from->prev->next = self;
    self->prev = from->prev;
    daffi_list_init (from);
}

static inline daffi_link_t *daffi_list_first (const daffi_list_t *self)
{
    //  NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it loses track of rings
    return daffi_list_empty (self) ? NULL : self->next;
}

//  For loops that may remove the member they stand on.
#define DAFFI_LIST_EACH(list, link, follower)                                       \
    for (daffi_link_t *link = (list)->next, *follower = link->next; link != (list); \
         link = follower, follower = link->next)

#endif
