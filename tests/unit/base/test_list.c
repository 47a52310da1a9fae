//  SPDX-License-Identifier: MPL-2.0
//  The list whose links live in its members.

#include "list.h"

#include "test.h"

typedef struct {
    int number;
    daffi_link_t link;
} member_t;

static int number_of (daffi_link_t *link)
{
    return daffi_container (link, member_t, link)->number;
}

TEST ("members stand in the order of their arrival")
{
    daffi_list_t list;
    member_t members[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    daffi_list_init (&list);
    CHECK (daffi_list_empty (&list));
    CHECK (!daffi_list_first (&list));
    for (int i = 0; i < 3; i++)
        daffi_list_append (&list, &members[i].link);
    int expected = 1;
    DAFFI_LIST_EACH (&list, link, follower)
        CHECK_EQ_INT (number_of (link), expected++);
    CHECK_EQ_INT (expected, 4);
    CHECK (daffi_list_first (&list) == &members[0].link);
}

TEST ("a walk may remove the member it stands on")
{
    daffi_list_t list;
    member_t members[5] = {{.number = 0}};
    daffi_list_init (&list);
    for (int i = 0; i < 5; i++) {
        members[i].number = i;
        daffi_list_append (&list, &members[i].link);
    }
    DAFFI_LIST_EACH (&list, link, follower)
        if (number_of (link) % 2 == 0)
            daffi_link_remove (link);
    CHECK_EQ_INT (number_of (list.next), 1);
    CHECK_EQ_INT (number_of (list.next->next), 3);
    CHECK (list.next->next->next == &list);
    CHECK (list.prev->prev->prev == &list);
}

TEST ("removing twice, or what was never linked, does nothing")
{
    daffi_list_t list;
    member_t member = {.number = 1};
    daffi_list_init (&list);
    CHECK (!daffi_link_linked (&member.link));
    daffi_link_remove (&member.link);
    daffi_list_append (&list, &member.link);
    CHECK (daffi_link_linked (&member.link));
    daffi_link_remove (&member.link);
    daffi_link_remove (&member.link);
    CHECK (!daffi_link_linked (&member.link));
    CHECK (daffi_list_empty (&list));
    daffi_list_append (&list, &member.link);
    CHECK (!daffi_list_empty (&list));
}

TEST ("joining appends all of the other list and leaves it empty")
{
    daffi_list_t list, other;
    member_t members[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    daffi_list_init (&list);
    daffi_list_init (&other);
    daffi_list_join (&list, &other);
    CHECK (daffi_list_empty (&list));
    daffi_list_append (&other, &members[0].link);
    daffi_list_append (&other, &members[1].link);
    daffi_list_join (&list, &other);
    CHECK (daffi_list_empty (&other));
    daffi_list_append (&other, &members[2].link);
    daffi_list_append (&other, &members[3].link);
    daffi_list_join (&list, &other);
    int expected = 0;
    DAFFI_LIST_EACH (&list, link, follower)
        CHECK_EQ_INT (number_of (link), expected++);
    CHECK_EQ_INT (expected, 4);
    for (daffi_link_t *link = list.prev; link != &list; link = link->prev)
        CHECK_EQ_INT (number_of (link), --expected);
}
