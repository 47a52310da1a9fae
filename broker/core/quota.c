//  SPDX-License-Identifier: MPL-2.0
//  Limits of single functions: how many calls of one function one process runs at once.
//
//  A call that names no process waits at its function, as ever: a provider at its limit
//  is passed over. One that names this process must not keep the process's other calls
//  from running, so it waits at the quota itself.

#include <stdlib.h>

#include "alloc.h"
#include "parts.h"

static void unref (daffi_quota_t *quota)
{
    if (--quota->refs == 0)
        free (quota);
}

static void remove_quota (daffi_offer_t *offer)
{
    daffi_quota_t *quota = offer->quota;
    offer->quota = NULL;
    offer->session->limited_count--;
    daffi_link_remove (&quota->of_session);
    daffi_queue_return (offer->session->process, &quota->waiting);
    unref (quota);
}

void daffi_quota_set (daffi_offer_t *offer, uint32_t limit)
{
    if (!limit && offer->quota)
        remove_quota (offer);
    if (!limit)
        return;
    if (!offer->quota) {
        offer->quota = daffi_new (sizeof *offer->quota);
        offer->quota->refs = 1;
        daffi_ranks_init (&offer->quota->waiting);
        offer->session->limited_count++;
    }
    offer->quota->limit = limit;
}

void daffi_quota_enter (daffi_entry_t *entry, const daffi_offer_t *offer)
{
    entry->quota = offer ? offer->quota : NULL;
    if (!entry->quota)
        return;
    entry->quota->refs++;
    entry->quota->running++;
}

void daffi_quota_leave (daffi_entry_t *entry)
{
    if (!entry->quota)
        return;
    entry->quota->running--;
    unref (entry->quota);
    entry->quota = NULL;
}

void daffi_quota_queue (daffi_entry_t *entry, daffi_offer_t *offer)
{
    daffi_quota_t *quota = offer->quota;
    daffi_link_remove (&entry->of_place.link);
    daffi_ranks_add (&quota->waiting, &entry->of_place);
    entry->quota = quota;
    if (!daffi_link_linked (&quota->of_session))
        daffi_list_append (&offer->session->crowded, &quota->of_session);
}

void daffi_quota_unqueued (daffi_entry_t *entry)
{
    daffi_quota_t *quota = entry->quota;
    entry->quota = NULL;
    if (quota && daffi_ranks_empty (&quota->waiting))
        daffi_link_remove (&quota->of_session);
}
